"""Tickets for agents, offices and case systems; masked unless a reason is given and recorded."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.accounts.model import Caller, Scope
from api.routes import disclosures, ticket_details
from api.routes.access import ServiceDep, desk_actor
from api.routes.ticket_access import (
    Corrector,
    Filer,
    IdempotencyKey,
    Mover,
    Reader,
    VersionSeen,
    check_same_request,
    may_see,
    naming_the_version,
    need_version,
    origin_of,
    own,
    own_filter,
    place,
    tag,
)
from api.service import Service
from api.ticket_bodies import AdcodePrefix, CorrectionIn, FilingIn, Moment, TicketSearchIn, TransitionIn
from api.ticket_schemas import FiledOut, TicketListOut, TicketOut, problems
from tickets.errors import RuleBroken
from tickets.model import Category, NewTicket, Status, TicketFilter, Urgency
from tickets.privacy import mask_ticket
from tickets.requests import area_from, request_from

_tickets = APIRouter(prefix="/v1/tickets", tags=["tickets"], responses=problems(401, 403))


@_tickets.get("", responses=problems(404, 422))
def list_tickets(
    service: ServiceDep,
    caller: Reader,
    status: Status | None = None,
    category: Category | None = None,
    urgency: Urgency | None = None,
    office: Annotated[str | None, Query(max_length=100)] = None,
    adcode: Annotated[AdcodePrefix | None, Query(description="A prefix: 43 is the whole province.")] = None,
    since: Annotated[Moment | None, Query(description="Opened at or after.")] = None,
    due_before: Annotated[
        Moment | None, Query(description="Open, and the present step is due by then.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: str | None = None,
) -> TicketListOut:
    """Newest first; `before` is the last number of the page above. An office's key lists its own alone."""
    wanted = TicketFilter(status, category, urgency, office, adcode, since, due_before)
    return _page(service, caller, wanted, limit, before)


@_tickets.post("/search", responses=problems(404, 422))
def search_tickets(body: TicketSearchIn, service: ServiceDep, caller: Reader) -> TicketListOut:
    """As the list, and by exact phone or ID number, which must not stand in an address."""
    return _page(service, caller, body.wanted(), body.limit, body.before)


@_tickets.post(
    "",
    status_code=201,
    responses={
        **problems(422, 503),
        200: {"model": FiledOut, "description": "The words were added to an earlier ticket: `added_to`."},
        201: {
            "headers": {"Location": {"schema": {"type": "string"}}, "ETag": {"schema": {"type": "string"}}}
        },
    },
)
def file_ticket(
    body: FilingIn, response: Response, service: ServiceDep, caller: Filer, key: IdempotencyKey = None
) -> FiledOut:
    """Take a request down. It is on disk when the answer comes; with an Idempotency-Key it is filed once.

    The words of the same person about the same open matter are added to her ticket, unless `separate`.
    """
    new = _request(body, service, origin_of(caller, key or body.client_id))
    actor = desk_actor(caller)
    if body.separate:
        ticket = service.desk.file(new, actor)
        added = bool(new.origin_message_id) and ticket.origin_message_id != new.origin_message_id
    else:
        filing = service.desk.take_down(new, actor)
        ticket, added = filing.ticket, filing.added
    check_same_request(ticket, new)
    response.status_code = 200 if added else 201
    place(response, ticket)
    out = FiledOut.of(mask_ticket(ticket))
    return out.model_copy(update={"added_to": ticket.number if added else None})


@_tickets.get("/{number}", responses=problems(404, 409))
def show_ticket(
    number: str,
    response: Response,
    service: ServiceDep,
    caller: Reader,
    reveal_reason: Annotated[
        str | None,
        Query(min_length=2, max_length=200, description="Why personal data must be seen; recorded."),
    ] = None,
) -> TicketOut:
    """One ticket, masked; with `reveal_reason` (scope tickets:reveal) in full, and that is recorded."""
    ticket = own(service.desk, caller, number)
    tag(response, ticket)
    if reveal_reason is None:
        return TicketOut.of(mask_ticket(ticket))
    caller.require(Scope.TICKETS_REVEAL)
    if caller.office and ticket.anonymous:
        raise RuleBroken(f"ticket {ticket.number} is anonymous: no office is told who asked; ask the hotline")
    return TicketOut.of(service.desk.disclose(number, actor=desk_actor(caller), reason=reveal_reason))


@_tickets.patch("/{number}", responses=problems(404, 409, 422, 428))
def correct_ticket(
    number: str,
    body: CorrectionIn,
    response: Response,
    service: ServiceDep,
    caller: Corrector,
    seen: VersionSeen = None,
) -> TicketOut:
    """Put category, urgency or place right. The version that was seen is needed; 409 tells the one now."""
    version = need_version(seen, body.version)
    area = area_from(body.area and body.area.to_area(), body.place, service.settings.region)
    with naming_the_version(service.desk, number):
        ticket = service.desk.correct(
            number,
            actor=desk_actor(caller),
            reason=body.reason,
            category=body.category,
            urgency=body.urgency,
            area=area,
            version=version,
        )
    tag(response, ticket)
    return TicketOut.of(mask_ticket(ticket))


_moves = APIRouter(prefix="/v1/tickets", tags=["tickets"], responses=problems(401, 403))


@_moves.post("/{number}/{transition}", responses=problems(404, 409, 422))
def move_ticket(
    number: str,
    transition: str,
    body: TransitionIn,
    response: Response,
    service: ServiceDep,
    caller: Mover,
    seen: VersionSeen = None,
) -> TicketOut:
    """Move a ticket; the table of moves is in tickets.lifecycle, GET …/moves lists those that are open."""
    own(service.desk, caller, number)
    with naming_the_version(service.desk, number):
        moved = service.desk.move(
            number,
            transition,
            actor=desk_actor(caller),
            reason=body.reason,
            office=body.office,
            into=body.into,
            version=body.version if seen is None else seen,
        )
    tag(response, moved)
    return TicketOut.of(mask_ticket(moved))


router = APIRouter()
# Any last word of a path may be a move, so the paths that have a meaning of their own come first.
for part in (_tickets, ticket_details.router, _moves, disclosures.router):
    router.include_router(part)


def _page(
    service: Service, caller: Caller, wanted: TicketFilter, limit: int, before: str | None
) -> TicketListOut:
    found = service.desk.list(own_filter(caller, wanted), limit=limit, before=before)
    return TicketListOut(
        tickets=[TicketOut.of(mask_ticket(ticket)) for ticket in found if may_see(caller, ticket)],
        next_before=found[-1].number if len(found) == limit else None,
    )


def _request(body: FilingIn, service: Service, origin: str | None) -> NewTicket:
    told = body.model_dump(exclude={"area", "applicant", "client_id", "separate"})
    return request_from(
        **told,
        region=service.settings.region,
        area=body.area and body.area.to_area(),
        applicant=body.applicant.to_person(),
        origin_message_id=origin,
    )
