"""Weighs candidates: words and meaning fused, and what entries, asked questions and places add to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.fusion import weighted_fusion
from knowledge.index.generation import Generation
from knowledge.model import WHOLE_COUNTRY
from knowledge.query import Query

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
Sources = Sequence[Sequence[int]]


@dataclass(frozen=True)
class _Asked:
    """Articles (rows, int64, ascending) that questions were asked about, and how near the two nearest are."""

    articles: np.ndarray
    nearest: np.ndarray
    second: np.ndarray

    def bonuses(self) -> np.ndarray:
        """What the questions add to the score of each article."""
        return ASKED_BONUS * self.nearest**ASKED_POWER + ASKED_AGAIN * self.second**ASKED_POWER


class Weighing:
    """Scores the candidates of one generation. Safe between threads."""

    def __init__(self, generation: Generation) -> None:
        self._index = generation
        local = np.array([d.region != WHOLE_COUNTRY for d in generation.documents], dtype=bool)
        self._local = local[generation.document_of_row]
        self._prior, self._prior_where_named = self._priors(LOCAL_PRIOR), self._priors(1.0)

    def scores(self, query: Query, allowed: np.ndarray, sources: Sources, named: bool) -> dict[int, float]:
        """Score of every article row worth showing, and of the best row of each entry worth showing.

        Args:
            allowed: bool, one per row.
            sources: rows of the articles of each entry, the main one first.
            named: the question or its caller named the place.
        """
        rows = query.candidates(allowed)
        dense = query.dense(rows)
        fused = self.fused(query, rows, dense, named)
        helping, asked = self._helping(rows, fused), self._best_asked(rows, fused)
        meant = {row for number in helping for row in sources[number]}.union(asked.articles.tolist())
        if missing := sorted(meant.difference(rows.tolist())):
            added = np.array(missing, dtype=np.int64)
            places = rows.searchsorted(added)
            rows, dense = np.insert(rows, places, added), np.insert(dense, places, query.dense(added))
            fused = self.fused(query, rows, dense, named)
        articles = int(rows.searchsorted(self._index.articles))
        scores = fused[:articles].copy()
        scores[rows.searchsorted(asked.articles)] += asked.bonuses()
        of_row = dict(zip(rows.tolist(), fused.tolist(), strict=True))
        own, bonuses = self._entry_scores(helping, sources, of_row)
        scores[rows.searchsorted(list(bonuses))] += list(bonuses.values())
        if named:
            scores[self._local[rows[:articles]]] *= NAMED_LOCAL
        return dict(zip(rows[:articles].tolist(), scores.tolist(), strict=True)) | own

    def _entry_scores(
        self, helping: dict[int, int], sources: Sources, fused: dict[int, float]
    ) -> tuple[dict[int, float], dict[int, float]]:
        """The scores of the entries that help, by row, and what they add to the articles they cite."""
        scores: dict[int, float] = {}
        bonuses: dict[int, float] = {}
        for number, best_row in helping.items():
            own = fused[best_row]
            best = max(fused[row] for row in sources[number])
            for position, row in enumerate(sources[number]):
                bonus = ENTRY_BONUS * own**ENTRY_POWER * max(0.0, 1 - LATER_SOURCE * position)
                fitting = (fused[row] / best) ** FITTING_POWER if best else 0.0
                bonuses[row] = max(bonuses.get(row, 0.0), bonus * fitting)
            scores[best_row] = OWN_SHARE * own + (1 - OWN_SHARE) * best
        return scores, bonuses

    def fused(self, query: Query, rows: np.ndarray, dense: np.ndarray, named: bool) -> np.ndarray:
        """Score of each row, float64; `dense` is its closeness in meaning."""
        prior = self._prior_where_named if named else self._prior
        return weighted_fusion(query.lexical[rows], dense, prior[rows]).astype(np.float64)

    def _helping(self, rows: np.ndarray, fused: np.ndarray) -> dict[int, int]:
        """The entries that fit best, best first, each with its best matching row."""
        first, end = rows.searchsorted([self._index.articles, self._index.first_asked]).tolist()
        found: dict[int, int] = {}
        for place in np.argsort(-fused[first:end], kind="stable").tolist():
            row = int(rows[first + place])
            found.setdefault(self._index.entry_number(row), row)
            if len(found) == HELPING_ENTRIES:
                break
        return found

    def _best_asked(self, rows: np.ndarray, fused: np.ndarray) -> _Asked:
        """For each article that a question was asked about, how near its two nearest questions are."""
        first = int(rows.searchsorted(self._index.first_asked))
        about = self._index.article_of_asked[rows[first:] - self._index.first_asked].astype(np.int64)
        order = np.lexsort((-fused[first:], about))
        about, scores = about[order], fused[first:][order]
        articles, places = np.unique(about, return_index=True)
        after = np.minimum(places + 1, len(about) - 1)
        again = (after > places) & (about[after] == articles)
        return _Asked(articles, scores[places], np.where(again, scores[after], 0.0))

    def _priors(self, local: float) -> np.ndarray:
        """What each row's score is multiplied with, float32; `local` for the articles of a place's own."""
        prior = np.ones(self._index.rows, dtype=np.float32)
        prior[: self._index.articles][self._local] = local
        prior[self._outranked_rows()] *= OUTRANKED_PRIOR
        return prior

    def _outranked_rows(self) -> list[int]:
        return [
            row
            for key, name in self._index.outranked
            for number in self._index.document_numbers.get(key, ())
            if (row := self._index.row_of(number, name)) is not None
        ]
