"""Scores suggested answers: is a right article among the first three, and are they different?

The questions are those of `evaluate policy`. A suggestion has the right article if it cites it; how many
articles the first three cite together says how dearly that was bought.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from api.suggestions.likeness import say_the_same
from api.suggestions.model import Draft
from api.suggestions.ranking import Ranking
from knowledge.evaluation import PolicyQuestion, says

FIRST = 3


@dataclass(frozen=True)
class SuggestionScore:
    """What one question got.

    `rank` is that of the first suggestion that cites a right article, None for none; `leading_rank` looks
    only at the article that each suggestion cites first.
    """

    id: str
    question: str
    outcome: str
    rank: int | None
    leading_rank: int | None
    articles: int
    facts: float | None
    alike: int
    offered: int
    confidence: float
    found: tuple[str, ...]
    gold: tuple[str, ...]


def score_suggestions(question: PolicyQuestion, ranking: Ranking) -> SuggestionScore:
    """Compare what is suggested with the articles and facts that were expected."""
    drafts = ranking.drafts
    first = drafts[:FIRST]
    text = "\n".join(draft.text for draft in first)
    pairs = [(a, b) for at, a in enumerate(drafts) for b in drafts[at + 1 :]]
    return SuggestionScore(
        id=question.id,
        question=question.question,
        outcome=ranking.outcome,
        rank=_rank(question, drafts, most=None),
        leading_rank=_rank(question, drafts, most=1),
        articles=len({(c.doc_id, c.article) for draft in first for c in draft.citations}),
        facts=_share([says(text, fact) for fact in question.key_facts]),
        alike=sum(say_the_same(a.text, b.text) for a, b in pairs),
        offered=len(drafts),
        confidence=drafts[0].confidence if drafts else 0.0,
        found=tuple(f"{c.source_file}#{c.article}" for draft in first for c in draft.citations),
        gold=tuple(f"{doc}#{article}" for doc, article in question.gold),
    )


def evaluate_suggestions(
    questions: Sequence[PolicyQuestion], rank: Callable[[PolicyQuestion], Ranking]
) -> list[SuggestionScore]:
    return [score_suggestions(question, rank(question)) for question in questions]


def suggestion_report(
    questions: Sequence[PolicyQuestion], scores: Sequence[SuggestionScore]
) -> dict[str, Any]:
    """Totals, figures by style of asking, how far confidence can be believed, and what was missed."""
    styles: dict[str, list[SuggestionScore]] = {}
    for question, score in zip(questions, scores, strict=True):
        styles.setdefault(question.style, []).append(score)
    misses = [asdict(score) for score in scores if score.rank is None or score.rank > FIRST]
    return {
        "total": _figures(scores),
        "by_style": {style: _figures(part) for style, part in sorted(styles.items())},
        "by_confidence": {name: _figures(part) for name, part in _by_confidence(scores).items()},
        "misses": misses,
    }


def _figures(scores: Sequence[SuggestionScore]) -> dict[str, float | int | None]:
    return {
        "questions": len(scores),
        "right_first": _share([score.rank == 1 for score in scores]),
        "right_in_three": _share([score.rank is not None and score.rank <= FIRST for score in scores]),
        "right_in_all": _share([score.rank is not None for score in scores]),
        "leading_in_three": _share(
            [score.leading_rank is not None and score.leading_rank <= FIRST for score in scores]
        ),
        "articles_in_three": _mean([score.articles for score in scores]),
        "facts_in_three": _mean([score.facts for score in scores if score.facts is not None]),
        "offered": _mean([score.offered for score in scores]),
        "alike": sum(score.alike for score in scores),
    }


def _by_confidence(scores: Sequence[SuggestionScore]) -> dict[str, list[SuggestionScore]]:
    """The questions by the confidence of their first suggestion."""
    bounds = (0.0, 0.5, 0.8, 0.95, 1.01)
    groups = {
        f"{low:.2f}-{min(high, 1.0):.2f}": [s for s in scores if low <= s.confidence < high]
        for low, high in pairwise(bounds)
    }
    return {name: part for name, part in groups.items() if part}


def _rank(question: PolicyQuestion, drafts: Sequence[Draft], most: int | None) -> int | None:
    """The rank of the first draft that has a right article among its first `most` citations."""
    for rank, draft in enumerate(drafts, start=1):
        for citation in draft.citations[:most]:
            if any(_is(citation.source_file, citation.article, gold) for gold in question.gold):
                return rank
    return None


def _is(source_file: str, article: str, gold: tuple[str, str]) -> bool:
    return article == gold[1] and (source_file == gold[0] or source_file.endswith(f"/{gold[0]}"))


def _share(held: Sequence[bool]) -> float | None:
    return round(sum(held) / len(held), 4) if held else None


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None
