"""What is read from the deliveries: lists, figures, and the conditions that reading and writing share."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, exists, func, or_, select

from tickets.delivery_model import (
    UNFINISHED,
    Delivery,
    DeliveryFilter,
    DeliveryState,
    SystemFigures,
    SystemState,
)
from tickets.schema import case_systems, deliveries, ticket_disclosures, ticket_events, ticket_outbox

_earlier = deliveries.alias("earlier")
_event = ticket_events.alias("event")


def chosen(wanted: DeliveryFilter, table: Table = deliveries) -> list[Any]:
    """Give the conditions that a filter stands for, on the deliveries or on the outbox."""
    column = table.c
    conditions: list[Any] = []
    if table is deliveries and wanted.system:
        conditions.append(column.system == wanted.system)
    if table is deliveries and wanted.state:
        conditions.append(column.state == wanted.state.value)
    if wanted.number:
        conditions.append(column.number == wanted.number)
    for name, first, last in (
        ("position", wanted.first, wanted.last),
        ("sequence", wanted.first_sequence, wanted.last_sequence),
    ):
        if first is not None:
            conditions.append(column[name] >= first)
        if last is not None:
            conditions.append(column[name] <= last)
    if wanted.since or wanted.until:
        happened = [_event.c.number == column.number, _event.c.position == column.position]
        if wanted.since:
            happened.append(_event.c.at >= wanted.since)
        if wanted.until:
            happened.append(_event.c.at < wanted.until)
        conditions.append(exists().where(*happened))
    return conditions


def due(system: str, now: datetime, limit: int) -> Any:
    """Select what may be sent now, longest due first: of each ticket only its earliest unfinished event.

    The rows are locked where the database can; those that somebody else has locked are passed over.
    """
    row = deliveries.c
    held_back = exists().where(
        _earlier.c.system == row.system,
        _earlier.c.number == row.number,
        _earlier.c.position < row.position,
        _earlier.c.state.in_([state.value for state in UNFINISHED]),
    )
    active = exists().where(case_systems.c.name == system, case_systems.c.state == SystemState.ACTIVE.value)
    return (
        select(row.number, row.position, row.attempts)
        .where(
            row.system == system,
            row.state == DeliveryState.WAITING.value,
            row.next_at <= now,
            or_(row.claimed_until.is_(None), row.claimed_until <= now),
            ~held_back,
            active,
        )
        .order_by(row.next_at, row.sequence)
        .limit(limit)
    )


def listed(wanted: DeliveryFilter, before: int | None, limit: int) -> Any:
    """Select deliveries with what happened, newest event first; `before` is a sequence."""
    columns = [
        getattr(ticket_events.c if name in ("action", "at") else deliveries.c, name)
        for name in Delivery.__dataclass_fields__
    ]
    conditions = chosen(wanted)
    if before is not None:
        conditions.append(deliveries.c.sequence < before)
    happened = and_(
        ticket_events.c.number == deliveries.c.number, ticket_events.c.position == deliveries.c.position
    )
    return (
        select(*columns)
        .join(ticket_events, happened)
        .where(*conditions)
        .order_by(deliveries.c.sequence.desc(), deliveries.c.system)
        .limit(limit)
    )


def delivery_of(row: Any) -> Delivery:
    """Build a delivery from a row of `listed`."""
    fields: dict[str, Any] = dict(row) | {"state": DeliveryState(row["state"])}
    return Delivery(**fields)


def figures_of(connection: Connection) -> list[SystemFigures]:
    """Give the figures of every registered case system, by name."""
    systems = connection.execute(select(case_systems).order_by(case_systems.c.name)).mappings().all()
    grouped = select(deliveries.c.system, deliveries.c.state, func.count()).group_by(
        deliveries.c.system, deliveries.c.state
    )
    counts = {(system, state): count for system, state, count in connection.execute(grouped)}
    return [_figures(connection, system, counts) for system in systems]


def _figures(connection: Connection, system: Any, counts: dict[tuple[str, str], int]) -> SystemFigures:
    mine = deliveries.c.system == system["name"]
    unfinished = deliveries.c.state.in_([state.value for state in UNFINISHED])
    oldest = connection.execute(select(func.min(deliveries.c.created_at)).where(mine, unfinished)).scalar()
    failure = connection.execute(
        select(deliveries.c.last_status, deliveries.c.last_error)
        .where(mine, unfinished, deliveries.c.last_error.is_not(None))
        .order_by(deliveries.c.next_at.desc())
        .limit(1)
    ).first()
    beyond = ticket_outbox.c.sequence > system["handed_out_to"]
    not_handed_out = connection.execute(
        select(func.count()).select_from(ticket_outbox).where(beyond)
    ).scalar_one()
    if not_handed_out:
        oldest = min(filter(None, (oldest, _first_beyond(connection, beyond, system["changed_at"]))))
    return SystemFigures(
        name=system["name"],
        state=SystemState(system["state"]),
        reason=system["reason"],
        changed_by=system["changed_by"],
        changed_at=system["changed_at"],
        counts={state: counts.get((system["name"], state.value), 0) for state in DeliveryState},
        not_handed_out=not_handed_out,
        oldest_undelivered=oldest,
        last_status=failure.last_status if failure else None,
        last_error=failure.last_error if failure else None,
    )


def _first_beyond(connection: Connection, beyond: Any, known_since: datetime) -> datetime:
    """Say since when the first event not handed out waits, at the longest since the system is known."""
    happened = and_(
        ticket_events.c.number == ticket_outbox.c.number,
        ticket_events.c.position == ticket_outbox.c.position,
    )
    at = connection.execute(
        select(ticket_events.c.at)
        .join(ticket_outbox, happened)
        .where(beyond)
        .order_by(ticket_outbox.c.sequence)
        .limit(1)
    ).scalar_one()
    return max(at, known_since)


def was_disclosed(connection: Connection, actor: str, number: str, reason: str) -> bool:
    """Say whether this ticket was shown in full to this actor for this reason, according to the record."""
    record = ticket_disclosures.c
    same = select(record.id).where(record.number == number, record.actor == actor, record.reason == reason)
    return connection.execute(same.limit(1)).first() is not None
