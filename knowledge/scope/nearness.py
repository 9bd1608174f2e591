"""How near a message is to what people write to other offices: corpus/outside, compared in meaning."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from knowledge.ports import Embedder
from knowledge.scope.messages import outside

OUTSIDE = Path(__file__).parent.parent / "corpus" / "outside"
NEIGHBOURS = 5  # one alike sentence may be chance; the mean of five told others apart better than the nearest


def nearness_to_others(vector: np.ndarray, embedder: Embedder) -> float:
    """The mean cosine of a message of length 1 to the five messages nearest to it that are not for us."""
    return mean_of_nearest(np.vecdot(_others(embedder), vector))


def mean_of_nearest(cosines: np.ndarray) -> float:
    """The mean of the five highest; 0 of none."""
    if not len(cosines):
        return 0.0
    kept = min(NEIGHBOURS, len(cosines))
    return float(np.partition(cosines, -kept)[-kept:].mean())


@lru_cache(maxsize=2)
def _others(embedder: Embedder) -> np.ndarray:
    """Read and encoded once per process: float32 of shape (messages, dimension)."""
    return embedder.encode([text for said in outside(OUTSIDE).values() for text in said])
