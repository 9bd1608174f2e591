"""Figures of work at hand: deadlines at risk by office, demands made again and again, deliveries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, select

from api.figures.model import Cell, Sheet, Unit, sheet
from api.figures.periods import Period, midnight, today
from tickets.case_systems import CaseSystem
from tickets.delivery_alerts import Level, standing_of
from tickets.delivery_model import SystemFigures
from tickets.lifecycle import UNANSWERED
from tickets.numbering import BEIJING
from tickets.schema import ticket_links, tickets
from tickets.workdays import OfficeHours

WORKING_DAYS = 3
LISTED = 20
LOOKED_BACK = timedelta(days=180)
"""How long before the period a demand may have been made first, to be counted with its repeats."""

_LOUDEST = (Level.ALARM, Level.WARNING, Level.QUIET)


def deadlines(db: Connection, hours: OfficeHours, now: datetime) -> Sheet:
    """Unanswered tickets by office: past their promise, due today, due within three working days, later."""
    ends_today = midnight(today(now) + timedelta(days=1))
    soon = max(hours.close_after_working_days(now, WORKING_DAYS), ends_today)
    due = tickets.c.due_at
    spans = {
        "overdue": due < now,
        "today": (due >= now) & (due < ends_today),
        "soon": (due >= ends_today) & (due <= soon),
        "later": (due >= ends_today) & (due > soon),
    }
    counts = [func.sum(case((span, 1), else_=0)) for span in spans.values()]
    unanswered = tickets.c.status.in_([status.value for status in UNANSWERED])
    found = db.execute(select(tickets.c.office, *counts).where(unanswered).group_by(tickets.c.office)).all()
    rows = [(row[0], *(int(count) for count in row[1:])) for row in found]
    rows.sort(key=lambda row: (*(-count for count in row[1:]), row[0] or ""))
    return sheet("deadlines", {"office": Unit.WORDS} | dict.fromkeys(spans, Unit.COUNT), rows, now)


def repeats(db: Connection, period: Period, now: datetime) -> Sheet:
    """Demands made more than once, at least once in the period: the most often made first.

    Tickets are of one demand if they are linked, directly or through others, as repeats or as merged.
    """
    demands = [
        demand for demand in _demands(_links(db, period)) if any(_is_in(number, period) for number in demand)
    ]
    demands.sort(key=lambda demand: (-len(demand), min(demand)))
    listed = demands[:LISTED]
    facts = _facts(db, [number for demand in listed for number in demand])
    rows = [_demand(demand, facts) for demand in listed]
    units = {
        "tickets": Unit.COUNT,
        "category": Unit.WORDS,
        "place": Unit.WORDS,
        "first": Unit.DAY,
        "last": Unit.DAY,
        "unanswered": Unit.COUNT,
        "numbers": Unit.NUMBERS,
    }
    return sheet("repeats", units, rows, now, "cut_off" if len(demands) > LISTED else "")


def deliveries(figures: Sequence[SystemFigures], systems: Mapping[str, CaseSystem], now: datetime) -> Sheet:
    """Where each case system stands, the most worrying first."""
    standings = [standing_of(one, systems, now) for one in figures]
    standings.sort(key=lambda one: (_LOUDEST.index(one.level), one.figures.name))
    states = ("waiting", "dead", "delivered", "settled")
    rows = [
        (
            one.figures.name,
            one.level.value,
            one.figures.state.value,
            *({state.value: n for state, n in one.figures.counts.items()}.get(state, 0) for state in states),
            one.figures.not_handed_out,
            round(one.undelivered_seconds / 60, 1),
        )
        for one in standings
    ]
    units = {"system": Unit.WORDS, "level": Unit.CODE, "state": Unit.CODE}
    counts = dict.fromkeys((*states, "not_handed_out"), Unit.COUNT)
    return sheet("deliveries", units | counts | {"oldest": Unit.MINUTES}, rows, now)


def _links(db: Connection, period: Period) -> list[tuple[str, str]]:
    newer = tickets.c.opened_at >= period.since - LOOKED_BACK, tickets.c.opened_at < period.until
    query = select(ticket_links.c.number, ticket_links.c.related)
    found = db.execute(query.join(tickets, tickets.c.number == ticket_links.c.number).where(*newer))
    return [(row[0], row[1]) for row in found]


def _demands(edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Put linked numbers together."""
    root: dict[str, str] = {}

    def find(number: str) -> str:
        while (above := root.setdefault(number, number)) != number:
            root[number] = number = root[above]
        return number

    for one, other in edges:
        root[find(one)] = find(other)
    grouped: dict[str, list[str]] = defaultdict(list)
    for number in root:
        grouped[find(number)].append(number)
    return list(grouped.values())


def _facts(db: Connection, numbers: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    names = ("number", "category", "province", "city", "county", "opened_at", "status")
    query = select(*(tickets.c[name] for name in names)).where(tickets.c.number.in_(numbers))
    return {row["number"]: dict(row) for row in db.execute(query).mappings()}


def _demand(numbers: list[str], facts: Mapping[str, Mapping[str, Any]]) -> tuple[Cell, ...]:
    """One line: the matter and place of its newest ticket, the county at the finest."""
    mine = sorted((facts[number] for number in numbers), key=lambda each: each["opened_at"])
    newest = mine[-1]
    names = (newest["province"], newest["city"], newest["county"])
    open_ones = sum(each["status"] in {status.value for status in UNANSWERED} for each in mine)
    return (
        len(mine),
        newest["category"],
        "".join(dict.fromkeys(name for name in names if name)),
        _day(mine[0]["opened_at"]),
        _day(newest["opened_at"]),
        open_ones,
        " ".join(each["number"] for each in mine),
    )


def _is_in(number: str, period: Period) -> bool:
    """A number begins with the Beijing day on which the ticket was taken down."""
    return f"{period.first:%Y%m%d}" <= number[:8] <= f"{period.last:%Y%m%d}"


def _day(instant: datetime) -> str:
    return instant.astimezone(BEIJING).date().isoformat()
