"""The danger screen: reads every citizen message before anything else does.

Rules that are certain raise the alarm by themselves; the other rules are evidence that a trained classifier
weighs (danger_model/). Without a readable model every rule raises the alarm, as if none were doubtful.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from api.chat.danger_model import SHIPPED_MODEL, DangerModel, UnreadableModel, Verdict, join, load_model
from api.chat.danger_model.features import plain_text, windows
from api.chat.danger_rules import Danger, DangerRules, RuleHit, danger_phrases

__all__ = ["Danger", "DangerScreen", "Judgement", "danger_phrases"]

log = structlog.get_logger()

# Two clauses of a longer message alarm by themselves when a rule stands in them and the classifier, reading
# nothing else, gives these log-odds: the rest of a long story must not outweigh them. At 3 it adds 2 of 15
# missed dangers of the held-out messages and 1 false alarm in 320 policy questions (docs/quality.md).
CLAUSE_ALARM = 3.0
SHORTEST_STORY = 3  # windows


@dataclass(frozen=True)
class Judgement:
    """What the screen makes of a message, and why.

    Attributes:
        danger: someone is in danger now; None: no alarm.
        care: one sentence to add to the normal answer, when there is no alarm but a doubt.
        rules: the rules that stand, certain ones first.
        verdict: the classifier's; None without a model.
        with_earlier: the alarm comes from this message together with the ones before.
    """

    danger: Danger | None
    care: str | None
    rules: tuple[RuleHit, ...]
    verdict: Verdict | None
    with_earlier: bool = False


class DangerScreen:
    """Finds danger in a message.

    Args:
        phrases: the parsed data file texts/danger.zh.yml.
        plain: brings a text into the spelling of the data file (half width, simplified, nothing invisible).
        model: the folder of the classifier; None: rules alone.
    """

    def __init__(
        self,
        phrases: Mapping[str, Any],
        plain: Callable[[str], str],
        model: Path | None = SHIPPED_MODEL,
    ) -> None:
        self._plain = plain
        self._rules = DangerRules(phrases)
        self._care = phrases["care"]
        self.model: DangerModel | None = None
        if model is not None:
            try:
                self.model = load_model(model)
            except UnreadableModel as error:
                log.warning("danger_model_unreadable", reason=str(error))

    def look(self, text: str, before: Sequence[str] = ()) -> Danger | None:
        """Return the danger that the text shows, by itself or after what was said just before.

        Args:
            before: the citizen's last one or two messages of the same conversation, oldest first.
        """
        return self.judge(text, before).danger

    def judge(self, text: str, before: Sequence[str] = ()) -> Judgement:
        """Judge a message by rules and classifier; `before` as in `look`."""
        alone = self._judge(text)
        if alone.danger or not before or self.model is None or alone.verdict is None:
            return alone
        together = join([*before, text])
        verdict = self.model.judge(together, self.rule_counts(together))
        if verdict.odds < max(self.model.thresholds.follow_up, alone.verdict.odds):
            return alone
        earlier = self._judge(join(before))
        # What was alarming before has been answered; what this message takes away from it is no alarm.
        if earlier.danger or earlier.verdict is None or verdict.odds <= earlier.verdict.odds:
            return alone
        danger = self._rules.reply(verdict.kind, self._spelling(together))
        return Judgement(danger, None, alone.rules, verdict, with_earlier=True)

    def rule_counts(self, text: str) -> tuple[int, int]:
        """Return how many rules the text touches, and how many of them stand."""
        touched, standing = self._rules.find(self._spelling(text))
        return touched, len(standing)

    def is_certain(self, text: str) -> bool:
        """Say whether a rule that needs no second opinion stands."""
        return any(hit.certain for hit in self._rules.find(self._spelling(text))[1])

    def _judge(self, text: str) -> Judgement:
        plain = self._spelling(text)
        touched, standing = self._rules.find(plain)
        rules = tuple(standing)
        if self.model is None:
            danger = self._rules.reply(rules[0].kind, plain) if rules else None
            return Judgement(danger, None, rules, None)
        verdict = self.model.judge(text, (touched, len(rules)))
        thresholds = self.model.thresholds
        if rules and rules[0].certain:
            return Judgement(self._rules.reply(rules[0].kind, plain), None, rules, verdict)
        if verdict.odds >= thresholds.alarm:
            return Judgement(self._rules.reply(verdict.kind, plain), None, rules, verdict)
        clause = self._alarming_clause(text)
        if clause is not None:
            return Judgement(self._rules.reply(clause.kind, plain), None, rules, clause)
        care = self._care[verdict.kind] if verdict.odds >= thresholds.doubt else None
        return Judgement(None, care, rules, verdict)

    def _alarming_clause(self, text: str) -> Verdict | None:
        """The verdict on the first two clauses of a long message that alarm by themselves, or None."""
        parts = windows(plain_text(text))
        if self.model is None or len(parts) < SHORTEST_STORY:
            return None
        for part in parts:
            touched, standing = self.rule_counts(part)
            if standing:
                verdict = self.model.judge(part, (touched, standing))
                if verdict.odds >= CLAUSE_ALARM:
                    return verdict
        return None

    def _spelling(self, text: str) -> str:
        return re.sub(r"\s+", "", self._plain(text))
