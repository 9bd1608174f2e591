"""The door of the console: sign in and out with a name and a password."""

import math
import secrets
from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.accounts.browsers import browser_of
from api.accounts.model import Caller
from api.accounts.sessions import Place
from api.console.people.words import words
from api.console.shell import MENU, OWN_ACCOUNT_PAGE, SIGN_IN_PAGE
from api.routes.access import SESSION_COOKIE, ServiceDep, SessionDep
from api.routes.cookies import drop_cookie, put_cookie, read_cookie
from api.routes.rendering import page, say
from api.service import Service

log = structlog.get_logger()

FORM_COOKIE = "hotline_form"

router = APIRouter(prefix="/console")


@router.get("/login")
def sign_in_page(request: Request, service: ServiceDep) -> Response:
    return door(request, service)


@router.post("/login")
def sign_in(
    request: Request,
    service: ServiceDep,
    old: SessionDep,
    name: Annotated[str, Form(max_length=80)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    form: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Open a session; the form must be one that this hotline gave to this very browser (no login CSRF)."""
    kept, told, place = read_cookie(request, FORM_COOKIE), say("console"), place_of(request)
    if not kept or not secrets.compare_digest(kept.encode(), form.encode()):
        return door(request, service, 403, told["sign_in_stale"], name)
    if wait := service.sign_ins.attempt(name, place.address):
        log.warning("sign_in_refused", reason="throttled")
        return door(
            request, service, 429, told["sign_in_throttled"].format(minutes=math.ceil(wait / 60)), name
        )
    token = service.accounts.sign_in(name, password, place)
    if token is None:
        log.warning("sign_in_refused", reason="password")
        return door(request, service, 401, told["sign_in_wrong"], name)
    service.sign_ins.succeeded(name, place.address)
    answer = RedirectResponse(home_of(service.accounts.session(token)), 303)
    begin_session(answer, request, service, token, old)
    drop_cookie(answer, request, FORM_COOKIE)
    return answer


@router.post("/logout")
def sign_out(request: Request, service: ServiceDep, session: SessionDep) -> Response:
    """End the session, and that of the single sign-on it came from; what the agent has goes to the queue.

    The cookie is SameSite=Strict and the form must come from here, so no other site can do this.
    """
    if not _is_own_page(request):
        return door(request, service, 403, say("console")["other_site"])
    caller = service.accounts.session(session) if session else None
    answer: Response = RedirectResponse(SIGN_IN_PAGE, 303)
    if session and caller:
        id_token = service.accounts.id_token_of(session)
        service.accounts.sign_out(session)
        hand_in(service, caller.name)
        if id_token and service.single_sign_on:
            address = service.single_sign_on.sign_out_address(id_token)
            answer = going_on("leaving", address) if address else answer
    drop_cookie(answer, request, SESSION_COOKIE)
    return answer


def door(
    request: Request, service: Service, status: int = 200, problem: str | None = None, name: str = ""
) -> Response:
    """Show the sign-in page."""
    form = secrets.token_urlsafe(24)
    answer = page(
        "console/login.html",
        status=status,
        say=say("console"),
        door=words("door"),
        single_sign_on=service.single_sign_on is not None,
        form=form,
        problem=problem,
        name=name,
    )
    put_cookie(answer, request, FORM_COOKIE, form)
    return answer


def begin_session(answer: Response, request: Request, service: Service, token: str, old: str) -> None:
    """Give the browser its new session; one that it had or was given before ends (no session fixation)."""
    if old:
        service.accounts.sign_out(old)
    put_cookie(answer, request, SESSION_COOKIE, token)


def hand_in(service: Service, name: str) -> None:
    """Put what an agent has back into the queue, unless they are still signed in somewhere."""
    if service.accounts.at_work(name) is None:
        service.hand_over.left(name)


def going_on(why: str, address: str) -> Response:
    """A page that goes on by itself: browsers let our forms lead to our own site only (CSP form-action)."""
    return page("console/going_on.html", say=say("console"), going=words("door")[why], address=address)


def home_of(caller: Caller | None) -> str:
    """Give the first page that this person may open."""
    if caller is None or caller.password_due:
        return OWN_ACCOUNT_PAGE
    allowed = (item.href for item in MENU if item.scope in caller.permissions)
    return next(allowed, OWN_ACCOUNT_PAGE)


def place_of(request: Request) -> Place:
    """Where a request comes from; behind a trusted proxy, from where it came to the proxy."""
    address = request.client.host if request.client else ""
    return Place(address, browser_of(request.headers.get("user-agent", "")))


def _is_own_page(request: Request) -> bool:
    """Whether a form was sent from a page of this host, as far as the browser says."""
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
