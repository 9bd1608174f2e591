"""`hotline evaluate …`: scores question sets and prints the figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from api.commands import knowledge_base as shared
from api.commands.knowledge_base import AsJson, fail, print_json
from knowledge.errors import KnowledgeError
from knowledge.evaluation import MEASURES, evaluate, read_questions, report
from knowledge.texts import say

evaluate_app = typer.Typer(help="Score the assistant on sets of questions.", no_args_is_help=True)


@evaluate_app.callback()
def evaluate_group() -> None:
    """Score the assistant on sets of questions (JSON Lines)."""


@evaluate_app.command()
def policy(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Questions, JSON Lines.")],
    as_json: AsJson = False,
) -> None:
    """Score policy questions: ranking, citations, key facts, by style, topic and needs."""
    base = shared.open_base()
    try:
        questions = read_questions(file)
        scores = evaluate(questions, lambda question, region: base.answer(question, region=region))
    except KnowledgeError as error:
        raise fail(error) from error
    figures = report(questions, scores)
    if as_json:
        print_json(figures)
        return
    # Piped output has no width of its own; a narrower one would cut the last column.
    Console(width=max(Console().width, 110)).print(_figures_table(figures))


def _figures_table(figures: dict[str, Any]) -> Table:
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column(say("reports", "evaluation.group"), no_wrap=True)
    for measure in ("questions", *MEASURES):
        table.add_column(say("reports", f"evaluation.{measure}"), justify="right")
    table.add_row(say("reports", "evaluation.total"), *_cells(figures["total"]), end_section=True)
    for groups in figures["by"].values():
        for position, (name, means) in enumerate(groups.items(), start=1):
            table.add_row(name, *_cells(means), end_section=position == len(groups))
    return table


def _cells(means: dict[str, float | None]) -> list[str]:
    shares = [means[measure] for measure in MEASURES]
    return [f"{means['questions']:.0f}", *("-" if share is None else f"{share:.2f}" for share in shares)]
