"""A question as both searches see it: its scores over all rows, and the signs of whether it is one for us."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.asking import last_question
from knowledge.best import best_places
from knowledge.embedding.lexicon import formal_terms
from knowledge.index.generation import Generation
from knowledge.lexical import terms
from knowledge.ports import Embedder
from knowledge.scope import shipped_scope
from knowledge.scope.nearness import NEIGHBOURS, mean_of_nearest, nearness_to_others

CANDIDATES = (
    200  # per retriever; the right article is among the first 50 of the fused list for .96 of questions
)
ENTRY_CANDIDATES = 100
ASKED_CANDIDATES = 100
FORMAL_WEIGHT = 0.3  # of the law's terms for the everyday words of a question, in both retrievers
LAST_QUESTION = 0.5  # share of a story's last question in the search, beside the whole story


@dataclass(frozen=True)
class Signals:
    """Raw signs of whether a question is one for this hotline; they can be compared between questions.

    Scores divided by the best cannot tell: the best of nothing is still the best.
    """

    entry_cosine: float  # closeness to the nearest way of asking, 0..1
    formal_terms: int  # terms of the law that its everyday words stand for
    coverage: float  # share of its words that the best evidence holds, 0..1
    nearer_to_us: float = 0.0  # how much nearer it is to what we are asked than to what others are, -1..1
    ours: float = 0.0  # log odds that such words are said to this hotline
    other: str = ""  # what kind of matter it else is …
    other_share: float = 0.0  # … and how likely that is, 0..1


class Query:
    """A question as both retrievers see it, with its scores over the rows."""

    def __init__(self, text: str, index: Generation, embedder: Embedder) -> None:
        self._index = index
        self._embedder = embedder
        self._text = text
        self._words = terms(text)
        # What a story is told for is its last question; the rest says whom it is about.
        wordings = [text, question] if (question := last_question(text)) else [text]
        shares = [1 - LAST_QUESTION, LAST_QUESTION] if question else [1.0]
        others: defaultdict[str, float] = defaultdict(float)  # terms beside the text's own, by weight
        mixed = np.zeros(embedder.dimension, dtype=np.float32)
        for wording, share in zip(wordings, shares, strict=True):
            formal = formal_terms(wording)
            vectors = embedder.encode([wording, *formal])
            said = vectors[0] + FORMAL_WEIGHT * vectors[1:].mean(axis=0) if formal else vectors[0]
            mixed += share * said
            if wording is text:
                self._vector, self._formal = vectors[0], len(formal)
            for term in () if wording is text else terms(wording):
                others[term] += share
            for term in terms(" ".join(formal)):
                others[term] += share * FORMAL_WEIGHT
        self._mixed = mixed
        self._own = index.lexical.scores(self._words)
        self.lexical = index.lexical.scores(others, onto=np.float32(shares[0]) * self._own)

    def candidates(self, allowed: np.ndarray) -> np.ndarray:
        """Rows worth scoring: the best of either retriever, for each kind of row apart, ascending."""
        first_entry, first_asked = self._index.articles, self._index.first_asked
        found: list[np.ndarray] = []
        for first, end, k in (
            (0, first_entry, CANDIDATES),
            (first_entry, first_asked, ENTRY_CANDIDATES),
            (first_asked, len(allowed), ASKED_CANDIDATES),
        ):
            found.append(self._index.dense.search(self._mixed, k, allowed, first, end))
            held = self.lexical[first:end] * allowed[first:end]
            found.append(first + best_places(held, k, above=0.0))
        return np.unique(np.concatenate(found))

    def dense(self, rows: np.ndarray) -> np.ndarray:
        """Closeness in meaning of the given rows, the formal terms counted in."""
        return self._index.dense.similarity(self._mixed, rows)

    def signals(self, allowed: np.ndarray, best: Sequence[int]) -> Signals:
        """Raw signs of whether the question is one for this hotline; `best` are the rows it was given."""
        near = self._nearest_entries(allowed)
        ceiling = self._index.lexical.ceiling(self._words)
        held = max((float(self._own[row]) for row in best[:3]), default=0.0)
        scope = shipped_scope().judge(self._text)
        to_others = nearness_to_others(self._vector, self._embedder)
        return Signals(
            entry_cosine=max(0.0, float(near.max(initial=0.0))),
            formal_terms=self._formal,
            coverage=held / ceiling if ceiling else 0.0,
            nearer_to_us=mean_of_nearest(near) - to_others,
            ours=scope.ours,
            other=scope.kind,
            other_share=scope.probability,
        )

    def _nearest_entries(self, allowed: np.ndarray) -> np.ndarray:
        """Cosines of the question alone to the nearest ways of asking; to the articles if there are none."""
        first = self._index.articles if allowed[self._index.articles :].any() else 0
        rows = self._index.dense.search(self._vector, NEIGHBOURS, allowed, first)
        return self._index.dense.similarity(self._vector, rows)
