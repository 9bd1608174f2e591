"""The parts of retrieval that an installation may swap."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np


class Embedder(Protocol):
    """Turns texts into directions; the same text always gives the same row."""

    @property
    def dimension(self) -> int: ...

    @property
    def copyable(self) -> bool:
        """True if copies may work in several processes at once; a large model has threads of its own."""
        ...

    @property
    def fingerprint(self) -> str:
        """Name the model and its weights; an index is searched only with what it was built with."""
        ...

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 of shape (len(texts), dimension), rows of length 1 (all zero: nothing known)."""
        ...


class Reranker(Protocol):
    """Judges the first rows of a ranking by reading question and text together; slow, so only those."""

    def score(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """Return how surely each text answers the question, 0..1, float32 of shape (len(texts),).

        Raises:
            BadModel: the model cannot be loaded.
        """
        ...


class VectorIndex(Protocol):
    """The rows of one index generation as directions, compared by inner product (unit rows: the cosine)."""

    @property
    def rows(self) -> int:
        """How many rows it holds; they are numbered from 0."""
        ...

    def search(
        self, query: np.ndarray, k: int, allowed: np.ndarray, first: int = 0, end: int | None = None
    ) -> np.ndarray:
        """Return the numbers of up to k allowed rows, best first, int64; exact, equal scores by row number.

        Args:
            query: float32 of shape (dimension,).
            allowed: bool of shape (rows,).
            first, end: only rows first … end-1 are looked at; None: to the last.

        Raises:
            Unavailable: the index cannot be reached just now.
        """
        ...

    def similarity(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return the inner product of the query with the given rows, float32 of shape (len(rows),).

        Raises:
            Unavailable: the index cannot be reached just now.
        """
        ...

    def all(self) -> np.ndarray:
        """Return every row, float32 of shape (rows, dimension), as it was written."""
        ...


class VectorStore(Protocol):
    """Where the vectors of index generations lie: in their folders, or in a database under their names."""

    def write(self, generation: Path, vectors: np.ndarray) -> None:
        """Keep the vectors of a generation durably; float32 of shape (rows, dimension).

        Args:
            generation: its folder; ".draft-<name>" while it is being written.
        """
        ...

    def open(self, generation: Path) -> VectorIndex:
        """Open the vectors of a generation.

        Raises:
            BadIndex: they are missing or damaged.
        """
        ...

    def keep_only(self, generations: list[Path]) -> None:
        """Forget the vectors of all generations but these."""
        ...
