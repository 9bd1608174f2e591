"""First guess at what a request is about and how soon somebody must act, from the citizen's own words.

The words and weights are in data/triage.yml. A person at the desk may correct both; the guess only decides
the order of the queue and the promised time, never whether help is given.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tickets.model import Category, Urgency

TRIAGE_FILE = Path(__file__).parent / "data" / "triage.yml"


@dataclass(frozen=True)
class Triage:
    """The guess and why: `reasons` are Chinese phrases for the desk, the words found in quotes."""

    category: Category
    urgency: Urgency
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class WordGroup:
    """Words that say the same thing: they add their weight once, however many of them occur."""

    category: Category
    weight: int
    words: re.Pattern[str]


@dataclass(frozen=True)
class UrgencyRule:
    """One ground for acting sooner; `unless` are words that take it back."""

    urgency: Urgency
    reason: str
    words: re.Pattern[str]
    unless: re.Pattern[str] | None


@dataclass(frozen=True)
class TriageRules:
    """What data/triage.yml says, ready to match."""

    groups: tuple[WordGroup, ...]
    urgency: tuple[UrgencyRule, ...]
    fallback_category: Category
    fallback_category_when_urgent: Category
    fallback_urgency: Urgency


def triage(text: str) -> Triage:
    """Guess category and urgency of a request.

    Words are matched after width folding and without blanks, so line breaks and pauses do not hide them.
    """
    rules = load_rules()
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    urgency, reason = _urgency(plain, rules)
    category, found = _category(plain, rules, urgency)
    reasons = ([f"{category}：{'、'.join(found)}"] if found else []) + ([reason] if reason else [])
    return Triage(category, urgency, tuple(reasons))


@cache
def load_rules(path: Path = TRIAGE_FILE) -> TriageRules:
    """Read and compile the rules, once per file."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    groups = tuple(
        WordGroup(Category(name), row["weight"], _any_of(row["words"]))
        for name, rows in data["categories"].items()
        for row in rows
    )
    urgency = tuple(_urgency_rule(row) for row in data["urgency"])
    return TriageRules(
        groups,
        urgency,
        Category(data["fallback_category"]),
        Category(data["fallback_category_when_urgent"]),
        Urgency(data["fallback_urgency"]),
    )


def _category(plain: str, rules: TriageRules, urgency: Urgency) -> tuple[Category, list[str]]:
    """Give the category with the highest sum of weights, the first one on a tie, and its words."""
    scores: dict[Category, int] = {}
    words: dict[Category, list[str]] = {}
    for group in rules.groups:
        match = group.words.search(plain)
        if match:
            scores[group.category] = scores.get(group.category, 0) + group.weight
            words.setdefault(group.category, []).append(match.group())
    if not scores:
        urgent = urgency is Urgency.URGENT
        return rules.fallback_category_when_urgent if urgent else rules.fallback_category, []
    best = max(scores, key=lambda category: scores[category])
    return best, words[best]


def _urgency(plain: str, rules: TriageRules) -> tuple[Urgency, str | None]:
    """Give the first rule that matches; the rules stand in order of urgency."""
    for rule in rules.urgency:
        match = rule.words.search(plain)
        if match and not (rule.unless and rule.unless.search(plain)):
            return rule.urgency, f"{rule.reason}：{match.group()}"
    return rules.fallback_urgency, None


def _urgency_rule(row: dict[str, Any]) -> UrgencyRule:
    return UrgencyRule(
        Urgency(row["urgency"]),
        row["reason"],
        _any_of(row["any"]),
        _any_of(row["unless"]) if row["unless"] else None,
    )


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
