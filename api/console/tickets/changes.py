"""What is done with one ticket: move, correct, add words, split, link. The rules are the desk's."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse, Response

from api.accounts.model import Scope
from api.console.shell import AgentDep, FormDep, OurFormDep, may, not_found_page
from api.console.tickets.filters import LIST
from api.console.tickets.page import Number, Reason, Typed, show
from api.console.tickets.words import refusal, seen_by_now, tidy
from api.routes.access import ServiceDep, desk_actor
from api.routes.rendering import say
from api.routes.ticket_access import origin_of, own
from api.service import Service
from tickets.errors import BadRequest, Conflict, NotFound, TicketError
from tickets.model import Actor, Area, Category, Ticket, Urgency
from tickets.requests import area_from

MAX_REASON, MAX_WORDS = 500, 8000

router = APIRouter(prefix=LIST, dependencies=[Depends(may(Scope.TICKETS_READ))])

Version = Annotated[int, Form(ge=0, le=2**31)]


class Doing:
    """One change of one ticket, asked for by a form."""

    def __init__(
        self, number: str, service: ServiceDep, agent: AgentDep, form: FormDep, ours: OurFormDep
    ) -> None:
        self.number, self.service, self.agent, self.form, self.ours = number, service, agent, form, ours

    @property
    def actor(self) -> Actor:
        return desk_actor(self.agent)

    def done(
        self,
        scope: Scope,
        typed: Typed,
        action: str,
        do: Callable[[Ticket, int], Ticket],
        version: int | None = None,
    ) -> Response:
        """Do it and show the ticket that comes of it; or say why not, with everything typed still there."""
        try:
            ticket = own(self.service.desk, self.agent, self.number)
        except NotFound:
            return not_found_page(self.agent)
        if not self.ours:
            return self._again(403, say("console")["other_site"], typed)
        if scope not in self.agent.permissions:
            return self._again(403, say("console")["not_allowed"], typed)
        try:
            seen = ticket.version if version is None else seen_by_now(ticket, version)
            if seen != ticket.version:
                raise Conflict(f"ticket {ticket.number} is at version {ticket.version}, not {version}")
            changed = do(ticket, seen)
        except TicketError as error:
            why = refusal(self.service, self.agent, ticket.number, error, version)
            return self._again(409, why, typed)
        return RedirectResponse(f"{LIST}/{changed.number}?done={action}", 303)

    def _again(self, status: int, problem: str, typed: Typed) -> Response:
        return show(self.service, self.agent, self.form, self.number, status, problem, typed)


DoingDep = Annotated[Doing, Depends()]


@router.post("/{number}/move/{transition}")
def move(
    transition: str,
    doing: DoingDep,
    version: Version = 0,
    reason: Reason = "",
    office: Annotated[str, Form(max_length=100)] = "",
    into: Number = "",
) -> Response:
    """Move it along the table of moves."""
    typed = Typed(f"move-{transition}", {"reason": reason, "office": office, "into": into})
    return doing.done(
        Scope.TICKETS_MOVE,
        typed,
        transition,
        lambda ticket, seen: doing.service.desk.move(
            ticket.number,
            transition,
            actor=doing.actor,
            reason=_short(reason) or None,
            office=office.strip() or None,
            into=into.strip() or None,
            version=seen,
        ),
        version,
    )


@router.post("/{number}/correct")
def correct(
    doing: DoingDep,
    version: Version = 0,
    reason: Reason = "",
    category: Annotated[str, Form(max_length=40)] = "",
    urgency: Annotated[str, Form(max_length=40)] = "",
    place: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Put category, urgency or place right."""
    typed = Typed("correct", {"reason": reason, "category": category, "urgency": urgency, "place": place})
    return doing.done(
        Scope.TICKETS_CORRECT,
        typed,
        "correct",
        lambda ticket, seen: doing.service.desk.correct(
            ticket.number,
            actor=doing.actor,
            reason=_short(reason),
            category=Category(category) if category in set(Category) else None,
            urgency=Urgency(urgency) if urgency in set(Urgency) else None,
            area=_area(doing.service, ticket, place.strip()),
            version=seen,
        ),
        version,
    )


@router.post("/{number}/supplements")
def supplement(
    doing: DoingDep,
    added: Annotated[str, Form(max_length=20_000)] = "",
    urgency: Annotated[str, Form(max_length=40)] = "",
    client_id: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Add the citizen's words; the same page sent twice adds them once."""
    return doing.done(
        Scope.TICKETS_FILE,
        Typed("supplement", {"added": added, "urgency": urgency}),
        "supplement",
        lambda ticket, _: doing.service.desk.supplement(
            ticket.number,
            _short(added, MAX_WORDS),
            actor=doing.actor,
            origin_message_id=origin_of(doing.agent, client_id or secrets.token_hex(8)),
            urgency=Urgency(urgency) if urgency in set(Urgency) else None,
        ),
    )


@router.post("/{number}/split")
def split(
    doing: DoingDep,
    version: Version = 0,
    position: Annotated[int, Form(ge=0, le=2**31)] = 0,
    reason: Reason = "",
) -> Response:
    """Give added words a ticket of their own, and go there."""
    return doing.done(
        Scope.TICKETS_CORRECT,
        Typed(f"split-{position}", {"reason": reason}),
        "split",
        lambda ticket, _: doing.service.desk.split(
            ticket.number, position, actor=doing.actor, reason=_short(reason)
        ),
        version,
    )


@router.post("/{number}/link")
def link(doing: DoingDep, version: Version = 0, related: Number = "", reason: Reason = "") -> Response:
    """Link it with another one as likely about the same matter."""
    return doing.done(
        Scope.TICKETS_CORRECT,
        Typed("link", {"related": related, "reason": reason}),
        "link",
        lambda ticket, _: doing.service.desk.link(
            ticket.number, related, actor=doing.actor, reason=_short(reason)
        ),
        version,
    )


@router.post("/{number}/unlink")
def unlink(doing: DoingDep, version: Version = 0, related: Number = "", reason: Reason = "") -> Response:
    """Take such a link away."""
    return doing.done(
        Scope.TICKETS_CORRECT,
        Typed(f"unlink-{related}", {"reason": reason}),
        "unlink",
        lambda ticket, _: doing.service.desk.unlink(
            ticket.number, related, actor=doing.actor, reason=_short(reason)
        ),
        version,
    )


def _short(text: str, most: int = MAX_REASON) -> str:
    """Give the typed words without blanks around them.

    Raises:
        BadRequest: there are too many.
    """
    words = tidy(text)
    if len(words) > most:
        raise BadRequest(f"{len(words)} characters are more than {most}", "too_long")
    return words


def _area(service: Service, ticket: Ticket, place: str) -> Area | None:
    """Give the place in words or by code, with the address that is known; None when none was typed.

    Raises:
        BadRequest: the words name no single place.
    """
    region = service.settings.region
    coded = Area(adcode=place) if place.isascii() and place.isdigit() else None
    try:
        area = area_from(coded, place or None, region)
    except BadRequest as error:
        raise BadRequest(str(error), "place_unknown") from error
    if area is None:
        return None
    if not area.adcode:
        raise BadRequest("the words name no single place", "place_unknown")
    return replace(area, detail=area.detail or ticket.area.detail)
