"""What people need and where: tickets by matter and by place, with what is suddenly more than usual.

Places end at the county: a village with one ticket would say whose it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from api.figures.model import Cell, Sheet, Unit, sheet
from api.figures.periods import WEEK, Period, midnight, today
from api.figures.spikes import WEEKS, Judged, judge
from tickets.model import Category
from tickets.numbering import BEIJING
from tickets.schema import tickets

COUNTY_DIGITS = 6
UNKNOWN_PLACE = ""
_COUNTS = {"tickets": Unit.COUNT, "usual": Unit.MEAN, "spikes": Unit.DAYS}


@dataclass(frozen=True)
class Place:
    """One line of the places: `adcode` is the part that all below it share (43, 4305, 430524).

    `name` is "" where tickets name no place, or none this deep.
    """

    adcode: str
    name: str


def categories(db: Connection, period: Period, now: datetime) -> Sheet:
    """Tickets by matter, the most frequent first; every matter has its line."""
    daily = _Daily(db, period, now, tickets.c.category)
    judged = {category.value: daily.of(category.value) for category in Category}
    ordered = sorted(judged, key=lambda name: (-judged[name].count, name))
    rows = [(name, *judged[name].cells()) for name in ordered]
    return sheet("categories", {"category": Unit.WORDS} | _COUNTS, rows, now, daily.note)


def places(db: Connection, period: Period, now: datetime, within: str = "") -> Sheet:
    """Tickets of the places right below one: provinces, the cities of 43, the counties of 4305.

    Args:
        within: the first two or four digits of an adcode; "" for the whole country.
    """
    digits = min(len(within) + 2, COUNTY_DIGITS)
    code, inside = _prefix(digits), _inside(within)
    daily = _Daily(db, period, now, code, *inside)
    names = _names(db, period, digits, inside)
    judged = {found: daily.of(found) for found in daily.keys}
    ordered = sorted(
        (each for each in judged if judged[each].count), key=lambda each: (-judged[each].count, each)
    )
    rows: list[tuple[Cell, ...]] = [(names.get(each, ""), each, *judged[each].cells()) for each in ordered]
    return sheet("places", {"place": Unit.WORDS, "adcode": Unit.WORDS} | _COUNTS, rows, now, daily.note)


def path_to(db: Connection, within: str) -> tuple[Place, ...]:
    """The places above and including `within`, the province first, as tickets name them."""
    steps = [within[:digits] for digits in (2, 4) if len(within) >= digits]
    return tuple(Place(step, _name(db, step)) for step in steps)


@dataclass(frozen=True)
class _Total:
    """The tickets of the period, what is usual on such days altogether, and which days had too many."""

    count: int
    usual: float | None
    spikes: tuple[date, ...]

    def cells(self) -> tuple[Cell, ...]:
        usual = None if self.usual is None else round(self.usual, 1)
        return self.count, usual, " ".join(day.isoformat() for day in self.spikes)


class _Daily:
    """Tickets by day and a key, each day judged by the same weekdays of the weeks before.

    Today is compared with the same weekdays up to the same time of day. `note` says when the hotline is too
    young to judge any day.
    """

    def __init__(self, db: Connection, period: Period, now: datetime, key: Any, *conditions: Any) -> None:
        self._period = period
        self._first = _first_day(db)
        self._whole = _counts(db, key, midnight(period.first - WEEKS * WEEK), period.until, conditions)
        self._today = today(now)
        self._so_far: Mapping[tuple[str, date], int] = {}
        if period.last == self._today:
            self._so_far = _counts_so_far(db, key, now, self._weeks_before(self._today), conditions)
        self.keys = {name for name, day in self._whole if day >= period.first}

    @property
    def note(self) -> str:
        return "" if any(judge(0, self._before("", day)).limit for day in self._period.days) else "too_young"

    def of(self, name: str) -> _Total:
        judged = {day: self._judged(name, day) for day in self._period.days}
        usual = [each.usual for each in judged.values() if each.usual is not None]
        return _Total(
            sum(each.count for each in judged.values()),
            sum(usual) if len(usual) == len(judged) else None,
            tuple(day for day, each in judged.items() if each.spike),
        )

    def _judged(self, name: str, day: date) -> Judged:
        return judge(self._whole.get((name, day), 0), self._before(name, day))

    def _before(self, name: str, day: date) -> list[int]:
        counts = self._so_far if day == self._today else self._whole
        return [counts.get((name, each), 0) for each in self._weeks_before(day)]

    def _weeks_before(self, day: date) -> list[date]:
        """The same weekdays of the weeks before on which this hotline was already taking tickets down."""
        before = (day - weeks * WEEK for weeks in range(1, WEEKS + 1))
        return [each for each in before if self._first is not None and each > self._first]


def _first_day(db: Connection) -> date | None:
    day = db.execute(select(func.min(tickets.c.day))).scalar()
    return _date(day) if day else None


def _counts(
    db: Connection, key: Any, since: datetime, until: datetime, conditions: Iterable[Any]
) -> dict[tuple[str, date], int]:
    days = tickets.c.day >= _number(since), tickets.c.day < _number(until)
    query = select(key.label("name"), tickets.c.day, func.count()).where(*days, *conditions)
    return {
        (name, _date(day)): count for name, day, count in db.execute(query.group_by("name", tickets.c.day))
    }


def _counts_so_far(
    db: Connection, key: Any, now: datetime, days: list[date], conditions: Iterable[Any]
) -> dict[tuple[str, date], int]:
    """The counts of each of these days up to the time of day that it is now."""
    passed = now - midnight(today(now))
    spans = [
        and_(tickets.c.opened_at >= midnight(day), tickets.c.opened_at <= midnight(day) + passed)
        for day in days
    ]
    if not spans:
        return {}
    query = select(key.label("name"), tickets.c.day, func.count()).where(or_(*spans), *conditions)
    return {
        (name, _date(day)): count for name, day, count in db.execute(query.group_by("name", tickets.c.day))
    }


_NAMES = {2: tickets.c.province, 4: tickets.c.city, COUNTY_DIGITS: tickets.c.county}
"""The column that names a place of so many digits."""


def _names(db: Connection, period: Period, digits: int, inside: list[Any]) -> dict[str, str]:
    """The name of each code, as tickets of the period have it; "" for those that name no place this deep."""
    days = tickets.c.day >= _number(period.since), tickets.c.day < _number(period.until)
    query = select(_prefix(digits).label("code"), func.max(_NAMES[digits])).where(*days, *inside)
    return {found: name or "" for found, name in db.execute(query.group_by("code")) if found}


def _name(db: Connection, adcode: str) -> str:
    named = _NAMES[len(adcode)]
    query = select(named).where(*_inside(adcode), named.is_not(None)).limit(1)
    return db.execute(query).scalar() or ""


def _prefix(digits: int) -> Any:
    return func.coalesce(func.substr(tickets.c.adcode, 1, digits), UNKNOWN_PLACE)


def _inside(within: str) -> list[Any]:
    """A range instead of LIKE, as in tickets.queries."""
    if not within:
        return []
    return [tickets.c.adcode.between(within.ljust(COUNTY_DIGITS, "0"), within.ljust(COUNTY_DIGITS, "9"))]


def _number(instant: datetime) -> int:
    return int(instant.astimezone(BEIJING).strftime("%Y%m%d"))


def _date(day: int) -> date:
    return date(day // 10000, day // 100 % 100, day % 100)
