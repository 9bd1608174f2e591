"""`hotline evaluate crisis|dialogues`: scores a whole hotline, running already or started for the purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

import httpx
import typer
from rich.console import Console
from rich.progress import Progress

from api.commands.knowledge_base import AsJson, fail, print_json
from api.evaluation.crisis import (
    CrisisMessage,
    FirstAnswer,
    ask_screen,
    crisis_message,
    first_answer,
    score_crisis,
)
from api.evaluation.dialogues import score_dialogues
from api.evaluation.driver import Run, play
from api.evaluation.rows import read_rows
from api.evaluation.script import Dialogue, dialogue
from api.evaluation.tables import crisis_tables, dialogue_tables
from api.evaluation.talking import HotlineUnusable, Talk, TicketDesk, unanswered_by_rasa
from api.evaluation.temporary import temporary_hotline
from api.evaluation.words import words
from api.settings import Settings
from api.supervision import StartFailed
from knowledge.errors import KnowledgeError

Item = TypeVar("Item")
Row = TypeVar("Row")
Result = TypeVar("Result")

TURN_SECONDS = 60.0
WIDTH = 120

QuestionFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A set, JSON Lines.")]
Url = Annotated[
    str | None,
    typer.Option(help="A running hotline to ask; without it one is started on an empty database, and ended."),
]
Key = Annotated[
    str | None,
    typer.Option(
        envvar="HOTLINE_EVALUATION_KEY",
        help="With --url: the API key of a supervisor, to read the tickets and to withdraw them afterwards.",
    ),
]


@dataclass(frozen=True)
class AskedHotline:
    """A hotline that is evaluated; `desk` is None without a key."""

    http: httpx.Client
    desk: TicketDesk | None
    failures_before: int

    def left_to_stand_in(self) -> dict[str, int]:
        """Count what the stand-in answered because Rasa did not: such figures are not about the bot."""
        return {"answered_by_stand_in": unanswered_by_rasa(self.http) - self.failures_before}


@contextmanager
def asked_hotline(url: str | None, key: str | None = None) -> Iterator[AskedHotline]:
    """Reach the hotline of an address, or start one and end it again; says in one sentence what is wrong."""
    try:
        if url is not None:
            with httpx.Client(base_url=url, timeout=TURN_SECONDS) as http:
                desk = TicketDesk(http, key) if key else None
                yield AskedHotline(http, desk, unanswered_by_rasa(http))
            return
        with (
            temporary_hotline(Settings()) as started,
            httpx.Client(base_url=started.url, timeout=TURN_SECONDS) as http,
        ):
            yield AskedHotline(http, TicketDesk(http, started.key), unanswered_by_rasa(http))
    except KnowledgeError as error:
        raise fail(error) from error
    except (StartFailed, HotlineUnusable) as error:
        typer.echo(f"hotline: {error}", err=True)
        raise typer.Exit(1) from error
    except httpx.HTTPError as error:
        reached = url or "the temporary hotline"
        typer.echo(f"hotline: {reached} does not answer ({error!r}). Is it running?", err=True)
        raise typer.Exit(1) from error


def crisis(
    file: QuestionFile,
    screen: Annotated[
        bool, typer.Option("--screen", help="Ask the danger screen alone, without a hotline: quick.")
    ] = False,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Score single messages for danger: noticed at once, the right number first, nobody alarmed in vain."""
    rows: list[CrisisMessage] = _read(file, crisis_message)
    if screen:
        figures = score_crisis(rows, _screen())
    else:
        with asked_hotline(url, key) as hotline, counted(len(rows), partial(_first_message, hotline)) as ask:
            figures = score_crisis(rows, ask) | hotline.left_to_stand_in()
    _print(figures, crisis_tables(figures), as_json)


def dialogues(file: QuestionFile, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Play scripted dialogues to their end and score the tickets, the answers and what must not happen."""
    rows: list[Dialogue] = _read(file, dialogue)
    if url is not None and key is None:
        typer.echo("hotline: reading tickets takes a supervisor's API key: give it with --key", err=True)
        raise typer.Exit(1)
    with asked_hotline(url, key) as hotline, counted(len(rows), partial(_played, hotline)) as run:
        figures = score_dialogues(rows, run) | hotline.left_to_stand_in()
    _print(figures, dialogue_tables(figures), as_json)


@contextmanager
def counted(total: int, work: Callable[[Item], Result]) -> Iterator[Callable[[Item], Result]]:
    """Give the same work with a progress bar on standard error that moves each time it was done."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)

        def done(item: Item) -> Result:
            result = work(item)
            bar.advance(task)
            return result

        yield done


def _first_message(hotline: AskedHotline, text: str) -> FirstAnswer:
    exchange = Talk(hotline.http).say(text)
    if hotline.desk is not None and exchange.ticket_number:
        hotline.desk.withdraw_if_open(exchange.ticket_number)
    return first_answer(exchange)


def _played(hotline: AskedHotline, one: Dialogue) -> Run:
    assert hotline.desk is not None
    return play(one, hotline.http, hotline.desk)


def _screen() -> Callable[[str], FirstAnswer]:
    from api.chat.danger import DangerScreen, danger_phrases
    from knowledge.normalisation import searchable

    return ask_screen(DangerScreen(danger_phrases(), searchable))


def _read(file: Path, make: Callable[[dict[str, Any]], Row]) -> list[Row]:
    try:
        return read_rows(file, make)
    except KnowledgeError as error:
        raise fail(error) from error


def _print(figures: dict[str, Any], tables: Iterable[Any], as_json: bool) -> None:
    if as_json:
        print_json(figures)
        return
    # Piped output has no width of its own; a narrower one would cut the last column.
    console = Console(width=max(Console().width, WIDTH))
    for table in tables:
        console.print(table)
    if figures.get("answered_by_stand_in"):
        console.print(words("report")["standing_in"].format(count=figures["answered_by_stand_in"]))
