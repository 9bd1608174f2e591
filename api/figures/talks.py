"""Figures of conversations: how many come, how they end, who waits for a person and how long."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Connection, and_, func, select

from api.chat.hand_over_model import DANGER
from api.chat.model import Outcome, Owner, Role
from api.chat.tables import aware, conversations, messages, owner_changes, turns
from api.figures.model import Cell, Sheet, Unit, sheet
from api.figures.periods import HOURS, Period
from tickets.numbering import BEIJING
from tickets.schema import tickets

DECIMALS = 1


def volume(db: Connection, period: Period, now: datetime) -> Sheet:
    """What began in each hour (of one day) or day, beside the same weekday of the week before."""
    before = period.a_week_before()
    began = {
        ("talks", each): each.counted(_instants(db, conversations.c.created_at, each))
        for each in (period, before)
    }
    began |= {("tickets", each): _filed(db, each) for each in (period, before)}
    rows = [
        (
            slot,
            *(
                began[what, each].get(matching, 0)
                for what in ("talks", "tickets")
                for each, matching in ((period, slot), (before, earlier))
            ),
        )
        for slot, earlier in zip(period.slots(), before.slots(), strict=True)
    ]
    columns = ("conversations", "conversations_before", "tickets", "tickets_before")
    return sheet("volume", _slot(period) | dict.fromkeys(columns, Unit.COUNT), rows, now)


def waiting(db: Connection, now: datetime) -> Sheet:
    """Who waits for a person now, by the reason, danger first."""
    queued = conversations.c
    found = db.execute(
        select(queued.queue_reason, queued.priority, func.count(), func.min(queued.queued_at))
        .where(queued.owner == Owner.QUEUE)
        .group_by(queued.queue_reason, queued.priority)
    ).all()
    ordered = sorted(found, key=lambda row: (-row[1], row[3] is None, row[3] and aware(row[3])))
    rows = [
        (reason, priority >= DANGER, count, _minutes(now, aware(oldest)) if oldest else None)
        for reason, priority, count, oldest in ordered
    ]
    units = {"reason": Unit.CODE, "danger": Unit.YES_NO, "waiting": Unit.COUNT, "longest": Unit.MINUTES}
    return sheet("waiting", units, rows, now)


def outcomes(db: Connection, period: Period, now: datetime) -> Sheet:
    """How the bot's turns ended; what a citizen said while an agent had the conversation is no turn of it."""
    mine = turns.c.owner != Owner.AGENT
    counted = select(turns.c.outcome, func.count()).where(mine, *_within(turns.c.finished_at, period))
    found: dict[str, int] = {row[0]: row[1] for row in db.execute(counted.group_by(turns.c.outcome))}
    total = sum(found.values())
    rows = [
        (outcome.value, found[outcome], _share(found[outcome], total))
        for outcome in Outcome
        if found.get(outcome)
    ]
    return sheet("outcomes", {"outcome": Unit.CODE, "turns": Unit.COUNT, "share": Unit.SHARE}, rows, now)


def first_answers(db: Connection, period: Period, now: datetime) -> Sheet:
    """By hour or day: conversations that went into the queue, and how soon a person's first word came."""
    grouped = _by_slot(_handed_over(db, period), period)
    rows: list[Sequence[Cell]] = [(slot, *_waits(grouped.get(slot, []))) for slot in period.slots()]
    return sheet("first_answers", _slot(period) | _WAITS, rows, now)


