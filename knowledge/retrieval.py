"""From a question to ranked evidence: filter by day and place, search by words and by meaning, fuse, weigh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from knowledge import region
from knowledge.embedding.lexicon import formal_terms
from knowledge.fusion import weighted_fusion
from knowledge.index import Generation
from knowledge.lexical import terms
from knowledge.library import cite
from knowledge.model import WHOLE_COUNTRY, Citation, HotlineEntry, RetrievalHit
from knowledge.normalisation import searchable
from knowledge.ports import Embedder
from knowledge.references import named_articles, named_titles
from knowledge.titles import title_key
from knowledge.validity import load_successors

CANDIDATES = 200  # per retriever; the right article is among the first 50 of the fused list for .96 of questions
FORMAL_WEIGHT = 0.3  # of the law's terms for the everyday words of a question, in both retrievers
LOCAL_PRIOR = 0.9  # a local text beside a national one that says the same
OUTRANKED_PRIOR = 0.5  # an article that later or higher law overtook (successors.yml)


@dataclass(frozen=True)
class Places:
    """Where a question is asked about; `named` if the question itself says so."""

    adcodes: tuple[str, ...]
    named: bool


@dataclass(frozen=True)
class Evidence:
    """A hit with the raw signals that say whether it is about the question at all (0..1 each)."""

    hit: RetrievalHit
    cosine: float
    coverage: float


class Retriever:
    """Searches one generation. Safe between threads."""

    def __init__(self, generation: Generation, embedder: Embedder) -> None:
        self._index = generation
        self._embedder = embedder
        outranked = load_successors().outranked_articles
        self._outranked = {
            row
            for key, name in outranked
            for number in generation.document_numbers.get(key, ())
            if (row := generation.row_of(number, name)) is not None
        }
        self._regions = np.array([int(d.region) for d in generation.documents], dtype=np.int32)
        self._allowed = lru_cache(maxsize=256)(self._compute_allowed)

    def search(self, question: str, places: Places, day: date, k: int) -> list[Evidence]:
        """Return up to k pieces of evidence, best first; what is not the law there on that day is never among them."""
        text = searchable(question)
        allowed = self._allowed(places.adcodes, day)
        if not text or not allowed.any():
            return []
        query = _Query(text, self._index, self._embedder)
        rows = query.candidates(allowed)
        scores = weighted_fusion(query.lexical[rows], query.dense(rows), self._prior(rows))
        ranked = self._distinct(rows[np.argsort(-scores, kind="stable")], np.sort(scores)[::-1])
        pinned = self._named_rows(text, allowed)
        top = float(scores.max(initial=0.0))
        ranked = [(row, top + 1.0) for row in pinned] + [(row, s) for row, s in ranked if row not in pinned]
        return [self._evidence(row, score, query, day) for row, score in ranked[:k]]

    def _compute_allowed(self, adcodes: tuple[str, ...], day: date) -> np.ndarray:
        documents = np.array(
            [d.applies_on(day) and region.applies(d.region, adcodes) for d in self._index.documents], dtype=bool
        )
        entries = np.array(
            [region.applies(e.region, adcodes) and bool(self.sources_of(e, day)) for e in self._index.entries],
            dtype=bool,
        )
        return np.concatenate([_of(documents, self._index.document_of_row), _of(entries, self._index.entry_of_row)])

    def sources_of(self, entry: HotlineEntry, day: date) -> tuple[Citation, ...]:
        """The articles an entry rests on, in the versions that apply on a day; those not loaded are left out."""
        found: list[Citation] = []
        for source in entry.sources:
            for number in self._index.document_numbers.get(title_key(source.document), ()):
                row = self._index.row_of(number, source.article)
                if row is not None and self._index.documents[number].applies_on(day):
                    found.append(cite(*self._index.article(row)))
                    break
        return tuple(found)

    def _prior(self, rows: np.ndarray) -> np.ndarray:
        prior = np.ones(len(rows), dtype=np.float32)
        articles = rows < self._index.articles
        local = self._regions[self._index.document_of_row[rows[articles]]] != int(WHOLE_COUNTRY)
        prior[articles] = np.where(local, LOCAL_PRIOR, 1.0)
        prior[[int(row) in self._outranked for row in rows]] *= OUTRANKED_PRIOR
        return prior

    def _distinct(self, rows: np.ndarray, scores: np.ndarray) -> list[tuple[int, float]]:
        """Keep the best row of each entry."""
        seen: set[int] = set()
        kept: list[tuple[int, float]] = []
        for row, score in zip(rows.tolist(), scores.tolist(), strict=True):
            if row >= self._index.articles:
                entry = int(self._index.entry_of_row[row - self._index.articles])
                if entry in seen:
                    continue
                seen.add(entry)
            kept.append((row, score))
        return kept

    def _named_rows(self, text: str, allowed: np.ndarray) -> list[int]:
        """Rows of the articles that the question names together with their document."""
        articles = named_articles(text)
        titles = named_titles(text, self._index.document_numbers) if articles else []
        rows = [
            self._index.row_of(number, article)
            for title in titles
            for article in articles
            for number in self._index.document_numbers[title]
        ]
        return [row for row in rows if row is not None and allowed[row]]

    def _evidence(self, row: int, score: float, query: _Query, day: date) -> Evidence:
        if row < self._index.articles:
            document, article = self._index.article(row)
            hit = RetrievalHit(f"{document.doc_id}#{article.article}", score, cite(document, article), None, ())
        else:
            entry = self._index.entries[int(self._index.entry_of_row[row - self._index.articles])]
            citation = Citation(
                f"entry:{entry.id}", entry.title, "", "", entry.answer, None, entry.region, "", None
            )
            hit = RetrievalHit(f"entry:{entry.id}", score, citation, entry.id, self.sources_of(entry, day))
        return Evidence(hit, query.cosine(row), query.coverage(row))


class _Query:
    """A question as both retrievers see it, with its scores over the rows."""

    def __init__(self, text: str, index: Generation, embedder: Embedder) -> None:
        self._index = index
        self._words = terms(text)
        formal = formal_terms(text)
        self._plain = index.lexical.scores(self._words)
        self.lexical = self._plain + FORMAL_WEIGHT * index.lexical.scores(terms(" ".join(formal)))
        vectors = embedder.encode([text, *formal])
        self._vector = vectors[0]
        self._mixed = vectors[0] + FORMAL_WEIGHT * vectors[1:].mean(axis=0) if formal else vectors[0]

    def candidates(self, allowed: np.ndarray) -> np.ndarray:
        """Rows worth scoring: the best of either retriever among the allowed ones, ascending."""
        by_meaning = self._index.dense.search(self._mixed, CANDIDATES, allowed)
        masked = np.where(allowed, self.lexical, 0.0)
        k = min(CANDIDATES, len(masked))
        by_words = np.argpartition(-masked, k - 1)[:k]
        return np.union1d(by_meaning, by_words[masked[by_words] > 0]).astype(np.int64)

    def dense(self, rows: np.ndarray) -> np.ndarray:
        return self._index.dense.similarity(self._mixed, rows)

    def cosine(self, row: int) -> float:
        """Closeness in meaning of the question's own words, 0..1."""
        return max(0.0, float(self._index.dense.similarity(self._vector, np.array([row]))[0]))

    def coverage(self, row: int) -> float:
        """Share of what a row could score with the question's own words, 0..1."""
        ceiling = self._index.lexical.ceiling(self._words)
        return float(self._plain[row]) / ceiling if ceiling else 0.0


def _of(flags: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    return flags[numbers] if len(numbers) else np.zeros(0, dtype=bool)


def places_for(question: str, given: str | None, default: str) -> Places:
    """Where a question is asked about: what it names, with the region given; the default only where both are silent."""
    named: Sequence[str] = region.named_in(searchable(question))
    if given is not None:
        region.checked(given)
        inside = [place for place in named if region.within(place, given)]
        named = named if inside else (given, *named)
    return Places(tuple(named) or (default,), bool(named))
