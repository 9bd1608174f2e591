"""Tickets for agents and case systems. Personal data is masked unless a reason is given and recorded."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api.accounts.model import Caller, Role
from api.routes.access import CallerDep, ServiceDep
from api.schemas import TicketListOut, TicketOut, TransitionIn
from tickets.model import Actor, Category, Status
from tickets.model import Role as DeskRole
from tickets.privacy import mask_ticket

router = APIRouter(prefix="/v1/tickets", tags=["tickets"])

_DESK_ROLES = {
    Role.AGENT: DeskRole.DESK,
    Role.SUPERVISOR: DeskRole.SUPERVISOR,
    Role.ADMIN: DeskRole.SUPERVISOR,
}


def _actor(caller: Caller) -> Actor:
    return Actor(caller.name, _DESK_ROLES[caller.role])


@router.get("")
def list_tickets(
    service: ServiceDep,
    caller: CallerDep,
    status: Status | None = None,
    category: Category | None = None,
    since: datetime | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: str | None = None,
) -> TicketListOut:
    """Newest first; `before` is the last number of the page above."""
    found = service.desk.list(status=status, category=category, since=since, limit=limit, before=before)
    return TicketListOut(tickets=[TicketOut.of(mask_ticket(ticket)) for ticket in found])


@router.get("/{number}")
def show_ticket(
    number: str,
    service: ServiceDep,
    caller: CallerDep,
    reveal_reason: Annotated[
        str | None,
        Query(min_length=2, max_length=200, description="Why personal data must be seen; recorded."),
    ] = None,
) -> TicketOut:
    """One ticket, masked; with `reveal_reason` in full, and that showing is recorded."""
    if reveal_reason is None:
        return TicketOut.of(mask_ticket(service.desk.find(number)))
    return TicketOut.of(service.desk.disclose(number, actor=_actor(caller), reason=reveal_reason))


@router.post("/{number}/{transition}")
def move_ticket(
    number: str, transition: str, body: TransitionIn, service: ServiceDep, caller: CallerDep
) -> TicketOut:
    """Move a ticket; the table of moves is in tickets.lifecycle."""
    moved = service.desk.move(
        number,
        transition,
        actor=_actor(caller),
        reason=body.reason,
        office=body.office,
        into=body.into,
        version=body.version,
    )
    return TicketOut.of(mask_ticket(moved))
