"""Which office a matter goes to: area × category, one level up where nobody is registered, never nowhere.

The table is data: data/offices.yml (departments, the national line, wordings) with the office's own file, or
with the sample until there is one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from tickets.errors import BadRequest
from tickets.gazetteer import Place, load_gazetteer
from tickets.model import Area, Category, Urgency

OFFICES_FILE = Path(__file__).parent / "data" / "offices.yml"
SAMPLE_FILE = Path(__file__).parent / "data" / "offices_sample.yml"

NATIONAL = "000000"

_KEYS = {
    "adcode",
    "township",
    "office",
    "department",
    "categories",
    "any_matter",
    "urgencies",
    "phone",
    "hours",
    "sample",
}


class Level(StrEnum):
    """The level of an office; 部 stands for the whole country."""

    TOWNSHIP = "乡镇街道"
    COUNTY = "县"
    CITY = "市"
    PROVINCE = "省"
    MINISTRY = "部"


@dataclass(frozen=True)
class Assignment:
    """The office that a matter goes to; `adcode` and `level` are its own, `reason` is Chinese for the desk.

    `sample`: the row is invented, its phone reaches nobody.
    """

    office: str
    phone: str | None
    hours: str | None
    adcode: str
    level: Level
    sample: bool
    reason: str


@dataclass(frozen=True)
class Office:
    """One row of the table; no categories with `any_matter` means whatever nobody else takes."""

    adcode: str
    office: str
    categories: frozenset[Category]
    any_matter: bool = False
    urgencies: frozenset[Urgency] = frozenset(Urgency)
    township: str | None = None
    phone: str | None = None
    hours: str | None = None
    sample: bool = False

    @property
    def level(self) -> Level:
        """The level that its code and township tell."""
        return Level.TOWNSHIP if self.township else _level_of(self.adcode)

    def takes(self, category: Category, urgency: Urgency) -> bool:
        """Say whether it takes the matter, be it only because nobody else does."""
        return urgency in self.urgencies and (category in self.categories or self.any_matter)


@dataclass(frozen=True)
class _Step:
    """One rung of the ladder from the township to the whole country."""

    adcode: str
    township: str | None = None


@dataclass(frozen=True)
class Offices:
    """The table, ready to ask. `home` is the code used where the caller's place is unknown."""

    rows: tuple[Office, ...]
    sources: Mapping[Category, str]
    reasons: Mapping[str, str]
    home: str = NATIONAL

    def office_for(self, area: Area | None, category: Category, urgency: Urgency) -> Assignment:
        """Give the nearest office: responsible for the category, else taking anything, else one level up."""
        area = _certain_part(area)
        steps = _ladder((area and area.adcode) or self.home, area.township if area else None)
        start = next((step for step in steps if step.township is None), steps[-1])
        for step in steps:
            row = self._best(step, category, urgency)
            if row is not None:
                reason = self._reason(row, step, start, area, category)
                return Assignment(row.office, row.phone, row.hours, row.adcode, row.level, row.sample, reason)
        raise BadRequest(f"no office takes {category} ({urgency}): the table has no national row")

    def _best(self, step: _Step, category: Category, urgency: Urgency) -> Office | None:
        rows = [row for row in self._at(step) if row.takes(category, urgency)]
        # A row for this category goes before one for anything, a row for this urgency before one for all.
        return min(rows, key=lambda row: (category not in row.categories, len(row.urgencies)), default=None)

    def _at(self, step: _Step) -> Iterator[Office]:
        return (row for row in self.rows if (row.adcode, row.township) == (step.adcode, step.township))

    def _reason(self, row: Office, step: _Step, start: _Step, area: Area | None, category: Category) -> str:
        responsible = category in row.categories
        if area is None:
            how = "nowhere_known"
        elif step.township:
            how = "at_the_township"
        elif step == start:
            how = "responsible" if responsible else "stands_in"
        else:
            how = "one_level_up"
        return self.reasons[how].format(
            area=_name_of(area, row),
            category=category.value,
            office=row.office,
            source=self.sources.get(category, ""),
        )


