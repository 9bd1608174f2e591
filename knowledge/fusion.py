"""Joins the two rankings into one score per row."""

from __future__ import annotations

import numpy as np

LEXICAL_WEIGHT, DENSE_WEIGHT = 0.25, 0.75


def weighted_fusion(lexical: np.ndarray, dense: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Score candidates: prior × (0.25 · BM25 / best BM25 + 0.75 · cosine / best cosine).

    All three have shape (candidates,). The score has no unit and is comparable only within one query. The
    shares were chosen on the 402 questions of docs/quality.md.
    """
    return prior * (LEXICAL_WEIGHT * _share_of_best(lexical) + DENSE_WEIGHT * _share_of_best(dense))


def _share_of_best(scores: np.ndarray) -> np.ndarray:
    best = scores.max(initial=0.0)
    return np.maximum(scores, 0.0) / best if best > 0 else np.zeros_like(scores)
