"""Figures in words and pictures: titles, definitions, what a cell shows, and what a chart draws.

The words are in texts/console_figures.zh.yml.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from api.figures.model import Cell, Column, Sheet, Unit
from api.texts import texts


@dataclass(frozen=True)
class Chart:
    """How a sheet is drawn: `label` names the column along the axis, `series` those that are drawn.

    `kind`: bars (upright, along time), rows (lying, for names). `lines` are drawn as lines over them;
    `stacked` puts the series on top of each other. At most MOST_DRAWN rows are drawn. `tones` colour
    the series and lines in order: colours that mean something (alarm, warn, good) or nothing (calm, other).
    """

    kind: str
    label: str
    series: tuple[str, ...]
    lines: tuple[str, ...] = ()
    stacked: bool = False
    tones: tuple[str, ...] = ("calm", "warn", "other")


MOST_DRAWN = 15
_SLOT = ""
"""The column of the hour or the day, whichever the sheet has: its first."""

CHARTS: dict[str, Chart] = {
    "deadlines": Chart(
        "rows", "office", ("overdue", "today", "soon"), stacked=True, tones=("alarm", "warn", "calm")
    ),
    "volume": Chart(
        "bars",
        _SLOT,
        ("conversations", "tickets"),
        ("conversations_before", "tickets_before"),
        tones=("calm", "other", "calm", "other"),
    ),
    "first_answers": Chart("bars", _SLOT, ("median",), ("longest",)),
    "outcomes": Chart("rows", "outcome", ("turns",)),
    "danger": Chart("bars", _SLOT, ("alarms", "taken"), tones=("alarm", "good")),
    "categories": Chart("rows", "category", ("tickets", "usual"), tones=("calm", "other")),
    "places": Chart("rows", "place", ("tickets", "usual"), tones=("calm", "other")),
    "unanswered": Chart("rows", "wording", ("count",)),
    "hand_overs": Chart("bars", "hour", ("a_day",)),
    "suggestions": Chart(
        "rows",
        "kind",
        ("used", "edited", "rejected", "left"),
        stacked=True,
        tones=("good", "calm", "alarm", "other"),
    ),
    "suggestion_reasons": Chart("rows", "reason", ("rejected",)),
    "feedback": Chart("bars", _SLOT, ("helpful", "unhelpful"), stacked=True, tones=("good", "alarm")),
}


def words() -> dict[str, Any]:
    return texts("console_figures")  # type: ignore[return-value]


def title_of(name: str) -> str:
    return words()["figures"][name]["title"]


def heading_of(sheet: Sheet, column: Column) -> str:
    return words()["figures"][sheet.name]["columns"][column.name]


def shown(sheet: Sheet, column: Column, value: Cell) -> str:
    """What a cell says on the page, in the terminal and in files."""
    say = words()
    if column.name in ("place", "office") and not value:
        return _unnamed(column.name, sheet)
    if value is None or value == "":
        return "" if column.unit is Unit.DAYS else say["unknown"]
    if column.unit is Unit.CODE:
        return say["figures"][sheet.name]["codes"][column.name].get(value, str(value))
    if column.unit is Unit.HOUR:
        return say["hour"].format(hour=value)
    if column.unit in (Unit.DAY, Unit.DAYS):
        return say["and"].join(map(_day, str(value).split()))
    if column.unit is Unit.SHARE:
        return f"{float(value):.1%}"
    if column.unit is Unit.YES_NO:
        return say["yes_no"][bool(value)]
    return str(value)


def drawn(sheet: Sheet) -> dict[str, Any] | None:
    """What the chart of a sheet is made from, as JSON can hold it; None for sheets that are only a table."""
    chart = CHARTS.get(sheet.name)
    if chart is None or not sheet.rows:
        return None
    columns = {column.name: column for column in sheet.columns}
    label = columns.get(chart.label, sheet.columns[0])
    series = [*chart.series, *chart.lines]
    marked = columns.get("spikes")
    rows = sheet.records()[: MOST_DRAWN if chart.kind == "rows" else None]
    return {
        "kind": chart.kind,
        "stacked": chart.stacked,
        "labels": [shown(sheet, label, row[label.name]) for row in rows],
        "marked": [bool(row["spikes"]) for row in rows] if marked else [],
        "mark": words()["spike"],
        "series": [
            {
                "name": heading_of(sheet, columns[name]),
                "line": name in chart.lines,
                "tone": chart.tones[at % len(chart.tones)],
                "values": [row[name] for row in rows],
            }
            for at, name in enumerate(series)
        ],
    }


def spiking(sheet: Sheet) -> list[str]:
    """The names of the rows that are more than usual."""
    first = sheet.columns[0]
    return [shown(sheet, first, row[first.name]) for row in sheet.records() if row.get("spikes")]


def in_words(sheet: Sheet) -> tuple[list[str], list[list[str]]]:
    """Headings and rows, everything in words."""
    headings = [heading_of(sheet, column) for column in sheet.columns]
    rows = [[shown(sheet, *each) for each in zip(sheet.columns, row, strict=True)] for row in sheet.rows]
    return headings, rows


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return words()["day"].format(month=day.month, day=day.day)


def _unnamed(column: str, sheet: Sheet) -> str:
    say = words()
    if column == "office":
        return say["no_office"]
    below = any(len(str(code)) > 2 for code in sheet.column("adcode")) if sheet.name == "places" else False
    return say["no_place_below" if below else "no_place"]
