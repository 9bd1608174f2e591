"""Ranked rows of an index as hits: what is quoted, and from which texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from knowledge.index.generation import Generation
from knowledge.library import cite
from knowledge.model import Citation, HotlineEntry, PolicyArticle, PolicyDocument, RetrievalHit
from knowledge.validity import status_on

RELEVANT_SOURCE = 0.8  # of the best article of an entry; less relevant ones are not shown


def hits_of(
    index: Generation,
    rows: Sequence[int],
    scores: Mapping[int, float],
    sources: Sequence[Sequence[int]],
    day: date,
) -> list[RetrievalHit]:
    """The hits of some rows, in their order.

    Args:
        scores: by row; also of the articles that the entries among the rows rest on.
        sources: rows of the articles of each entry, the main one first.
        day: whose law is asked for.
    """
    entries = {row: index.entry_number(row) for row in rows if row >= index.articles}
    shown = {row: _relevant(sources[number], scores) for row, number in entries.items()}
    wanted = {row for row in rows if row < index.articles}.union(*shown.values())
    citations = {row: _cited(*found, day) for row, found in index.articles_of(wanted).items()}
    return [
        _entry_hit(index.entries[entries[row]], scores[row], tuple(citations[r] for r in shown[row]))
        if row in entries
        else _article_hit(citations[row], scores[row])
        for row in rows
    ]


def _cited(document: PolicyDocument, article: PolicyArticle, day: date) -> Citation:
    return cite(document, article, status_on(document, day))


def _article_hit(citation: Citation, score: float) -> RetrievalHit:
    return RetrievalHit(f"{citation.doc_id}#{citation.article}", score, citation, None, ())


def _entry_hit(entry: HotlineEntry, score: float, sources: tuple[Citation, ...]) -> RetrievalHit:
    name = f"entry:{entry.id}"
    own = Citation(name, entry.title, "", "", entry.answer, None, entry.region, "", None)
    return RetrievalHit(name, score, own, entry.id, sources)


def _relevant(rows: Sequence[int], scores: Mapping[int, float]) -> list[int]:
    """The articles of an entry that bear on the question, best first."""
    best = max(scores[row] for row in rows)
    kept = [row for row in rows if scores[row] >= RELEVANT_SOURCE * best]
    return sorted(kept, key=lambda row: -scores[row])