def load_offices(path: Path | None = None, home: str = NATIONAL) -> Offices:
    """Read the table of offices.

    Args:
        path: the office's own table; until the file exists the sample answers, then no sample row does.
        home: code of the region whose office takes matters of unknown place.
    Raises:
        BadRequest: a row cannot be understood (the message names file and row), or no row takes every matter
            of the whole country.
    """
    base = _read(OFFICES_FILE)
    departments: dict[str, dict[str, str]] = base["departments"]
    own = path is not None and path.exists()
    table = path if path is not None and own else SAMPLE_FILE
    rows = _rows(table, departments)
    if not any(row.adcode == NATIONAL for row in rows):
        rows += _rows(OFFICES_FILE, departments)
    if own:
        rows = [row for row in rows if not row.sample]
    everything = (row for row in rows if row.adcode == NATIONAL and row.any_matter)
    if not any(row.urgencies == frozenset(Urgency) for row in everything):
        raise BadRequest(
            f"{table.name}: add a row with adcode {NATIONAL}, any_matter: true and no urgencies, "
            "so that no request ends nowhere"
        )
    sources = {Category(name): rule for rules in departments.values() for name, rule in rules.items()}
    return Offices(tuple(rows), sources, base["reasons"], home)


def _read(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise BadRequest(f"{path.name} is not valid YAML: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("offices"), list):
        raise BadRequest(f"{path.name}: begin the file with `offices:` and list the rows below it")
    return data


def _rows(path: Path, departments: Mapping[str, Mapping[str, str]]) -> list[Office]:
    """Read the rows of one file, refusing those that would never answer or that say the same twice."""
    codes = {place.adcode for place in load_gazetteer().by_title.values()} | {NATIONAL}
    rows: list[Office] = []
    seen: dict[tuple[Any, ...], str] = {}
    for number, item in enumerate(_read(path)["offices"], start=1):
        name = item.get("office") if isinstance(item, dict) else None
        where = f"{path.name} row {number} ({name or item})"
        try:
            row = _row(item, departments, codes)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise BadRequest(f"{where}: {error.args[0] if error.args else error}") from error
        for matter in (*row.categories, *([None] if row.any_matter else [])):
            key = (row.adcode, row.township, row.urgencies, matter)
            if key in seen:
                raise BadRequest(f"{where}: {matter or 'any_matter'} is already given to {seen[key]}")
            seen[key] = where
        rows.append(row)
    return rows


def _row(item: Any, departments: Mapping[str, Mapping[str, str]], codes: set[str]) -> Office:
    if not isinstance(item, dict):
        raise ValueError("write the row as key: value pairs")
    if unknown := set(item) - _KEYS:
        raise ValueError(
            f"remove {', '.join(sorted(map(str, unknown)))}; known keys: {', '.join(sorted(_KEYS))}"
        )
    if not item.get("office"):
        raise ValueError("name the office")
    adcode = item.get("adcode")
    if adcode not in codes:
        raise ValueError(f'adcode {adcode!r} is no administrative code in quotes, such as "430524"')
    if item.get("township") and _level_of(adcode) is not Level.COUNTY:
        raise ValueError("a township needs the code of its county")
    department = item.get("department")
    if department is not None and department not in departments:
        raise ValueError(f"department {department} is none of {', '.join(departments)}")
    named = [*(departments[department] if department else ()), *item.get("categories", ())]
    if not named and not item.get("any_matter"):
        raise ValueError("say what it takes: department, categories or any_matter: true")
    return Office(
        adcode=adcode,
        office=item["office"],
        categories=frozenset(map(Category, named)),
        any_matter=bool(item.get("any_matter")),
        urgencies=frozenset(map(Urgency, item.get("urgencies", Urgency))),
        township=item.get("township"),
        phone=str(item["phone"]) if item.get("phone") else None,
        hours=item.get("hours"),
        sample=bool(item.get("sample")),
    )


def _certain_part(area: Area | None) -> Area | None:
    """Give the deepest part that has a code; of an ambiguous place that may be its city or province."""
    if area is None or area.adcode:
        return area
    names = (area.province, area.city, area.county)
    for depth in (3, 2, 1):
        part = Area(*names[:depth])
        known: Place | None = load_gazetteer().by_title.get(str(part))
        if known is not None and known.adcode:
            return replace(part, adcode=known.adcode)
    return None


def _ladder(adcode: str, township: str | None) -> list[_Step]:
    codes: Sequence[str] = (adcode, f"{adcode[:4]}00", f"{adcode[:2]}0000", NATIONAL)
    steps = [_Step(adcode, township)] if township else []
    return [*steps, *(_Step(code) for code in dict.fromkeys(codes))]


def _level_of(adcode: str) -> Level:
    if adcode == NATIONAL:
        return Level.MINISTRY
    if adcode.endswith("0000"):
        return Level.PROVINCE
    return Level.CITY if adcode.endswith("00") else Level.COUNTY


def _name_of(area: Area | None, row: Office) -> str:
    """Name the place that the reason speaks of: the township only where its own office answers."""
    if area is None:
        return ""
    names = [area.township if row.township else None, area.county, area.city, area.province]
    return next((name for name in names if name), "")
