"""A length of time as rules give it, and how it is counted.

The law behind the counting is 民法典 (as 民事诉讼法 and 行政复议法 count, too):

- 第二百零一条: of a period in days the first day does not count; one in hours runs from the instant that
  the rule names.
- 第二百零三条: when the last day is a rest day (weekend or public holiday), the period ends on the day after
  the rest; it ends when business stops on the last day.

So a request taken down after closing time, on a weekend or on a holiday belongs to the day on which it was
taken down; that day does not count in any case, and the first working day after it is day one. Nothing is
added for the evening: the hotline takes requests down around the clock, and the law knows no later receipt.
A weekend worked in exchange (调休) is a working day; a period may begin and end on it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tickets.errors import BadRequest
from tickets.workdays import OfficeHours

MEASURES = ("minutes", "working_minutes", "working_days", "days")


@dataclass(frozen=True)
class Limit:
    """A length of time with the rule it comes from. Exactly one measure is set, above zero.

    `minutes` run around the clock, `working_minutes` in office hours; `working_days` and `days` (of the
    calendar) end when the office closes.
    """

    source: str
    minutes: int | None = None
    working_minutes: int | None = None
    working_days: int | None = None
    days: int | None = None

    def counted(self, start: datetime, hours: OfficeHours) -> datetime:
        """Give the instant at which the time is over.

        Raises:
            BadRequest: `start` has no timezone.
        """
        if start.tzinfo is None:
            raise BadRequest(f"a limit runs from an instant with a timezone, not from {start}")
        if self.minutes is not None:
            return start + timedelta(minutes=self.minutes)
        if self.working_minutes is not None:
            return hours.after_working_time(start, timedelta(minutes=self.working_minutes))
        if self.working_days is not None:
            return hours.close_after_working_days(start, self.working_days)
        return hours.close_after_days(start, self.days or 0)


def read_limit(row: dict[str, Any], source: str) -> Limit:
    """Read the one measure of a row.

    Raises:
        ValueError: none or several measures, or one that is no whole number above zero.
    """
    given = {name: row[name] for name in MEASURES if name in row}
    if len(given) != 1:
        raise ValueError(f"give exactly one of {', '.join(MEASURES)}")
    (name, value), *_ = given.items()
    if type(value) is not int or value <= 0:
        raise ValueError(f"{name} must be a whole number above zero, not {value!r}")
    return Limit(source, **given)
