"""Which days are looked at: Beijing days, and within a single day its hours."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from tickets.numbering import BEIJING

LONGEST = 92
"""Days in a period at most."""

WEEK = timedelta(days=7)
HOURS = range(24)
NAMED = {"today": 1, "7": 7, "30": 30}
"""Periods up to today by the name in the address, with their length in days."""


class WrongPeriod(ValueError):
    """The days asked for cannot be looked at; `code` names the sentence about it."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


@dataclass(frozen=True)
class Period:
    """The Beijing days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        """The instant at which it begins, in UTC."""
        return midnight(self.first)

    @property
    def until(self) -> datetime:
        """The instant before which it ends, in UTC."""
        return midnight(self.last + timedelta(days=1))

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def by_hour(self) -> bool:
        """Whether it is looked at by the hour: a single day is."""
        return self.first == self.last

    def a_week_before(self) -> "Period":
        return Period(self.first - WEEK, self.last - WEEK)

    def slots(self) -> list[str] | list[int]:
        """Its hours (0..23) or its days (ISO 8601), in order."""
        return list(HOURS) if self.by_hour else [day.isoformat() for day in self.days]

    def slot(self, at: datetime) -> str | int:
        """The one of `slots` that an instant is in."""
        local = at.astimezone(BEIJING)
        return local.hour if self.by_hour else local.date().isoformat()

    def counted(self, instants: Iterable[datetime]) -> dict[str | int, int]:
        """How many of the instants fall into each slot; slots without any are missing."""
        found: dict[str | int, int] = {}
        for at in instants:
            slot = self.slot(at)
            found[slot] = found.get(slot, 0) + 1
        return found


def midnight(day: date) -> datetime:
    """The instant at which a Beijing day begins, in UTC."""
    return datetime.combine(day, time(), BEIJING).astimezone(UTC)


def today(now: datetime) -> date:
    return now.astimezone(BEIJING).date()


def period_of(since: date | None, until: date | None, now: datetime) -> Period:
    """Give the period between two days; today alone if neither is given, up to today without an end.

    Raises:
        WrongPeriod: it ends before it begins, begins in the future or is longer than LONGEST.
    """
    last = until or max(since or today(now), today(now))
    first = since or last
    if first > last:
        raise WrongPeriod("backwards", f"the period ends on {last}, before it begins on {first}")
    if first > today(now):
        raise WrongPeriod("in_the_future", f"the period begins on {first}; today is {today(now)}")
    if (last - first).days >= LONGEST:
        raise WrongPeriod("too_long", f"{first} to {last} is longer than {LONGEST} days: ask for less")
    if first.year < 2000 or last.year > 9000:
        raise WrongPeriod("in_the_future", "a year between 2000 and 9000 is expected")
    return Period(first, min(last, today(now)))


def named_period(name: str, now: datetime) -> Period:
    """Give a period of NAMED, which ends today."""
    last = today(now)
    return Period(last - timedelta(days=NAMED[name] - 1), last)
