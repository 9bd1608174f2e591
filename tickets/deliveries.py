"""Deliveries: which event has reached which case system. Nothing falls out, whatever is killed meanwhile.

Events come from the outbox in its order. Of each ticket only the earliest unfinished event may be sent, by
one worker at a time, under a lease; so a ticket's events arrive in order, and a dead letter holds back the
later events of its own ticket only. Every method writes durably before it returns.
"""

import random as chance
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Engine, and_, exists, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from tickets.database import reading, writing
from tickets.delivery_model import (
    EVERY_DELIVERY,
    UNFINISHED,
    Claim,
    Delivery,
    DeliveryFilter,
    DeliveryState,
    SystemFigures,
    SystemState,
)
from tickets.delivery_ports import SendResult
from tickets.delivery_queries import chosen, delivery_of, due, figures_of, listed, was_disclosed
from tickets.errors import BadRequest, RuleBroken
from tickets.outbox import head
from tickets.ports import Clock
from tickets.retry import STANDARD, Random, Timing, next_attempt
from tickets.schema import case_systems, deliveries, ticket_outbox
from tickets.service import utc_now

ITSELF = "hotline"
_BATCH = 500
_FREE: dict[str, Any] = {"claimed_by": None, "claimed_until": None}


class Deliveries:
    """The deliveries on one database; safe for several threads and processes at once.

    Methods raise Unavailable when the database does not answer.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock = utc_now,
        *,
        random: Random = chance.random,
        timing: Timing = STANDARD,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._random = random
        self._timing = timing

    def register(self, system: str, start: Literal["beginning", "now"]) -> None:
        """Make a case system known; one that is known already stays where it is."""
        with reading(self._engine) as connection:
            if connection.execute(_state_of(system)).first():
                return
        known = {"name": system, "state": SystemState.ACTIVE.value, "changed_by": ITSELF}
        try:
            with self._turn() as connection:
                begin = head(connection) if start == "now" else 0
                connection.execute(
                    insert(case_systems).values(**known, changed_at=self._clock(), handed_out_to=begin)
                )
        except IntegrityError:
            pass  # another process was first

    def hand_out(self, system: str, limit: int = _BATCH) -> int:
        """Make deliveries of the next events in the outbox, at most `limit`; give how many."""
        reached = select(case_systems.c.handed_out_to).where(case_systems.c.name == system)
        with reading(self._engine) as connection:
            handed_out = connection.execute(reached).scalar_one_or_none()
            if handed_out is None or head(connection) <= handed_out:
                return 0
        with self._turn(system) as connection:
            handed_out = connection.execute(reached).scalar_one()
            beyond = select(ticket_outbox.c.sequence).where(ticket_outbox.c.sequence > handed_out)
            batch = beyond.order_by(ticket_outbox.c.sequence).limit(limit).subquery()
            count, last = connection.execute(
                select(func.count(), func.max(batch.c.sequence)).select_from(batch)
            ).one()
            if count:
                sequence = ticket_outbox.c.sequence
                self._add(connection, system, sequence > handed_out, sequence <= last)
                connection.execute(
                    update(case_systems).where(case_systems.c.name == system).values(handed_out_to=last)
                )
            return count

    def claim(self, system: str, worker: str, lease: timedelta, limit: int) -> list[Claim]:
        """Take events that are due for sending, none of which anybody else gets before the lease ends.

        Args:
            worker: who sends, at most 30 characters.
        """
        now = self._clock()
        with reading(self._engine) as connection:
            if connection.execute(due(system, now, 1)).first() is None:
                return []
        holder = f"{worker}-{secrets.token_hex(4)}"
        with self._turn() as connection:
            found = connection.execute(
                due(system, now, limit).with_for_update(skip_locked=True, of=deliveries)
            ).all()
            for row in found:
                connection.execute(
                    update(deliveries)
                    .where(*_same(system, row.number, row.position))
                    .values(claimed_by=holder, claimed_until=now + lease)
                )
        return [Claim(system, row.number, row.position, row.attempts, holder) for row in found]

    def accepted(self, claim: Claim, result: SendResult) -> None:
        """Note that the event arrived; it counts even after the lease ran out."""
        with writing(self._engine) as connection:
            connection.execute(
                update(deliveries)
                .where(*_row_of(claim), _is_in(*UNFINISHED))
                .values(
                    state=DeliveryState.DELIVERED.value,
                    attempts=deliveries.c.attempts + 1,
                    settled_at=self._clock(),
                    last_status=result.status,
                    last_error=None,
                    **_FREE,
                )
            )

    def failed(self, claim: Claim, result: SendResult) -> DeliveryState | None:
        """Note a failed attempt; gives WAITING or DEAD, None when the event is no longer this claim's."""
        held = and_(*_row_of(claim), _is_in(DeliveryState.WAITING), deliveries.c.claimed_by == claim.holder)
        now = self._clock()
        with writing(self._engine) as connection:
            attempts = connection.execute(
                update(deliveries)
                .where(held)
                .values(
                    attempts=deliveries.c.attempts + 1,
                    last_status=result.status,
                    last_error=result.error,
                    **_FREE,
                )
                .returning(deliveries.c.attempts)
            ).scalar_one_or_none()
            if attempts is None:
                return None
            again = next_attempt(attempts, now, result.wait, self._random, self._timing)
            outcome: dict[str, Any] = {"next_at": again}
            if again is None:
                outcome = {"state": DeliveryState.DEAD.value, "next_at": now, "settled_at": now}
            connection.execute(update(deliveries).where(*_row_of(claim)).values(**outcome))
        return DeliveryState.DEAD if again is None else DeliveryState.WAITING

    def gone(self, claim: Claim, result: SendResult) -> None:
        """Send the system nothing more until a person resumes it: it answered 410. The event waits."""
        with writing(self._engine) as connection:
            self._change_state(
                connection, claim.system, SystemState.DISABLED, ITSELF, result.error or str(result.status)
            )
            connection.execute(
                update(deliveries)
                .where(*_row_of(claim), deliveries.c.claimed_by == claim.holder)
                .values(last_status=result.status, last_error=result.error, **_FREE)
            )

    def pause(self, system: str, who: str, why: str) -> None:
        """Send nothing more until it is resumed; what is under way comes to its end.

        Raises:
            BadRequest: no such case system. RuleBroken: it is disabled, which is more.
        """
        with self._turn(system) as connection:
            if connection.execute(_state_of(system)).scalar_one() == SystemState.DISABLED:
                raise RuleBroken(f"{system} is disabled and gets nothing anyway; resume it when it is back")
            self._change_state(connection, system, SystemState.PAUSED, who, why)

    def resume(self, system: str, who: str, why: str) -> None:
        """Send again to a system that was paused or disabled; everything held back goes out in order.

        Raises:
            BadRequest: no such case system.
        """
        with self._turn(system) as connection:
            if connection.execute(_state_of(system)).scalar_one() != SystemState.ACTIVE:
                self._change_state(connection, system, SystemState.ACTIVE, who, why)

    def replay(self, wanted: DeliveryFilter) -> int:
        """Send these events again, as if for the first time and in order; give how many.

        Whatever their state, unless the filter names one: then also events are sent that this system was
        never given because it began later. Events already under way are not sent a second time at once.

        Raises:
            BadRequest: the filter names no case system, or an unknown one.
        """
        system = wanted.system or ""
        with self._turn(system) as connection:
            if wanted.state is None:
                reached = select(case_systems.c.handed_out_to).where(case_systems.c.name == system)
                given = exists().where(
                    deliveries.c.system == system,
                    deliveries.c.number == ticket_outbox.c.number,
                    deliveries.c.position == ticket_outbox.c.position,
                )
                old = ticket_outbox.c.sequence <= reached.scalar_subquery()
                self._add(connection, system, *chosen(wanted, ticket_outbox), old, ~given)
            afresh = {"attempts": 0, "next_at": self._clock()} | dict.fromkeys(
                ("settled_at", "settled_by", "last_status", "last_error")
            )
            return connection.execute(
                update(deliveries).where(*chosen(wanted)).values(state=DeliveryState.WAITING.value, **afresh)
            ).rowcount

    def settle(self, wanted: DeliveryFilter, who: str, why: str) -> int:
        """Note that a person handed these events over by other means; give how many were unfinished.

        Args:
            why: kept with the event; no personal data.
        Raises:
            BadRequest: the filter names no case system, or an unknown one.
        """
        with self._turn(wanted.system or "") as connection:
            return connection.execute(
                update(deliveries)
                .where(*chosen(wanted), _is_in(*UNFINISHED))
                .values(
                    state=DeliveryState.SETTLED.value,
                    settled_at=self._clock(),
                    settled_by=who,
                    last_error=why,
                    **_FREE,
                )
            ).rowcount

    def find(
        self, wanted: DeliveryFilter = EVERY_DELIVERY, *, limit: int = 100, before: int | None = None
    ) -> list[Delivery]:
        """Give deliveries, the newest event first; `before` is the last sequence of the page above."""
        with reading(self._engine) as connection:
            rows = connection.execute(listed(wanted, before, limit)).mappings()
            return [delivery_of(row) for row in rows]

    def figures(self) -> list[SystemFigures]:
        """Give where every registered case system stands, by name."""
        with reading(self._engine) as connection:
            return figures_of(connection)

    def was_disclosed(self, actor: str, number: str, reason: str) -> bool:
        """Say whether the record of disclosures has this ticket for this actor and reason."""
        with reading(self._engine) as connection:
            return was_disclosed(connection, actor, number, reason)

    @contextmanager
    def _turn(self, system: str | None = None) -> Iterator[Connection]:
        """Give a transaction that is alone in changing this system, on SQLite alone in writing at all."""
        with writing(self._engine) as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            if system is not None:
                known = connection.execute(_state_of(system).with_for_update()).first()
                if known is None:
                    raise BadRequest(
                        f"no case system {system!r} gets deliveries; see: hotline deliveries list"
                    )
            yield connection

    def _add(self, connection: Connection, system: str, *conditions: Any) -> None:
        now, outbox = self._clock(), ticket_outbox.c
        connection.execute(
            insert(deliveries).from_select(
                ["system", "number", "position", "sequence", "state", "next_at", "created_at"],
                select(
                    literal(system),
                    outbox.number,
                    outbox.position,
                    outbox.sequence,
                    literal(DeliveryState.WAITING.value),
                    literal(now, deliveries.c.next_at.type),
                    literal(now, deliveries.c.created_at.type),
                ).where(*conditions),
            )
        )

    def _change_state(
        self, connection: Connection, system: str, state: SystemState, who: str, why: str
    ) -> None:
        connection.execute(
            update(case_systems)
            .where(case_systems.c.name == system)
            .values(state=state.value, reason=why, changed_by=who, changed_at=self._clock())
        )


def _state_of(system: str) -> Any:
    return select(case_systems.c.state).where(case_systems.c.name == system)


def _same(system: str, number: str, position: int) -> tuple[Any, ...]:
    row = deliveries.c
    return row.system == system, row.number == number, row.position == position


def _row_of(claim: Claim) -> tuple[Any, ...]:
    return _same(claim.system, claim.number, claim.position)


def _is_in(*states: DeliveryState) -> Any:
    return deliveries.c.state.in_([state.value for state in states])
