"""`hotline suggestions report`: which suggested answers agents use, and which they reject and why."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.commands.knowledge_base import AsJson, print_json
from api.settings import Settings
from api.texts import texts

if TYPE_CHECKING:
    from api.suggestions.model import Counts, SuggestionReport

COLUMNS = ("offered", "used", "edited", "rejected", "left", "acceptance")

suggestions_app = typer.Typer(help="Suggested answers in the agents' console.", no_args_is_help=True)


@suggestions_app.callback()
def suggestions_group() -> None:
    """What became of the answers that agents were suggested."""


@suggestions_app.command()
def report(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Offered on or after this Beijing day.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many entries and articles.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Count what was offered, sent as it was, edited or rejected: by source, rank, entry and article."""
    from api.database import open_database
    from api.suggestions.reporting import report as counted
    from tickets.numbering import BEIJING

    database = open_database(Settings().database_address)
    found = counted(database, since.replace(tzinfo=BEIJING) if since else None, None)
    if as_json:
        print_json(plain(found, limit))
        return
    words: dict[str, Any] = texts("console_suggestions")  # type: ignore[assignment]
    console = Console(width=max(Console().width, 110), highlight=False)
    if not found.total.offered:
        console.print(words["report"]["none"])
        return
    console.print(words["report"]["title"].format(messages=found.messages, helped=found.messages_helped))
    if found.mean_similarity is not None:
        console.print(words["report"]["similarity"].format(percent=round(found.mean_similarity * 100)))
    for table in _tables(found, words, limit):
        console.print(table)


def plain(found: SuggestionReport, limit: int | None = None) -> dict[str, Any]:
    """The report as JSON takes it."""
    data = asdict(found)
    data["since"], data["until"] = (at.isoformat() if at else None for at in (found.since, found.until))
    data["total"] = _plain(found.total)
    data["by_kind"] = {kind: _plain(counts) for kind, counts in found.by_kind.items()}
    data["by_rank"] = {str(rank): _plain(counts) for rank, counts in found.by_rank.items()}
    data["by_source"] = [
        {"source": one.source, "kind": one.kind, "title": one.title, "rejected_for": dict(one.rejected_for)}
        | _plain(one.counts)
        for one in found.by_source[:limit]
    ]
    return data


def _plain(counts: Counts) -> dict[str, int | float | None]:
    return {name: getattr(counts, name) for name in COLUMNS}


def _tables(found: SuggestionReport, words: dict[str, Any], limit: int) -> list[Table]:
    columns, kinds = words["columns"], words["kinds"]
    by_kind = {kinds[kind]: counts for kind, counts in found.by_kind.items()}
    tables = [
        _table(columns["kind"], {**by_kind, columns["total"]: found.total}, columns),
        _table(columns["rank"], {str(rank): counts for rank, counts in found.by_rank.items()}, columns),
        _table(
            columns["title"],
            {f"{kinds[one.kind]} {one.title}": one.counts for one in found.by_source[:limit]},
            columns,
        ),
    ]
    if found.reasons:
        reasons = Table(columns["reason"], columns["count"], box=SIMPLE)
        for reason, count in found.reasons.items():
            reasons.add_row(words["reasons"][reason], str(count))
        tables.append(reasons)
    return tables


def _table(name: str, rows: dict[str, Counts], columns: dict[str, str]) -> Table:
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column(name, overflow="fold")
    for column in COLUMNS:
        table.add_column(columns[column], justify="right")
    for title, counts in rows.items():
        accepted = "-" if counts.acceptance is None else f"{counts.acceptance:.0%}"
        cells = [str(getattr(counts, column)) for column in COLUMNS[:-1]]
        table.add_row(escape(title), *cells, accepted)
    return table
