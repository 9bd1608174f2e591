"""What the classifier sees in a message: pieces of its spelling, pieces of its sound, and concepts.

Spelling variants of dialects are brought together first, and words of one kind are one concept; both lists
are data (wording.zh.yml). The same text always gives the same features.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from pathlib import Path

import yaml

from knowledge.normalisation import searchable
from knowledge.pronunciation import broad_sound_of

WORDING_FILE = Path(__file__).parent / "wording.zh.yml"
SPELLING, SOUND, CONCEPT = "c", "p", "k"  # the letter before the colon of every feature
LONGEST_PIECE = 4  # characters
LONGEST_SOUND = 3  # syllables
WINDOW = 2  # clauses that are judged together
LONGEST_CLAUSE = 24  # characters; speech without punctuation is cut into overlapping parts

_STOPS = re.compile(r"[^\w]+")


@dataclass(frozen=True)
class Wording:
    """The spelling variants and the concepts of wording.zh.yml, ready to match."""

    spelling: tuple[tuple[re.Pattern[str], str], ...]
    concepts: tuple[tuple[str, re.Pattern[str]], ...]


@cache
def load_wording(path: Path = WORDING_FILE) -> Wording:
    """Read and compile the wording file, once."""
    data = yaml.safe_load(path.read_text("utf-8"))
    return Wording(
        tuple((re.compile(pattern), one) for pattern, one in data["spelling"]),
        tuple((name, re.compile(words)) for name, words in data["concepts"].items()),
    )


def plain_text(text: str) -> str:
    """Return the message simplified, half width, without spaces, in the spelling of wording.zh.yml."""
    plain = re.sub(r"\s+", "", searchable(text))
    for pattern, one in load_wording().spelling:
        plain = pattern.sub(one, plain)
    return plain


def clauses(plain: str) -> list[str]:
    """Cut a plain text at its punctuation; a long clause without any is cut into overlapping parts."""
    return [piece for part in _STOPS.split(plain) if part for piece in _pieces(part)]


def windows(plain: str) -> list[str]:
    """Return every run of WINDOW clauses; the whole text if it has no more."""
    parts = clauses(plain)
    starts = range(max(1, len(parts) - WINDOW + 1))
    return ["，".join(parts[at : at + WINDOW]) for at in starts]


def features(plain: str) -> set[str]:
    """Return the features of a plain text; the letter before the colon tells their group."""
    marked = f"^{_STOPS.sub('，', plain)}$"
    return {
        *(f"{SPELLING}:{piece}" for piece in _runs(marked, 1, LONGEST_PIECE)),
        *(f"{SOUND}:{piece}" for piece in _runs(broad_sound_of(marked), 2, LONGEST_SOUND)),
        *(f"{CONCEPT}:{found}" for found in _concept_features(plain)),
    }


def _concept_features(plain: str) -> Iterator[str]:
    """Give each concept, and each pair of concepts within a clause (>) or in two neighbouring ones (/)."""
    before: tuple[str, ...] = ()
    for clause in clauses(plain):
        names = _concepts(clause)
        yield from names
        yield from (f"{one}>{other}" for at, one in enumerate(names) for other in names[at + 1 :])
        yield from (f"{one}/{other}" for one, other in product(before, names))
        before = names


@lru_cache(maxsize=512)
def _concepts(clause: str) -> tuple[str, ...]:
    """Return the concepts of a clause by the place of their first words."""
    hits = ((pattern.search(clause), name) for name, pattern in load_wording().concepts)
    return tuple(name for _, name in sorted((hit.start(), name) for hit, name in hits if hit))


def _pieces(part: str) -> list[str]:
    if len(part) <= LONGEST_CLAUSE:
        return [part]
    step = LONGEST_CLAUSE // 2
    return [part[at : at + LONGEST_CLAUSE] for at in range(0, len(part) - step, step)]


def _runs(text: str, shortest: int, longest: int) -> Iterator[str]:
    return (text[at : at + n] for n in range(shortest, longest + 1) for at in range(len(text) - n + 1))
