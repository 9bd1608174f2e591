"""Signing in through the office's own OpenID Connect provider: the code flow with PKCE, state and nonce.

OpenID Connect Core 1.0; RFC 9700 (best practice). Nothing is asked of the provider before somebody signs in.
What one browser began is kept in a sealed cookie of that browser, and what came of it is taken once.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.common.urls import add_params_to_uri
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from api.accounts.model import Identity, Role
from api.accounts.provider import (
    TIMEOUT,
    Metadata,
    Provider,
    ProviderUnavailable,
    SignOnError,
    new_connection,
    trusted,
)
from api.accounts.tables import ID_TOKEN
from tickets.errors import Unreadable
from tickets.privacy import Sealer

MINUTES = timedelta(minutes=10)
"""How long somebody may take at the provider."""
_COOKIE = "single sign-on"
_LEEWAY = 60  # seconds by which two clocks may differ
_MOST_SUBJECT = 255  # characters, OpenID Connect Core 1.0, 2


class StaleSignOn(SignOnError):
    """This browser did not begin it, or too long ago, or it was finished already."""

    code = "stale"


class DeniedSignOn(SignOnError):
    """The provider says no, or the person changed their mind there."""

    code = "denied"


class BadIdentity(SignOnError):
    """What the provider sent does not prove who this is."""

    code = "refused"


@dataclass(frozen=True)
class Client:
    """What the hotline is at the provider, and how groups there become roles here (the weightiest first)."""

    id: str
    secret: str | None
    redirect_uri: str
    signed_out_uri: str
    scopes: str
    name_claim: str
    role_claim: str
    roles: Mapping[str, Role]


@dataclass(frozen=True)
class Begun:
    """Where the browser goes now, and what it keeps meanwhile."""

    address: str
    kept: str


@dataclass(frozen=True)
class Arrived:
    """Who came back; `role` is None for those whom no group gives one."""

    who: Identity
    role: Role | None
    id_token_sealed: str


class SingleSignOn:
    """The way in through one provider.

    `is_first_use` notes that a state was used and says whether it was the first time; `clock` gives
    timezone-aware instants.
    """

    def __init__(
        self,
        provider: Provider,
        client: Client,
        sealer: Sealer,
        is_first_use: Callable[[str, datetime], bool],
        clock: Callable[[], datetime],
    ) -> None:
        self._provider = provider
        self._client = client
        self._sealer = sealer
        self._is_first_use = is_first_use
        self._clock = clock

    def begin(self) -> Begun:
        """Make the address at the provider for one browser.

        Raises:
            ProviderUnavailable: it does not answer.
        """
        metadata = self._provider.metadata()
        kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        with self._connected(metadata) as line:
            address, _state = line.create_authorization_url(
                metadata.authorization_endpoint,
                state=kept["state"],
                nonce=kept["nonce"],
                code_verifier=kept["verifier"],
            )
        sealed = json.dumps(kept | {"at": self._clock().timestamp()})
        return Begun(address, self._sealer.seal(sealed, _COOKIE))

    def finish(self, answer: Mapping[str, str], kept: str) -> Arrived:
        """Find out who came back.

        Args:
            answer: the query that the browser brought from the provider.
            kept: what `begin` gave this browser to keep.
        Raises:
            SignOnError: nobody did, and why.
        """
        begun = self._opened(kept)
        until = datetime.fromtimestamp(begun["at"], self._clock().tzinfo) + MINUTES
        if not secrets.compare_digest(begun["state"].encode(), answer.get("state", "").encode()):
            raise StaleSignOn("the state is not the one of this browser")
        if until < self._clock() or not self._is_first_use(begun["state"], until):
            raise StaleSignOn("the state is too old or was used")
        metadata = self._provider.metadata()
        told_issuer = answer.get("iss")
        if (told_issuer or metadata.names_itself) and told_issuer != self._provider.issuer:
            raise BadIdentity(f"the answer is of {told_issuer!r}")
        if "error" in answer or not answer.get("code"):
            raise DeniedSignOn(f"the provider answers {answer.get('error', 'without a code')!r}")
        return self._arrived(metadata, answer["code"], begun)

    def sign_out_address(self, id_token_sealed: str | None) -> str | None:
        """Give the address at which the provider ends its own session; None if it has none or is away."""
        try:
            endpoint = self._provider.metadata().end_session_endpoint
            hint = id_token_sealed and self._sealer.open(id_token_sealed, ID_TOKEN)
        except (ProviderUnavailable, Unreadable):
            return None
        told = [("client_id", self._client.id), ("post_logout_redirect_uri", self._client.signed_out_uri)]
        return endpoint and add_params_to_uri(endpoint, [*told, *([("id_token_hint", hint)] if hint else [])])

    def _arrived(self, metadata: Metadata, code: str, begun: Mapping[str, Any]) -> Arrived:
        try:
            with self._connected(metadata) as line:
                token = line.fetch_token(
                    metadata.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=begun["verifier"],
                    redirect_uri=self._client.redirect_uri,
                )
            claims = self._proved(metadata, token, begun["nonce"])
            claims = self._with_userinfo(metadata, token, claims)
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderUnavailable(f"{type(error).__name__}: {error}") from error
        except (AuthlibBaseError, JoseError) as error:
            raise BadIdentity(f"{type(error).__name__}: {error}") from error
        subject, name = str(claims["sub"]), claims.get(self._client.name_claim)
        if not 0 < len(subject) <= _MOST_SUBJECT:
            raise BadIdentity("the subject is empty or too long")
        who = Identity(self._provider.issuer, subject, name if isinstance(name, str) and name else subject)
        sealed = self._sealer.seal(token["id_token"], ID_TOKEN)
        return Arrived(who, role_in(claims, self._client.role_claim, self._client.roles), sealed)

    def _proved(self, metadata: Metadata, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """Check the ID token: signature, issuer, audience, times, nonce (OIDC Core 1.0, 3.1.3.7)."""
        id_token = token.get("id_token")
        if not isinstance(id_token, str):
            raise BadIdentity("the provider sent no ID token")
        try:
            proved = self._decoded(metadata, id_token, newest=False)
        except JoseError:  # perhaps signed with a key that is new
            proved = self._decoded(metadata, id_token, newest=True)
        claims = CodeIDToken(
            proved.claims,
            proved.header,
            {
                "iss": {"essential": True, "value": self._provider.issuer},
                "aud": {"essential": True, "value": self._client.id},
            },
            {"nonce": nonce, "client_id": self._client.id, "access_token": token.get("access_token")},
        )
        claims.validate(leeway=_LEEWAY)
        return dict(claims)

    def _decoded(self, metadata: Metadata, id_token: str, *, newest: bool) -> jwt.Token:
        keys = KeySet.import_key_set(self._provider.keys(newest=newest))  # type: ignore[arg-type]
        allowed = JWSRegistry(algorithms=list(metadata.algorithms), strict_check_header=False)
        return jwt.decode(id_token, keys, registry=allowed)

    def _with_userinfo(
        self, metadata: Metadata, token: Mapping[str, Any], claims: dict[str, Any]
    ) -> dict[str, Any]:
        """Ask for name and groups where the ID token lacks them; only what is of the same person counts."""
        complete = self._client.name_claim in claims and _at(claims, self._client.role_claim) is not None
        if complete or metadata.userinfo_endpoint is None:
            return claims
        with new_connection() as line:
            headers = {"Authorization": f"Bearer {token.get('access_token')}"}
            told = line.get(metadata.userinfo_endpoint, headers=headers).raise_for_status().json()
        if not isinstance(told, dict) or told.get("sub") != claims["sub"]:
            raise BadIdentity("userinfo is about somebody else")
        return told | claims

    def _connected(self, metadata: Metadata) -> Any:
        secret = self._client.secret
        method = (
            "client_secret_basic" if "client_secret_basic" in metadata.client_auth else "client_secret_post"
        )
        return OAuth2Client(
            self._client.id,
            secret,
            token_endpoint_auth_method=method if secret else "none",
            scope=self._client.scopes,
            redirect_uri=self._client.redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT,
            follow_redirects=False,
            verify=trusted(),
        )

    def _opened(self, kept: str) -> dict[str, Any]:
        try:
            return json.loads(self._sealer.open(kept, _COOKIE))
        except (Unreadable, ValueError) as error:
            raise StaleSignOn("this browser began nothing") from error


def role_in(claims: Mapping[str, Any], claim: str, roles: Mapping[str, Role]) -> Role | None:
    """Give the role of the first group in `roles` that the claim holds; None if it holds none of them.

    Args:
        claim: the claim's name, or a path into objects with dots (`realm_access.roles`).
    """
    held = _at(claims, claim)
    groups = held if isinstance(held, list) else [held]
    return next((role for group, role in roles.items() if group in groups), None)


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """Give what lies there; None if nothing does. A claim whose very name has dots comes first."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found
