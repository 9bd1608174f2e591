"""An OpenID provider as it describes itself (OpenID Connect Discovery 1.0), asked when it is first needed."""

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.common.security import is_secure_transport

# Signed with the provider's own key; a shared secret or no signature at all proves nothing (RFC 8725, 3.1).
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
TIMEOUT = 5.0  # seconds
_KEPT = 3600.0  # seconds for which a description is believed
_PATIENCE = 10.0  # seconds before one that failed, or a missing key, is asked for again


class SignOnError(Exception):
    """Nobody was signed in; `code` is the sentence that is told."""

    code = "refused"


class ProviderUnavailable(SignOnError):
    """The provider does not answer, or not as one."""

    code = "unavailable"


@dataclass(frozen=True)
class Metadata:
    """What a provider says of itself, as far as it is used here."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    algorithms: tuple[str, ...]
    client_auth: tuple[str, ...]
    names_itself: bool
    """Whether its answers carry `iss` (RFC 9207)."""


class Provider:
    """One provider, known by its issuer. Threads may share it."""

    def __init__(self, issuer: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.issuer = issuer
        self._clock = clock
        self._guard = threading.Lock()
        self._metadata: Metadata | None = None
        self._keys: dict[str, Any] = {}
        self._asked_at = -_KEPT
        self._keys_at = -_KEPT
        self._failed_at = -_KEPT

    def metadata(self) -> Metadata:
        """Give its description, at most an hour old.

        Raises:
            ProviderUnavailable: it cannot be had, or is another's.
        """
        with self._guard:
            if self._metadata is None or self._clock() - self._asked_at >= _KEPT:
                address = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
                self._metadata = self._read(self._fetch(address))
                self._asked_at = self._clock()
            return self._metadata

    def keys(self, *, newest: bool = False) -> dict[str, Any]:
        """Give the keys it signs with (a JWK set); `newest`: a key was missing, so ask again.

        Raises:
            ProviderUnavailable: they cannot be had.
        """
        address = self.metadata().jwks_uri
        with self._guard:
            age = self._clock() - self._keys_at
            if age >= _KEPT or (newest and age >= _PATIENCE):
                self._keys, self._keys_at = self._fetch(address), self._clock()
            return self._keys

    def _fetch(self, address: str) -> dict[str, Any]:
        if self._clock() - self._failed_at < _PATIENCE:
            raise ProviderUnavailable(f"{self.issuer} failed a moment ago")
        try:
            with new_connection() as line:
                found = line.get(address).raise_for_status().json()
        except (httpx2.HTTPError, ValueError) as error:
            self._failed_at = self._clock()
            raise ProviderUnavailable(f"{address}: {type(error).__name__}: {error}") from error
        if not isinstance(found, dict):
            raise ProviderUnavailable(f"{address} holds no JSON object")
        return found

    def _read(self, told: dict[str, Any]) -> Metadata:
        if told.get("issuer") != self.issuer:
            raise ProviderUnavailable(
                f"the issuer calls itself {told.get('issuer')!r}: write HOTLINE_OIDC_ISSUER exactly so"
            )

        def optional(name: str) -> str | None:
            address = told.get(name)
            if address is not None and not is_secure_transport(str(address)):
                raise ProviderUnavailable(f"{name} of {self.issuer} is {address!r}: it must be https://…")
            return address

        def needed(name: str) -> str:
            if address := optional(name):
                return address
            raise ProviderUnavailable(f"{self.issuer} does not tell its {name}")

        offered = told.get("id_token_signing_alg_values_supported") or ["RS256"]
        return Metadata(
            authorization_endpoint=needed("authorization_endpoint"),
            token_endpoint=needed("token_endpoint"),
            jwks_uri=needed("jwks_uri"),
            userinfo_endpoint=optional("userinfo_endpoint"),
            end_session_endpoint=optional("end_session_endpoint"),
            algorithms=tuple(each for each in ALGORITHMS if each in offered),
            client_auth=tuple(told.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]),
            names_itself=told.get("authorization_response_iss_parameter_supported") is True,
        )


def new_connection() -> httpx2.Client:
    """Give a client that follows no redirection."""
    return httpx2.Client(timeout=TIMEOUT, follow_redirects=False, verify=trusted())


def trusted() -> ssl.SSLContext:
    """Give the certificates of the machine, and those of SSL_CERT_FILE: an office often has its own."""
    return ssl.create_default_context()
