"""Which tickets a query of GeoReport v2 finds, and how a ticket reads there: masked, open or closed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from api.accounts.model import Caller
from api.open311.schemas import ExtendedOut, NoteOut, ServiceRequestOut
from api.open311.services import notices, service_for
from api.routes.ticket_access import may_see, own, own_filter
from tickets.errors import BadRequest, NotFound
from tickets.lifecycle import CLOSED
from tickets.model import Category, HistoryEvent, Status, Ticket, TicketFilter
from tickets.numbering import BEIJING, beijing_day, make_number
from tickets.privacy import mask_ticket
from tickets.service import Desk
from tickets.sheets import words_of
from tickets.texts import desk_texts

SPAN = timedelta(days=90)
MOST = 1000
"""A query covers 90 days and gives 1000 requests at most (specification, Response Volume)."""

_AT_ONCE = 500
_LONGEST = 4000  # characters of a description, as the specification limits them


@dataclass(frozen=True)
class RequestQuery:
    """What is looked for: opened within [start, end], newest first; empty sets let everything pass."""

    start: datetime
    end: datetime
    categories: frozenset[Category]
    closed: frozenset[bool]
    page: int
    page_size: int


def window(start: datetime | None, end: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """Give the span of a query: 90 days from `start`, up to `end`, or up to now.

    Raises:
        BadRequest: it is longer than 90 days, or ends before it begins.
    """
    if start and end:
        if not timedelta(0) <= end - start <= SPAN:
            raise BadRequest("start_date and end_date must be in order and at most 90 days apart")
        return start, end
    if start:
        return start, min(start + SPAN, now)
    return (end or now) - SPAN, end or now


def find_requests(desk: Desk, caller: Caller, query: RequestQuery) -> list[Ticket]:
    """Give one page of what is found; an office finds its own tickets alone."""
    skipped = (query.page - 1) * query.page_size
    return list(islice(_matching(desk, caller, query), skipped, skipped + query.page_size))


def requests_named(desk: Desk, caller: Caller, numbers: list[str]) -> list[Ticket]:
    """Give the tickets of these numbers that there are, in the order asked."""
    found = []
    for number in numbers[:MOST]:
        try:
            found.append(own(desk, caller, number))
        except NotFound:
            continue
    return found


def service_request(ticket: Ticket, *, extended: bool) -> ServiceRequestOut:
    """Say a ticket as a service request, masked.

    Args:
        extended: with `extended_attributes` and `notes`, the extension that Boston, Chicago and San Francisco
            give for `extensions=true` (https://wiki.open311.org/GeoReport_v2/Extensions/).
    """
    masked = mask_ticket(ticket)
    service = service_for(masked.category)
    request = ServiceRequestOut(
        service_request_id=masked.number,
        status="closed" if masked.status in CLOSED else "open",
        status_notes=_status_notes(masked),
        service_name=service.name,
        service_code=service.code,
        description=masked.description[:_LONGEST],
        agency_responsible=masked.office,
        service_notice=None,
        requested_datetime=masked.opened_at,
        updated_datetime=masked.closed_at or masked.history[-1].at,
        expected_datetime=masked.due_at,
        address=str(masked.area) or None,
        address_id=masked.area.adcode,
        zipcode=None,
        lat=None,
        long=None,
        media_url=None,
    )
    if extended:
        request.extended_attributes = ExtendedOut(
            status=masked.status, urgency=masked.urgency, channel=masked.channel
        )
        request.notes = [_note(event) for event in masked.history]
    return request


def _matching(desk: Desk, caller: Caller, query: RequestQuery) -> Iterator[Ticket]:
    only = next(iter(query.categories)) if len(query.categories) == 1 else None
    wanted = own_filter(caller, TicketFilter(category=only, since=query.start))
    # The first number of the day after: what the window leaves out at its end is not read.
    before = make_number(beijing_day(query.end + timedelta(days=1)), 1)
    while found := desk.list(wanted, limit=_AT_ONCE, before=before):
        yield from (ticket for ticket in found if may_see(caller, ticket) and _fits(ticket, query))
        before = found[-1].number


def _fits(ticket: Ticket, query: RequestQuery) -> bool:
    return (
        ticket.opened_at <= query.end
        and (not query.categories or ticket.category in query.categories)
        and (not query.closed or (ticket.status in CLOSED) in query.closed)
    )


def _status_notes(ticket: Ticket) -> str:
    """The status in the desk's words, with the reason it was given when somebody moved the ticket there."""
    status = words_of(ticket.status)
    if ticket.status is Status.MERGED and ticket.merged_into:
        return notices()["merged"].format(number=ticket.merged_into)
    moved = [event for event in ticket.history if event.from_status not in (None, event.to_status)]
    reason = moved[-1].reason if moved else None
    return notices()["status_notes"].format(status=status, reason=reason) if reason else status


def _note(event: HistoryEvent) -> NoteOut:
    action = desk_texts()["action"].get(event.action, event.action)
    said = notices()["note"].format(action=action, reason=event.reason) if event.reason else action
    return NoteOut(datetime=event.at, description=said, type=event.action)


def moment_in_words(at: datetime) -> str:
    """Give an instant to the minute, Beijing time."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
