"""Groups questions by likeness, so that one matter asked in fifty ways is read once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_matrix

from knowledge.lexical import terms
from knowledge.normalisation import matter_of, searchable
from knowledge.ports import Embedder

MOST = 5000  # distinct questions; every pair is compared, which takes 100 MB of distances there
BLOCK = 250  # questions compared with all others at a time
# Chosen on the first half of tests/knowledge/data/alike.yml (186 questions about 80 matters, ours). B³ F1 on
# all of it: mean linkage .88 (precision .90, recall .85; the second half alone .91, .80), leaders .83 and
# single linkage .81 at their own best thresholds.
WORDS_SHARE = 0.15  # of the shared words in likeness; the rest is closeness in meaning
ALIKE = 0.42


def group_alike(texts: Sequence[str], embedder: Embedder) -> list[tuple[int, ...]]:
    """Put texts about the same matter together; the same texts in any order give the same groups.

    Mean linkage: two groups become one while their members are alike on average, so a chain of
    half-similar questions does not run through everything.

    Returns:
        positions in `texts`, the most typical of a group first; the largest group first.

    Raises:
        ValueError: more than MOST distinct texts.
    """
    spelled = [matter_of(searchable(text)) for text in texts]
    counts = Counter(spelled)
    distinct = sorted(counts)
    if len(distinct) > MOST:
        raise ValueError(f"{len(distinct)} distinct questions: at most {MOST} are compared")
    likeness = _Likeness(distinct, embedder)
    positions: dict[str, list[int]] = {}
    for position, text in enumerate(spelled):
        positions.setdefault(text, []).append(position)
    groups: list[tuple[int, ...]] = []
    for rows in _clusters(likeness):
        typical = likeness.by_typicality(rows, [counts[distinct[row]] for row in rows])
        groups.append(tuple(position for row in typical for position in positions[distinct[row]]))
    return sorted(groups, key=lambda group: (-len(group), spelled[group[0]]))


class _Likeness:
    """How alike distinct questions are: 1 for the same, about 0 for any two that have nothing in common."""

    def __init__(self, texts: Sequence[str], embedder: Embedder) -> None:
        self.texts = texts
        self._vectors = embedder.encode(texts)
        self._usual = _usual_closeness(embedder)
        self._words = _weighted_words(texts)
        self._weights = np.asarray(self._words.multiply(self._words).sum(axis=1)).ravel()

    def of(self, rows: Sequence[int] | slice, others: Sequence[int] | slice) -> np.ndarray:
        """Likeness of some questions to others, float64 of shape (len(rows), len(others))."""
        cosine = (self._vectors[rows] @ self._vectors[others].T).astype(np.float64)
        meaning = (cosine - self._usual) / (1.0 - self._usual)
        shared = (self._words[rows] @ self._words[others].T).toarray()
        weights = self._weights[rows][:, None] + self._weights[others][None, :]
        words = np.divide(2 * shared, weights, out=np.zeros_like(shared), where=weights > 0)
        return (1 - WORDS_SHARE) * meaning + WORDS_SHARE * words

    def by_typicality(self, rows: Sequence[int], counts: Sequence[int]) -> list[int]:
        """The rows of a group, the one that is most like what was asked (repeats counted) first."""
        mean = dict(zip(rows, (self.of(rows, rows) @ np.asarray(counts)).tolist(), strict=True))
        return sorted(rows, key=lambda row: (-round(mean[row], 6), len(self.texts[row]), self.texts[row]))


def _clusters(likeness: _Likeness) -> list[list[int]]:
    """Rows that belong together, by mean linkage."""
    number = len(likeness.texts)
    if number < 2:
        return [[row] for row in range(number)]
    distances = np.concatenate(list(_distances(likeness)))
    labels = fcluster(linkage(distances, "average"), 1.0 - ALIKE, "distance")
    found: dict[int, list[int]] = {}
    for row, label in enumerate(labels.tolist()):
        found.setdefault(label, []).append(row)
    return list(found.values())


def _distances(likeness: _Likeness) -> Iterator[np.ndarray]:
    """Of each row to the rows after it: together SciPy's condensed matrix; computed a block at a time."""
    number = len(likeness.texts)
    for start in range(0, number, BLOCK):
        alike = likeness.of(slice(start, start + BLOCK), slice(start, number))
        for row, values in enumerate(alike):
            yield 1.0 - np.clip(values[row + 1 :], 0.0, 1.0)


def _weighted_words(texts: Sequence[str]) -> csr_matrix:
    """One row per text; the product of two rows is the weight of the words they share.

    A word that few of these questions hold says more of the matter than one that many hold.
    """
    held = [sorted(set(terms(text))) for text in texts]
    holders = Counter(word for words in held for word in words)
    numbers = {word: number for number, word in enumerate(sorted(holders))}
    columns = [numbers[word] for words in held for word in words]
    weights = [math.sqrt(math.log1p(len(texts) / holders[word])) for words in held for word in words]
    starts = np.cumsum([0, *(len(words) for words in held)])
    return csr_matrix((weights, columns, starts), shape=(len(texts), len(numbers)), dtype=np.float64)


def _usual_closeness(embedder: Embedder) -> float:
    """How close the model puts two questions that have nothing in common: the median cosine, 0..1.

    Some models put any two at .6, the shipped one near 0; counted from there one threshold serves them all.
    """
    rows = embedder.encode(_unrelated())
    pairs = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
    return float(np.clip(np.median(pairs), 0.0, 0.95))


@cache
def _unrelated() -> tuple[str, ...]:
    text = (resources.files("knowledge") / "dictionary" / "unrelated_questions.txt").read_text("utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))
