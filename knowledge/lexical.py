"""Search by words: jieba words plus single characters, BM25 over all chunks.

Recipe "w1": on 300 citizen questions it found the right article first in .30 against .21 for words alone.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from importlib import resources
from pathlib import Path

import bm25s
import numpy as np

from knowledge.embedding.features import tokenise
from knowledge.normalisation import searchable

K1, B = 1.5, 0.75  # the usual values of Robertson & Zaragoza (2009)


@cache
def stop_words() -> frozenset[str]:
    """Words and characters that carry nothing of the matter."""
    text = (resources.files("knowledge") / "dictionary" / "stopwords.txt").read_text("utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def terms(text: str) -> list[str]:
    """The words and characters of a text that are counted, repeats kept."""
    ignored = stop_words()
    return [term for term in tokenise(searchable(text)) if term not in ignored]


class LexicalIndex:
    """BM25 over rows of text; a row is known by its position."""

    def __init__(self, engine: bm25s.BM25) -> None:
        self._engine = engine
        self._rows = int(engine.scores["num_docs"])

    @classmethod
    def build(cls, texts: Iterable[str]) -> LexicalIndex:
        """Index texts in order. Only numbers are kept of each: word lists would take ten times the memory."""
        vocabulary: dict[str, int] = {}
        rows = [
            array("i", (vocabulary.setdefault(t, len(vocabulary)) for t in terms(text))) for text in texts
        ]
        engine = bm25s.BM25(k1=K1, b=B)
        engine.index((rows, vocabulary), show_progress=False)
        return cls(engine)

    def save(self, folder: Path) -> None:
        """Write the index into a new folder."""
        self._engine.save(folder, show_progress=False)

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """Open a saved index; the numbers stay on disk and are mapped into memory."""
        return cls(bm25s.BM25.load(folder, mmap=True, show_progress=False))

    def scores(self, query: Sequence[str]) -> np.ndarray:
        """BM25 of every row, float32 of shape (rows,); a term that stands twice counts twice."""
        known = self._known(query)
        return self._engine.get_scores(known) if known else np.zeros(self._rows, dtype=np.float32)

    def ceiling(self, query: Sequence[str]) -> float:
        """The most a row could score if it held every term as densely as any row does.

        A term that no row holds counts like the rarest known one: talk of other things lowers the share.
        """
        best = self._best_per_term
        known = [self._engine.vocab_dict[term] for term in self._known(query)]
        unknown = len(query) - len(known)
        return float(best[known].sum() + unknown * best.max(initial=0.0))

    @cached_property
    def _best_per_term(self) -> np.ndarray:
        data, starts = self._engine.scores["data"], np.asarray(self._engine.scores["indptr"])
        best = np.zeros(len(starts) - 1, dtype=np.float32)
        used = np.flatnonzero(np.diff(starts))
        best[used] = np.maximum.reduceat(np.asarray(data), starts[used])
        return best

    def _known(self, query: Sequence[str]) -> list[str]:
        return [term for term in query if term in self._engine.vocab_dict]
