"""`hotline figures`: the supervisor's numbers on the command line."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import typer
from rich.table import Table

from api.commands.tickets_common import AsJson, clear_errors, console, fail, print_json
from api.commands.tickets_tables import cell
from api.figures.model import Sheet
from api.settings import Settings

PATIENCE = 60.0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a day; write 2026-01-31") from error


Since = Annotated[date | None, typer.Option(parser=_day, metavar="DAY", help="First Beijing day; today.")]
Until = Annotated[date | None, typer.Option(parser=_day, metavar="DAY", help="Last Beijing day; today.")]
Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="NAME", help="Only this figure; repeat it.")
]


def figures(since: Since = None, until: Until = None, only: Only = None, as_json: AsJson = False) -> None:
    """What the supervisor's page shows: volume, waiting, deadlines, places, what is suddenly more."""
    from api.figures.service import NAMES

    unknown = sorted(set(only or ()) - set(NAMES))
    if unknown:
        fail(f"there is no figure {', '.join(unknown)}; there are {', '.join(NAMES)}")
    with clear_errors():
        found = _counted(since, until, only or NAMES)
    if as_json:
        print_json([_record(sheet) for sheet in found])
        return
    for sheet in found:
        console().print(_table(sheet))


def _counted(since: date | None, until: date | None, names: Sequence[str]) -> list[Sheet]:
    # Here, so that --help does not load the library.
    from api.database import open_database
    from api.figures.opening import open_figures
    from api.figures.periods import WrongPeriod, period_of
    from api.parts import open_knowledge_from, sealer_from
    from api.unanswered.store import UnansweredStore
    from tickets.service import utc_now

    try:
        period = period_of(since, until, utc_now())
    except WrongPeriod as error:
        fail(str(error))
    settings = Settings()
    database = open_database(settings.database_address)
    unanswered = UnansweredStore(database, sealer_from(settings), utc_now)
    counting = open_figures(settings, database, unanswered, open_knowledge_from(settings))
    return list(counting.sheets(period, names, patience=PATIENCE).values())


def _table(sheet: Sheet) -> Table:
    from api.figures.cards import is_number
    from api.figures.wording import in_words, title_of

    headings, rows = in_words(sheet)
    table = Table(title=title_of(sheet.name), title_justify="left")
    for column, heading in zip(sheet.columns, headings, strict=True):
        table.add_column(heading, justify="right" if is_number(column.unit) else "left")
    for row in rows:
        table.add_row(*map(cell, row))
    return table


def _record(sheet: Sheet) -> dict[str, Any]:
    from api.figures.wording import words

    texts = words()["figures"][sheet.name]
    made_at = sheet.made_at and sheet.made_at.isoformat()
    told = {"name": sheet.name, "title": texts["title"], "definition": texts["definition"]}
    return told | {"made_at": made_at, "note": sheet.note, "rows": sheet.records()}
