"""A question as both searches see it: its scores over all rows, and the signs of whether it is one for us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.asking import last_question
from knowledge.embedding.lexicon import formal_terms
from knowledge.index.generation import Generation
from knowledge.lexical import terms
from knowledge.ports import Embedder
from knowledge.scope import shipped_scope

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
    ours: float = 0.0  # log odds that such words are said to this hotline
    other: str = ""  # what kind of matter it else is …
    other_share: float = 0.0  # … and how likely that is, 0..1


class Query:
    """A question as both retrievers see it, with its scores over the rows."""

    def __init__(self, text: str, index: Generation, embedder: Embedder) -> None:
        self._index = index
        self._text = text
        self._words = terms(text)
        self._plain = index.lexical.scores(self._words)
        # What a story is told for is its last question; the rest says whom it is about.
        wordings = [text, question] if (question := last_question(text)) else [text]
        shares = [1 - LAST_QUESTION, LAST_QUESTION] if question else [1.0]
        self.lexical = np.zeros_like(self._plain)
        mixed = np.zeros(embedder.dimension, dtype=np.float32)
        for wording, share in zip(wordings, shares, strict=True):
            formal = formal_terms(wording)
            vectors = embedder.encode([wording, *formal])
            said = vectors[0] + FORMAL_WEIGHT * vectors[1:].mean(axis=0) if formal else vectors[0]
            mixed += share * said
            if wording is text:
                self._vector, self._formal = vectors[0], len(formal)
            plain = self._plain if wording is text else index.lexical.scores(terms(wording))
            self.lexical += share * (plain + FORMAL_WEIGHT * index.lexical.scores(terms(" ".join(formal))))
        self._mixed = mixed

    def candidates(self, allowed: np.ndarray) -> np.ndarray:
        """Rows worth scoring: the best of either retriever, for each kind of row apart, ascending."""
        first_entry, first_asked = self._index.articles, self._index.first_asked
        found: list[np.ndarray] = []
        for start, end, k in (
            (0, first_entry, CANDIDATES),
            (first_entry, first_asked, ENTRY_CANDIDATES),
            (first_asked, len(allowed), ASKED_CANDIDATES),
        ):
            part = np.zeros_like(allowed)
            part[start:end] = allowed[start:end]
            found.append(self._index.dense.search(self._mixed, k, part))
            held = start + np.flatnonzero(np.where(allowed[start:end], self.lexical[start:end], 0.0) > 0)
            if len(held) > k:
                held = held[np.argpartition(-self.lexical[held], k - 1)[:k]]
            found.append(held)
        return np.unique(np.concatenate(found)).astype(np.int64)

    def dense(self, rows: np.ndarray) -> np.ndarray:
        """Closeness in meaning of the given rows, the formal terms counted in."""
        return self._index.dense.similarity(self._mixed, rows)

    def signals(self, allowed: np.ndarray, best: Sequence[int]) -> Signals:
        """Raw signs of whether the question is one for this hotline; `best` are the rows it was given."""
        entries = allowed.copy()
        entries[: self._index.articles] = False
        nearest = self._index.dense.search(self._vector, 1, entries if entries.any() else allowed)
        cosine = float(self._index.dense.similarity(self._vector, nearest).max(initial=0.0))
        ceiling = self._index.lexical.ceiling(self._words)
        held = float(self._plain[list(best[:3])].max(initial=0.0))
        scope = shipped_scope().judge(self._text)
        coverage = held / ceiling if ceiling else 0.0
        return Signals(max(0.0, cosine), self._formal, coverage, scope.ours, scope.kind, scope.probability)
