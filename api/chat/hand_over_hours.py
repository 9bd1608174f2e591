"""When people answer at the desk: data/hours.yml, and the office's own figures over it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from tickets.errors import BadRequest
from tickets.limits import load_limits
from tickets.numbering import BEIJING

HOURS_FILE = Path(__file__).parent.parent / "data" / "hours.yml"
OWN_HOURS = "hours.yml"
_WORKDAYS, _EVERY_DAY = "workdays", "every_day"
_LOOK_AHEAD_DAYS = 40


@dataclass(frozen=True)
class Span:
    """A part of a day in minutes after midnight, Beijing time; the end does not belong to it."""

    opens: int
    closes: int


class ServiceHours:
    """Says whether people answer now, and when they will.

    Args:
        is_workday: the working calendar (tickets.workdays); None when every day is one.
        spans: in the order of the day, not overlapping.
        closed, opened: single days that win over the calendar.
    """

    def __init__(
        self,
        is_workday: Any,
        spans: tuple[Span, ...],
        closed: Collection[date] = (),
        opened: Collection[date] = (),
    ) -> None:
        self._is_workday = is_workday
        self._spans = spans
        self._closed = frozenset(closed)
        self._opened = frozenset(opened)

    def is_open(self, now: datetime) -> bool:
        """Say whether people answer at this instant."""
        local = now.astimezone(BEIJING)
        minute = local.hour * 60 + local.minute
        return self._works(local.date()) and any(s.opens <= minute < s.closes for s in self._spans)

    def opens_at(self, now: datetime) -> datetime | None:
        """Give the next instant at which people begin to answer; None if that is weeks away."""
        local = now.astimezone(BEIJING)
        for ahead in range(_LOOK_AHEAD_DAYS):
            day = local.date() + timedelta(days=ahead)
            for span in self._spans if self._works(day) else ():
                begins = datetime.combine(day, time(), BEIJING) + timedelta(minutes=span.opens)
                if begins > local:
                    return begins
        return None

    def _works(self, day: date) -> bool:
        if day in self._closed or day in self._opened:
            return day in self._opened
        return self._is_workday is None or self._is_workday(day)


def load_hours(own: Path | None = None) -> ServiceHours:
    """Read the shipped hours and, where there is one, an office's own file over them.

    Raises:
        BadRequest: a key or a time cannot be understood; the file is named.
    """
    data: dict[str, Any] = yaml.safe_load(HOURS_FILE.read_text("utf-8"))
    changed = read_own(own)
    unknown = changed.keys() - data.keys()
    if unknown:
        raise BadRequest(f"{own}: no key {', '.join(sorted(unknown))}; there are {', '.join(data)}")
    data |= changed
    try:
        if data["days"] not in (_WORKDAYS, _EVERY_DAY):
            raise ValueError(f"days is {data['days']!r}, not {_WORKDAYS} or {_EVERY_DAY}")
        spans = tuple(Span(_minutes(row["from"]), _minutes(row["to"])) for row in data["spans"])
        ends = [minute for span in spans for minute in (span.opens, span.closes)]
        if not spans or ends != sorted(set(ends)):
            raise ValueError("the spans must follow each other, each from earlier to later")
        closed, opened = (
            [date.fromisoformat(str(day)) for day in data[name] or ()] for name in ("closed", "opened")
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadRequest(f"{own or HOURS_FILE}: {error}; compare it with {HOURS_FILE}") from error
    calendar = None if data["days"] == _EVERY_DAY else load_limits().hours.is_workday
    return ServiceHours(calendar, spans, closed, opened)


def read_own(path: Path | None) -> dict[str, Any]:
    """Read an office's own file of figures; nothing when there is none.

    Raises:
        BadRequest: it is no YAML, or no list of keys.
    """
    if path is None or not path.exists():
        return {}
    try:
        data = yaml.safe_load(path.read_text("utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadRequest(f"{path} is no YAML: {error}") from error
    if not isinstance(data, dict):
        raise BadRequest(f"{path} must name its keys, like the file that ships with the hotline")
    return data


def _minutes(clock_time: Any) -> int:
    """Read "08:30"; also 510, which is what YAML makes of an unquoted one."""
    if isinstance(clock_time, int):
        return clock_time
    hour, _, minute = str(clock_time).partition(":")
    minutes = int(hour) * 60 + int(minute)
    if not (0 <= minutes <= 24 * 60 and int(minute) < 60):
        raise ValueError(f"{clock_time} is no time of a day")
    return minutes
