"""A figure as a table: the page, its chart, its file and the interface all show the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Cell = str | int | float | bool | None
"""None: not known, or nothing to measure (a mean of nothing)."""


class Unit(StrEnum):
    """What the values of a column are.

    CODE: a name of ours, whose words are in the texts. WORDS: words as they are. DAY: a Beijing day,
    ISO 8601. HOUR: 0..23 Beijing time. MINUTES: with one decimal. SHARE: 0..1. DAYS, NUMBERS: several, a
    space between.
    """

    CODE = "code"
    WORDS = "words"
    DAY = "day"
    HOUR = "hour"
    COUNT = "count"
    MINUTES = "minutes"
    MEAN = "mean"
    SHARE = "share"
    YES_NO = "yes_no"
    DAYS = "days"
    NUMBERS = "numbers"


@dataclass(frozen=True)
class Column:
    name: str
    unit: Unit


@dataclass(frozen=True)
class Sheet:
    """One figure. `made_at` is when it was counted; None while it is still being made.

    `note` is the key of one more sentence about these very rows, "" for none.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    made_at: datetime | None
    note: str = ""

    def column(self, name: str) -> list[Cell]:
        """All values of one column, in the order of the rows."""
        at = [column.name for column in self.columns].index(name)
        return [row[at] for row in self.rows]

    def total(self, name: str) -> int:
        """The sum of a column of counts."""
        return sum(int(value or 0) for value in self.column(name))

    def records(self) -> list[dict[str, Cell]]:
        """The rows by the names of the columns."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


def sheet(
    name: str,
    columns: Mapping[str, Unit],
    rows: Sequence[Sequence[Cell]],
    made_at: datetime | None,
    note: str = "",
) -> Sheet:
    """Put a figure together from column names with their units, and rows in that order."""
    return Sheet(
        name,
        tuple(Column(*each) for each in columns.items()),
        tuple(tuple(row) for row in rows),
        made_at,
        note,
    )
