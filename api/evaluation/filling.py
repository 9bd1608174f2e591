"""Scores the form that is filled from a talk: all that the citizen says in a dialogue → form → its fields."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from api.evaluation.fields import DECISIVE, FIELDS, TicketScore, expected_values, score_tickets
from api.evaluation.rows import share
from api.evaluation.script import Dialogue
from api.evaluation.tables import cell
from api.evaluation.words import words
from api.filling.model import FilledForm

_MEASURES = ("compared", "right", "sure", "sure_right")

# Which field of the form says whether a field of the ticket is sure.
_SURE_OF = {
    "category": "category",
    "urgency": "urgency",
    "phone": "phone",
    **dict.fromkeys(("province", "city", "county", "town"), "place"),
    "anonymous": "anonymous",
    "affected": "relation",
    "reporter": "name",
}


@dataclass(frozen=True)
class FormScore:
    """One dialogue: the form, and the expected ticket that it fits best compared with it."""

    dialogue: Dialogue
    form: FilledForm
    ticket: TicketScore

    def is_sure(self, name: str) -> bool:
        return self.form.filled(_SURE_OF[name]).sure


def score_forms(dialogues: Sequence[Dialogue], fill: Callable[[Dialogue], FilledForm]) -> dict[str, Any]:
    """Fill and compare: shares right, right among the sure, sure, and every miss.

    Dialogues that are to end without a ticket are counted and left out.
    """
    scores = [_score(one, fill(one)) for one in dialogues if one.tickets]
    return {
        "dialogues": len(dialogues),
        "forms": len(scores),
        "whole": share(sum(score.ticket.whole for score in scores), len(scores)),
        "fields": {name: _figures(name, scores) for name in FIELDS},
        "misses": [_told(score) for score in scores if _wrong(score)],
    }


def form_tables(figures: Mapping[str, Any]) -> Iterator[Table]:
    """Give the figures by field, with the headings of data/report.zh.yml."""
    said = words("report")["form"]
    table = Table(title=said["title"].format(**{name: figures[name] for name in ("dialogues", "forms")}))
    for column in ("field", *_MEASURES):
        table.add_column(said[column], justify="left" if column == "field" else "right")
    for name, row in figures["fields"].items():
        table.add_row(words("report")["fields"][name], *(cell(row[measure]) for measure in _MEASURES))
    table.add_section()
    table.add_row(said["whole"], str(figures["forms"]), cell(figures["whole"]), "", "")
    yield table


def _score(dialogue: Dialogue, form: FilledForm) -> FormScore:
    """A form is one ticket; where several are expected it is held against the one that fits best."""
    filed = asdict(form.request) | {"number": dialogue.id, "urgency": form.urgency.value}
    scored = score_tickets(dialogue.tickets, [filed])
    return FormScore(dialogue, form, next(one for one in scored if one.number is not None))


def _figures(name: str, scores: Iterable[FormScore]) -> dict[str, float | int | None]:
    judged = [(score.ticket.right[name], score.is_sure(name)) for score in scores]
    compared = [(right, sure) for right, sure in judged if right is not None]
    sure = [right for right, is_sure in compared if is_sure]
    return {
        "compared": len(compared),
        "right": share(sum(bool(right) for right, _ in compared), len(compared)),
        "sure": share(len(sure), len(compared)),
        "sure_right": share(sum(map(bool, sure)), len(sure)),
    }


def _wrong(score: FormScore) -> list[str]:
    return [name for name in FIELDS if score.ticket.right[name] is False]


def _told(score: FormScore) -> Mapping[str, Any]:
    expected = expected_values(score.ticket.expected)
    return {
        "id": score.dialogue.id,
        "whole": score.ticket.whole,
        "wrong_name": score.ticket.wrong_name,
        "wrong": {
            name: {
                "expected": expected[name],
                "filled": score.ticket.filed[name],
                "sure": score.is_sure(name),
                "decisive": name in DECISIVE,
            }
            for name in _wrong(score)
        },
        "said": score.dialogue.turns,
    }
