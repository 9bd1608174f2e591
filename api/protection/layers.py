"""The layers of protection around the app, in their order."""

from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.protection.bodies import BodyLimit
from api.protection.cors import CitizenCors
from api.protection.headers import ProtectedHeaders
from api.protection.rates import RateLimit, Rates
from api.protection.refusals import Refused, answer_half_characters, answer_refused
from api.service import Service


def protect(app: FastAPI, service: Service) -> None:
    """Put everything that this package has around the app."""
    settings = service.settings
    app.add_exception_handler(Refused, answer_refused)
    app.add_exception_handler(UnicodeEncodeError, answer_half_characters)
    app.add_middleware(BodyLimit, most_bytes=settings.max_body_kb * 1024, seconds=settings.request_seconds)
    app.add_middleware(
        RateLimit, rates=Rates.of(settings), has_key=lambda key: service.accounts.key(key) is not None
    )
    if settings.portals:
        app.add_middleware(CitizenCors, origins=settings.portals)
    app.add_middleware(ProtectedHeaders)
    trusted = [each.strip() for each in settings.trusted_proxies.split(",") if each.strip()]
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=trusted)
