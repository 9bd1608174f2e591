"""The Chinese working calendar: weekends, public holidays, and the weekends worked in exchange (调休)."""

import logging
from collections.abc import Collection
from datetime import date, datetime, time, timedelta

import chinese_calendar

from tickets.numbering import BEIJING

log = logging.getLogger(__name__)

_SATURDAY = 5


class WorkCalendar:
    """Says which days an office works.

    Args:
        fixed_holidays: "MM-DD" days that are free in years whose official notice is not known.
        holidays, workdays: single days set by law or announced; they win over everything else.
    """

    def __init__(
        self,
        fixed_holidays: Collection[str] = (),
        holidays: Collection[date] = (),
        workdays: Collection[date] = (),
    ) -> None:
        self._fixed = frozenset(fixed_holidays)
        self._holidays = frozenset(holidays)
        self._workdays = frozenset(workdays)
        self._warned: set[int] = set()

    def is_workday(self, day: date) -> bool:
        """Say whether offices work on this day; for years without an official notice, a best estimate."""
        if day in self._workdays:
            return True
        if day in self._holidays:
            return False
        try:
            return chinese_calendar.is_workday(day)
        except NotImplementedError:
            self._warn(day.year)
            return day.weekday() < _SATURDAY and day.strftime("%m-%d") not in self._fixed

    def knows(self, year: int) -> bool:
        """Say whether the official notice of a year's holidays is known: to the library, or announced here.

        Every notice names weekends that are worked in exchange.
        """
        if any(day.year == year for day in self._workdays):
            return True
        try:
            chinese_calendar.is_workday(date(year, 1, 1))
        except NotImplementedError:
            return False
        return True

    def after(self, day: date, working_days: int) -> date:
        """Give the n-th working day after a day; the day itself does not count (民法典第二百零一条)."""
        left = working_days
        while left > 0:
            day += timedelta(days=1)
            left -= self.is_workday(day)
        return day

    def between(self, first: date, last: date) -> int:
        """Count the working days after `first` up to and including `last`; 0 when `last` is not later."""
        later = (first + timedelta(days=step) for step in range(1, (last - first).days + 1))
        return sum(map(self.is_workday, later))

    def from_on(self, day: date) -> date:
        """Give the day itself when offices work on it, else the next working day (民法典第二百零三条)."""
        return day if self.is_workday(day) else self.after(day, 1)

    def _warn(self, year: int) -> None:
        """Log once per year and process: the operator should update chinesecalendar or limits.yml."""
        if year not in self._warned:
            self._warned.add(year)
            log.warning("holiday_notice_unknown", extra={"year": year})


class OfficeHours:
    """When an office works: every working day from `opens` to `closes`, Beijing time."""

    def __init__(self, calendar: WorkCalendar, opens: time, closes: time) -> None:
        if opens >= closes:
            raise ValueError(
                f"the office opens at {opens} but closes at {closes}: give an earlier opening time"
            )
        self._calendar = calendar
        self._opens = opens
        self._closes = closes

    def knows(self, year: int) -> bool:
        """Say whether the official notice of a year's holidays is known."""
        return self._calendar.knows(year)

    def is_workday(self, day: date) -> bool:
        """Say whether the office works on this day."""
        return self._calendar.is_workday(day)

    def working_days_between(self, first: date, last: date) -> int:
        """Count the working days after `first` up to and including `last`; 0 when `last` is not later."""
        return self._calendar.between(first, last)

    def close_after_working_days(self, start: datetime, count: int) -> datetime:
        """Give the end of business on the count-th working day after the day of `start`."""
        return self._at(self._calendar.after(start.astimezone(BEIJING).date(), count), self._closes)

    def close_after_days(self, start: datetime, count: int) -> datetime:
        """Give the end of business on the count-th calendar day after `start`, or the next working day."""
        last = start.astimezone(BEIJING).date() + timedelta(days=count)
        return self._at(self._calendar.from_on(last), self._closes)

    def after_working_time(self, start: datetime, length: timedelta) -> datetime:
        """Give the instant by which so much office time has passed since `start` or the next opening."""
        instant = start.astimezone(BEIJING)
        day = self._calendar.from_on(instant.date())
        begin = max(instant, self._at(day, self._opens))
        while begin + length > (closing := self._at(day, self._closes)):
            length -= max(closing - begin, timedelta(0))
            day = self._calendar.after(day, 1)
            begin = self._at(day, self._opens)
        return begin + length

    def _at(self, day: date, clock_time: time) -> datetime:
        return datetime.combine(day, clock_time, BEIJING)