def hand_overs(db: Connection, period: Period, now: datetime) -> Sheet:
    """The hours of the day over the whole period: when people are needed."""
    by_hour: dict[int, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for one in _handed_over(db, period):
        by_hour[one[0].astimezone(BEIJING).hour].append(one)
    days = len(period.days)
    rows: list[Sequence[Cell]] = []
    for hour in HOURS:
        count, *rest = _waits(by_hour.get(hour, []))
        rows.append((hour, count, round(len(by_hour.get(hour, [])) / days, DECIMALS), *rest))
    units = {"hour": Unit.HOUR, "handed_over": Unit.COUNT, "a_day": Unit.MEAN}
    return sheet("hand_overs", units | _WAITS, rows, now)


def danger(db: Connection, period: Period, now: datetime) -> Sheet:
    """By hour or day: conversations with an alarm of the danger screen, and how soon a person took them.

    A conversation counts once, with its first alarm of the period.
    """
    first = func.min(turns.c.finished_at).label("at")
    alarm = turns.c.outcome == Outcome.CRISIS
    alarmed = (
        select(turns.c.conversation_id, first)
        .where(alarm, *_within(turns.c.finished_at, period))
        .group_by(turns.c.conversation_id)
        .subquery()
    )
    change = owner_changes.c
    taken = (
        select(func.min(change.at))
        .where(
            change.conversation_id == alarmed.c.conversation_id,
            change.to_owner == Owner.AGENT,
            change.at >= alarmed.c.at,
        )
        .scalar_subquery()
    )
    grouped = _by_slot(_pairs(db.execute(select(alarmed.c.at, taken.label("then")))), period)
    units = {"alarms": Unit.COUNT, "taken": Unit.COUNT, "median": Unit.MINUTES, "longest": Unit.MINUTES}
    rows: list[Sequence[Cell]] = [(slot, *_waits(grouped.get(slot, []))) for slot in period.slots()]
    return sheet("danger", _slot(period) | units, rows, now)


_WAITS = {
    "handed_over": Unit.COUNT,
    "answered": Unit.COUNT,
    "median": Unit.MINUTES,
    "longest": Unit.MINUTES,
}


def _handed_over(db: Connection, period: Period) -> list[tuple[datetime, datetime | None]]:
    """When conversations went from the bot into the queue, and when an agent first spoke after that."""
    change = owner_changes.c
    spoken = (
        select(func.min(messages.c.created_at))
        .where(
            messages.c.conversation_id == change.conversation_id,
            messages.c.role == Role.AGENT,
            messages.c.seq > change.after_seq,
        )
        .scalar_subquery()
    )
    queued = and_(change.to_owner == Owner.QUEUE, change.from_owner == Owner.BOT)
    return _pairs(
        db.execute(select(change.at, spoken.label("then")).where(queued, *_within(change.at, period)))
    )


def _pairs(rows: Iterable[Any]) -> list[tuple[datetime, datetime | None]]:
    return [(aware(row.at), aware(row.then) if row.then else None) for row in rows]


def _by_slot(
    pairs: Iterable[tuple[datetime, datetime | None]], period: Period
) -> dict[str | int, list[tuple[datetime, datetime | None]]]:
    grouped = defaultdict(list)
    for pair in pairs:
        grouped[period.slot(pair[0])].append(pair)
    return grouped


def _waits(pairs: Sequence[tuple[datetime, datetime | None]]) -> tuple[int, int, float | None, float | None]:
    """How many, how many of them ended, and the middle and the longest time until then in minutes."""
    took = [_minutes(end, begin) for begin, end in pairs if end]
    if not took:
        return len(pairs), 0, None, None
    return len(pairs), len(took), round(median(took), DECIMALS), max(took)


def _minutes(later: datetime, earlier: datetime) -> float:
    return round(max((later - earlier).total_seconds(), 0.0) / 60, DECIMALS)


def _share(count: int, total: int) -> float | None:
    return round(count / total, 4) if total else None


def _slot(period: Period) -> dict[str, Unit]:
    return {"hour": Unit.HOUR} if period.by_hour else {"day": Unit.DAY}


def _within(column: Any, period: Period) -> list[Any]:
    return [column >= period.since, column < period.until]


def _filed(db: Connection, period: Period) -> dict[str | int, int]:
    """Tickets by hour or day; whole days are kept with them as numbers, so the database counts these."""
    if period.by_hour:
        return period.counted(_instants(db, tickets.c.opened_at, period))
    first, last = (int(f"{day:%Y%m%d}") for day in (period.first, period.last))
    counted = select(tickets.c.day, func.count()).where(tickets.c.day.between(first, last))
    found = db.execute(counted.group_by(tickets.c.day))
    return {f"{day // 10000}-{day // 100 % 100:02d}-{day % 100:02d}": count for day, count in found}


def _instants(db: Connection, column: Any, period: Period) -> list[datetime]:
    return [aware(at) for at in db.execute(select(column).where(*_within(column, period))).scalars()]
