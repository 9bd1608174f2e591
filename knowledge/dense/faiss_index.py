"""Search by meaning over files: every row is compared, so what is found is exact; right to 150,000 rows.

<folder>/rows.npy        the rows as they were given, mapped into memory
        /halves.faiss    the same in half precision, which takes half the time to read through

Many rows are first compared in half precision. What rounding may have changed is known (ROUNDED), so the rows
that could be among the best are few, and their exact scores decide. On one core, 147,000 rows of 128 numbers:
2.2 ms, where a flat FAISS index takes 6.7 ms.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from knowledge.best import best_places
from knowledge.dense.checks import check_allowed, check_length, check_query, check_rows
from knowledge.errors import BadIndex
from knowledge.ports import Embedder

BATCH = 512
ROWS, HALVES = "rows.npy", "halves.faiss"
FEW = 32768
SPARE = 56  # rows looked at beyond the k best in half precision: with these the exact best are among them
# IEEE 754 half precision keeps 11 bits: each number is off by 2⁻¹¹ of itself at most, or by 2⁻²⁵ if tiny. So
# the inner product of a row of length 1 is off by as much of the query's length, a little more for adding up.
ROUNDED = 2.0**-11 * 1.01


class DenseIndex:
    """Rows of length 1 (or all zero) compared by inner product, which is the cosine. Safe between threads."""

    def __init__(self, rows: np.ndarray, halves: Any, few: int = FEW) -> None:
        """Search rows (float32) with the help of the same in half precision, a FAISS index.

        Args:
            few: up to so many rows are compared exactly at once.
        """
        self._rows = rows
        self._few = few
        self._halves = halves  # Any: faiss adds its Python methods where no type checker looks

    @classmethod
    def of(cls, vectors: np.ndarray, few: int = FEW) -> DenseIndex:
        """Hold the given rows: float32 of shape (rows, dimension); `few` as for the class.

        Raises:
            ValueError: a row is longer than 1.
        """
        check_length(vectors)
        dimension = vectors.shape[1]
        # Any: the type of a number is not known where SWIG made it.
        half: Any = faiss.ScalarQuantizer.QT_fp16
        halves: Any = faiss.IndexScalarQuantizer(dimension, half, faiss.METRIC_INNER_PRODUCT)
        halves.add(vectors)
        return cls(vectors, halves, few)

    @classmethod
    def build(cls, texts: Iterable[str], embedder: Embedder) -> DenseIndex:
        """Embed texts in order, a batch at a time."""
        stream = iter(texts)
        parts = [np.zeros((0, embedder.dimension), dtype=np.float32)]
        while batch := list(islice(stream, BATCH)):
            parts.append(embedder.encode(batch))
        return cls.of(np.concatenate(parts))

    def save(self, folder: Path) -> None:
        """Write the index into a new folder."""
        folder.mkdir()
        np.save(folder / ROWS, self._rows)
        faiss.write_index(self._halves, str(folder / HALVES))

    @classmethod
    def load(cls, folder: Path) -> DenseIndex:
        """Open a saved index.

        Raises:
            BadIndex: a file is missing or damaged.
        """
        try:
            rows = np.asarray(np.load(folder / ROWS, mmap_mode="r"))
            halves: Any = faiss.read_index(str(folder / HALVES), faiss.IO_FLAG_MMAP)
        except (OSError, ValueError, EOFError, RuntimeError) as error:
            raise BadIndex(f"{folder}: cannot be read as a vector index") from error
        if rows.dtype != np.float32 or rows.shape != (halves.ntotal, halves.d):
            raise BadIndex(f"{folder}: {ROWS} and {HALVES} are not of one index")
        return cls(rows, halves)

    @property
    def rows(self) -> int:
        return len(self._rows)

    @property
    def dimension(self) -> int:
        """How many numbers a row has."""
        return self._rows.shape[1]

    def all(self) -> np.ndarray:
        """Return every row as it was given: float32 of shape (rows, dimension)."""
        return self._rows

    def search(
        self, query: np.ndarray, k: int, allowed: np.ndarray, first: int = 0, end: int | None = None
    ) -> np.ndarray:
        """Return the numbers of up to k allowed rows, best first; see VectorIndex.

        Raises:
            BadIndex: the question has another dimension.
        """
        check_query(query, self.dimension)
        check_allowed(allowed, self.rows)
        here = allowed[first:end]
        if k <= 0 or not here.any():
            return np.zeros(0, dtype=np.int64)
        if len(here) > self._few:
            return self._search_many(query, k, here, first)
        scores = _inner_products(query, self._rows[first:end])
        scores[~here] = -np.inf
        return first + best_places(scores, k)

    def similarity(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Cosine of the query with the given rows, float32 of shape (len(rows),).

        Raises:
            BadIndex: the question has another dimension.
        """
        check_query(query, self.dimension)
        check_rows(rows, self.rows)
        return self._exactly(query, rows)

    def _search_many(self, query: np.ndarray, k: int, allowed: np.ndarray, first: int) -> np.ndarray:
        # Rows behind the end of the bitmap are not allowed either.
        bitmap = np.packbits(np.concatenate([np.zeros(first, dtype=bool), allowed]), bitorder="little")
        # One question is too little work to share; on a busy machine threads only wait for each other. The
        # number holds for the calling thread alone.
        faiss.omp_set_num_threads(1)
        only: Any = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bitmap))  # pyright: ignore[reportCallIssue]
        rounded, found = self._halves.search(query[None, :], min(k + SPARE, self.rows), params=only)
        rounded, found = rounded[0][found[0] >= 0], found[0][found[0] >= 0]
        order, scores = self._in_order(query, found, k)
        # What was not found has no better rounded score than the last row that was.
        least = float(scores[-1]) - ROUNDED * float(np.linalg.norm(query)) - 1e-6
        if len(found) == min(k + SPARE, self.rows) and rounded[-1] >= least:
            _, _, found = self._halves.range_search(query[None, :], least, params=only)
            order, _ = self._in_order(query, found, k)
        return order

    def _in_order(self, query: np.ndarray, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k best of some rows with their exact scores, best first, equal ones by number."""
        rows = np.sort(rows)
        scores = self._exactly(query, rows)
        best = best_places(scores, k)
        return rows[best], scores[best]

    def _exactly(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        # Row by row: in a product of matrices equal rows may get scores that differ in the last bit.
        return np.vecdot(self._rows[rows], query)


def _inner_products(query: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The same as np.vecdot(rows, query) but for the last bit, for many rows in half the time."""
    scores = np.empty(len(rows), dtype=np.float32)
    query, rows = np.ascontiguousarray(query, np.float32), np.ascontiguousarray(rows)
    pointers = [faiss.swig_ptr(part) for part in (scores, query, rows)]
    add_up: Any = getattr(faiss, "fvec_inner_products_ny")  # noqa: B009  # SWIG made it, unseen by type checkers
    add_up(*pointers, rows.shape[1], len(rows))
    return scores
