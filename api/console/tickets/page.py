"""One ticket on one page: what it says, what may be done with it now, and how it came about; masked."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import Response

from api.accounts.model import Caller, Scope
from api.console.shell import AgentDep, FormDep, OurFormDep, console_page, may, not_found_page
from api.console.tickets.filters import LIST
from api.console.tickets.words import WORDS, changed_since, deadline, deadline_of, refusal, tidy, told
from api.routes.access import ServiceDep, desk_actor
from api.routes.rendering import say
from api.routes.ticket_access import may_see, own
from api.service import Service
from tickets.delivery_model import DeliveryFilter
from tickets.errors import BadRequest, NotFound, TicketError
from tickets.lifecycle import CLOSED, UNANSWERED, Move
from tickets.lists import Order, TicketQuery
from tickets.model import Category, Ticket, TicketFilter, Urgency
from tickets.privacy import mask_ticket
from tickets.texts import desk_texts

OTHERS = 6
LAST_WORDS = 60
LAST_DELIVERIES = 50
CHANGES_EVERY_SECONDS = 15

router = APIRouter(prefix=LIST, dependencies=[Depends(may(Scope.TICKETS_READ))])

Number = Annotated[str, Form(max_length=40)]
Reason = Annotated[str, Form(max_length=1000)]


@dataclass(frozen=True)
class Typed:
    """What somebody typed into one of the forms; it stands there again when nothing came of it."""

    form: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def value(self, form: str, name: str) -> str:
        return self.values.get(name, "") if form == self.form else ""

    @property
    def texts(self) -> list[str]:
        return [text for text in self.values.values() if text.strip()]


NOTHING_TYPED = Typed()


@router.get("/{number}")
def ticket(
    number: str,
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    done: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """One ticket, masked; `done`: the action that led here, to be said."""
    return show(service, agent, form, number, done=done)


@router.get("/{number}/print")
def printed(number: str, service: ServiceDep, agent: AgentDep, form: FormDep) -> Response:
    """The same on paper, masked."""
    return show(service, agent, form, number, template="console/ticket_print.html")


@router.get("/{number}/changes")
def changes(
    number: str, service: ServiceDep, agent: AgentDep, seen: Annotated[int, Query(ge=0, le=2**31)] = 0
) -> Response:
    """Tell a page that is open what others did meanwhile; 204 when it is as it was seen."""
    try:
        found = own(service.desk, agent, number)
    except NotFound:
        return Response(status_code=204)
    events = changed_since(mask_ticket(found), seen)
    if not events:
        return Response(status_code=204)
    return console_page(
        "console/_ticket_changes.html", agent, words=WORDS, events=events, number=found.number
    )


@router.post("/{number}/reveal")
def reveal(
    number: str,
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    ours: OurFormDep,
    reason: Reason = "",
    on_paper: Annotated[bool, Form()] = False,
) -> Response:
    """Show it in full, once, for a reason; who saw it and why is recorded first."""
    typed = Typed("reveal", {"reason": reason})
    try:
        found = own(service.desk, agent, number)
    except NotFound:
        return not_found_page(agent)
    if not ours:
        return show(service, agent, form, number, 403, say("console")["other_site"], typed)
    if Scope.TICKETS_REVEAL not in agent.permissions or (agent.office and found.anonymous):
        return show(service, agent, form, number, 403, say("console")["not_allowed"], typed)
    try:
        if len(tidy(reason)) < 2:
            raise BadRequest("showing personal data in full needs a reason", "no_reason")
        full = service.desk.disclose(found.number, actor=desk_actor(agent), reason=tidy(reason))
    except TicketError as error:
        told = refusal(service, agent, found.number, error)
        return show(service, agent, form, number, 409, told, typed)
    template = "console/ticket_print.html" if on_paper else "console/ticket.html"
    return show(service, agent, form, number, full=full, template=template)


def show(
    service: Service,
    agent: Caller,
    form: str,
    number: str,
    status: int = 200,
    problem: str | None = None,
    typed: Typed = NOTHING_TYPED,
    *,
    full: Ticket | None = None,
    done: str = "",
    template: str = "console/ticket.html",
) -> Response:
    """Show the ticket as it is now, masked unless it is given in `full`."""
    try:
        real = full or own(service.desk, agent, number)
    except NotFound:
        return not_found_page(agent)
    now, masked = datetime.now(UTC), mask_ticket(real)
    shown = full or masked
    moves, linked = _moves(service, agent, real), _linked(service, agent, real, now)
    return console_page(
        template,
        agent,
        now,
        status,
        here="tickets",
        form=form,
        words=WORDS,
        desk=desk_texts(),
        problem=problem,
        typed=typed,
        left_over=typed.texts if typed.form not in _forms(real, moves, linked) else [],
        done=desk_texts()["action"].get(done),
        ticket=shown,
        revealed=full is not None,
        closed=real.status in CLOSED,
        events=told(shown),
        promise=_promise(service, real, now),
        step=_step(service, real, now),
        moves=moves,
        proposal=_proposal(service, real) if any("office" in move.needs for move in moves) else None,
        offices=_office_names(service, moves),
        linked=linked,
        others=_others(service, agent, real, now),
        talk=_talk(service, agent, masked),
        deliveries=service.deliveries.find(DeliveryFilter(number=real.number), limit=LAST_DELIVERIES),
        disclosures=service.ticket_lists.disclosures_of(real.number),
        may={scope.name: scope in agent.permissions for scope in Scope},
        categories=list(Category),
        urgencies=list(Urgency),
        every_seconds=CHANGES_EVERY_SECONDS,
        client_id="p_" + secrets.token_hex(8),
    )


def _moves(service: Service, agent: Caller, ticket: Ticket) -> tuple[Move, ...]:
    if Scope.TICKETS_MOVE not in agent.permissions:
        return ()
    return service.desk.moves(ticket.number, desk_actor(agent))


def _forms(ticket: Ticket, moves: tuple[Move, ...], linked: list[dict[str, Any]]) -> set[str]:
    """Name the forms that the page has now; what was typed into another one is shown as it is."""
    found = {f"move-{move.transition}" for move in moves if move.needs} | {"link", "reveal"}
    found |= {f"split-{event.position}" for event in told(ticket) if event.split}
    found |= {f"unlink-{row['ticket'].number}" for row in linked}
    return found if ticket.status in CLOSED else found | {"correct", "supplement"}


def _promise(service: Service, ticket: Ticket, now: datetime) -> Any:
    """Give the promise to the citizen with its rule; nothing is left of it to count once it was answered."""
    limit = service.limits.limit_for(ticket.category, ticket.urgency, ticket.area.adcode)
    found = deadline(ticket.due_at, now, service.limits, limit.source)
    return {"deadline": found, "counting": ticket.status in UNANSWERED}


def _step(service: Service, ticket: Ticket, now: datetime) -> Any:
    """Give the time of the present step with its rule; None where there is none or it is the promise."""
    limit = service.limits.stage_limit(ticket.status, ticket.category, ticket.urgency, ticket.area.adcode)
    if limit is None or ticket.stage_due_at is None:
        return None
    return deadline(ticket.stage_due_at, now, service.limits, limit.source)


def _proposal(service: Service, ticket: Ticket) -> Any:
    return service.offices.office_for(ticket.area, ticket.category, ticket.urgency)


def _office_names(service: Service, moves: tuple[Move, ...]) -> list[str]:
    if not any("office" in move.needs for move in moves):
        return []
    return sorted({row.office for row in service.offices.rows} | set(service.ticket_lists.offices()))


def _linked(service: Service, agent: Caller, ticket: Ticket, now: datetime) -> list[dict[str, Any]]:
    found = service.ticket_lists.numbered(ticket.related)
    return [_row(service, one, now) for one in found if may_see(agent, one)]


def _others(service: Service, agent: Caller, ticket: Ticket, now: datetime) -> list[dict[str, Any]]:
    """Give other tickets with the same phone; an anonymous request leads to no other and from none."""
    if ticket.anonymous or agent.office or not ticket.applicant.phone:
        return []
    same = TicketQuery(TicketFilter(phone=ticket.applicant.phone))
    page = service.ticket_lists.page(same, Order.NEWEST, limit=OTHERS + 1 + len(ticket.related))
    known = {ticket.number, *ticket.related}
    fresh = [one for one in page.tickets if one.number not in known and not one.anonymous]
    return [_row(service, one, now) for one in fresh[:OTHERS]]


def _row(service: Service, ticket: Ticket, now: datetime) -> dict[str, Any]:
    return {"ticket": mask_ticket(ticket), "due": deadline_of(ticket, now, service.limits)}


def _talk(service: Service, agent: Caller, ticket: Ticket) -> Any:
    """Give the last words of the conversation that the ticket comes from; None if nobody may look."""
    if not ticket.conversation_id or Scope.CHATS_READ not in agent.permissions:
        return None
    return service.conversations.lately(ticket.conversation_id, LAST_WORDS)
