"""What every route about tickets needs: who may, which tickets are theirs, and the version that was seen."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Response

from api.accounts.model import Caller
from api.routes.access import needs
from tickets.amending import SUPPLEMENT
from tickets.errors import BadRequest, Conflict, NotFound
from tickets.lifecycle import AT_OFFICE
from tickets.model import NewTicket, Ticket, TicketFilter
from tickets.service import Desk

Reader = Annotated[Caller, Depends(needs("tickets:read"))]
Filer = Annotated[Caller, Depends(needs("tickets:file"))]
Mover = Annotated[Caller, Depends(needs("tickets:move"))]
Corrector = Annotated[Caller, Depends(needs("tickets:correct"))]
Auditor = Annotated[Caller, Depends(needs("audit:read"))]

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Names this request: sent again with the same key it does nothing twice.",
    ),
]


def version_seen(
    if_match: Annotated[
        str | None, Header(alias="If-Match", description='The ETag of the ticket as it was read, like "3".')
    ] = None,
) -> int | None:
    """The version in If-Match, or None when the caller does not say.

    Raises:
        BadRequest: it is no ETag of a ticket.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    tag = if_match.strip().removeprefix("W/").strip('"')
    if not tag.isascii() or not tag.isdigit():
        raise BadRequest('If-Match is not the ETag of a ticket: send it as it was received, like "3"')
    return int(tag)


VersionSeen = Annotated[int | None, Depends(version_seen)]


def need_version(header: int | None, body: int | None) -> int:
    """Give the version that a caller saw, said either way.

    Raises:
        HTTPException: 428 when it is not said: the change of somebody else must not be written over unseen.
    """
    version = body if header is None else header
    if version is None:
        raise HTTPException(428, "say which version you saw: If-Match with the ETag, or `version`")
    return version


def tag(response: Response, ticket: Ticket) -> None:
    """Mark the response with the ticket's version; personal data is not to be kept by caches."""
    response.headers["ETag"] = f'"{ticket.version}"'
    response.headers["Cache-Control"] = "no-store"


def place(response: Response, ticket: Ticket) -> None:
    """Say where the ticket is that has come out."""
    tag(response, ticket)
    response.headers["Location"] = f"/v1/tickets/{ticket.number}"


def own(desk: Desk, caller: Caller, number: str) -> Ticket:
    """Give a ticket; to an office only its own.

    Raises:
        NotFound: the same for a ticket of another office as for one that does not exist.
    """
    ticket = desk.find(number)
    if not may_see(caller, ticket):
        raise NotFound(f"no ticket {ticket.number}")
    return ticket


def may_see(caller: Caller, ticket: Ticket) -> bool:
    """Say whether a ticket is the caller's to look at: an office's only once it was dispatched to it."""
    if not caller.office:
        return True
    given = False
    for event in ticket.history:
        given = event.to_status in AT_OFFICE or (given and "office" not in event.changes)
    return given and ticket.office == caller.office


def own_filter(caller: Caller, wanted: TicketFilter) -> TicketFilter:
    """Give the filter that keeps an office to its own tickets.

    Raises:
        NotFound: the caller belongs to another office than the one asked for.
    """
    if caller.office and wanted.office not in (None, caller.office):
        raise NotFound(f"no tickets of the office {wanted.office} for {caller.name}")
    return replace(wanted, office=wanted.office or caller.office)


def origin_of(caller: Caller, key: str | None) -> str | None:
    """Name a request after the caller and the key it came with, so that callers cannot meet each other's."""
    if key is None:
        return None
    return "api:" + hashlib.sha256(f"{caller.name}\x00{key}".encode()).hexdigest()


def check_same_request(ticket: Ticket, new: NewTicket) -> None:
    """Refuse a key that was used for another request, as draft-ietf-httpapi-idempotency-key-header says.

    Raises:
        BadRequest: the ticket of the key holds other words.
    """
    added = (event.reason for event in ticket.history if event.action == SUPPLEMENT)
    if ticket.erased_at is None and new.description not in (ticket.description, *added):
        raise BadRequest("this Idempotency-Key was used for another request: choose a new one")


@contextmanager
def naming_the_version(desk: Desk, number: str) -> Iterator[None]:
    """Let a conflict say which version the ticket has now."""
    try:
        yield
    except Conflict as error:
        raise Conflict(str(error), desk.find(number).version) from error
