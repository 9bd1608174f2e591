"""Search by meaning: rows of an embedding model in a FAISS flat index (exact; right to 100,000 rows)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import faiss
import numpy as np

from knowledge.errors import BadIndex
from knowledge.ports import Embedder

BATCH = 512


class DenseIndex:
    """Rows of length 1 compared by inner product, which is the cosine."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def build(cls, texts: Iterable[str], embedder: Embedder) -> DenseIndex:
        """Embed texts in order, a batch at a time."""
        index = faiss.IndexFlatIP(embedder.dimension)
        stream = iter(texts)
        while batch := list(islice(stream, BATCH)):
            index.add(embedder.encode(batch))  # pyright: ignore[reportCallIssue]
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
        try:
            return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP))
        except RuntimeError as error:
            raise BadIndex(f"{path}: cannot be read as a vector index") from error

    @property
    def rows(self) -> int:
        return int(self._index.ntotal)

    def search(self, query: np.ndarray, k: int, allowed: np.ndarray) -> np.ndarray:
        """Return up to k row numbers, best first.

        Args:
            query: float32 of shape (dimension,).
            allowed: bool of shape (rows,).
        """
        bitmap = np.packbits(allowed, bitorder="little")
        selector = faiss.IDSelectorBitmap(bitmap)  # pyright: ignore[reportCallIssue]
        parameters = faiss.SearchParameters(sel=selector)  # pyright: ignore[reportCallIssue]
        _, found = self._index.search(query[None, :], min(k, self.rows), params=parameters)  # pyright: ignore
        return found[0][found[0] >= 0]

    def similarity(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Cosine of the query with the given rows, float32 of shape (len(rows),)."""
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        return self._index.reconstruct_batch(rows) @ query  # pyright: ignore[reportCallIssue]
