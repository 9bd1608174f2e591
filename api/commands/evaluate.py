"""`hotline evaluate …`: scores question sets and prints the figures."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from api.commands import knowledge_base as shared
from api.commands.evaluate_form import form
from api.commands.evaluate_hotline import AskedHotline, Url, asked_hotline, counted, crisis, dialogues
from api.commands.evaluate_suggestions import suggestions
from api.commands.knowledge_base import AsJson, fail, print_json
from api.evaluation.talking import Talk
from knowledge.errors import KnowledgeError
from knowledge.evaluation import MEASURES, evaluate, read_questions, report
from knowledge.scope.evaluation import read_messages, score_messages
from knowledge.texts import say

evaluate_app = typer.Typer(help="Score the assistant on sets of questions.", no_args_is_help=True)


@evaluate_app.callback()
def evaluate_group() -> None:
    """Score the assistant on sets of questions (JSON Lines)."""


evaluate_app.command()(crisis)
evaluate_app.command()(dialogues)
evaluate_app.command()(form)
evaluate_app.command()(suggestions)


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


@evaluate_app.command()
def scope(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Messages, JSON Lines.")],
    url: Url = None,
    chat: Annotated[
        bool,
        typer.Option("--chat", help="Ask in conversations; a hotline is started unless --url names one."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Score messages that are not for this hotline: by the policy texts alone, or in whole conversations."""
    try:
        messages = read_messages(file)
    except KnowledgeError as error:
        raise fail(error) from error
    if url is None and not chat:
        base = shared.open_base()
        figures = score_messages(messages, lambda message: base.answer(message).outcome)
    else:
        with asked_hotline(url) as hotline, counted(len(messages), partial(_outcome, hotline)) as ask:
            figures = score_messages(messages, ask)
            figures |= hotline.left_to_stand_in()
    if as_json:
        print_json(figures)
        return
    columns = ("messages", "answered_as_policy", "handled_right")
    rows = shared.table("group", *columns)
    for name, shares in {say("reports", "evaluation.total"): figures["total"], **figures["by"]}.items():
        rows.add_row(name, str(shares["messages"]), *(f"{shares[c]:.2f}" for c in columns[1:]))
    Console().print(rows)


def _outcome(hotline: AskedHotline, message: str) -> str:
    """How the first message of a conversation ends."""
    return Talk(hotline.http).say(message).outcome


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
