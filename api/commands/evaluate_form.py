"""`hotline evaluate form`: scores the ticket form that is filled from a talk; no hotline needs to run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.commands.knowledge_base import AsJson, fail, print_json
from api.evaluation.filling import form_tables, score_forms
from api.evaluation.rows import read_rows
from api.evaluation.script import Dialogue, dialogue
from api.settings import Settings
from knowledge.errors import KnowledgeError

Typed = Annotated[
    bool,
    typer.Option("--typed", help="As in phone mode: all in one text field, split into lines and sentences."),
]


def form(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Dialogues, JSON Lines.")],
    typed: Typed = False,
    as_json: AsJson = False,
) -> None:
    """Fill the form from all that the citizen says in scripted dialogues, and compare it field by field."""
    try:
        rows: list[Dialogue] = read_rows(file, dialogue)
    except KnowledgeError as error:
        raise fail(error) from error
    figures = score_forms(rows, _filler(typed=typed))
    if as_json:
        print_json(figures)
        return
    for table in form_tables(figures):
        Console().print(table)


def _filler(*, typed: bool) -> Any:
    from api.chat.danger import DangerScreen, danger_phrases
    from api.console.filing.desk import danger_in
    from api.filling.form import filled_form
    from api.filling.listening import utterances
    from knowledge.normalisation import searchable

    screen, home = DangerScreen(danger_phrases(), searchable), Settings().region

    def fill(one: Dialogue) -> Any:
        told = utterances("\n".join(one.turns)) if typed else one.turns
        in_danger = danger_in(screen, told) is not None
        return filled_form(told, one.region or home, in_danger=in_danger)

    return fill
