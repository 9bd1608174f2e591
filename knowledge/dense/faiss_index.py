"""Search by meaning: rows of an embedding model in a FAISS flat index (exact; right to 150,000 rows)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from knowledge.dense.checks import check_allowed, check_query, check_rows
from knowledge.errors import BadIndex
from knowledge.ports import Embedder

BATCH = 512


class DenseIndex:
    """Rows of length 1 compared by inner product, which is the cosine. Safe between threads."""

    def __init__(self, index: Any) -> None:  # Any: faiss adds its Python methods where no type checker looks
        self._index = index

    @classmethod
    def of(cls, vectors: np.ndarray) -> DenseIndex:
        """Hold the given rows: float32 of shape (rows, dimension)."""
        index: Any = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        return cls(index)

    @classmethod
    def build(cls, texts: Iterable[str], embedder: Embedder) -> DenseIndex:
        """Embed texts in order, a batch at a time."""
        index: Any = faiss.IndexFlatIP(embedder.dimension)
        stream = iter(texts)
        while batch := list(islice(stream, BATCH)):
            index.add(embedder.encode(batch))
        return cls(index)

    def save(self, path: Path) -> None:
        """Write the index to a new file."""
        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> DenseIndex:
        """Open a saved index.

        Raises:
            BadIndex: the file is missing or damaged.
        """
        # One question is too little work to share; on a busy machine threads only wait for each other.
        faiss.omp_set_num_threads(1)
        try:
            return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP))
        except RuntimeError as error:
            raise BadIndex(f"{path}: cannot be read as a vector index") from error

    @property
    def rows(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """How many numbers a row has."""
        return int(self._index.d)

    def all(self) -> np.ndarray:
        """Return every row as it was given: float32 of shape (rows, dimension)."""
        return self._index.reconstruct_n(0, self.rows)

    def search(self, query: np.ndarray, k: int, allowed: np.ndarray) -> np.ndarray:
        """Return the numbers of up to k allowed rows, best first; see VectorIndex.

        Raises:
            BadIndex: the question has another dimension.
        """
        check_query(query, self.dimension)
        check_allowed(allowed, self.rows)
        if k <= 0 or not self.rows:
            return np.zeros(0, dtype=np.int64)
        bitmap = np.packbits(allowed, bitorder="little")
        only: Any = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bitmap))  # pyright: ignore[reportCallIssue]
        scores, found = self._index.search(query[None, :], min(k + 1, self.rows), params=only)
        scores, found = scores[0][found[0] >= 0], found[0][found[0] >= 0]
        if len(found) > k and scores[k] == scores[k - 1]:
            scores, found = self._not_below(query, scores[k], only)
        return found[np.lexsort((found, -scores))][:k]

    def similarity(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Cosine of the query with the given rows, float32 of shape (len(rows),).

        Raises:
            BadIndex: the question has another dimension.
        """
        check_query(query, self.dimension)
        check_rows(rows, self.rows)
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        return self._index.reconstruct_batch(rows) @ query

    def _not_below(self, query: np.ndarray, score: np.float32, only: Any) -> tuple[np.ndarray, np.ndarray]:
        """(scores, numbers) of every row with this score or a better one.

        Where equal scores straddle the k-th place, FAISS keeps any of them; we want those that come first.
        """
        radius = float(score) - 1e-6 * max(1.0, abs(float(score)))
        _, scores, found = self._index.range_search(query[None, :], radius, params=only)
        return scores[scores >= score], found[scores >= score]
