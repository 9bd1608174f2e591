"""How much two descriptions in Chinese are about the same matter: shared pairs of characters."""

import math
import re
import unicodedata
from collections import Counter

_NOT_WORDS = re.compile(r"[\W\d_]+")


def likeness(one: str, other: str) -> float:
    """Give 0 (nothing in common) to 1 (the same): the cosine of the counts of neighbouring characters.

    The shorter text decides how much can be shared: a short reminder is like the long story it recalls.
    """
    first, second = _pairs(one), _pairs(other)
    if not first or not second:
        return 0.0
    shared = sum((first & second).values())
    return shared / math.sqrt(min(sum(first.values()), sum(second.values())) * _middle(first, second))


def _middle(first: Counter[str], second: Counter[str]) -> float:
    """Give the geometric mean of both lengths: between the shorter text's and the longer one's."""
    return math.sqrt(sum(first.values()) * sum(second.values()))


def _pairs(text: str) -> Counter[str]:
    plain = unicodedata.normalize("NFKC", text)
    runs = _NOT_WORDS.split(plain)
    return Counter(run[start : start + 2] for run in runs for start in range(len(run) - 1))
