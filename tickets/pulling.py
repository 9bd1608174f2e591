"""Pulling: every ticket that changed since a cursor, once each, in the order of its last change.

The order is that of `ticket_outbox.sequence`, which grows in the order of commits: what lies behind a cursor
can only be added to, never slipped under it. A ticket that changes during a pull is given as it is then, and
again by the next pull.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, and_, func, select

from tickets import outbox
from tickets.database import reading
from tickets.errors import BadRequest
from tickets.model import Ticket
from tickets.privacy import Sealer
from tickets.schema import ticket_events, ticket_outbox, tickets
from tickets.store import SqlTicketStore

BEGINNING = 0
_PAGE = 500
_ROWS = 2000
_SEQUENCE_BYTES, _CHECK_BYTES = 8, 7


class BadCursor(BadRequest):
    """A cursor that this database did not give, or gave before it was restored from a backup."""


@dataclass(frozen=True)
class Change:
    """A ticket as it is now; `cursor`: where a pull begins that goes on behind it."""

    ticket: Ticket
    cursor: str


@dataclass(frozen=True)
class Pull:
    """What one pull covers: tickets whose newest event up to `head` lies after `after` and not after `end`.

    `next_cursor`: where the next pull begins. The numbers are sequences of the outbox.
    """

    after: int
    head: int
    end: int
    next_cursor: str


class TicketPulls(SqlTicketStore):
    """Reads tickets by what changed; every page is a short read of its own."""

    def __init__(self, engine: Engine, sealer: Sealer) -> None:
        super().__init__(engine, sealer)
        self._pulled = engine

    def begin(self, cursor: str | None = None, limit: int | None = None) -> Pull:
        """Settle what a pull covers.

        Args:
            cursor: where it begins; None for the first ticket there is.
            limit: at most so many tickets; None for all that changed.
        Raises:
            BadCursor: it is none of ours.
        """
        with reading(self._pulled) as connection:
            after = _sequence_of(connection, cursor) if cursor else BEGINNING
            return self._covering(connection, after, limit)

    def begin_at(self, after: int, head: int | None = None) -> Pull:
        """Settle the same from a sequence that is known, up to `head` or the newest event."""
        with reading(self._pulled) as connection:
            return self._covering(connection, after, None, head)

    def cursor_at(self, sequence: int) -> str:
        """Give the cursor for a sequence of the outbox."""
        with reading(self._pulled) as connection:
            return _cursor_at(connection, sequence)

    def changes(self, pull: Pull) -> Iterator[Change]:
        """Give the tickets of a pull, a page in memory at a time."""
        after = pull.after
        while after < pull.end:
            with reading(self._pulled) as connection:
                page, after = _newest(connection, after, pull.end, pull.head)
            for start in range(0, len(page), _PAGE):
                yield from self._with_tickets(page[start : start + _PAGE])

    def _covering(
        self, connection: Connection, after: int, limit: int | None, head: int | None = None
    ) -> Pull:
        head = outbox.head(connection) if head is None else head
        end = head
        if limit is not None:
            end = _end_of(connection, after, head, limit)
        return Pull(after, head, end, _cursor_at(connection, end))

    def _with_tickets(self, page: "Sequence[_Newest]") -> Iterator[Change]:
        found = self._select(lambda query: query.where(tickets.c.number.in_([one.number for one in page])))
        by_number = {ticket.number: ticket for ticket in found}
        for one in page:
            ticket = by_number[one.number]
            at = ticket.history[one.position - 1].at
            yield Change(ticket, _cursor(one.sequence, one.number, one.position, at))


@dataclass(frozen=True)
class _Newest:
    """The newest event of a ticket up to the head of a pull."""

    sequence: int
    number: str
    position: int


def _newest(connection: Connection, after: int, end: int, head: int) -> tuple[list[_Newest], int]:
    """Give the next tickets in order, and how far the outbox was read for them."""
    row = ticket_outbox.c
    page = connection.execute(
        select(row.sequence, row.number, row.position)
        .where(row.sequence > after, row.sequence <= end)
        .order_by(row.sequence)
        .limit(_ROWS)
    ).all()
    if not page:
        return [], end
    newest = connection.execute(
        select(row.number, func.max(row.sequence))
        .where(row.number.in_({one.number for one in page}), row.sequence <= head)
        .group_by(row.number)
    )
    last = {number: sequence for number, sequence in newest}
    return [_Newest(*one) for one in page if last[one.number] == one.sequence], page[-1].sequence


def _end_of(connection: Connection, after: int, head: int, limit: int) -> int:
    """Give the sequence of the last ticket that a pull of so many covers."""
    left = limit
    while after < head:
        page, after = _newest(connection, after, head, head)
        if len(page) >= left:
            return page[left - 1].sequence
        left -= len(page)
    return head


def _cursor_at(connection: Connection, sequence: int) -> str:
    """Give the cursor for a sequence; its check binds it to the event that stands there in this database."""
    event = ticket_events.c
    row = ticket_outbox.c
    joined = ticket_outbox.join(
        ticket_events, and_(event.number == row.number, event.position == row.position)
    )
    found = connection.execute(
        select(row.number, row.position, event.at).select_from(joined).where(row.sequence == sequence)
    ).first()
    if found is None:
        return _cursor(sequence, "", 0, None)
    return _cursor(sequence, found.number, found.position, found.at)


def _cursor(sequence: int, number: str, position: int, at: datetime | None) -> str:
    said = f"{sequence} {number} {position} {at.isoformat() if at else ''}"
    check = hashlib.sha256(said.encode()).digest()[:_CHECK_BYTES]
    return base64.urlsafe_b64encode(sequence.to_bytes(_SEQUENCE_BYTES) + check).decode()


def _sequence_of(connection: Connection, cursor: str) -> int:
    try:
        raw = base64.b64decode(cursor, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _SEQUENCE_BYTES + _CHECK_BYTES:
        raise BadCursor(
            "this is no cursor of ours: send Hotline-Next-Cursor as it came, or none to begin anew"
        )
    sequence = int.from_bytes(raw[:_SEQUENCE_BYTES])
    if sequence > outbox.head(connection) or _cursor_at(connection, sequence) != cursor:
        raise BadCursor(
            "this cursor is not of this database, which may have been restored from a backup: begin anew "
            "without a cursor and let the higher `version` of each ticket win"
        )
    return sequence
