"""`hotline evaluate suggestions FILE`: is the right article among the first three suggestions?"""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from api.commands import knowledge_base as shared
from api.commands.knowledge_base import AsJson, fail, print_json
from api.texts import texts
from knowledge.errors import KnowledgeError
from knowledge.evaluation import read_questions, region_of

COLUMNS = (
    "questions", "right_first", "right_in_three", "right_in_all", "leading_in_three",
    "articles_in_three", "facts_in_three", "offered", "alike",
)  # fmt: skip


def suggestions(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Questions, JSON Lines.")],
    as_json: AsJson = False,
) -> None:
    """Score what agents are suggested, on the questions of `evaluate policy`."""
    from api.chat.danger import DangerScreen, danger_phrases
    from api.evaluation.suggestions import evaluate_suggestions, suggestion_report
    from api.suggestions.canned import load_canned
    from api.suggestions.ranking import Ranker
    from knowledge.normalisation import searchable

    base = shared.open_base()
    screen = DangerScreen(danger_phrases(), searchable)
    ranker = Ranker(base, screen, load_canned())
    try:
        questions = read_questions(file)
        scores = evaluate_suggestions(
            questions, lambda q: ranker.rank([q.question], region=region_of(q.jurisdiction))
        )
    except KnowledgeError as error:
        raise fail(error) from error
    figures = suggestion_report(questions, scores)
    if as_json:
        print_json(figures)
        return
    Console(width=max(Console().width, 130)).print(_table(figures))


def _table(figures: dict[str, Any]) -> Table:
    words: dict[str, str] = texts("console_suggestions")["columns"]  # type: ignore[assignment]
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column(words["group"], no_wrap=True)
    for column in COLUMNS:
        table.add_column(words[column], justify="right")
    groups: dict[str, dict[str, Any]] = {words["total"]: figures["total"], **figures["by_style"]}
    for span, part in figures["by_confidence"].items():
        groups[words["with_confidence"].format(range=span)] = part
    for name, part in groups.items():
        table.add_row(name, *(_cell(part[column]) for column in COLUMNS))
    return table


def _cell(value: float | int | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.2f}"
