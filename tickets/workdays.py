"""The Chinese working calendar: weekends, public holidays, and the weekends worked in exchange (调休)."""

import logging
from collections.abc import Collection
from datetime import date, timedelta

import chinese_calendar

log = logging.getLogger(__name__)

_SATURDAY = 5


class WorkCalendar:
    """Says which days an office works.

    Args:
        fixed_holidays: "MM-DD" days that are free in years whose official notice is not known.
        holidays, workdays: single days announced since; they win over everything else.
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

    def after(self, day: date, working_days: int) -> date:
        """Give the n-th working day after a day; the day itself does not count (民法典第二百零一条)."""
        left = working_days
        while left:
            day += timedelta(days=1)
            left -= self.is_workday(day)
        return day

    def _warn(self, year: int) -> None:
        """Log once per year and process: the operator should update chinesecalendar or limits.yml."""
        if year not in self._warned:
            self._warned.add(year)
            log.warning("holiday_notice_unknown", extra={"year": year})
