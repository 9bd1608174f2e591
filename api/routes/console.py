"""The agents' console: sign in, see who waits, look at conversations and tickets. Personal data is masked.

What an agent does with a conversation is in console_chats.
"""

import hashlib
import math
import secrets
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from api.accounts.model import Caller, Scope
from api.accounts.throttle import SignInThrottle
from api.routes.access import SESSION_COOKIE, ServiceDep
from api.routes.agents import note_presence
from api.routes.rendering import beijing_time, page, say
from tickets.errors import NotFound
from tickets.privacy import mask_text, mask_ticket

FORM_COOKIE = "hotline_form"
LISTED = 100
REFRESH_SECONDS = 10

router = APIRouter(prefix="/console")
_throttle = SignInThrottle()


def signed_in(
    service: ServiceDep, session: Annotated[str | None, Cookie(alias=SESSION_COOKIE)] = None
) -> Caller:
    """The agent behind the session cookie.

    Raises:
        HTTPException: 303 to the sign-in page when there is none.
    """
    caller = service.accounts.session(session) if session else None
    if caller is None:
        raise HTTPException(303, "sign in first", headers={"Location": "/console/login"})
    note_presence(service, caller)
    return caller


def form_token(session: Annotated[str, Cookie(alias=SESSION_COOKIE)] = "") -> str:
    """What every form of a session carries; a page of another site, or of an old session, cannot know it."""
    return hashlib.sha256(b"console form\0" + session.encode()).hexdigest()


AgentDep = Annotated[Caller, Depends(signed_in)]
FormDep = Annotated[str, Depends(form_token)]


@router.get("")
def overview(service: ServiceDep, agent: AgentDep, form: FormDep) -> Response:
    """Who waits, danger and the longest first; what agents have; conversations and tickets, newest first."""
    now, held = datetime.now(UTC), service.conversations.held
    with_agents = held.with_agents(LISTED)
    return console_page(
        "console/overview.html",
        agent,
        now,
        waiting=held.waiting(LISTED),
        mine=[each for each in with_agents if each.agent == agent.name],
        others=[each for each in with_agents if each.agent != agent.name],
        may_answer=Scope.CHATS_WRITE in agent.permissions,
        form=form,
        conversations=service.conversations.latest(LISTED),
        tickets=[mask_ticket(ticket) for ticket in service.desk.list(limit=LISTED)],
        refresh_seconds=REFRESH_SECONDS,
    )


@router.get("/tickets/{number}")
def ticket(number: str, service: ServiceDep, agent: AgentDep) -> Response:
    """One ticket with its history, masked."""
    try:
        found = mask_ticket(service.desk.find(number))
    except NotFound:
        return not_found_page(agent)
    return console_page("console/ticket.html", agent, datetime.now(UTC), ticket=found)


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
    answer = RedirectResponse("/console/login", 303)
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


def console_page(template: str, agent: Caller, now: datetime, status: int = 200, **values: Any) -> Response:
    return page(
        template,
        status=status,
        say=say("console"),
        agent=agent,
        now=now,
        beijing=partial(beijing_time, now=now),
        mask=mask_text,
        **values,
    )


def not_found_page(agent: Caller) -> Response:
    return console_page("console/not_found.html", agent, datetime.now(UTC), status=404)
