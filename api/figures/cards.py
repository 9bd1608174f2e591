"""The few numbers at the top of the page, each taken from a sheet below it."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from api.figures.model import Cell, Sheet, Unit
from api.figures.wording import words

_QUESTIONS = ("answered", "clarify", "no_evidence")


@dataclass(frozen=True)
class Card:
    """One number: its name in the texts, a sentence beside it, and whether somebody should act."""

    name: str
    value: str
    beside: str = ""
    alarm: bool = False


def cards(sheets: Mapping[str, Sheet]) -> list[Card]:
    """Give the cards of a whole set of sheets."""
    say = words()["cards"]
    waiting, deadlines, volume = sheets["waiting"], sheets["deadlines"], sheets["volume"]
    danger, first = sheets["danger"], sheets["first_answers"]
    in_danger = sum(int(row["waiting"] or 0) for row in waiting.records() if row["danger"])
    longest = max((value for value in waiting.column("longest") if isinstance(value, float)), default=None)
    turns = {str(row["outcome"]): int(row["turns"] or 0) for row in sheets["outcomes"].records()}
    asked = sum(turns.get(outcome, 0) for outcome in _QUESTIONS)
    overdue = deadlines.total("overdue")
    before = {what: volume.total(f"{what}_before") for what in ("conversations", "tickets")}
    return [
        Card(
            "waiting",
            str(waiting.total("waiting")),
            say["danger_waiting"].format(count=in_danger),
            in_danger > 0,
        ),
        Card("longest", _or_unknown(longest)),
        *(
            Card(what, str(volume.total(what)), say["week_before"].format(count=before[what]))
            for what in ("conversations", "tickets")
        ),
        Card(
            "overdue",
            str(overdue),
            say["due_today"].format(count=deadlines.total("today")),
            overdue > 0,
        ),
        Card(
            "answered",
            f"{turns.get('answered', 0) / asked:.0%}" if asked else words()["unknown"],
            say["answered_of"].format(count=asked),
        ),
        Card(
            "first_answer",
            _or_unknown(_middle(first)),
            say["first_answer_of"].format(count=first.total("handed_over")),
        ),
        Card("danger", str(danger.total("alarms")), say["danger_taken"].format(count=danger.total("taken"))),
    ]


def _middle(first: Sheet) -> float | None:
    """The median of the slots' medians, each as often as it was answered."""
    waits = [
        float(row["median"])
        for row in first.records()
        if row["median"] is not None
        for _ in range(int(row["answered"] or 0))
    ]
    return round(median(waits), 1) if waits else None


def _or_unknown(value: Cell) -> str:
    return words()["unknown"] if value is None else str(value)


def is_number(unit: Unit) -> bool:
    """Whether the values of a column stand at the right, one under the other."""
    return unit in (Unit.COUNT, Unit.MINUTES, Unit.MEAN, Unit.SHARE)
