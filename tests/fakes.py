"""Stand-ins for what leaves the process or is slow; each passes the same contract tests as the real part."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache

import numpy as np


@cache
def _direction(pair: str) -> np.ndarray:
    seed = int.from_bytes(hashlib.blake2b(pair.encode(), digest_size=8).digest())
    return np.random.default_rng(seed).standard_normal(HashingEmbedder.dimension).astype(np.float32)


class HashingEmbedder:
    """Embeds a text as the sum of fixed random directions, one per pair of characters."""

    dimension = 64
    fingerprint = "hashing-64"
    copyable = False

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 of shape (len(texts), 64), each row of length 1 (or all zero: nothing known)."""
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for pair in {text[i : i + 2] for i in range(len(text) - 1)}:
                row += _direction(pair)
            length = float(np.linalg.norm(row))
            row /= length or 1.0
        return rows
