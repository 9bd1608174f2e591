"""How long there is left for a ticket, or by how much it is late: what work is sorted and coloured by."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tickets.lifecycle import UNANSWERED
from tickets.model import Ticket
from tickets.numbering import BEIJING
from tickets.workdays import OfficeHours

SOON = 3
"""Working days from which on a deadline needs no special attention yet."""


class Level(StrEnum):
    """LATE: passed; TODAY: ends today or needs no working day more; SOON: within three working days; CALM."""

    LATE = "late"
    TODAY = "today"
    SOON = "soon"
    CALM = "calm"


class Unit(StrEnum):
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True)
class Remaining:
    """`amount` units are left, or, when the level is LATE, have passed since; rounded down, at least 1."""

    level: Level
    amount: int
    unit: Unit


def next_due(ticket: Ticket) -> datetime | None:
    """Give the instant that the ticket is measured by now: of its step, or of the promise if that is earlier.

    Once answered only the step counts; None for a closed ticket.
    """
    if ticket.stage_due_at is None or ticket.status not in UNANSWERED:
        return ticket.stage_due_at
    return min(ticket.stage_due_at, ticket.due_at)


def remaining(due: datetime, now: datetime, hours: OfficeHours) -> Remaining:
    """Say how far off a deadline is: working days ahead, hours and minutes on the day, days afterwards."""
    first, last = now.astimezone(BEIJING).date(), due.astimezone(BEIJING).date()
    if now > due:
        days = (first - last).days
        if now - due >= timedelta(days=1):
            return Remaining(Level.LATE, max(days, 1), Unit.DAYS)
        return _clock_time(Level.LATE, now - due)
    working_days = hours.working_days_between(first, last)
    if working_days == 0:
        return _clock_time(Level.TODAY, due - now)
    return Remaining(Level.SOON if working_days <= SOON else Level.CALM, working_days, Unit.WORKING_DAYS)


def _clock_time(level: Level, length: timedelta) -> Remaining:
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return Remaining(level, max(minutes, 1), Unit.MINUTES)
    return Remaining(level, minutes // 60, Unit.HOURS)
