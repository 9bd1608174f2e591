"""From a question to ranked evidence: filter by day and place, search by words and by meaning, fuse, weigh.

Entries and articles help each other: an article gains from a matching entry that cites it, and from questions
that were asked about it; an entry from the articles it cites. What that brings: docs/quality.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import islice

import numpy as np

from knowledge import region
from knowledge.chunking import article_text, entry_texts
from knowledge.fusion import weighted_fusion
from knowledge.index.generation import Generation
from knowledge.library import cite
from knowledge.model import WHOLE_COUNTRY, Citation, HotlineEntry, RetrievalHit
from knowledge.normalisation import matter_of, searchable
from knowledge.ports import Embedder, Reranker
from knowledge.query import Query, Signals
from knowledge.references import named_articles, named_titles
from knowledge.reranking import reranked
from knowledge.validity import status_on

TOPICS = 4  # offered where a question could mean several things
OUTRANKED_PRIOR = 0.5  # an article that later or higher law overtook (successors.yml)
LOCAL_PRIOR = 0.9  # a local text that says the same as a national one, where nobody named the place
NAMED_LOCAL = (
    1.6  # where the place was named, its own rules come before the national ones, which have entries
)
HELPING_ENTRIES = 10
# The bonuses of articles were chosen by random search on 402 questions (docs/quality.md); a re-ranker trained
# on the same (20 features, linear and boosted) did no better in cross-validation.
ENTRY_BONUS, ENTRY_POWER = 0.3, 3  # of a power of an entry's score, to the articles it cites …
LATER_SOURCE = 0.1  # … a tenth less for each further one: entries name the main article first …
FITTING_POWER = 2  # … and less for one that fits the question less than the entry's best, by this power
ASKED_BONUS, ASKED_AGAIN, ASKED_POWER = 0.6, 0.2, 3  # the same of the two nearest questions about an article
OWN_SHARE = 0.7  # of an entry's own score; the rest is that of its best article
RERANKED = 30  # rows that a re-ranker reads, if there is one: seconds, not milliseconds
RERANKER_SHARE = 0.5  # of its judgement in their scores
RELEVANT_SOURCE = 0.8  # of the best article of an entry; less relevant ones are not shown
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ANY_QUESTION = "最低生活保障"
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


NOTHING = Retrieval((), Signals(0.0, 0, 0.0))


@dataclass(frozen=True)
class _Scope:
    """What may be shown at some places on some day."""

    day: date
    documents: tuple[bool, ...]  # whether each document may be shown
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
        self._national = np.array([d.region == WHOLE_COUNTRY for d in generation.documents], dtype=bool)
        self.removed = removed
        self._in_use = tuple(origin not in removed for origin in generation.origins)
        self._outranked = np.array(self._outranked_rows(), dtype=np.int64)

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
        ranked = self._judged(text, self._ranked(query, scope, places.named))
        top = max(ranked.values(), default=0.0)
        ranked |= dict.fromkeys(named, top + 1.0)
        # Asked for outright it comes first; asked for by its document's name only, after the law of the day.
        past = dict.fromkeys(beside.rows, top + 1.0) or self._nearest(query, beside.documents)
        kept = sorted(ranked, key=lambda row: -ranked[row])[: max(0, k - len(past))]
        ranked |= past
        order = sorted([*past, *kept], key=lambda row: -ranked[row])[:k]
        outright = {*named, *beside.rows}
        evidence = tuple(
            Evidence(self._hit(row, ranked, scope), row in outright, self._entry_of(row), row in past)
            for row in order
        )
        signals = query.signals(scope.allowed, [row for row in order if row not in past])
        return Retrieval(evidence, signals, self._topics(ranked))

    def _topics(self, ranked: dict[int, float]) -> tuple[str, ...]:
        rows = sorted((row for row in ranked if row >= self._index.articles), key=lambda row: -ranked[row])
        titles = (self._index.entries[self._entry_number(row)].title for row in rows)
        return tuple(islice(dict.fromkeys(titles), TOPICS))

    def names_article(self, text: str) -> bool:
        """True if a text names an article together with its document, in any version."""
        text = searchable(text)
        return bool(named_articles(text) and named_titles(text, self._index.document_numbers))

    def _ranked(self, query: Query, scope: _Scope, named: bool) -> dict[int, float]:
        """Score of every article row worth showing, and of the best row of each entry worth showing."""
        fused = self._fused(query, query.candidates(scope.allowed), named)
        entries, asked = self._best_rows(fused), self._best_asked(fused)
        helping = sorted(entries, key=lambda e: -fused[entries[e]])[:HELPING_ENTRIES]
        meant = {row for entry in helping for row in scope.sources[entry]} | asked.keys()
        if missing := meant - fused.keys():
            fused |= self._fused(query, np.array([*fused, *missing], dtype=np.int64), named)
        scores = {row: score for row, score in fused.items() if row < self._index.articles}
        for row, (nearest, second) in asked.items():
            scores[row] += ASKED_BONUS * nearest**ASKED_POWER + ASKED_AGAIN * second**ASKED_POWER
        bonuses: dict[int, float] = {}
        for entry in helping:
            own = fused[entries[entry]]
            best = max(fused[row] for row in scope.sources[entry])
            for position, row in enumerate(scope.sources[entry]):
                bonus = ENTRY_BONUS * own**ENTRY_POWER * max(0.0, 1 - LATER_SOURCE * position)
                fitting = (fused[row] / best) ** FITTING_POWER if best else 0.0
                bonuses[row] = max(bonuses.get(row, 0.0), bonus * fitting)
            scores[entries[entry]] = OWN_SHARE * own + (1 - OWN_SHARE) * best
        for row, bonus in bonuses.items():
            scores[row] += bonus
        if named:
            for row in scores:
                if row < self._index.articles and not self._national[self._document(row)]:
                    scores[row] *= NAMED_LOCAL
        return scores

    def _judged(self, text: str, ranked: dict[int, float]) -> dict[int, float]:
        """The same rows, the first of them weighed again by the re-ranker, if there is one."""
        if self._reranker is None:
            return ranked
        first = sorted(ranked, key=lambda row: -ranked[row])[:RERANKED]
        scores = self._reranker.score(text, [self._text(row) for row in first])
        return reranked(ranked, dict(zip(first, scores.tolist(), strict=True)), RERANKER_SHARE)

    def _text(self, row: int) -> str:
        """An article with its headings, an entry with its title and answer."""
        entry = self._entry_of(row)
        return entry_texts(entry)[-1] if entry else article_text(*self._index.article(row))

    def _fused(self, query: Query, rows: np.ndarray, named: bool) -> dict[int, float]:
        fused = weighted_fusion(query.lexical[rows], query.dense(rows), self._prior(rows, named))
        return dict(zip(rows.tolist(), fused.tolist(), strict=True))

    def _best_rows(self, fused: dict[int, float]) -> dict[int, int]:
        """The best matching row of each entry."""
        best: dict[int, int] = {}
        own = range(self._index.articles, self._index.first_asked)
        for row in sorted((row for row in fused if row in own), key=lambda row: -fused[row]):
            best.setdefault(self._entry_number(row), row)
        return best

    def _best_asked(self, fused: dict[int, float]) -> dict[int, tuple[float, float]]:
        """For each article that a question was asked about, how near its two nearest questions are."""
        best: dict[int, tuple[float, float]] = {}
        first = self._index.first_asked
        for row, score in fused.items():
            if row >= first:
                article = int(self._index.article_of_asked[row - first])
                nearest, second = best.get(article, (0.0, 0.0))
                best[article] = (max(nearest, score), max(second, min(nearest, score)))
        return best

    def _entry_number(self, row: int) -> int:
        return int(self._index.entry_of_row[row - self._index.articles])

    def _entry_of(self, row: int) -> HotlineEntry | None:
        return None if row < self._index.articles else self._index.entries[self._entry_number(row)]

    def _prior(self, rows: np.ndarray, named: bool) -> np.ndarray:
        prior = np.ones(len(rows), dtype=np.float32)
        articles = np.flatnonzero(rows < self._index.articles)
        local = ~self._national[self._index.document_of_row[rows[articles]]]
        prior[articles[local]] = 1.0 if named else LOCAL_PRIOR
        prior[np.isin(rows, self._outranked)] *= OUTRANKED_PRIOR
        return prior

    def _compute_scope(self, adcodes: tuple[str, ...], day: date) -> _Scope:
        index = self._index
        documents = tuple(
            used and d.applies_on(day) and region.applies(d.region, adcodes)
            for used, d in zip(self._in_use, index.documents, strict=True)
        )
        shown = [tuple(row for row in rows if documents[self._document(row)]) for rows in self._index.sources]
        entries = [
            bool(rows) and region.applies(e.region, adcodes)
            for e, rows in zip(index.entries, shown, strict=True)
        ]
        articles = _of(documents, index.document_of_row)
        flags = (articles, _of(entries, index.entry_of_row), articles[index.article_of_asked])
        return _Scope(day, documents, np.concatenate(flags), tuple(shown))

    def _document(self, row: int) -> int:
        return int(self._index.document_of_row[row])

    def _outranked_rows(self) -> list[int]:
        return [
            row
            for key, name in self._index.outranked
            for number in self._index.document_numbers.get(key, ())
            if (row := self._index.row_of(number, name)) is not None
        ]

    def _named(self, text: str, scope: _Scope) -> tuple[list[int], _Beside]:
        """Rows of the articles that the question names with their document, and what it names besides."""
        titles = named_titles(text, self._index.document_numbers)
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
        rows = np.flatnonzero(np.isin(self._index.document_of_row, documents))
        if not len(rows):
            return {}
        fused = self._fused(query, rows, named=True)
        return dict.fromkeys(sorted(fused, key=lambda row: -fused[row])[:PAST_ARTICLES], 0.0)

    def _hit(self, row: int, scores: dict[int, float], scope: _Scope) -> RetrievalHit:
        entry = self._entry_of(row)
        if entry is None:
            document, article = self._index.article(row)
            name = f"{document.doc_id}#{article.article}"
            citation = cite(document, article, status_on(document, scope.day))
            return RetrievalHit(name, scores[row], citation, None, ())
        name = f"entry:{entry.id}"
        own = Citation(name, entry.title, "", "", entry.answer, None, entry.region, "", None)
        return RetrievalHit(
            name,
            scores[row],
            own,
            entry.id,
            self._relevant(scope.sources[self._entry_number(row)], scores, scope.day),
        )

    def _relevant(self, rows: Sequence[int], scores: dict[int, float], day: date) -> tuple[Citation, ...]:
        """The articles of an entry that bear on the question, best first."""
        best = max(scores[row] for row in rows)
        kept = [row for row in rows if scores[row] >= RELEVANT_SOURCE * best]
        found = (self._index.article(row) for row in sorted(kept, key=lambda row: -scores[row]))
        return tuple(cite(document, article, status_on(document, day)) for document, article in found)


def _of(flags: Sequence[bool], numbers: np.ndarray) -> np.ndarray:
    return np.array(flags, dtype=bool)[numbers] if len(numbers) else np.zeros(0, dtype=bool)


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
