"""Takes in what case systems tell us about tickets, each update once: one transaction holds the moves, the
record that the update was taken in, and what the citizen is told of it."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from tickets.coming_back import Kind, News, Outcome, StatusUpdate, Taken, actor_of, taken_in
from tickets.database import reading, writing
from tickets.errors import BadRequest, Conflict, NotFound, RuleBroken, Unavailable
from tickets.model import Status, Ticket
from tickets.numbering import parse_number
from tickets.outbox import put_out, take_turn
from tickets.ports import Clock, Deadlines
from tickets.privacy import Sealer
from tickets.rows import TicketRows
from tickets.schema import status_updates, ticket_events, tickets
from tickets.store import SqlTicketStore

_TRIES = 5

Tell = Callable[[Connection, str, News], None]
"""Tells a conversation (its id) something, in this connection's transaction; one that is gone is skipped."""


@dataclass(frozen=True)
class Receipt:
    """The answer to an update, the same however often it arrives; `status` and `version` as they were then.

    `told`: the conversation that was told of it just now, so that who listens there can be woken.
    """

    number: str
    outcome: Outcome
    status: Status
    version: int
    told: str | None = None


class StatusUpdates:
    """One per process; safe to share between threads."""

    def __init__(
        self, engine: Engine, sealer: Sealer, deadlines: Deadlines, clock: Clock, tell: Tell
    ) -> None:
        self._engine = engine
        self._store = SqlTicketStore(engine, sealer)
        self._rows = TicketRows(sealer)
        self._deadlines = deadlines
        self._clock = clock
        self._tell = tell

    def take_in(self, system: str, office: str | None, told: StatusUpdate) -> Receipt:
        """Take an update in, durably; one that was taken in before gets its first answer and does nothing.

        What is refused is not remembered: sent again, it is judged again.

        Args:
            office: the one that the case system speaks for; None: whichever has the ticket.
        Raises:
            NotFound: no such ticket, or never one of this office.
            RuleBroken: the table of moves says no.
            BadRequest: the id was used for another update.
            Unavailable: it was not written; the same call may be made again.
        """
        number = parse_number(told.number)
        actor = actor_of(system, office)
        for _ in range(_TRIES):
            if known := self._known(system, told, number):
                return known
            before = self._store.get(number)
            if before is None:
                raise NotFound(f"no ticket {number}")
            try:
                taken = taken_in(before, told, actor, at=self._clock(), deadlines=self._deadlines)
            except RuleBroken:
                # Perhaps the same update arrived twice at once and was taken in between the two looks.
                if known := self._known(system, told, number):
                    return known
                raise
            try:
                return self._write(system, told, before, taken)
            except (Conflict, IntegrityError):
                continue  # the same update at the same moment, or somebody else moved the ticket: look again
        raise Unavailable(f"ticket {number} is being changed by others; send it again")

    def _known(self, system: str, told: StatusUpdate, number: str) -> Receipt | None:
        query = select(status_updates).where(
            status_updates.c.system == system, status_updates.c.id == told.id
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        if (row.number, Kind(row.kind)) != (number, told.kind):
            raise BadRequest(
                f"webhook-id {told.id} was used for {row.kind} of {row.number}: choose a new one"
            )
        return Receipt(row.number, Outcome(row.outcome), Status(row.status), row.version)

    def _write(self, system: str, told: StatusUpdate, before: Ticket, taken: Taken) -> Receipt:
        after, conversation_id = taken.ticket, before.conversation_id
        with writing(self._engine) as connection:
            take_turn(connection)
            connection.execute(
                insert(status_updates).values(
                    system=system,
                    id=told.id,
                    received_at=self._clock(),
                    number=after.number,
                    kind=told.kind.value,
                    outcome=taken.outcome.value,
                    status=after.status.value,
                    version=after.version,
                )
            )
            self._rewrite(connection, before, after)
            if taken.news and conversation_id:
                self._tell(connection, conversation_id, taken.news)
        heard = conversation_id if taken.news else None
        return Receipt(after.number, taken.outcome, after.status, after.version, heard)

    def _rewrite(self, connection: Connection, before: Ticket, after: Ticket) -> None:
        """Write the state and its new events, provided nobody wrote in between."""
        changed = connection.execute(
            update(tickets)
            .where(tickets.c.number == before.number, tickets.c.version == before.version)
            .values(self._rows.changing_values(after))
        )
        if changed.rowcount != 1:
            raise Conflict(f"ticket {before.number} is no longer at version {before.version}")
        for position, event in enumerate(after.history[len(before.history) :], start=len(before.history) + 1):
            values = self._rows.event_values(after.number, position, event)
            connection.execute(insert(ticket_events).values(values))
            put_out(connection, after.number, position)
