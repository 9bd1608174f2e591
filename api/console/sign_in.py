"""The door of the console: sign in and out."""

import math
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.accounts.throttle import SignInThrottle
from api.console.shell import SIGN_IN_PAGE
from api.routes.access import SESSION_COOKIE, ServiceDep
from api.routes.rendering import page, say

FORM_COOKIE = "hotline_form"

router = APIRouter(prefix="/console")
_throttle = SignInThrottle()


@router.get("/login")
def sign_in_page(request: Request) -> Response:
    return _sign_in_form(request)


@router.post("/login")
def sign_in(
    request: Request,
    service: ServiceDep,
    name: Annotated[str, Form(max_length=80)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    form: Annotated[str, Form(max_length=80)] = "",
    kept: Annotated[str, Cookie(alias=FORM_COOKIE)] = "",
) -> Response:
    """Open a session; the form must be one that this hotline gave to this very browser (no login CSRF)."""
    if not kept or not secrets.compare_digest(kept.encode(), form.encode()):
        return _sign_in_form(request, 403, "sign_in_stale", name)
    wait = _throttle.wait(name)
    if wait:
        return _sign_in_form(request, 429, "sign_in_throttled", name, minutes=math.ceil(wait / 60))
    session = service.accounts.sign_in(name.strip(), password)
    if session is None:
        _throttle.failed(name)
        return _sign_in_form(request, 401, "sign_in_wrong", name)
    _throttle.succeeded(name)
    answer = RedirectResponse("/console", 303)
    _set_cookie(answer, request, SESSION_COOKIE, session)
    answer.delete_cookie(FORM_COOKIE, path="/console")
    return answer


@router.post("/logout")
def sign_out(
    service: ServiceDep, session: Annotated[str | None, Cookie(alias=SESSION_COOKIE)] = None
) -> Response:
    """End the session; what the agent has goes back to the queue. The cookie is SameSite=Strict, so no other
    site can do this."""
    caller = service.accounts.session(session) if session else None
    if session and caller:
        service.accounts.sign_out(session)
        if service.accounts.at_work(caller.name) is None:
            service.hand_over.left(caller.name)
    answer = RedirectResponse(SIGN_IN_PAGE, 303)
    answer.delete_cookie(SESSION_COOKIE)
    return answer


def _sign_in_form(
    request: Request, status: int = 200, problem: str | None = None, name: str = "", **values: Any
) -> Response:
    form, words = secrets.token_urlsafe(24), say("console")
    told = words[problem].format(**values) if problem else None
    answer = page("console/login.html", status=status, say=words, form=form, problem=told, name=name)
    _set_cookie(answer, request, FORM_COOKIE, form, path="/console")
    return answer


def _set_cookie(answer: Response, request: Request, name: str, value: str, path: str = "/") -> None:
    secure = request.url.scheme == "https"
    answer.set_cookie(name, value, path=path, httponly=True, samesite="strict", secure=secure)
