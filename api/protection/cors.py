"""CORS for the portals that may embed the chat, and for nothing but what the chat needs."""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from api.protection.paths import is_called_by_portals


class CitizenCors:
    """Lets scripts on pages of `origins` load the chat and talk to it; cookies never travel with that."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
            expose_headers=["Retry-After", "Content-Disposition"],
            max_age=600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        crosses = scope["type"] == "http" and is_called_by_portals(scope["path"])
        await (self._open if crosses else self._app)(scope, receive, send)
