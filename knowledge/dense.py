"""Search by meaning: sentence-transformers rows in a FAISS flat index (exact; right up to about 100,000 rows)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import faiss
import numpy as np

from knowledge.errors import BadIndex
from knowledge.ports import Embedder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 512
_HASHED_WHOLE = 1 << 20


class SentenceEmbedder:
    """A sentence-transformers model: the shipped one, or any in a local folder. Loaded when first used."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @cached_property
    def _model(self) -> SentenceTransformer:
        if self._folder is None:
            from knowledge.embedding import load_shipped

            return load_shipped()
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(str(self._folder), local_files_only=True, device="cpu")

    @property
    def dimension(self) -> int:
        """Length of a row."""
        return int(self._model.get_embedding_dimension() or 0)

    @cached_property
    def fingerprint(self) -> str:
        """Name and content of the model's files; large ones by size and head only."""
        from knowledge.embedding.features import SHIPPED_MODEL

        folder = self._folder or SHIPPED_MODEL
        digest = hashlib.sha256()
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            with path.open("rb") as file:
                digest.update(f"{path.relative_to(folder)}:{path.stat().st_size}:".encode())
                digest.update(file.read(_HASHED_WHOLE))
        return f"{'shipped' if self._folder is None else folder.name}-{digest.hexdigest()[:16]}"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 of shape (len(texts), dimension), each row of length 1 (or all zero: nothing known)."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        rows = self._model.encode(
            list(texts), batch_size=BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.ascontiguousarray(rows, dtype=np.float32)


class DenseIndex:
    """Rows of length 1 compared by inner product, which is the cosine."""

    def __init__(self, index: faiss.IndexFlatIP) -> None:
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
        """Return up to k row numbers, best first; query has shape (dimension,), allowed is bool of shape (rows,)."""
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
