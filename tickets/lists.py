"""Lists of tickets for people at work: filtered, by deadline or newest, page by page, and counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine, and_, case, func, or_, select

from tickets.database import reading
from tickets.errors import BadNumber, BadRequest
from tickets.lifecycle import AT_OFFICE, CLOSED, TO_DISPATCH, UNANSWERED
from tickets.model import Disclosure, Status, Ticket, TicketFilter
from tickets.numbering import split_number
from tickets.privacy import Sealer
from tickets.queries import conditions_of, side_of
from tickets.rows import TicketRows
from tickets.schema import ticket_disclosures, ticket_events, tickets
from tickets.service import EVERY_TICKET
from tickets.store import SqlTicketStore

_ENDED = "-"


class Group(StrEnum):
    """Where a ticket waits: for a dispatcher, at an office, for the call back; or it is closed."""

    TO_DISPATCH = "to_dispatch"
    AT_OFFICE = "at_office"
    TO_FOLLOW_UP = "to_follow_up"
    CLOSED = "closed"


GROUPS: Mapping[Group, frozenset[Status]] = {
    Group.TO_DISPATCH: TO_DISPATCH,
    Group.AT_OFFICE: AT_OFFICE,
    Group.TO_FOLLOW_UP: frozenset(Status) - UNANSWERED - CLOSED,
    Group.CLOSED: CLOSED,
}
OPEN = frozenset(Status) - CLOSED


class Order(StrEnum):
    """DEADLINE: the earliest first, closed tickets last; NEWEST: the newest number first."""

    DEADLINE = "deadline"
    NEWEST = "newest"


@dataclass(frozen=True)
class TicketQuery:
    """What a list shows; every field that is left out lets all pass.

    Attributes:
        digits: stand somewhere in the number, hyphens aside.
        worked_on_by: somebody who stands in the history.
        due_from, due_until: what `tickets.remaining.next_due` gives, both included; closed ones are left out.
        township: its name, beside the adcode of its county.
        office_words: stand somewhere in the name of the office.
    """

    wanted: TicketFilter = EVERY_TICKET
    statuses: frozenset[Status] = field(default_factory=lambda: frozenset(Status))
    digits: str | None = None
    worked_on_by: str | None = None
    due_from: datetime | None = None
    due_until: datetime | None = None
    township: str | None = None
    office_words: str | None = None


@dataclass(frozen=True)
class TicketPage:
    """One page; `after` begins the next one, None when this is the last."""

    tickets: list[Ticket]
    after: str | None


class TicketLists:
    """Reads lists from the tables of the desk. Methods raise Unavailable when the database is away."""

    def __init__(self, engine: Engine, sealer: Sealer) -> None:
        self._engine = engine
        self._rows = TicketRows(sealer)
        self._store = SqlTicketStore(engine, sealer)

    def page(
        self, query: TicketQuery, order: Order = Order.DEADLINE, *, after: str | None = None, limit: int = 50
    ) -> TicketPage:
        """Give one page.

        Args:
            after: as the page before gave it.
        Raises:
            BadRequest: `after` is from no page.
        """
        conditions = [*self._conditions(query), _in_statuses(query.statuses)]
        if after:
            conditions.append(_behind(after, order))
        due = _due if order is Order.DEADLINE else tickets.c.day
        found = select(tickets.c.number, due).where(*conditions).order_by(*_ORDERS[order]).limit(limit + 1)
        with reading(self._engine) as connection:
            rows = connection.execute(found).all()
        more = len(rows) > limit
        page = self._store.get_all([row.number for row in rows[:limit]])
        last = rows[limit - 1] if more else None
        return TicketPage(page, _cursor(last, order) if last else None)

    def numbered(self, numbers: Sequence[str]) -> list[Ticket]:
        """Give the tickets with these numbers, in this order, as far as they exist."""
        return self._store.get_all(numbers)

    def counts(self, query: TicketQuery) -> dict[Group, int]:
        """Count the tickets of every group that the query lets pass, whatever its statuses are."""
        counted = (
            select(tickets.c.status, func.count()).where(*self._conditions(query)).group_by(tickets.c.status)
        )
        with reading(self._engine) as connection:
            by_status = {Status(status): count for status, count in connection.execute(counted).all()}
        return {
            group: sum(by_status.get(status, 0) for status in statuses) for group, statuses in GROUPS.items()
        }

    def offices(self) -> list[str]:
        """Name the offices that tickets are or were meant for, in order."""
        named = select(tickets.c.office).where(tickets.c.office.is_not(None)).distinct()
        with reading(self._engine) as connection:
            return sorted(connection.execute(named).scalars())

    def disclosures_of(self, number: str, limit: int = 50) -> list[Disclosure]:
        """Give who saw this ticket's personal data in full, the latest first."""
        columns = [ticket_disclosures.c[each.name] for each in fields(Disclosure)]
        shown = (
            select(*columns)
            .where(ticket_disclosures.c.number == number)
            .order_by(ticket_disclosures.c.id.desc())
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [Disclosure(**row) for row in connection.execute(shown).mappings()]

    def _conditions(self, query: TicketQuery) -> list[Any]:
        conditions = conditions_of(query.wanted, self._rows)
        if query.digits:
            bare = func.replace(tickets.c.number, "-", "")
            conditions.append(bare.contains(query.digits.replace("-", ""), autoescape=True))
        if query.worked_on_by:
            worked_on = select(ticket_events.c.number).where(ticket_events.c.actor == query.worked_on_by)
            conditions.append(tickets.c.number.in_(worked_on))
        if query.township:
            conditions.append(tickets.c.township == query.township)
        if query.office_words:
            conditions.append(tickets.c.office.contains(query.office_words, autoescape=True))
        if query.due_from or query.due_until:
            conditions.append(tickets.c.stage_due_at.is_not(None))
        if query.due_from:
            conditions.append(_due >= query.due_from)
        if query.due_until:
            conditions.append(_due <= query.due_until)
        return conditions


def _in_statuses(statuses: frozenset[Status]) -> Any:
    return tickets.c.status.in_(sorted(status.value for status in statuses))


# The same as tickets.remaining.next_due, for the database.
_due = case(
    (
        and_(_in_statuses(UNANSWERED), tickets.c.due_at < tickets.c.stage_due_at),
        tickets.c.due_at,
    ),
    else_=tickets.c.stage_due_at,
).label("due")

_ORDERS: Mapping[Order, tuple[Any, ...]] = {
    Order.DEADLINE: (
        tickets.c.stage_due_at.is_(None),
        _due,
        tickets.c.day.desc(),
        tickets.c.sequence.desc(),
    ),
    Order.NEWEST: (tickets.c.day.desc(), tickets.c.sequence.desc()),
}


def _cursor(row: Any, order: Order) -> str:
    if order is Order.NEWEST:
        return row.number
    return f"{row.due.isoformat() if row.due else _ENDED}~{row.number}"


def _behind(after: str, order: Order) -> Any:
    """Give the condition for tickets that come behind a cursor."""
    due, _, number = after.rpartition("~")
    try:
        split_number(number)
        older = side_of(number, newer=False)
        if order is Order.NEWEST:
            return older
        if due == _ENDED:
            return and_(tickets.c.stage_due_at.is_(None), older)
        at = datetime.fromisoformat(due)
        if at.tzinfo is None:
            raise ValueError("no zone")
    except (BadNumber, ValueError) as error:
        raise BadRequest(f"{after!r} is from no page of this list: begin with the first page") from error
    return or_(tickets.c.stage_due_at.is_(None), _due > at, and_(_due == at, older))
