"""From a question to ranked evidence: filter by day and place, search by words and by meaning, fuse, weigh.

Entries and articles help each other: an article gains from a matching entry that cites it, and from questions
that were asked about it; an entry from the articles it cites. What that brings: docs/quality.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from itertools import islice

import numpy as np

from knowledge import region
from knowledge.best import best_places
from knowledge.chunking import article_text, entry_texts
from knowledge.embedding.lexicon import formal_terms
from knowledge.hits import hits_of
from knowledge.index.generation import Generation
from knowledge.model import HotlineEntry, RetrievalHit
from knowledge.normalisation import matter_of, searchable
from knowledge.ports import Embedder, Reranker
from knowledge.query import Query, Signals
from knowledge.references import named_articles, named_titles
from knowledge.reranking import reranked
from knowledge.titles import title_key
from knowledge.weighing import Weighing

TOPICS = 4  # offered where a question could mean several things
RERANKED = 30  # rows that a re-ranker reads, if there is one: seconds, not milliseconds
RERANKER_SHARE = 0.5  # of its judgement in their scores
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ANY_QUESTION = "最低生活保障"
_STEEP = 3  # of the reciprocal ranks by which two askings of one thing are fused
_NEVER = 1000
PAST_ARTICLES = 2  # shown of a text that is not in force but was asked for by name


@dataclass(frozen=True)
class Places:
    """Where a question is asked about; `named` if the caller or the question said so."""

    adcodes: tuple[str, ...]
    named: bool


@dataclass(frozen=True)
class Evidence:
    """A hit; `named` if the question names this very article, `entry` if it is one of ours.

    `beside` if the text does not apply there on that day, and is shown only because it was named.
    """

    hit: RetrievalHit
    named: bool = False
    entry: HotlineEntry | None = None
    beside: bool = False


@dataclass(frozen=True)
class Retrieval:
    """Evidence, best first, the signals of the question, and the titles of the nearest entries."""

    evidence: tuple[Evidence, ...]
    signals: Signals
    topics: tuple[str, ...] = ()

    @property
    def _leading(self) -> Evidence | None:
        return next((e for e in self.evidence if not e.entry), None)

    def leads_to(self, matter: str) -> bool:
        """Whether the leading article, or its title, holds the matter or a term of the law for it."""
        leading = self._leading
        if leading is None or leading.named:
            return True
        citation = leading.hit.citation
        words = (matter, *formal_terms(matter))
        return any(word in citation.title or word in citation.text for word in words)

    def about(self, matter: Retrieval, side: str) -> Retrieval:
        """What is found for one side of a matter; if what leads is not found for the matter, that instead.

        The words of a side (材料, 多久, 要钱) are those of many laws: what is named decides whose they are.
        Then the best entry that tells this side stands in front.

        Args:
            matter: what is found for how the matter is applied for.
            side: a field of entries.
        """
        there = {evidence.hit.chunk_id for evidence in matter.evidence}
        if self._leading and self._leading.hit.chunk_id in there:
            return self
        ours, theirs = (
            {evidence.hit.chunk_id: _STEEP + rank for rank, evidence in enumerate(found.evidence)}
            for found in (self, matter)
        )
        fused = sorted(
            matter.evidence,
            key=lambda e: -(2 / ours.get(e.hit.chunk_id, _NEVER) + 1 / theirs[e.hit.chunk_id]),
        )
        telling = next((e for e in fused if e.entry and getattr(e.entry, side)), None)
        first = [telling] if telling else []
        return replace(self, evidence=(*first, *(e for e in fused if e is not telling)))


NOTHING = Retrieval((), Signals(0.0, 0, 0.0))


@dataclass(frozen=True)
class _Scope:
    """What may be shown at some places on some day."""

    day: date
    documents: np.ndarray  # whether each document may be shown, bool
    allowed: np.ndarray  # the same and for entries, bool, one per row
    sources: tuple[tuple[int, ...], ...]  # article rows of each entry, the main one first


@dataclass(frozen=True)
class _Beside:
    """Documents (by position) that a question names though they do not apply, and rows of theirs it names."""

    documents: tuple[int, ...]
    rows: tuple[int, ...]


class Retriever:
    """Searches one generation. Safe between threads.

    Args:
        removed: origins of the documents that were taken out since it was built; they are not shown.
    """

    def __init__(
        self,
        generation: Generation,
        embedder: Embedder,
        removed: frozenset[str] = frozenset(),
        reranker: Reranker | None = None,
    ) -> None:
        self._index = generation
        self._embedder = embedder
        self._reranker = reranker
        self._scope = lru_cache(maxsize=256)(self._compute_scope)
        self._in_force = lru_cache(maxsize=256)(self._compute_in_force)
        self._weighing = Weighing(generation)
        self.removed = removed
        self._in_use = tuple(origin not in removed for origin in generation.origins)

    def without(self, removed: frozenset[str]) -> Retriever:
        """The same index with other documents hidden."""
        return Retriever(self._index, self._embedder, removed, self._reranker)

    def prepare(self, places: Places, day: date) -> None:
        """Compute what the first question from there on that day would otherwise wait for."""
        self.search(_ANY_QUESTION, places, day, 1)

    def search(self, question: str, places: Places, day: date, k: int) -> Retrieval:
        """Return up to k pieces of evidence, best first: what is the law there on that day.

        A text that does not apply but is asked for by name (《信访条例》, 2016年的慈善法) is added, marked.
        """
        text = matter_of(searchable(question))
        scope = self._scope(places.adcodes, day)
        if not text or not scope.allowed.any():
            return NOTHING
        query = Query(text, self._index, self._embedder)
        named, beside = self._named(text, scope)
        ranked = self._judged(text, self._weighing.scores(query, scope.allowed, scope.sources, places.named))
        top = max(ranked.values(), default=0.0)
        ranked |= dict.fromkeys(named, top + 1.0)
        # Asked for outright it comes first; asked for by its document's name only, after the law of the day.
        past = dict.fromkeys(beside.rows, top + 1.0) or self._nearest(query, beside.documents)
        kept = _best_first(ranked)[: max(0, k - len(past))]
        ranked |= past
        order = sorted([*past, *kept], key=lambda row: -ranked[row])[:k]
        outright = {*named, *beside.rows}
        hits = hits_of(self._index, order, ranked, scope.sources, day)
        evidence = tuple(
            Evidence(hit, row in outright, self._entry_of(row), row in past)
            for row, hit in zip(order, hits, strict=True)
        )
        signals = query.signals(scope.allowed, [row for row in order if row not in past])
        return Retrieval(evidence, signals, self._topics(ranked))

    def _topics(self, ranked: dict[int, float]) -> tuple[str, ...]:
        rows = _best_first({row: ranked[row] for row in ranked if row >= self._index.articles})
        titles = (self._index.entries[self._index.entry_number(row)].title for row in rows)
        return tuple(islice(dict.fromkeys(titles), TOPICS))

    def names_article(self, text: str) -> bool:
        """True if a text names an article together with its document, in any version."""
        text = searchable(text)
        return bool(named_articles(text) and self._titles_in(text))

    def _titles_in(self, text: str) -> list[str]:
        return named_titles(text, self._index.titles_perhaps_in(title_key(text)))

    def _judged(self, text: str, ranked: dict[int, float]) -> dict[int, float]:
        """The same rows, the first of them weighed again by the re-ranker, if there is one."""
        if self._reranker is None:
            return ranked
        first = _best_first(ranked)[:RERANKED]
        scores = self._reranker.score(text, [self._text(row) for row in first])
        return reranked(ranked, dict(zip(first, scores.tolist(), strict=True)), RERANKER_SHARE)

    def _text(self, row: int) -> str:
        """An article with its headings, an entry with its title and answer."""
        entry = self._entry_of(row)
        return entry_texts(entry)[-1] if entry else article_text(*self._index.article(row))

    def _entry_of(self, row: int) -> HotlineEntry | None:
        return None if row < self._index.articles else self._index.entries[self._index.entry_number(row)]

    def _compute_scope(self, adcodes: tuple[str, ...], day: date) -> _Scope:
        index = self._index
        binds = cache(lambda place: region.applies(place, adcodes))
        bound = np.fromiter((binds(d.region) for d in index.documents), dtype=bool)
        documents = bound & self._in_force(day)
        articles = documents[index.document_of_row]
        shown = tuple(tuple(row for row in rows if articles[row]) for rows in index.sources)
        told = [bool(rows) and binds(e.region) for e, rows in zip(index.entries, shown, strict=True)]
        entries = np.array(told, dtype=bool)[index.entry_of_row]
        allowed = np.concatenate([articles, entries, articles[index.article_of_asked]])
        return _Scope(day, documents, allowed, shown)

    def _compute_in_force(self, day: date) -> np.ndarray:
        """Whether each document is in use and was the law on a day, wherever it binds."""
        applies = (
            used and d.applies_on(day) for used, d in zip(self._in_use, self._index.documents, strict=True)
        )
        return np.fromiter(applies, dtype=bool)

    def _named(self, text: str, scope: _Scope) -> tuple[list[int], _Beside]:
        """Rows of the articles that the question names with their document, and what it names besides."""
        titles = self._titles_in(text)
        articles = named_articles(text) if titles else []
        beside = [number for title in titles for number in self._named_beside(title, text, scope)]
        titled = [n for title in titles for n in self._index.document_numbers[title] if scope.documents[n]]
        return self._rows_of(titled, articles), _Beside(tuple(beside), tuple(self._rows_of(beside, articles)))

    def _rows_of(self, documents: Sequence[int], articles: Sequence[str]) -> list[int]:
        rows = [self._index.row_of(number, article) for article in articles for number in documents]
        return [row for row in rows if row is not None]

    def _named_beside(self, title: str, text: str, scope: _Scope) -> list[int]:
        """Documents of that title that do not apply: of a year that is named, or the last if none applies."""
        numbers = [n for n in self._index.document_numbers[title] if self._in_use[n]]
        others = [n for n in numbers if not scope.documents[n]]
        years = {int(year) for year in _YEAR.findall(text)}
        dated = [n for n in others if (d := self._index.documents[n].version_date) and d.year in years]
        if dated or len(others) < len(numbers) or not others:
            return dated
        begun = [n for n in others if self._index.documents[n].in_force_from <= scope.day]
        return [max(begun or others, key=lambda n: self._index.documents[n].in_force_from)]

    def _nearest(self, query: Query, documents: Sequence[int]) -> dict[int, float]:
        """The articles of some documents that fit a question best, scored below everything else."""
        if not documents:
            return {}
        rows = np.flatnonzero(np.isin(self._index.document_of_row, documents))
        fused = self._weighing.fused(query, rows, query.dense(rows), named=True)
        return dict.fromkeys(rows[best_places(fused, PAST_ARTICLES)].tolist(), 0.0)


def _best_first(scores: dict[int, float]) -> list[int]:
    return sorted(scores, key=scores.__getitem__, reverse=True)


def places_for(question: str, given: str | None, default: str) -> Places:
    """The places a question is about: those it names, the region given, or else the default.

    Raises:
        BadRegion: the region given is not an adcode.
    """
    named = region.named_in(searchable(question))
    if given is not None:
        region.checked(given)
        if not any(region.within(place, given) for place in named):
            named = (given, *named)
    return Places(named or (default,), bool(named))
