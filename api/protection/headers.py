"""Headers of every answer, whoever made it; what a route says itself is left alone."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.protection.paths import is_embedded

# OWASP ASVS 5.0, 3.4 and 14.3.2. Personal data is never kept by browsers or proxies on the way.
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
_NO_PAGE = "default-src 'none'; frame-ancestors 'none'"


class ProtectedHeaders:
    """Adds what is missing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", _NO_PAGE)
                shared = "cross-origin" if is_embedded(scope["path"]) else "same-origin"
                headers.setdefault("Cross-Origin-Resource-Policy", shared)
            await send(message)

        await self._app(scope, receive, protected)
