"""Our side of a reconciliation: tickets by Beijing day of filing, and how far each has come on its way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from sqlalchemy import Engine, Select, and_, case, func, select

from tickets.database import reading
from tickets.delivery_model import DeliveryState
from tickets.reconciliation import Day, Standing, Version, of_day
from tickets.schema import case_systems, deliveries, ticket_outbox, tickets

_ARRIVED = (DeliveryState.DELIVERED.value, DeliveryState.SETTLED.value)


@dataclass(frozen=True)
class OurTickets:
    """Implements reconciliation.OurSide.

    `system`: the one that events are sent to; None for one that gets tickets in another way (files, pull): it
    should have every ticket as it is now.
    """

    engine: Engine
    system: str | None = None

    def days(self, since: date, until: date) -> Sequence[Day]:
        """Give our days, both included; days without a ticket are left out."""
        return [
            of_day(_date(day), [(number, version) for _, number, version in group])
            for day, group in groupby(self._filed(since, until), key=lambda row: row[0])
        ]

    def day(self, day: date) -> Sequence[Version]:
        """Give every ticket filed on a day, in the order of filing."""
        return [(number, version) for _, number, version in self._filed(day, day)]

    def standings(self, since: date, until: date) -> Mapping[str, Standing]:
        """Give how far each ticket filed on these days has come on its way, by number."""
        if self.system is None:
            filed = self._filed(since, until)
            return {number: Standing(number, version, reached=version) for _, number, version in filed}
        with reading(self.engine) as connection:
            found = connection.execute(_progress(self.system, since, until)).all()
        return {
            row.number: Standing(
                row.number,
                row.version,
                _first(row.given, row.to_come),
                row.reached,
                _first(row.waiting, row.to_come),
                bool(row.dead),
            )
            for row in found
        }

    def _filed(self, since: date, until: date) -> list[tuple[int, str, int]]:
        """Day, number and version, in the order of filing."""
        query = (
            select(tickets.c.day, tickets.c.number, tickets.c.version)
            .where(tickets.c.day.between(_number(since), _number(until)))
            .order_by(tickets.c.day, tickets.c.sequence)
        )
        with reading(self.engine) as connection:
            return [(day, number, version) for day, number, version in connection.execute(query)]


def _progress(system: str, since: date, until: date) -> Select:
    """Select, for each ticket, which of its events a system is given, got, waits for, or will be given."""
    row, position = deliveries.c, deliveries.c.position
    handed_out = select(case_systems.c.handed_out_to).where(case_systems.c.name == system)
    to_come = (
        select(ticket_outbox.c.number, func.min(ticket_outbox.c.position).label("position"))
        .where(ticket_outbox.c.sequence > func.coalesce(handed_out.scalar_subquery(), 0))
        .group_by(ticket_outbox.c.number)
        .subquery()
    )
    return (
        select(
            tickets.c.number,
            tickets.c.version,
            func.min(position).label("given"),
            func.max(case((row.state.in_(_ARRIVED), position))).label("reached"),
            func.min(case((row.state == DeliveryState.WAITING.value, position))).label("waiting"),
            func.max(case((row.state == DeliveryState.DEAD.value, 1), else_=0)).label("dead"),
            func.min(to_come.c.position).label("to_come"),
        )
        .outerjoin(deliveries, and_(row.number == tickets.c.number, row.system == system))
        .outerjoin(to_come, to_come.c.number == tickets.c.number)
        .where(tickets.c.day.between(_number(since), _number(until)))
        .group_by(tickets.c.number, tickets.c.version)
    )


def _first(*positions: int | None) -> int | None:
    return min((each for each in positions if each is not None), default=None)


def _number(day: date) -> int:
    return int(day.strftime("%Y%m%d"))


def _date(day: int) -> date:
    return datetime.strptime(str(day), "%Y%m%d").date()
