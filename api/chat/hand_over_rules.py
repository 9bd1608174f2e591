"""When a conversation goes to a person without being asked: the rules in data/hand_over.yml."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from api.chat.hand_over_hours import read_own
from api.chat.hand_over_model import Reason
from api.chat.model import Outcome
from tickets.errors import BadRequest
from tickets.likeness import likeness

RULES_FILE = Path(__file__).parent.parent / "data" / "hand_over.yml"
OWN_RULES = "hand_over.yml"
FIGURES = ("on_duty_minutes", "answer_minutes", "close_after_days", "failures_offered")

_UNANSWERED = (Outcome.NO_EVIDENCE, Outcome.CLARIFY, Outcome.FAILED)
_PUNCTUATION = re.compile(r"[\W_]+")

Told = Sequence[tuple[str, Outcome]]
"""What the citizen said before in this conversation and how each turn ended, oldest first."""


@dataclass(frozen=True)
class Verdict:
    """What follows from a turn: `call` puts it into the queue, `offer` asks whether it should."""

    call: Reason | None = None
    offer: bool = False


@dataclass(frozen=True)
class Rule:
    """Holds when so many messages show one of the signs and none of the exceptions."""

    reason: Reason
    times: int
    signs: re.Pattern[str]
    not_when: re.Pattern[str] | None

    def shows(self, text: str) -> bool:
        """Say whether one message, in plain spelling, shows it."""
        return bool(self.signs.search(text)) and not (self.not_when and self.not_when.search(text))


@dataclass(frozen=True)
class HandOverRules:
    """The rules, and how long people may take.

    `plain` brings a text into the spelling of the data file (half width, simplified).
    """

    on_duty: timedelta
    answer_within: timedelta
    close_after: timedelta
    failures_offered: int
    rules: tuple[Rule, ...]
    same_times: int
    same_alike: float
    same_chars: int
    same_not_when: re.Pattern[str] | None
    position: re.Pattern[str]
    person: frozenset[str]
    plain: Callable[[str], str]

    def judge(self, text: str, outcome: Outcome, before: Told) -> Verdict:
        """Say whether a turn that ended so, after those, calls a person or offers one."""
        if outcome is Outcome.HANDED_OVER:
            return Verdict(Reason.ASKED)
        if outcome is Outcome.FAILED:
            return Verdict(Reason.FAILED)
        spoken, earlier = self._spelt(text), [self._spelt(said) for said, _outcome in before]
        for rule in self.rules:
            if rule.shows(spoken) and sum(map(rule.shows, earlier)) + 1 >= rule.times:
                return Verdict(rule.reason)
        if self._same_again(spoken, earlier):
            return Verdict(Reason.SAME_AGAIN)
        return self._failures([*(told for _text, told in before), outcome])

    def asks_person(self, text: str) -> bool:
        """Say whether the whole message is one of the plain ways to ask for a person, as the buttons do."""
        return _PUNCTUATION.sub("", self._spelt(text)) in self.person

    def asks_position(self, text: str) -> bool:
        """Say whether a message asks how long the queue is."""
        return bool(self.position.search(self._spelt(text)))

    def _spelt(self, text: str) -> str:
        return re.sub(r"\s+", "", self.plain(text))

    def _same_again(self, text: str, earlier: Sequence[str]) -> bool:
        if len(_PUNCTUATION.sub("", text)) < self.same_chars:
            return False
        if self.same_not_when and self.same_not_when.search(text):
            return False
        return sum(likeness(text, said) >= self.same_alike for said in earlier) + 1 >= self.same_times

    def _failures(self, outcomes: Sequence[Outcome]) -> Verdict:
        """A person is offered when a run of failures gets long for the first time, called when it goes on."""
        running, offered = 0, False
        for outcome in outcomes[:-1]:
            running = running + 1 if outcome in _UNANSWERED else 0
            offered = offered or running >= self.failures_offered
        if outcomes[-1] not in _UNANSWERED or running + 1 < self.failures_offered:
            return Verdict()
        return Verdict(Reason.FAILURES) if offered else Verdict(offer=True)


def load_rules(plain: Callable[[str], str], own: Path | None = None) -> HandOverRules:
    """Read the shipped rules and, where there is one, an office's own figures over them.

    Raises:
        BadRequest: the office's file names something else than figures, or a figure is none.
    """
    data: dict[str, Any] = yaml.safe_load(RULES_FILE.read_text("utf-8"))
    changed = read_own(own)
    for name, figure in changed.items():
        whole = isinstance(figure, int) and not isinstance(figure, bool)
        if name not in FIGURES or not whole or figure < 1:
            raise BadRequest(
                f"{own}: {name} {figure!r}; give whole figures above 0 for {', '.join(FIGURES)} only"
            )
    data |= changed
    same = data["same_again"]
    return HandOverRules(
        on_duty=timedelta(minutes=data["on_duty_minutes"]),
        answer_within=timedelta(minutes=data["answer_minutes"]),
        close_after=timedelta(days=data["close_after_days"]),
        failures_offered=data["failures_offered"],
        rules=tuple(_rule(row) for row in data["rules"]),
        same_times=same["times"],
        same_alike=same["alike"],
        same_chars=same["least_chars"],
        same_not_when=_either(same["not_when"]),
        position=re.compile("|".join(f"(?:{each})" for each in data["asks_position"])),
        person=frozenset(data["asks_person"]),
        plain=plain,
    )


def _rule(row: Mapping[str, Any]) -> Rule:
    signs = re.compile("|".join(f"(?:{each})" for each in row["signs"]))
    return Rule(Reason(row["reason"]), row["times"], signs, _either(row.get("not_when")))


def _either(patterns: Sequence[str] | None) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{each})" for each in patterns)) if patterns else None
