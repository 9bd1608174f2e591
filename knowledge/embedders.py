"""The embedding models: the small one that ships, and any sentence-transformers model in a local folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from knowledge.embedding import load_local
from knowledge.embedding.features import SHIPPED_MODEL, tokenise
from knowledge.embedding.rows import unpack

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 512
_HASHED_BYTES = 1 << 20


class SentenceEmbedder:
    """A sentence-transformers model in a local folder, loaded when first used; nothing is ever downloaded."""

    copyable = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def model(self) -> SentenceTransformer:
        """The model itself."""
        return load_local(self._folder)

    @property
    def dimension(self) -> int:
        """Length of a row."""
        return int(self.model.get_embedding_dimension() or 0)

    @property
    def fingerprint(self) -> str:
        """Name and content of the model's files; large ones by size and head only."""
        return f"{self._folder.name}-{_digest(self._folder)}"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 of shape (len(texts), dimension), rows of length 1 (all zero: nothing known)."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        rows = self.model.encode(
            list(texts),
            batch_size=BATCH,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.ascontiguousarray(rows, dtype=np.float32)


class ShippedEmbedder:
    """The model that ships, looked up with NumPy: the same rows as sentence-transformers, torch unloaded.

    Loading torch takes 3 to 17 seconds and 500 MB; the lookup needs neither (0.1 ms a text).
    """

    copyable = True

    @property
    def dimension(self) -> int:
        """Length of a row."""
        return self._table[1].shape[1]

    @property
    def fingerprint(self) -> str:
        """Content of the packed model and its word list."""
        return f"shipped-{_digest(SHIPPED_MODEL)}"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 of shape (len(texts), dimension), rows of length 1 (all zero: nothing known)."""
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[:] = self._look_up(text)
        return rows

    def __getstate__(self) -> dict[str, object]:
        """A copy in another process reads the model itself."""
        return {}

    def _look_up(self, text: str) -> np.ndarray:
        ids, weights = self._table
        known = [ids[feature] for feature in tokenise(text) if feature in ids]
        total = weights[known].sum(axis=0) if known else np.zeros(weights.shape[1], dtype=np.float32)
        length = float(np.linalg.norm(total))
        return total / length if length else total

    @cached_property
    def _table(self) -> tuple[dict[str, int], np.ndarray]:
        """Row number of each feature, and the rows."""
        features, weights = unpack(SHIPPED_MODEL)
        return {feature: row for row, feature in enumerate(features)}, weights


@cache
def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    # A changed explanation is no changed model.
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".md"):
        with path.open("rb") as file:
            digest.update(f"{path.relative_to(folder)}:{path.stat().st_size}:".encode())
            digest.update(file.read(_HASHED_BYTES))
    return digest.hexdigest()[:16]
