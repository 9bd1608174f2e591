"""Scores a set of policy questions (JSON Lines): ranking, citations, key facts; in total and by group.

A hotline entry among the hits counts as its cited articles, in order. `full_recall_at_5` is the share of a
question's gold articles among the first five. Jurisdiction "全国" means a caller of the default region.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from knowledge import region
from knowledge.errors import BadQuestions
from knowledge.model import WHOLE_COUNTRY, Answer, Citation, Outcome
from knowledge.normalisation import searchable
from knowledge.numerals import arabic_numbers

NATIONWIDE = "全国"
Gold = tuple[str, str]  # (path that source_file ends with, 第X条)


@dataclass(frozen=True)
class PolicyQuestion:
    """One question with the articles that answer it and what a right answer must say."""

    id: str
    question: str
    style: str
    topic: str
    jurisdiction: str
    needs: tuple[str, ...]
    gold: tuple[Gold, ...]
    key_facts: tuple[str, ...]
    superseded: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """What one question got; None where a measure does not apply to it."""

    id: str
    question: str
    outcome: str
    recall_at_1: float
    recall_at_5: float
    reciprocal_rank: float
    full_recall_at_5: float | None
    citation_precision: float | None
    cites_superseded: float
    cites_other_province: float
    key_fact_coverage: float | None
    refused: float
    missing_facts: tuple[str, ...]
    gold: tuple[str, ...]
    found: tuple[str, ...]
    cited: tuple[str, ...]


MEASURES = (
    "recall_at_1", "recall_at_5", "reciprocal_rank", "full_recall_at_5", "citation_precision",
    "cites_superseded", "cites_other_province", "key_fact_coverage", "refused",
)  # fmt: skip


def read_questions(path: Path) -> list[PolicyQuestion]:
    """Read a question file.

    Raises:
        BadQuestions: a line is not JSON or lacks a field; the message names the line.
    """
    questions = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            questions.append(_question(row))
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise BadQuestions(f"{path}, line {number}: {error!r}") from error
    return questions


def _question(row: dict[str, Any]) -> PolicyQuestion:
    gold = tuple((g["doc"], g["article"]) for g in row["gold"])
    old = tuple(item["doc"] if isinstance(item, dict) else item for item in row.get("superseded", ()))
    return PolicyQuestion(
        id=row["id"],
        question=row["question"],
        style=row.get("style", ""),
        topic=row.get("topic", ""),
        jurisdiction=row.get("jurisdiction", NATIONWIDE),
        needs=tuple(row.get("needs", ())),
        gold=gold,
        key_facts=tuple(row.get("key_facts", ())),
        superseded=old,
    )


def score_question(question: PolicyQuestion, answer: Answer) -> Score:
    """Compare an answer with what was expected."""
    ranked = [(c.source_file, c.article) for hit in answer.hits for c in (hit.sources or (hit.citation,))]
    ranked = list(dict.fromkeys(ranked))
    right = [any(_same(item, gold) for gold in question.gold) for item in ranked]
    first = right.index(True) + 1 if True in right else None
    covered = sum(any(_same(item, gold) for item in ranked[:5]) for gold in question.gold)
    cited = [(c.source_file, c.article) for c in answer.citations]
    good = sum(any(_same(item, gold) for gold in question.gold) for item in cited)
    missing = tuple(fact for fact in question.key_facts if not says(answer.text, fact))
    facts = len(question.key_facts)
    return Score(
        id=question.id,
        question=question.question,
        outcome=answer.outcome,
        recall_at_1=float(first == 1),
        recall_at_5=float(first is not None and first <= 5),
        reciprocal_rank=1 / first if first else 0.0,
        full_recall_at_5=covered / min(5, len(question.gold)) if question.style == "multi" else None,
        citation_precision=good / len(cited) if cited else None,
        cites_superseded=float(
            any(source.endswith(old) for source, _ in cited for old in question.superseded)
        ),
        cites_other_province=float(any(_foreign(c, question.jurisdiction) for c in answer.citations)),
        key_fact_coverage=1 - len(missing) / facts if facts else None,
        refused=float(answer.outcome in (Outcome.NO_EVIDENCE, Outcome.OUT_OF_SCOPE)),
        missing_facts=missing,
        gold=tuple(f"{doc}#{article}" for doc, article in question.gold),
        found=tuple(f"{source}#{article}" for source, article in ranked[:5]),
        cited=tuple(f"{source}#{article}" for source, article in cited),
    )


def says(text: str, fact: str) -> bool:
    """True if a text says a fact in one of its wordings ("|" between them), numbers in any spelling."""
    plain = comparable(text)
    return any(comparable(wording) in plain for wording in fact.split("|"))


def comparable(text: str) -> str:
    """One spelling for comparing: half width, simplified, no blanks, Arabic numbers."""
    return arabic_numbers("".join(searchable(text).split()))


def region_of(jurisdiction: str) -> str | None:
    """The caller's adcode; None (the default region) for a nationwide question."""
    return None if jurisdiction == NATIONWIDE else region.by_name(jurisdiction)


def evaluate(questions: Iterable[PolicyQuestion], ask: Callable[[str, str | None], Answer]) -> list[Score]:
    """Ask every question with its caller's region."""
    return [score_question(q, ask(q.question, region_of(q.jurisdiction))) for q in questions]


def averages(scores: Sequence[Score]) -> dict[str, float | None]:
    """Mean of each measure over the questions it applies to, and how many questions there are."""
    means: dict[str, float | None] = {"questions": float(len(scores))}
    for measure in MEASURES:
        values = [value for score in scores if (value := getattr(score, measure)) is not None]
        means[measure] = round(sum(values) / len(values), 4) if values else None
    return means


def report(questions: Sequence[PolicyQuestion], scores: Sequence[Score]) -> dict[str, Any]:
    """Totals, figures by style, topic and needs, and every question that missed an article or a fact."""
    groups: dict[str, dict[str, list[Score]]] = {"style": {}, "topic": {}, "needs": {}}
    for question, score in zip(questions, scores, strict=True):
        groups["style"].setdefault(question.style, []).append(score)
        groups["topic"].setdefault(question.topic, []).append(score)
        for need in question.needs or ("none",):
            groups["needs"].setdefault(need, []).append(score)
    grouped: dict[str, dict[str, dict[str, float | None]]] = defaultdict(dict)
    for kind, members in groups.items():
        for name, part in sorted(members.items()):
            grouped[kind][name] = averages(part)
    misses = [asdict(score) for score in scores if not score.recall_at_5 or score.missing_facts]
    return {"total": averages(scores), "by": dict(grouped), "misses": misses}


def _same(item: Gold, gold: Gold) -> bool:
    return item[1] == gold[1] and (item[0] == gold[0] or item[0].endswith(f"/{gold[0]}"))


def _foreign(citation: Citation, jurisdiction: str) -> bool:
    """True for a local text that does not bind the caller; for a nationwide question, any local text."""
    if citation.region == WHOLE_COUNTRY:
        return False
    place = region_of(jurisdiction)
    return place is None or not (
        region.within(citation.region, place) or region.within(place, citation.region)
    )
