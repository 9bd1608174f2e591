"""`hotline knowledge calibrate`: learns what is for this hotline and from where on to answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console

import knowledge
from api.commands import knowledge_base as shared
from api.commands.knowledge_base import fail
from knowledge.errors import KnowledgeError
from knowledge.evaluation import read_questions
from knowledge.texts import say

CORPUS = Path(knowledge.__file__).parent / "corpus"
SCOPE = Path(knowledge.__file__).parent / "scope"


def calibrate(
    messages: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="Messages to fit and to measure on, YAML."),
    ],
    questions: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="Plain policy questions, JSON Lines.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the model and the floors.")] = SCOPE,
) -> None:
    """Train the scope model, fit the judgement on the messages' first half, measure on the second.

    The file has lists in_scope_calibrate, calibrate, in_scope_held_out and held_out (see
    benchmarks/data/scope_messages.zh.yml). An index must have been built.
    """
    # Here, so that the other commands need not load scikit-learn.
    from knowledge.scope.calibration import calibrate as fit

    base = shared.open_base()
    data: dict[str, Any] = yaml.safe_load(messages.read_text("utf-8"))
    try:
        plain = [question.question for question in read_questions(questions)]
        figures = fit(base, CORPUS, data, plain, out)
    except KnowledgeError as error:
        raise fail(error) from error
    console = Console(highlight=False)
    for name, value in figures.items():
        console.print(say("reports", "cli.calibrated", figure=name, value=value))
