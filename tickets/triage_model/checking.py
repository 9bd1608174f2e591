"""How well a triage model judges labelled messages, and whether it may replace another one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tickets.model import Category, Urgency
from tickets.triage import triage
from tickets.triage_model import TriageModel
from tickets.triage_model.training import Example


@dataclass(frozen=True)
class TriageFigures:
    """Counts over a set of messages.

    Attributes:
        categories: (right label, guess) → messages.
        urgencies: (right label, guess) → messages.
    """

    messages: int
    categories: Counter[tuple[Category, Category]]
    urgencies: Counter[tuple[Urgency, Urgency]]

    @property
    def right_categories(self) -> int:
        return sum(n for (right, guess), n in self.categories.items() if right is guess)

    @property
    def right_urgencies(self) -> int:
        return sum(n for (right, guess), n in self.urgencies.items() if right is guess)

    @property
    def urgent_found(self) -> int:
        """Urgent messages that were called urgent."""
        return self.urgencies[Urgency.URGENT, Urgency.URGENT]

    def f1(self, category: Category) -> float:
        """Give the harmonic mean of precision and recall for one category, 0 to 1."""
        hits = self.categories[category, category]
        named = sum(
            n for (right, guess), n in self.categories.items() for c in (right, guess) if c is category
        )
        return 2 * hits / named if named else 0.0

    @property
    def macro_f1(self) -> float:
        """Give the mean F1 of the categories that occur as a right label."""
        present = {right for right, _ in self.categories}
        return sum(self.f1(category) for category in present) / len(present)


def measure(examples: Sequence[Example], model: TriageModel | None = None) -> TriageFigures:
    """Judge labelled messages with rules and model; None: the model in use."""
    guesses = [(example, triage(example.text, model)) for example in examples]
    return TriageFigures(
        len(guesses),
        Counter((example.category, guess.category) for example, guess in guesses),
        Counter((example.urgency, guess.urgency) for example, guess in guesses),
    )


def is_not_worse(new: TriageFigures, old: TriageFigures) -> bool:
    """Say whether `new` has at least as many categories, urgencies and urgent messages right."""
    return (
        new.right_categories >= old.right_categories
        and new.right_urgencies >= old.right_urgencies
        and new.urgent_found >= old.urgent_found
    )
