"""How well the danger screen judges labelled messages: counts by kind, and what it missed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.chat.danger_model import KINDS
from api.chat.danger_model.training import Example, read_file

Guess = Callable[[str], str | None]


@dataclass(frozen=True)
class Check:
    """Messages and the kind that each was taken for (None: no alarm)."""

    guesses: tuple[tuple[Example, str | None], ...]

    @property
    def dangers(self) -> Counter[str]:
        """Messages of each kind of danger."""
        return Counter(e.kind for e, _ in self.guesses if e.kind)

    @property
    def seen(self) -> Counter[str]:
        """Dangers that raised an alarm, of whatever kind."""
        return Counter(e.kind for e, guess in self.guesses if e.kind and guess)

    @property
    def kind_right(self) -> int:
        """Dangers whose kind was told, too."""
        return sum(1 for e, guess in self.guesses if e.kind and e.kind == guess)

    @property
    def recall(self) -> float:
        """Share of dangers that raised an alarm, 0 to 1; 1 without any."""
        return _share(self.seen.total(), self.dangers.total(), 1.0)

    @property
    def false_alarms(self) -> float:
        """Share of harmless messages that raised an alarm, 0 to 1."""
        harmless = [guess for e, guess in self.guesses if e.kind is None]
        return _share(sum(1 for guess in harmless if guess), len(harmless), 0.0)

    @property
    def misses(self) -> list[tuple[Example, str | None]]:
        """Dangers without an alarm and alarms without a danger."""
        return [(e, guess) for e, guess in self.guesses if (e.kind is None) != (guess is None)]

    def figures(self) -> dict[str, Any]:
        """Return the counts as they are written into the manifest and told by the command."""
        return {
            "messages": len(self.guesses),
            "recall": round(self.recall, 4),
            "false_alarms": round(self.false_alarms, 4),
            "kind_right": round(_share(self.kind_right, self.seen.total(), 1.0), 4),
            "by_kind": {kind: [self.seen[kind], self.dangers[kind]] for kind in KINDS if self.dangers[kind]},
        }


def check(examples: Iterable[Example], guess: Guess) -> Check:
    """Judge labelled messages with a screen."""
    return Check(tuple((example, guess(example.text)) for example in examples))


def read_labelled(path: Path) -> list[Example]:
    """Read messages with their kinds: YAML rows {kind, text}, or JSON lines {message, crisis, kind}.

    Raises:
        ValueError: a row cannot be used; the message names the row, never its text.
    """
    if path.suffix != ".jsonl":
        return read_file(path)
    examples = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            kind = row["kind"] if row["crisis"] else None
            examples.append(Example(row["message"], kind, path.stem))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path.name} line {number}: needs message, crisis and kind") from error
    return examples


def _share(part: int, whole: int, otherwise: float) -> float:
    return part / whole if whole else otherwise
