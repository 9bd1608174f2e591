"""How often the public may call: by conversation and by network address, streams too."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Self
from urllib.parse import parse_qs

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from api.protection.bucket import Bucket, Places
from api.protection.paths import ANSWERS, is_counted, is_stream
from api.protection.refusals import refuse
from api.settings import Settings

log = structlog.get_logger()

PLAIN_COOKIE = "hotline_plain"
_READING = ("GET", "HEAD", "OPTIONS")
_STREAM_WAIT = 5.0  # seconds; a line that was cut is noticed and its place free again by then


@dataclass(frozen=True)
class Rates:
    """The counters of one process."""

    reads: Bucket
    writes: Bucket
    address_reads: Bucket
    address_writes: Bucket
    streams: Places
    address_streams: Places

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Make them with the configured limits."""
        return cls(
            Bucket(settings.reads_per_minute),
            Bucket(settings.writes_per_minute),
            Bucket(settings.address_reads_per_minute),
            Bucket(settings.address_writes_per_minute),
            Places(settings.streams_per_conversation),
            Places(settings.address_streams),
        )

    def take(self, reading: bool, token: str | None, address: str) -> float:
        """Count a call; or, counting nothing, give the seconds to wait before the next one is allowed."""
        by_token, by_address = self.writes, self.address_writes
        if reading:
            by_token, by_address = self.reads, self.address_reads
        if wait := by_address.wait(address):
            return wait
        return (by_token.take(token) if token else 0.0) or by_address.take(address)


class RateLimit:
    """Refuses with 429 and `Retry-After` what comes too fast; `has_key` says whether an API key is valid."""

    def __init__(self, app: ASGIApp, rates: Rates, has_key: Callable[[str], bool]) -> None:
        self._app = app
        self._rates = rates
        self._has_key = has_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not is_counted(path) or await self._is_staff(scope, path):
            return await self._app(scope, receive, send)
        address, token = _address(scope), _token(scope)
        if wait := self._rates.take(scope["method"] in _READING, token, address):
            log.warning("too_many_requests", by_conversation=token is not None)
            return await refuse(scope, 429, "too_many_requests", wait)(scope, receive, send)
        if not is_stream(path):
            return await self._app(scope, receive, send)
        await self._stream(scope, receive, send, token or address, address)

    async def _stream(self, scope: Scope, receive: Receive, send: Send, token: str, address: str) -> None:
        taken: list[tuple[Places, str]] = []
        try:
            for places, key in ((self._rates.streams, token), (self._rates.address_streams, address)):
                if not places.enter(key):
                    log.warning("too_many_streams")
                    return await refuse(scope, 429, "too_many_streams", _STREAM_WAIT)(scope, receive, send)
                taken.append((places, key))
            await self._app(scope, receive, send)
        finally:
            for places, key in taken:
                places.leave(key)

    async def _is_staff(self, scope: Scope, path: str) -> bool:
        """Whether a desktop with a key asks what anybody may ask."""
        if path != ANSWERS:
            return False
        key = _header(scope, b"x-api-key") or _bearer(scope)
        return key is not None and await asyncio.to_thread(self._has_key, key)


def _header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin1") for key, value in scope["headers"] if key == name), None)


def _bearer(scope: Scope) -> str | None:
    kind, _, token = (_header(scope, b"authorization") or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token else None


def _address(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else "unknown"


def _token(scope: Scope) -> str | None:
    """A short name for the token that a call carries, true or made up; None when it carries none."""
    token = _bearer(scope) or _in_query(scope) or _in_cookie(scope)
    return hashlib.sha256(token.encode()).hexdigest()[:16] if token else None


def _in_query(scope: Scope) -> str | None:
    return next(iter(parse_qs(scope.get("query_string", b"").decode("latin1")).get("token", [])), None)


def _in_cookie(scope: Scope) -> str | None:
    try:
        kept = SimpleCookie(_header(scope, b"cookie") or "").get(PLAIN_COOKIE)
    except CookieError:
        return None
    return kept.value if kept else None
