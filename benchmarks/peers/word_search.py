"""BM25 as two libraries offer it, each with its usual settings, over the words that our own index counts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Protocol

import numpy as np

from benchmarks.peers.material import Article
from knowledge.embedding.features import tokenise

FOUND = 10


class Peer(Protocol):
    """A search over articles that is built in memory."""

    def best(self, question: str, binding: tuple[str, ...] | None) -> list[int]:
        """Return the rows of the best articles, best first, FOUND at most.

        Args:
            binding: regions whose texts may be found; None: any.
        """
        ...


def words_of(articles: Sequence[Article]) -> list[list[str]]:
    """The words of each article; equal ones are one object, which saves the peers memory."""
    shared: dict[str, str] = {}
    return [[shared.setdefault(word, word) for word in tokenise(a.text)] for a in articles]


class Bm25sPeer:
    """bm25s (MIT): scores of every word are computed when indexing; Lucene's BM25, k1 1.5, b 0.75."""

    def __init__(self, articles: Sequence[Article]) -> None:
        import bm25s

        self._index = bm25s.BM25()
        self._index.index(words_of(articles), show_progress=False)
        self._regions = np.array([article.region for article in articles])
        self._mask = cache(self._mask_of)

    def best(self, question: str, binding: tuple[str, ...] | None) -> list[int]:
        """As in Peer; a row without any word of the question is not found."""
        mask = None if binding is None else self._mask(binding)
        rows, scores = self._index.retrieve(
            [list(tokenise(question))],
            k=min(FOUND, len(self._regions)),
            show_progress=False,
            weight_mask=mask,  # type: ignore[arg-type]  # None is its default
        )
        return [int(row) for row, score in zip(rows[0], scores[0], strict=True) if score > 0]

    def _mask_of(self, binding: tuple[str, ...]) -> np.ndarray:
        return np.isin(self._regions, binding).astype(np.float32)


class RankBm25Peer:
    """rank-bm25 (Apache-2.0): BM25Okapi, which looks at every article for every word; k1 1.5, b 0.75."""

    def __init__(self, articles: Sequence[Article]) -> None:
        from rank_bm25 import BM25Okapi  # pyright: ignore[reportMissingImports]

        self._index = BM25Okapi(words_of(articles))
        self._regions = np.array([article.region for article in articles])
        self._rows = cache(self._rows_of)

    def best(self, question: str, binding: tuple[str, ...] | None) -> list[int]:
        """As in Peer; a row without any word of the question is not found."""
        words = list(tokenise(question))
        rows = self._rows(binding)
        if binding is None:
            scores = self._index.get_scores(words)
        else:
            scores = np.array(self._index.get_batch_scores(words, rows))
        best = np.argsort(-scores, kind="stable")[:FOUND]
        return [rows[place] for place in best if scores[place] > 0]

    def _rows_of(self, binding: tuple[str, ...] | None) -> Sequence[int]:
        if binding is None:
            return range(len(self._regions))
        return np.flatnonzero(np.isin(self._regions, binding)).tolist()
