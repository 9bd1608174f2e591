"""Figures as tables, with the headings of data/report.zh.yml."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from api.evaluation.words import words


def crisis_tables(figures: Mapping[str, Any]) -> Iterator[Table]:
    """Give the figures in total and by kind."""
    yield _grouped("crisis", figures)


def dialogue_tables(figures: Mapping[str, Any]) -> Iterator[Table | str]:
    """Give the figures by tag, the fields, the end states, and what must not be."""
    yield _grouped("dialogues", figures)
    yield _fields(figures["fields"])
    ended = _table("ended", "expected", "observed")
    for state, ends in figures["ended"].items():
        ended.add_row(state, "  ".join(f"{end} {count}" for end, count in ends.items()))
    yield ended
    yield from _must_not(figures["must_not"])


def _grouped(section: str, figures: Mapping[str, Any]) -> Table:
    measures = list(figures["total"])
    table = Table(title=words("report")[section]["title"])
    table.add_column(words("report")["group"], no_wrap=True)
    for measure in measures:
        table.add_column(words("report")[section][measure], justify="right")
    rows = {words("report")["total"]: figures["total"], **figures["by"]}
    for name, row in rows.items():
        table.add_row(name, *(cell(row[measure]) for measure in measures))
    return table


def _fields(fields: Mapping[str, Any]) -> Table:
    table = _table("fields", "field", "right", **{k: v for k, v in fields.items() if k != "right"})
    for name, right in fields["right"].items():
        table.add_row(words("report")["fields"][name], cell(right))
    return table


def _must_not(found: Mapping[str, Any]) -> Iterator[Table | str]:
    counts = {name: found[name] for name in ("phrases", "checked", "violated")}
    table = _table("must_not", "check", "checked", "violated", **counts)
    for name, row in found["by_check"].items():
        table.add_row(name, str(row["checked"]), str(row["violated"]))
    yield table
    if found["not_checked"]:
        told = "；".join(f"{one['id']} {one['phrase']}" for one in found["not_checked"])
        yield words("report")["must_not"]["not_checked"].format(phrases=told)


def _table(section: str, *columns: str, **values: object) -> Table:
    said = words("report")[section]
    table = Table(title=said["title"].format(**values))
    for column in columns:
        table.add_column(said[column])
    return table


def cell(value: float | int | None) -> str:
    """Give a share with two places, a count as it is, a dash for what was not measured."""
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
