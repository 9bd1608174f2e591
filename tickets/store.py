"""Keeps tickets in SQLite (one machine) or PostgreSQL (more).

With schema.py the only module that knows SQLAlchemy.

Every writing transaction starts with a write, so SQLite takes its lock at once and waits its turn
instead of failing halfway; on PostgreSQL those that write history take turns (tickets/outbox.py).
"""

import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from tickets.database import prepare_sqlite, reading, writing
from tickets.errors import Conflict, Unavailable
from tickets.lifecycle import CLOSED
from tickets.model import Disclosure, NewTicket, Person, Ticket, TicketFilter
from tickets.numbering import beijing_day, make_number
from tickets.outbox import put_out, take_turn
from tickets.ports import Candidate
from tickets.privacy import Sealer
from tickets.queries import conditions_of, joins, partners, side_of
from tickets.rows import TicketRows
from tickets.schema import (
    metadata,
    ticket_disclosures,
    ticket_events,
    ticket_links,
    ticket_notices,
    ticket_numbers,
    ticket_supplements,
    tickets,
)

__all__ = ["SqlTicketStore", "metadata", "prepare_sqlite"]

REPEAT, MERGED = "repeat", "merged"
_EARLIER = 20
_PAGE = 500
_TRIES = 3


class SqlTicketStore:
    """Implements ports.TicketStore."""

    def __init__(self, engine: Engine, sealer: Sealer) -> None:
        self._engine = engine
        self._rows = TicketRows(sealer)

    def add(self, draft: Callable[[str], Ticket], opened_at: datetime, links: Sequence[str] = ()) -> Ticket:
        """Number and write a ticket in one transaction; a repeated origin message gives its first ticket."""
        origin = draft("").origin_message_id
        for tries_left in reversed(range(_TRIES)):
            known = self.get_by_origin(origin) if origin else None
            if known:
                return known
            try:
                with writing(self._engine) as connection:
                    take_turn(connection)
                    number = self._insert(connection, draft, opened_at, links)
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

    def get_all(self, numbers: Sequence[str]) -> list[Ticket]:
        """Give the tickets with these numbers in this order; those that do not exist are left out."""
        found = self._select(lambda query: query.where(tickets.c.number.in_(numbers))) if numbers else []
        return sorted(found, key=lambda ticket: numbers.index(ticket.number))

    def get_by_origin(self, origin_message_id: str) -> Ticket | None:
        """Give the ticket that this message confirmed or added words to, or None."""
        taken_in = select(ticket_supplements.c.number).where(
            ticket_supplements.c.origin_message_id == origin_message_id
        )
        found = self._select(lambda query: query.where(tickets.c.number.in_(taken_in)))
        return found[0] if found else None

    def earlier(self, new: NewTicket, since: datetime) -> list[Candidate]:
        """Find tickets by fingerprint: of this person, or from exactly this place."""
        person = [
            tickets.c[column].in_(prints)
            for column, prints in self._rows.person_prints(new.applicant).items()
        ]
        place = self._rows.place_prints(new.area)
        shared = [*person, *([tickets.c.place_print.in_(place)] if place else [])]
        if not shared:
            return []
        found = self._select(
            lambda query: (
                query.where(
                    or_(*shared),
                    tickets.c.opened_at >= since,
                    tickets.c.erased_at.is_(None),
                )
                .order_by(tickets.c.day.desc(), tickets.c.sequence.desc())
                .limit(_EARLIER)
            )
        )
        mine = self._rows.person_prints(new.applicant)
        return [
            Candidate(ticket, self._shares_person(ticket.applicant, mine), self._shares_place(ticket, place))
            for ticket in found
        ]

    def phone_tail_matches(self, number: str, tail: str) -> bool:
        """Compare fingerprints in constant time; a missing ticket costs the same work as a wrong tail."""
        query = select(tickets.c.phone_tail_print).where(tickets.c.number == number)
        with reading(self._engine) as connection:
            stored = connection.execute(query).scalar_one_or_none()
        fits = [hmac.compare_digest(stored or "", each) for each in self._rows.tail_prints(number, tail)]
        return any(fits)

    def newest(self, wanted: TicketFilter, *, before: str | None = None, limit: int = 100) -> list[Ticket]:
        """Give one page, newest first."""
        conditions = conditions_of(wanted, self._rows)
        if before:
            conditions.append(side_of(before, newer=False))
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

    def save(self, before: Ticket, after: Ticket, *, origin_message_id: str | None = None) -> None:
        """Write the new state and its history events, provided nobody wrote in between."""
        try:
            with writing(self._engine) as connection:
                take_turn(connection)
                self._update(connection, before, after, origin_message_id)
        except IntegrityError as error:
            raise Conflict(f"ticket {before.number} was changed meanwhile; read it again") from error

    def split(self, before: Ticket, after: Ticket, draft: Callable[[str], Ticket], at: datetime) -> Ticket:
        """Save `after` and add the ticket that was split off, both or neither."""
        try:
            with writing(self._engine) as connection:
                take_turn(connection)
                self._update(connection, before, after, None)
                number = self._insert(connection, draft, at, (before.number,))
        except IntegrityError as error:
            raise Conflict(f"ticket {before.number} was changed meanwhile; read it again") from error
        return self._must_get(number)

    def awaiting_notice(self, now: datetime, horizon: timedelta, limit: int) -> list[Ticket]:
        """Give open tickets with stage_due_at <= now + horizon that lack a notice, the earliest due first.

        Before that time a reminder is enough; from then on only `overdue` is.
        """
        given = (
            select(ticket_notices.c.number)
            .where(
                ticket_notices.c.number == tickets.c.number,
                ticket_notices.c.due_at == tickets.c.stage_due_at,
                or_(ticket_notices.c.kind == "overdue", tickets.c.stage_due_at >= now),
            )
            .exists()
        )
        return self._select(
            lambda query: (
                query.where(tickets.c.stage_due_at <= now + horizon, ~given)
                .order_by(tickets.c.stage_due_at, tickets.c.number)
                .limit(limit)
            )
        )

    def give_notice(self, before: Ticket, after: Ticket, kind: str, due_at: datetime, at: datetime) -> bool:
        """Record a notice with the change it brings, once per kind and deadline; False if it was given.

        Raises:
            Conflict: the stored version is no longer that of `before`.
        """
        notice = {"number": before.number, "kind": kind, "due_at": due_at, "at": at}
        try:
            with writing(self._engine) as connection:
                take_turn(connection)
                connection.execute(insert(ticket_notices).values(notice))
                self._update(connection, before, after, None)
                if after.stage_due_at and after.stage_due_at < at:
                    _note_once(connection, notice | {"due_at": after.stage_due_at})
        except IntegrityError:
            return False
        return True

    def record_disclosure(self, disclosure: Disclosure) -> None:
        """Write one line to the record of disclosures."""
        with writing(self._engine) as connection:
            connection.execute(insert(ticket_disclosures).values(asdict(disclosure)))

    def disclosures(self, since: datetime | None = None, limit: int = 100) -> list[Disclosure]:
        """Give the record of disclosures, newest first."""
        columns = [ticket_disclosures.c[field.name] for field in fields(Disclosure)]
        query = select(*columns).order_by(ticket_disclosures.c.id.desc()).limit(limit)
        if since:
            query = query.where(ticket_disclosures.c.at >= since)
        with reading(self._engine) as connection:
            return [Disclosure(**row) for row in connection.execute(query).mappings()]

    def _update(
        self, connection: Connection, before: Ticket, after: Ticket, origin_message_id: str | None
    ) -> None:
        """Write state, new events, and the links that came or went."""
        statement = (
            update(tickets)
            .where(tickets.c.number == before.number, tickets.c.version == before.version)
            .values(self._rows.changing_values(after))
        )
        if connection.execute(statement).rowcount != 1:
            raise Conflict(f"ticket {before.number} is no longer at version {before.version}; read it again")
        if after.merged_into and not before.merged_into:
            _hold_open(connection, after.merged_into)
        self._insert_events(connection, after, len(before.history))
        if origin_message_id:
            _take_in(connection, origin_message_id, after.number, after.version)
        for gone in set(before.related) - set(after.related):
            # The link of a merge goes with the merged ticket alone, whoever unlinks at the same moment.
            unlinked = or_(ticket_links.c.kind == REPEAT, ticket_links.c.number == before.number)
            connection.execute(delete(ticket_links).where(joins(before.number, gone), unlinked))
        for related in set(after.related) - set(before.related):
            kind = MERGED if related == after.merged_into else REPEAT
            connection.execute(insert(ticket_links).values(number=after.number, related=related, kind=kind))
        if after.merged_into and after.merged_into in before.related:
            connection.execute(delete(ticket_links).where(joins(after.number, after.merged_into)))
            connection.execute(
                insert(ticket_links).values(number=after.number, related=after.merged_into, kind=MERGED)
            )

    def _insert(
        self,
        connection: Connection,
        draft: Callable[[str], Ticket],
        opened_at: datetime,
        links: Sequence[str],
    ) -> str:
        day = beijing_day(opened_at)
        number = make_number(day, _next_sequence(connection, day))
        ticket = draft(number)
        connection.execute(insert(tickets).values(self._rows.ticket_values(ticket)))
        self._insert_events(connection, ticket, 0)
        if ticket.origin_message_id:
            _take_in(connection, ticket.origin_message_id, number, 1)
        for related in links:
            connection.execute(insert(ticket_links).values(number=number, related=related))
        return number

    def _insert_events(self, connection: Connection, ticket: Ticket, known: int) -> None:
        for position, happened in enumerate(ticket.history[known:], start=known + 1):
            connection.execute(
                insert(ticket_events).values(self._rows.event_values(ticket.number, position, happened))
            )
            put_out(connection, ticket.number, position)

    def _shares_person(self, person: Person, prints: Mapping[str, tuple[str, ...]]) -> bool:
        theirs = self._rows.person_prints(person)
        return any(set(theirs.get(column, ())) & set(values) for column, values in prints.items())

    def _shares_place(self, ticket: Ticket, prints: tuple[str, ...]) -> bool:
        return bool(set(self._rows.place_prints(ticket.area)) & set(prints))

    def _must_get(self, number: str) -> Ticket:
        ticket = self.get(number)
        if ticket is None:
            raise Unavailable(f"ticket {number} was written but cannot be read")
        return ticket

    def _page_after(self, since: datetime | None, after: str | None) -> list[Ticket]:
        conditions = [tickets.c.opened_at >= since] if since else []
        if after:
            conditions.append(side_of(after, newer=True))
        return self._select(
            lambda query: query.where(*conditions).order_by(tickets.c.day, tickets.c.sequence).limit(_PAGE)
        )

    def _select(self, narrow: Callable[[Any], Any]) -> list[Ticket]:
        """Read tickets with their events and links, in the order of the narrowed query."""
        with reading(self._engine) as connection:
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
        merged = {link.number: link.related for link in links if link.kind == MERGED}
        return [
            self._rows.ticket(
                row, history[row["number"]], partners(row["number"], links), merged.get(row["number"])
            )
            for row in rows
        ]


def _note_once(connection: Connection, notice: dict[str, Any]) -> None:
    """Record a notice unless there is one for this deadline."""
    same = [ticket_notices.c[name] == notice[name] for name in ("number", "kind", "due_at")]
    if connection.execute(select(ticket_notices.c.at).where(*same)).first() is None:
        connection.execute(insert(ticket_notices).values(notice))


def _take_in(connection: Connection, origin_message_id: str, number: str, position: int) -> None:
    """Remember the message; one table for filed and added words, so that no message is both."""
    connection.execute(
        insert(ticket_supplements).values(
            origin_message_id=origin_message_id, number=number, position=position
        )
    )


def _hold_open(connection: Connection, number: str) -> None:
    """Keep a ticket as it is until the transaction ends: two merged into each other would both be lost."""
    query = select(tickets.c.status).where(tickets.c.number == number).with_for_update()
    status = connection.execute(query).scalar_one()
    if status in {closed.value for closed in CLOSED}:
        raise Conflict(f"ticket {number} is {status} now; choose one that goes on")


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
