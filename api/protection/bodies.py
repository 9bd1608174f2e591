"""Request bodies: read whole, small and in time, before anything parses them."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.protection.paths import ACTIONS, is_public
from api.protection.refusals import refuse

# Agents file long stories and paste texts; Rasa sends the whole domain along with each action.
STAFF_BYTES = 1024 * 1024
ACTION_BYTES = 16 * 1024 * 1024


class _Gone(Exception):
    """The client left before its body was there."""


class _TooLarge(Exception):
    """The body is larger than allowed."""


class BodyLimit:
    """Refuses a body of more than `most_bytes` with 413, one that takes longer than `seconds` with 408."""

    def __init__(self, app: ASGIApp, most_bytes: int, seconds: float) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope):
            return await self._app(scope, receive, send)
        try:
            async with asyncio.timeout(self._seconds):
                body = await _read(scope, receive, self._limit(scope["path"]))
        except _TooLarge:
            return await refuse(scope, 413, "body_too_large", close=True)(scope, receive, send)
        except TimeoutError:
            return await refuse(scope, 408, "request_too_slow", close=True)(scope, receive, send)
        except _Gone:
            return None
        await self._app(scope, _replayed(body, receive), send)

    def _limit(self, path: str) -> int:
        if path == ACTIONS:
            return ACTION_BYTES
        return self._most_bytes if is_public(path) else max(STAFF_BYTES, self._most_bytes)


def _has_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


async def _read(scope: Scope, receive: Receive, limit: int) -> bytes:
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if not declared.isdigit() or int(declared[:20]) > limit:
        raise _TooLarge
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        body += message.get("body", b"")
        if len(body) > limit:
            raise _TooLarge
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Give the body in one piece, and afterwards what really comes: that the client has left."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
