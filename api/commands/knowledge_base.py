"""What the `hotline knowledge …` commands share: opening the knowledge base, publishing, tables, errors."""

from __future__ import annotations

import gc
import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.logs import configure_logs
from api.settings import Settings
from knowledge.errors import KnowledgeError
from knowledge.model import BuildReport
from knowledge.texts import say

if TYPE_CHECKING:
    from knowledge.curation import Curator
    from knowledge.service import KnowledgeBase

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Region = Annotated[str | None, typer.Option(help="Caller's place, a 6-digit adcode such as 430000.")]
AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Answer by the law of that day.")
]
DocId = Annotated[str, typer.Argument(metavar="DOC", help="As shown by `list`.")]
NoBuild = Annotated[
    bool, typer.Option("--no-build", help="Publish later with `build`; callers do not see it until then.")
]


def open_base() -> KnowledgeBase:
    """The knowledge base of the settings."""
    from api.parts import open_knowledge_from

    configure_logs("WARNING")
    return open_knowledge_from(Settings())


def open_curator() -> Curator:
    """The documents and generations of the settings, for what answers no question: it starts sooner."""
    from knowledge import open_curator as curator_of

    # Of two seconds a quarter went on looking for garbage among what is needed to the end.
    gc.set_threshold(50_000, 20, 50)
    configure_logs("WARNING")
    settings = Settings()
    return curator_of(
        settings.data_dir, embedder_dir=settings.embedder_dir, vector_database=settings.vector_database
    )


def print_json(data: Any) -> None:
    """Write JSON to standard output, Chinese as it is."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def fail(error: KnowledgeError) -> typer.Exit:
    """Say what went wrong in one sentence; gives the exit to raise."""
    Console(stderr=True).print(f"{say('reports', f'errors.{error.code}')}\n[dim]{escape(str(error))}[/dim]")
    return typer.Exit(1)


def table(*columns: str) -> Table:
    """An empty table with the headings of these columns."""
    made = Table()
    for column in columns:
        made.add_column(say("reports", f"columns.{column}"), overflow="fold")
    return made


def progress_bars() -> Progress:
    """Progress bars on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def publish(curator: Curator, cause: Sequence[str], *, anew: bool = False) -> BuildReport:
    """Publish what is in use, with a progress bar; `cause` is shown in the list of generations."""
    with progress_bars() as bars:
        tasks = {
            name: bars.add_task(say("reports", f"stages.{name}"), total=None) for name in ("rows", "index")
        }
        return curator.publish(
            lambda stage, done, total: bars.update(tasks[stage], completed=done, total=total),
            cause=" ".join(cause),
            anew=anew,
        )
