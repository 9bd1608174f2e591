"""What a request is about and how soon somebody must act, from the citizen's own words.

Rules (data/triage.yml) say what law and safety settle; a linear classifier (triage_model/) judges the rest.
The classifier may raise an urgency that a rule found and never lowers it. A person at the desk may correct
both; the guess only decides the order of the queue and the promised time, never whether help is given.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from tickets.model import Category, Urgency
from tickets.triage_model import (
    CATEGORIES,
    SHIPPED_MODEL,
    URGENCIES,
    TriageModel,
    UnreadableModel,
    load_model,
    plain_text,
)

TRIAGE_FILE = Path(__file__).parent / "data" / "triage.yml"


@dataclass(frozen=True)
class Triage:
    """The guess and why.

    `reasons` are Chinese phrases for the desk that quote the citizen. `confidence` is the estimated
    probability that the category is right, 0 to 1; `runner_up` is the second most likely category.
    """

    category: Category
    urgency: Urgency
    reasons: tuple[str, ...]
    confidence: float = 0.0
    runner_up: Category | None = None


@dataclass(frozen=True)
class CategoryRule:
    """A ground in law for one category: `weight` is added to its log-odds."""

    category: Category
    weight: float
    words: re.Pattern[str]
    unless: re.Pattern[str] | None


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

    categories: tuple[CategoryRule, ...]
    urgency: tuple[UrgencyRule, ...]
    fallback_category: Category
    fallback_category_when_urgent: Category
    least_confidence_when_urgent: float
    reason_of_rule: str
    reason_learned: str


_model_file: list[Path] = [SHIPPED_MODEL]


def use_model(path: Path) -> None:
    """Say which model this process uses; a missing or damaged file leaves the shipped one in use."""
    try:
        _loaded(path)
    except UnreadableModel:
        path = SHIPPED_MODEL
    _model_file[:] = [path]


def triage(text: str, model: TriageModel | None = None) -> Triage:
    """Judge a request, or a whole conversation joined by line breaks."""
    rules, model = load_rules(), model or _loaded(_model_file[0])
    plain = plain_text(text)
    category_scores, urgency_scores = model.scores(plain)
    urgency, urgency_reason = _urgency(plain, rules, model, urgency_scores)
    for rule, _ in found_rules(plain, rules):
        category_scores[CATEGORIES.index(rule.category)] += rule.weight
    odds = _probabilities(category_scores)
    order = np.argsort(-odds, kind="stable")
    category, confidence = CATEGORIES[order[0]], float(odds[order[0]])
    fallback = None
    if not any(map(str.isalnum, plain)):
        fallback = rules.fallback_category
    elif urgency is Urgency.URGENT and confidence < rules.least_confidence_when_urgent:
        fallback = rules.fallback_category_when_urgent
    if fallback:
        other = category if category is not fallback else CATEGORIES[order[1]]
        return Triage(fallback, urgency, urgency_reason, float(odds[CATEGORIES.index(fallback)]), other)
    return Triage(
        category,
        urgency,
        _category_reason(plain, rules, model, category) + urgency_reason,
        confidence,
        CATEGORIES[order[1]],
    )


def found_rules(plain: str, rules: TriageRules) -> list[tuple[CategoryRule, str]]:
    """Return the category rules that match, each with the words it found."""
    return [
        (rule, match.group())
        for rule in rules.categories
        if (match := rule.words.search(plain)) and not (rule.unless and rule.unless.search(plain))
    ]


@cache
def load_rules(path: Path = TRIAGE_FILE) -> TriageRules:
    """Read and compile the rules, once per file."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return TriageRules(
        tuple(
            CategoryRule(Category(row["category"]), row["weight"], *_patterns(row))
            for row in data["category_rules"]
        ),
        tuple(
            UrgencyRule(Urgency(row["urgency"]), row["reason"], *_patterns(row)) for row in data["urgency"]
        ),
        Category(data["fallback_category"]),
        Category(data["fallback_category_when_urgent"]),
        data["least_confidence_when_urgent"],
        data["reasons"]["rule"],
        data["reasons"]["learned"],
    )


@cache
def _loaded(path: Path) -> TriageModel:
    return load_model(path)


def _category_reason(
    plain: str, rules: TriageRules, model: TriageModel, category: Category
) -> tuple[str, ...]:
    """Give the rules' words for the category, or else the words that weighed most."""
    found = [words for rule, words in found_rules(plain, rules) if rule.category is category]
    if found:
        return (rules.reason_of_rule.format(label=category, words="、".join(found)),)
    words = model.telling_words(plain, CATEGORIES.index(category))
    return (rules.reason_learned.format(label=category, words="、".join(words)),) if words else ()


def _urgency(
    plain: str, rules: TriageRules, model: TriageModel, scores: np.ndarray
) -> tuple[Urgency, tuple[str, ...]]:
    """Give the more urgent of the first rule that matches and the classifier's judgement."""
    learned = URGENCIES[int(np.argmax(scores))]
    for rule in rules.urgency:
        match = rule.words.search(plain)
        if match and not (rule.unless and rule.unless.search(plain)):
            if URGENCIES.index(learned) < URGENCIES.index(rule.urgency):
                break
            return rule.urgency, (rules.reason_of_rule.format(label=rule.reason, words=match.group()),)
    if learned is Urgency.NORMAL:
        return learned, ()
    words = model.telling_words(plain, len(CATEGORIES) + URGENCIES.index(learned))
    return learned, (rules.reason_learned.format(label=learned, words="、".join(words)),) if words else ()


def _probabilities(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max())
    return raised / raised.sum()


def _patterns(row: dict[str, Any]) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    return _any_of(row["any"]), _any_of(row["unless"]) if row["unless"] else None


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    # Patterns may name capitals (ICU), the text is in lower case.
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)
