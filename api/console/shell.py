"""What every page of the console shares: who is signed in, the frame with its menu, and forms of our own."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Form, Header, HTTPException, Request
from fastapi.responses import Response

from api.accounts.model import Caller, MissingScope, Scope
from api.routes.access import ServiceDep, SessionDep
from api.routes.agents import note_presence
from api.routes.rendering import beijing_time, page, say
from tickets.privacy import mask_text

SIGN_IN_PAGE = "/console/login"
OWN_ACCOUNT_PAGE = "/console/account"


@dataclass(frozen=True)
class MenuItem:
    """One page in the menu; `name` is its key under `menu` in texts/pages.zh.yml."""

    name: str
    href: str
    scope: Scope


MENU = (
    MenuItem("talks", "/console", Scope.CHATS_READ),
    MenuItem("phone", "/console/phone", Scope.CHATS_WRITE),
    MenuItem("tickets", "/console/tickets", Scope.TICKETS_READ),
    MenuItem("search", "/console/search", Scope.ANSWERS),
    MenuItem("figures", "/console/figures", Scope.FIGURES_READ),
    MenuItem("deliveries", "/console/deliveries", Scope.TICKETS_EXPORT),
    MenuItem("knowledge", "/console/knowledge", Scope.KNOWLEDGE_EDIT),
    MenuItem("accounts", "/console/accounts", Scope.ACCOUNTS),
)


class PageNotAllowed(MissingScope):
    """Someone signed in asked for a page that is not for their role; they get a page that says so."""

    def __init__(self, caller: Caller, needed: Scope) -> None:
        self.caller = caller
        super().__init__(caller, needed)


def has_session(request: Request, service: ServiceDep, session: SessionDep) -> Caller:
    """The person behind the session cookie, who may still have to choose a password.

    Raises:
        HTTPException: to the sign-in page when there is none.
    """
    caller = service.accounts.session(session, active=is_deliberate(request)) if session else None
    if caller is None:
        raise _elsewhere(SIGN_IN_PAGE, "sign in first")
    return caller


def signed_in(service: ServiceDep, caller: Annotated[Caller, Depends(has_session)]) -> Caller:
    """The person behind the session cookie, who may work.

    Raises:
        HTTPException: as `has_session`; to their own page for those who still have a one-time password.
    """
    if caller.password_due:
        raise _elsewhere(OWN_ACCOUNT_PAGE, "choose a password first")
    note_presence(service, caller)
    return caller


def is_deliberate(request: Request) -> bool:
    """Whether a person did this; what a page fetches by itself keeps no forgotten session open.

    htmx names a field that somebody used (`HX-Trigger-Name`), never a part of the page that refreshes itself.
    Browsers tell opening a page from fetching: `Sec-Fetch-Mode`, and on an intranet without TLS by `Accept`.
    """
    told = request.headers
    if request.method not in ("GET", "HEAD") or "HX-Trigger-Name" in told:
        return True
    opens = "navigate" if "text/html," in told.get("Accept", "") else "fetch"
    return "HX-Request" not in told and told.get("Sec-Fetch-Mode", opens) == "navigate"


def _elsewhere(page: str, why: str) -> HTTPException:
    """Send a browser to another page; where htmx asked, live.js says so and leaves what was typed alone."""
    return HTTPException(303, why, headers={"Location": page})


def form_token(session: SessionDep) -> str:
    """What every form of a session carries; a page of another site, or of an old session, cannot know it."""
    return hashlib.sha256(b"console form\0" + session.encode()).hexdigest()


AgentDep = Annotated[Caller, Depends(signed_in)]
PersonDep = Annotated[Caller, Depends(has_session)]
FormDep = Annotated[str, Depends(form_token)]


def from_our_form(
    own: FormDep,
    sent: Annotated[str, Form(max_length=80)] = "",
    header: Annotated[str, Header(alias="X-Form-Token", max_length=80)] = "",
) -> bool:
    """True if this session's token came along: in the field `sent`, or in the header that htmx adds."""
    return secrets.compare_digest(own.encode(), (header or sent).encode())


OurFormDep = Annotated[bool, Depends(from_our_form)]


def may(scope: Scope) -> Callable[[Caller], Caller]:
    """Give the dependency that lets only people with this scope see a page: `Depends(may(Scope.…))`.

    Raises:
        PageNotAllowed: (the dependency) for everybody else.
    """

    def allowed(agent: AgentDep) -> Caller:
        if scope not in agent.permissions:
            raise PageNotAllowed(agent, scope)
        return agent

    return allowed


def is_fragment(hx_request: Annotated[str, Header(alias="HX-Request")] = "") -> bool:
    """True if htmx asks for a part of a page that is there already."""
    return hx_request == "true"


FragmentDep = Annotated[bool, Depends(is_fragment)]


def console_page(
    template: str, agent: Caller, now: datetime | None = None, status: int = 200, **values: Any
) -> Response:
    """Render a page, or a part of one, with what all of them use.

    `here` among the values is the name of the menu item to mark.
    """
    now = now or datetime.now(UTC)
    return page(
        template,
        status=status,
        **{"here": None, "form": None, **values},
        say=say("console"),
        agent=agent,
        menu=[item for item in MENU if item.scope in agent.permissions],
        now=now,
        beijing=partial(beijing_time, now=now),
        mask=mask_text,
    )


def not_found_page(agent: Caller) -> Response:
    return console_page("console/not_found.html", agent, status=404)


def not_allowed_page(agent: Caller) -> Response:
    return console_page("console/not_allowed.html", agent, status=403, problem=say("console")["not_allowed"])


def install_not_allowed_page(app: FastAPI) -> None:
    """Answer PageNotAllowed with its page."""

    def show(request: Request, error: Exception) -> Response:
        assert isinstance(error, PageNotAllowed)
        return not_allowed_page(error.caller)

    app.add_exception_handler(PageNotAllowed, show)
