"""Deadlines: the table of limits in data/limits.yml, counted on the Chinese working calendar."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from tickets.errors import BadRequest
from tickets.model import Category, Urgency
from tickets.numbering import BEIJING
from tickets.workdays import WorkCalendar

LIMITS_FILE = Path(__file__).parent / "data" / "limits.yml"


@dataclass(frozen=True)
class Limit:
    """A promised time: minutes around the clock, or working days until the office closes; one is set."""

    source: str
    minutes: int | None = None
    working_days: int | None = None


class Limits:
    """Looks up the limit of a matter and counts it from an instant."""

    def __init__(
        self,
        table: dict[tuple[Category | None, Urgency], Limit],
        extension: Limit,
        calendar: WorkCalendar,
        office_closes: time,
    ) -> None:
        missing = [urgency for urgency in Urgency if (None, urgency) not in table]
        if missing:
            raise BadRequest(f"limits: no general limit for {', '.join(missing)}")
        self._table = table
        self._extension = extension
        self._calendar = calendar
        self._office_closes = office_closes

    def limit_for(self, category: Category, urgency: Urgency) -> Limit:
        """Give the most specific limit: of this category and urgency, else of the urgency."""
        return self._table.get((category, urgency)) or self._table[(None, urgency)]

    def due_at(self, category: Category, urgency: Urgency, opened_at: datetime) -> datetime:
        """Give the instant by which the office must have called the applicant."""
        return self._count(self.limit_for(category, urgency), opened_at)

    def extended_from(self, at: datetime) -> datetime:
        """Give the new deadline of a ticket that is extended (延期) at this instant."""
        return self._count(self._extension, at)

    def _count(self, limit: Limit, start: datetime) -> datetime:
        if limit.minutes is not None:
            return start + timedelta(minutes=limit.minutes)
        day = self._calendar.after(start.astimezone(BEIJING).date(), limit.working_days or 0)
        return datetime.combine(day, self._office_closes, BEIJING)


def load_limits(path: Path = LIMITS_FILE) -> Limits:
    """Read a table of limits.

    Raises:
        BadRequest: a row without source, without exactly one measure, or for an unknown category or urgency.
    """
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        table = {
            (Category(row["category"]) if "category" in row else None, Urgency(row["urgency"])): _limit(row)
            for row in data["limits"]
        }
        calendar = WorkCalendar(
            data["fixed_holidays"], _days(data, "announced_holidays"), _days(data, "announced_workdays")
        )
        return Limits(table, _limit(data["extension"]), calendar, time.fromisoformat(data["office_closes"]))
    except (KeyError, ValueError) as error:
        raise BadRequest(f"{path}: {error}") from error


def _limit(row: dict[str, Any]) -> Limit:
    limit = Limit(row["source"], row.get("minutes"), row.get("working_days"))
    measures = [value for value in (limit.minutes, limit.working_days) if value is not None]
    if len(measures) != 1 or measures[0] <= 0:
        raise ValueError(f"a limit needs either minutes or working_days, above zero: {row}")
    return limit


def _days(data: dict[str, Any], name: str) -> list[date]:
    """Read a list of days; YAML gives dates or strings, depending on the quotes."""
    return [date.fromisoformat(str(value)) for value in data[name]]
