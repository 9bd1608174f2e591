"""What belongs to one ticket: its history, its open moves, added words, links."""

from fastapi import APIRouter, Response

from api.accounts.model import Scope
from api.routes.access import ServiceDep, desk_actor
from api.routes.ticket_access import (
    Corrector,
    Filer,
    IdempotencyKey,
    Reader,
    naming_the_version,
    origin_of,
    own,
    place,
    tag,
)
from api.ticket_bodies import LinkIn, SplitIn, SupplementIn
from api.ticket_schemas import HistoryOut, MoveOut, MovesOut, TicketOut, problems
from tickets.privacy import mask_ticket

router = APIRouter(prefix="/v1/tickets", tags=["tickets"], responses=problems(401, 403))


@router.get("/{number}/history", responses=problems(404))
def history(number: str, response: Response, service: ServiceDep, caller: Reader) -> HistoryOut:
    """Who did what, when and why, oldest first; numbers and names in the reasons are masked."""
    ticket = own(service.desk, caller, number)
    tag(response, ticket)
    return HistoryOut.of(mask_ticket(ticket))


@router.get("/{number}/moves", responses=problems(404))
def moves(number: str, response: Response, service: ServiceDep, caller: Reader) -> MovesOut:
    """The moves that are open to the caller now, and what each needs."""
    ticket = own(service.desk, caller, number)
    tag(response, ticket)
    may = Scope.TICKETS_MOVE in caller.permissions
    found = service.desk.moves(number, desk_actor(caller)) if may else ()
    return MovesOut(
        number=ticket.number,
        status=ticket.status,
        version=ticket.version,
        moves=[MoveOut.of(move) for move in found],
    )


@router.post("/{number}/supplements", responses=problems(404, 409, 422))
def add_words(
    number: str,
    body: SupplementIn,
    response: Response,
    service: ServiceDep,
    caller: Filer,
    key: IdempotencyKey = None,
) -> TicketOut:
    """Add the citizen's words to an open ticket; with an Idempotency-Key they are added once."""
    ticket = service.desk.supplement(
        number,
        body.words,
        actor=desk_actor(caller),
        origin_message_id=origin_of(caller, key or body.client_id),
        urgency=body.urgency,
    )
    tag(response, ticket)
    return TicketOut.of(mask_ticket(ticket))


@router.post("/{number}/split", status_code=201, responses=problems(404, 409, 422))
def split(
    number: str, body: SplitIn, response: Response, service: ServiceDep, caller: Corrector
) -> TicketOut:
    """Give added words a ticket of their own (it is the answer); both stay linked."""
    with naming_the_version(service.desk, number):
        ticket = service.desk.split(number, body.position, actor=desk_actor(caller), reason=body.reason)
    place(response, ticket)
    return TicketOut.of(mask_ticket(ticket))


@router.put("/{number}/links/{related}", responses=problems(404, 409, 422))
def link(
    number: str, related: str, body: LinkIn, response: Response, service: ServiceDep, caller: Corrector
) -> TicketOut:
    """Link two tickets as likely repeats of one matter; linked already, nothing changes."""
    ticket, other = service.desk.find(number), service.desk.find(related)
    if other.number not in ticket.related:
        with naming_the_version(service.desk, number):
            ticket = service.desk.link(
                ticket.number, other.number, actor=desk_actor(caller), reason=body.reason
            )
    tag(response, ticket)
    return TicketOut.of(mask_ticket(ticket))


@router.delete("/{number}/links/{related}", responses=problems(404, 409, 422))
def unlink(
    number: str, related: str, body: LinkIn, response: Response, service: ServiceDep, caller: Corrector
) -> TicketOut:
    """Take a link away again; the history keeps both."""
    with naming_the_version(service.desk, number):
        ticket = service.desk.unlink(number, related, actor=desk_actor(caller), reason=body.reason)
    tag(response, ticket)
    return TicketOut.of(mask_ticket(ticket))
