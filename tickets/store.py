"""Keeps tickets in SQLite (one machine) or PostgreSQL (more).

With schema.py the only module that knows SQLAlchemy.

Every writing transaction starts with a write, so SQLite takes its lock at once and waits its turn
instead of failing halfway; on PostgreSQL the same first write locks the day's counter row.
"""

import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, and_, event, insert, or_, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from tickets.errors import Conflict, Unavailable
from tickets.model import Category, HistoryEvent, NewTicket, Status, Ticket
from tickets.numbering import beijing_day, make_number, split_number
from tickets.privacy import Sealer
from tickets.rows import TicketRows
from tickets.schema import metadata, ticket_disclosures, ticket_events, ticket_links, ticket_numbers, tickets

__all__ = ["SqlTicketStore", "metadata", "prepare_sqlite"]

FILED = "file"
LINKED = "link"
_BUSY_TIMEOUT_MS = 10_000
_PAGE = 500
_TRIES = 3


def prepare_sqlite(engine: Engine) -> None:
    """Make SQLite connections durable and patient: WAL, synchronous=FULL, foreign keys, 10 s busy timeout.

    Call it once per engine, before the first connection. Does nothing for other databases.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()


class SqlTicketStore:
    """Implements ports.TicketStore."""

    def __init__(self, engine: Engine, sealer: Sealer) -> None:
        self._engine = engine
        self._rows = TicketRows(sealer)

    def add(
        self, new: NewTicket, opened_at: datetime, due_at: datetime, actor: str, links: Mapping[str, str]
    ) -> Ticket:
        """Number and write a ticket in one transaction; a repeated origin message gives its first ticket."""
        for tries_left in reversed(range(_TRIES)):
            known = self.get_by_origin(new.origin_message_id) if new.origin_message_id else None
            if known:
                return known
            try:
                with self._writing() as connection:
                    number = self._insert(connection, new, opened_at, due_at, actor, links)
                break
            except IntegrityError:
                # Another writer was first, with this message or with the day's first number: look again.
                if not tries_left:
                    raise
        return self._must_get(number)

    def get(self, number: str) -> Ticket | None:
        """Give the ticket with its history, or None."""
        found = self._select(lambda query: query.where(tickets.c.number == number))
        return found[0] if found else None

    def get_by_origin(self, origin_message_id: str) -> Ticket | None:
        """Give the ticket confirmed by this message, or None."""
        found = self._select(lambda query: query.where(tickets.c.origin_message_id == origin_message_id))
        return found[0] if found else None

    def same_matter(self, new: NewTicket, since: datetime, limit: int) -> list[str]:
        """Find likely repeats by fingerprint; without phone and ID number there are none."""
        person = self._rows.prints(new.applicant)
        if not person:
            return []
        conditions = [
            or_(*(tickets.c[column] == value for column, value in person.items())),
            tickets.c.category == new.category.value,
            tickets.c.opened_at >= since,
            tickets.c.status != Status.WITHDRAWN.value,
        ]
        if new.area.county:
            conditions.append(or_(tickets.c.county.is_(None), tickets.c.county == new.area.county))
        query = (
            select(tickets.c.number, tickets.c.beneficiary_sealed)
            .where(*conditions)
            .order_by(tickets.c.day.desc(), tickets.c.sequence.desc())
            .limit(_PAGE)
        )
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [row["number"] for row in rows if not self._rows.other_beneficiary(row, new)][:limit]

    def phone_tail_matches(self, number: str, tail: str) -> bool:
        """Compare fingerprints in constant time; a missing ticket costs the same work as a wrong tail."""
        query = select(tickets.c.phone_tail_print).where(tickets.c.number == number)
        with self._reading() as connection:
            stored = connection.execute(query).scalar_one_or_none()
        return hmac.compare_digest(stored or "", self._rows.tail_print(number, tail))

    def newest(
        self,
        *,
        status: Status | None,
        category: Category | None,
        since: datetime | None,
        before: str | None,
        limit: int,
    ) -> list[Ticket]:
        """Give one page, newest first."""
        conditions = []
        if status:
            conditions.append(tickets.c.status == status.value)
        if category:
            conditions.append(tickets.c.category == category.value)
        if since:
            conditions.append(tickets.c.opened_at >= since)
        if before:
            conditions.append(_side_of(before, newer=False))
        return self._select(
            lambda query: (
                query.where(*conditions)
                .order_by(tickets.c.day.desc(), tickets.c.sequence.desc())
                .limit(limit)
            )
        )

    def oldest_first(self, since: datetime | None, after: str | None = None) -> Iterator[Ticket]:
        """Give every ticket in number order, a page at a time, so that memory stays flat."""
        while page := self._page_after(since, after):
            yield from page
            after = page[-1].number

    def save_move(self, before: Ticket, after: Ticket) -> None:
        """Write the new state and its history event, provided nobody wrote in between."""
        statement = (
            update(tickets)
            .where(tickets.c.number == before.number, tickets.c.version == before.version)
            .values(
                status=after.status.value,
                office=after.office,
                due_at=after.due_at,
                closed_at=after.closed_at,
                version=after.version,
            )
        )
        with self._writing() as connection:
            if connection.execute(statement).rowcount != 1:
                raise Conflict(
                    f"ticket {before.number} is no longer at version {before.version}; read it again"
                )
            connection.execute(
                insert(ticket_events).values(
                    self._rows.event_values(after.number, after.version, after.history[-1])
                )
            )
            for related in set(after.related) - set(before.related):
                connection.execute(insert(ticket_links).values(number=after.number, related=related))

    def record_disclosure(
        self, at: datetime, actor: str, reason: str, scope: str, number: str | None = None
    ) -> None:
        """Write one line to the record of disclosures."""
        values = {"at": at, "actor": actor, "reason": reason, "scope": scope, "number": number}
        with self._writing() as connection:
            connection.execute(insert(ticket_disclosures).values(values))

    def _insert(
        self,
        connection: Connection,
        new: NewTicket,
        opened_at: datetime,
        due_at: datetime,
        actor: str,
        links: Mapping[str, str],
    ) -> str:
        day = beijing_day(opened_at)
        sequence = _next_sequence(connection, day)
        number = make_number(day, sequence)
        accepted = Status.ACCEPTED
        events = [HistoryEvent(opened_at, actor, FILED, None, accepted)]
        events += [
            HistoryEvent(opened_at, actor, LINKED, accepted, accepted, reason) for reason in links.values()
        ]
        values = self._rows.ticket_values(new, number, day, sequence, opened_at, due_at)
        connection.execute(insert(tickets).values(values | {"version": len(events)}))
        for position, happened in enumerate(events, start=1):
            connection.execute(
                insert(ticket_events).values(self._rows.event_values(number, position, happened))
            )
        for related in links:
            connection.execute(insert(ticket_links).values(number=number, related=related))
        return number

    def _must_get(self, number: str) -> Ticket:
        ticket = self.get(number)
        if ticket is None:
            raise Unavailable(f"ticket {number} was written but cannot be read")
        return ticket

    def _page_after(self, since: datetime | None, after: str | None) -> list[Ticket]:
        conditions = [tickets.c.opened_at >= since] if since else []
        if after:
            conditions.append(_side_of(after, newer=True))
        return self._select(
            lambda query: query.where(*conditions).order_by(tickets.c.day, tickets.c.sequence).limit(_PAGE)
        )

    def _select(self, narrow: Callable[[Any], Any]) -> list[Ticket]:
        """Read tickets with their events and links, in the order of the narrowed query."""
        with self._reading() as connection:
            rows = connection.execute(narrow(select(tickets))).mappings().all()
            numbers = [row["number"] for row in rows]
            events = (
                connection.execute(
                    select(ticket_events)
                    .where(ticket_events.c.number.in_(numbers))
                    .order_by(ticket_events.c.number, ticket_events.c.position)
                )
                .mappings()
                .all()
            )
            links = connection.execute(
                select(ticket_links)
                .where(or_(ticket_links.c.number.in_(numbers), ticket_links.c.related.in_(numbers)))
                .order_by(ticket_links.c.number, ticket_links.c.related)
            ).all()
        history = {number: list(group) for number, group in groupby(events, key=lambda row: row["number"])}
        return [
            self._rows.ticket(row, history[row["number"]], _partners(row["number"], links)) for row in rows
        ]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _translated(), self._engine.begin() as connection:
            yield connection


def _next_sequence(connection: Connection, day: int) -> int:
    """Take the day's next number. The counter row is the queue: locked until the transaction ends."""
    counter = ticket_numbers.c
    bumped = connection.execute(
        update(ticket_numbers).where(counter.day == day).values(last=counter.last + 1).returning(counter.last)
    ).scalar_one_or_none()
    if bumped is None:
        connection.execute(insert(ticket_numbers).values(day=day, last=1))
        return 1
    return bumped


def _side_of(number: str, *, newer: bool) -> Any:
    """Give the condition for tickets after (newer) or before a number; as text 10000 is before 9999."""
    day, sequence = split_number(number)
    if newer:
        return or_(tickets.c.day > day, and_(tickets.c.day == day, tickets.c.sequence > sequence))
    return or_(tickets.c.day < day, and_(tickets.c.day == day, tickets.c.sequence < sequence))


def _partners(number: str, links: Any) -> list[str]:
    """List the tickets linked to one, from either end of the link."""
    found = [
        link.related if link.number == number else link.number
        for link in links
        if number in (link.number, link.related)
    ]
    return list(dict.fromkeys(found))


@contextmanager
def _translated() -> Iterator[None]:
    """Turn database trouble into Unavailable; IntegrityError stays, its cause is for the caller to judge."""
    try:
        yield
    except IntegrityError:
        raise
    except OperationalError as error:
        raise Unavailable(f"the database did not answer: {error.orig}") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable(f"the database connection was lost: {error.orig}") from error
        raise
