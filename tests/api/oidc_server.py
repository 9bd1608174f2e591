"""A real OpenID provider on a port of its own (oidc-provider-mock): insists on PKCE, can be made to lie."""

import base64
import hashlib
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import httpx
import werkzeug.serving
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

Tampering = Callable[[dict[str, Any]], dict[str, Any]]


class OidcServer:
    """The provider as a test uses it; `seen` are the paths that were asked for."""

    def __init__(self) -> None:
        with warnings.catch_warnings(action="ignore"):  # it still uses names that Authlib is about to drop
            from oidc_provider_mock import app
        self.app: flask.Flask = app(require_client_registration=True, require_nonce=True)
        self.seen: list[str] = []
        self.answers_broken = False
        self._tampering: Tampering | None = None
        self._wrong_metadata: dict[str, Any] = {}
        self._challenges: dict[str, str] = {}
        self.app.before_request(self._before)
        self.app.after_request(self._after)
        self._server = werkzeug.serving.make_server("localhost", 0, self.app, threaded=True)
        self.issuer = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def register(self, redirect_uri: str) -> tuple[str, str]:
        """Make the hotline known; gives its id and secret. No other redirect URI is served from then on."""
        body = {"redirect_uris": [redirect_uri], "token_endpoint_auth_method": "client_secret_basic"}
        made = httpx.post(f"{self.issuer}/oauth2/clients", json=body).raise_for_status().json()
        return made["client_id"], made["client_secret"]

    def knows(self, subject: str, **claims: Any) -> None:
        """Let somebody exist there with these claims."""
        httpx.put(f"{self.issuer}/users/{subject}", json=claims).raise_for_status()

    def sign_in(self, address: str, subject: str) -> str:
        """Do what the person does there; gives the address that the browser is sent back to."""
        answer = httpx.post(address, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    @contextmanager
    def lying(self, tampering: Tampering) -> Iterator[None]:
        """Let every token answer go through `tampering`."""
        self._tampering = tampering
        yield
        self._tampering = None

    @contextmanager
    def describing(self, **metadata: Any) -> Iterator[None]:
        """Let it tell something else about itself."""
        self._wrong_metadata = metadata
        yield
        self._wrong_metadata = {}

    def signed(self, claims: dict[str, Any], key: RSAKey | None = None, **header: Any) -> str:
        """An ID token signed with the provider's key, or another."""
        return jwt.encode({"alg": "RS256", **header}, claims, key or self.key)

    def claims_of(self, id_token: str) -> dict[str, Any]:
        return jwt.decode(id_token, KeySet([self.key])).claims

    @property
    def key(self) -> RSAKey:
        """Its private key."""
        return RSAKey.import_key(self._jwk)

    def _before(self) -> Any:
        request = flask.request
        self.seen.append(request.path)
        self._jwk = flask.g.oidc_provider_mock_storage.jwk.as_dict(is_private=True)
        if self.answers_broken:
            return "out of order", 503
        if request.path == "/oauth2/authorize" and request.args.get("code_challenge_method") != "S256":
            return "PKCE (S256) is required", 400
        if request.path == "/oauth2/token":
            given = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(given).rstrip(b"=").decode()
            if challenge != self._challenges.get(request.form.get("code", "")):
                return flask.jsonify({"error": "invalid_grant"}), 400
        return None

    def _after(self, response: flask.Response) -> flask.Response:
        path = flask.request.path
        if path == "/oauth2/authorize" and response.status_code == 302:
            sent = parse_qs(urlsplit(response.headers["location"]).query)
            if "code" in sent:
                self._challenges[sent["code"][0]] = flask.request.args["code_challenge"]
        if path == "/oauth2/token" and response.status_code == 200 and self._tampering:
            response.set_data(flask.json.dumps(self._tampering(response.get_json())))
        if path.endswith("openid-configuration") and response.status_code == 200:
            response.set_data(flask.json.dumps(response.get_json() | self._wrong_metadata))
        return response
