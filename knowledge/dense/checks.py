"""What every vector index asks of its arguments, checked before a wrong one gets a wrong answer."""

from __future__ import annotations

import numpy as np

from knowledge.errors import BadIndex


def check_query(query: np.ndarray, dimension: int) -> None:
    """See that a question was embedded as the index was.

    Raises:
        BadIndex: the question has another dimension than the rows, so another model embedded it.
    """
    if query.shape != (dimension,):
        raise BadIndex(f"a question of shape {query.shape} for rows of {dimension} numbers")


def check_allowed(allowed: np.ndarray, rows: int) -> None:
    """See that there is one bool per row.

    Raises:
        ValueError: the bools belong to another generation.
    """
    if allowed.shape != (rows,) or allowed.dtype != np.bool_:
        raise ValueError(f"allowed is {allowed.dtype} of shape {allowed.shape}, expected bool of ({rows},)")


def check_rows(wanted: np.ndarray, rows: int) -> None:
    """See that all row numbers exist.

    Raises:
        IndexError: one of them is not 0 … rows-1.
    """
    if len(wanted) and not 0 <= wanted.min() <= wanted.max() < rows:
        raise IndexError(f"rows {wanted.min()} … {wanted.max()} of an index with rows 0 … {rows - 1}")


def check_length(vectors: np.ndarray) -> None:
    """See that no row is longer than 1, as an embedder promises.

    Raises:
        ValueError: one is.
    """
    longest = float(np.sqrt(np.vecdot(vectors, vectors).max(initial=0.0)))
    if longest > 1.001:
        raise ValueError(f"a row of length {longest:.3f}: the embedder must give rows of length 1")
