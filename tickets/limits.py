"""Deadlines: the tables of limits in data/limits.yml, looked up by region, matter and urgency."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from tickets.errors import BadRequest
from tickets.limit_rules import (
    ARCHIVE,
    DISPATCH,
    EXTENSIONS,
    FOLLOW_UP,
    PROMISES,
    SIGN,
    STAGE_LIMITS,
    STAGES,
    Files,
    RuleTable,
    read_region,
    read_rules,
)
from tickets.model import Category, Status, Urgency
from tickets.periods import Limit
from tickets.procedures import Procedure, read_procedure
from tickets.workdays import OfficeHours, WorkCalendar

LIMITS_FILE = Path(__file__).parent / "data" / "limits.yml"
REGIONAL_LIMITS = Path(__file__).parent / "data" / "limits.d"

_STAGE_OF = {
    Status.ACCEPTED: DISPATCH,
    Status.RETURNED: DISPATCH,
    Status.REOPENED: DISPATCH,
    Status.DISPATCHED: SIGN,
    Status.REASSIGNED: SIGN,
    Status.ANSWERED: FOLLOW_UP,
    Status.FOLLOWED_UP: ARCHIVE,
}
_BEFORE_THE_ANSWER = (DISPATCH, SIGN)
_UNTIL_THE_PROMISE = (Status.SIGNED, Status.IN_PROGRESS, Status.EXTENDED, Status.ESCALATED)


@dataclass(frozen=True)
class Limits:
    """Looks up the limit of a matter and counts it from an instant.

    `adcode` is where the matter is (6 digits); None or an unknown one gives the national rows.
    Instants need a timezone.
    """

    promises: RuleTable
    stages: RuleTable
    extensions: RuleTable
    procedures: tuple[Procedure, ...]
    reminders: dict[Urgency, timedelta]
    reopen_within: timedelta
    hours: OfficeHours

    def limit_for(self, category: Category, urgency: Urgency, adcode: str | None = None) -> Limit:
        """Give the most specific promise: of the region, of category and urgency, of the urgency."""
        return self.promises.find(category, urgency, adcode)

    def due_at(
        self, category: Category, urgency: Urgency, opened_at: datetime, adcode: str | None = None
    ) -> datetime:
        """Give the instant by which the office must have called the applicant: the promise to the citizen."""
        return self.limit_for(category, urgency, adcode).counted(opened_at, self.hours)

    def stage_due_at(
        self,
        status: Status,
        category: Category,
        urgency: Urgency,
        entered_at: datetime,
        due_at: datetime,
        adcode: str | None = None,
    ) -> datetime | None:
        """Give the instant by which a ticket must leave the status that it entered at `entered_at`.

        At the office, from signing to the answer, that is the promise `due_at` itself. The steps before it
        have times of their own, which end with the promise at the latest, unless that has passed already.
        None for archived, merged and withdrawn tickets.
        """
        if status in _UNTIL_THE_PROMISE:
            return due_at
        stage = _STAGE_OF.get(status)
        limit = self.stage_limit(status, category, urgency, adcode)
        if limit is None:
            return None
        end = limit.counted(entered_at, self.hours)
        return min(end, due_at) if stage in _BEFORE_THE_ANSWER and due_at > entered_at else end

    def stage_limit(
        self, status: Status, category: Category, urgency: Urgency, adcode: str | None = None
    ) -> Limit | None:
        """Give the limit of the step that a status stands for; None where the promise itself is it."""
        stage = _STAGE_OF.get(status)
        return self.stages.find(category, urgency, adcode, stage) if stage else None

    def extended_from(
        self,
        at: datetime,
        category: Category | None = None,
        urgency: Urgency | None = None,
        adcode: str | None = None,
    ) -> datetime:
        """Give the new deadline of a ticket that is extended (延期).

        `at` is its old deadline, or now when that has passed, so that more time never becomes less.
        """
        return self.extensions.find(category, urgency, adcode).counted(at, self.hours)

    def remind_before(self, urgency: Urgency) -> timedelta:
        """Give how long before a deadline people are reminded of it."""
        return self.reminders[urgency]

    def procedure(self, name: str, adcode: str | None = None) -> Procedure:
        """Give the time limit of an official procedure, the region's own where it has one.

        Raises:
            BadRequest: no such procedure.
        """
        fitting = [
            row for row in self.procedures if row.name == name and (adcode or "").startswith(row.region)
        ]
        if not fitting:
            known = ", ".join(sorted({row.name for row in self.procedures}))
            raise BadRequest(f"no procedure {name!r} in the limits; there are {known}")
        return max(fitting, key=lambda row: len(row.region))

    def procedure_due_at(self, name: str, start: datetime, adcode: str | None = None) -> datetime:
        """Give the instant by which a procedure that began at `start` must end, if nobody extends it."""
        return self.procedure(name, adcode).limit.counted(start, self.hours)


def load_limits(path: Path = LIMITS_FILE, regional: Path | None = REGIONAL_LIMITS) -> Limits:
    """Read the tables of limits; *.yml files in the folder `regional` add rows for single regions.

    Raises:
        BadRequest: naming the file and the row: no source, not exactly one measure, an unknown field,
            category or urgency, a region that is no administrative code, a second row for the same matter;
            or naming the table that has gaps.
    """
    data = _read(path)
    regional_files = sorted(regional.glob("*.yml")) if regional else []
    files = [(path, data), *((file, _read(file)) for file in regional_files)]
    tables = {name: RuleTable(name, read_rules(name, files)) for name in (PROMISES, STAGE_LIMITS, EXTENSIONS)}
    tables[PROMISES].require([""], list(Urgency))
    tables[STAGE_LIMITS].require(STAGES, list(Urgency))
    tables[EXTENSIONS].require([""], [None])
    try:
        calendar = WorkCalendar(
            data["fixed_holidays"],
            _days(data, "statutory_holidays") + _days(data, "announced_holidays"),
            _days(data, "announced_workdays"),
        )
        hours = OfficeHours(
            calendar, time.fromisoformat(data["office_opens"]), time.fromisoformat(data["office_closes"])
        )
        reminders = {urgency: timedelta(minutes=data["remind_before"][urgency]) for urgency in Urgency}
        reopen_within = timedelta(days=data["reopen_within"]["days"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadRequest(f"{path}: {error!r}; compare it with the file that ships with the desk") from error
    return Limits(
        tables[PROMISES],
        tables[STAGE_LIMITS],
        tables[EXTENSIONS],
        tuple(_procedures(files)),
        reminders,
        reopen_within,
        hours,
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise BadRequest(f"{path} is no YAML: {error}") from error
    if not isinstance(data, dict | None):
        raise BadRequest(f"{path} must name its tables (limits, stages …), not be a bare list")
    return data or {}


def _procedures(files: Files) -> list[Procedure]:
    found: dict[tuple[str, str], Procedure] = {}
    for path, data in files:
        for row in data.get("procedures") or []:
            try:
                procedure = read_procedure(row, read_region(row))
                if (procedure.name, procedure.region) in found:
                    raise ValueError("a second row for the same procedure and region")
            except (KeyError, TypeError, ValueError) as error:
                raise BadRequest(f"{path}, procedures: {error} in row {row}") from error
            found[procedure.name, procedure.region] = procedure
    return list(found.values())


def _days(data: dict[str, Any], name: str) -> list[date]:
    """Read a list of days; YAML gives dates or strings, depending on the quotes."""
    return [date.fromisoformat(str(value)) for value in data[name]]
