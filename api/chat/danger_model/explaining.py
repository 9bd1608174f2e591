"""Why the danger screen judges a message as it does: rules, words and concepts, like examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from api.chat.danger import DangerScreen
from api.chat.danger_model import DangerModel, join
from api.chat.danger_model.features import CONCEPT, SPELLING, features, plain_text
from api.chat.danger_model.training import Example

MOST = 6  # words, concepts


@dataclass(frozen=True)
class Explanation:
    """What the screen makes of a message.

    Attributes:
        outcome: alarm, doubt or nothing.
        odds, alarm_at, doubt_at: log-odds of danger and the thresholds; None without a model.
        rules: kind and words of each rule that stands; an exclamation mark: certain by itself.
        clause: the clauses that alarmed most, in the classifier's spelling.
        words_for, words_against: pieces of the message and what they add to the log-odds, strongest first.
        nearest: the training examples most like it: likeness (cosine), kind, text.
    """

    outcome: str
    kind: str | None
    with_earlier: bool
    odds: float | None
    alarm_at: float | None
    doubt_at: float | None
    rules: list[str]
    clause: str | None
    words_for: list[str]
    words_against: list[str]
    nearest: list[str]

    def as_dict(self) -> dict[str, object]:
        """Return every attribute by name."""
        return asdict(self)


def explain(
    screen: DangerScreen, text: str, before: Sequence[str], examples: Sequence[Example]
) -> Explanation:
    """Judge a message and say why; `before` as in DangerScreen.look."""
    judged = screen.judge(text, before)
    verdict, model = judged.verdict, screen.model
    rules = [f"{hit.kind}{'!' if hit.certain else ''}: {hit.words}" for hit in judged.rules]
    whole = join([*before, text]) if judged.with_earlier else text
    weighed = weigh_words(model, whole) if model else []
    outcome = "alarm" if judged.danger else "doubt" if judged.care else "nothing"
    kind = judged.danger.kind if judged.danger else verdict.kind if verdict and judged.care else None
    return Explanation(
        outcome,
        kind,
        judged.with_earlier,
        round(verdict.odds, 2) if verdict else None,
        model.thresholds.alarm if model else None,
        model.thresholds.doubt if model else None,
        rules,
        verdict.clause if verdict else None,
        [f"{word} {gain:+.2f}" for word, gain in weighed[:MOST] if gain > 0],
        [f"{word} {gain:+.2f}" for word, gain in weighed[: -MOST - 1 : -1] if gain < 0],
        nearest(model, whole, examples) if model else [],
    )


def weigh_words(model: DangerModel, text: str) -> list[tuple[str, float]]:
    """Return pieces of two characters or more and concepts with what each adds, most alarming first."""
    plain = plain_text(text)
    names = {
        row: feature for feature in features(plain) if (row := model.vocabulary.get(feature)) is not None
    }
    rows, values = model.row(names.values())
    gains = (values * model.weights[rows, 0]).tolist()
    told = [
        (names[row].partition(":")[2], gain)
        for row, gain in zip(rows.tolist(), gains, strict=True)
        if names[row][0] == CONCEPT or (names[row][0] == SPELLING and len(names[row]) > 3)
    ]
    return sorted(told, key=lambda pair: -pair[1])


def nearest(model: DangerModel, text: str, examples: Sequence[Example], most: int = 3) -> list[str]:
    """Return the examples whose features are most alike, best first."""
    own = dict(zip(*(part.tolist() for part in model.row(features(plain_text(text)))), strict=True))
    length = sum(value * value for value in own.values()) ** 0.5 or 1.0
    ranked = []
    for example in examples:
        rows, values = model.row(features(plain_text(example.text)))
        shared = sum(
            own.get(row, 0.0) * value for row, value in zip(rows.tolist(), values.tolist(), strict=True)
        )
        ranked.append((shared / (length * (float(np.linalg.norm(values)) or 1.0)), example))
    ranked.sort(key=lambda pair: -pair[0])
    return [f"{likeness:.2f} {example.kind or '-'}: {example.text}" for likeness, example in ranked[:most]]
