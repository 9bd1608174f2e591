"""Misspelt field terms set right by their sound: 底保 was typed for 低保, 临时就助 for 临时救助.

Phone keyboards and speech recognition give characters that sound right. A piece of the question becomes
a term of dictionary/terms_repaired.txt only if it sounds like it, shares characters with it, and is
improbable as it stands; otherwise those of a 事业单位 would be taken for unemployed (失业).
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from knowledge.embedding.features import shipped_tokeniser
from knowledge.pronunciation import broad_sound, broad_sound_of, readings, section, sound, sound_of

_SHORTEST, _LONGEST = 2, 6  # characters of a term
_READINGS = 2  # the commonest ones, of each character of a term: 调解 is found as diao jie and as tiao jie


@dataclass(frozen=True)
class Change:
    """One repair: the characters as they were typed, and the term that was searched instead."""

    said: str
    meant: str


@dataclass(frozen=True)
class Repair:
    """The text with its terms set right, and what was changed, in the order of the text."""

    text: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class _Guard:
    """How improbable a piece must be as it stands, in nats (−ln of the frequencies of its words).

    `least` holds for a piece of two, of three, and of four or more characters. Where a typed character is
    an everyday word of its own (就, 在, 不: rarity under `everyday`), the piece needs `least_with_everyday`.
    At most `most_wrong` characters differ from the term.

    The figures were set on the rows `known` of tests/knowledge/data/misspelt.yml, and so that the shipped
    laws, entries and questions (42,000 lines) keep every word that is right.
    """

    most_wrong: int
    least: tuple[float, float, float]
    everyday: float
    least_with_everyday: float


_SAME_SOUND = _Guard(most_wrong=3, least=(15.5, 15.0, 15.0), everyday=6.5, least_with_everyday=20.0)
_LIKE_SOUND = _Guard(most_wrong=1, least=(18.0, 17.0, 17.0), everyday=8.0, least_with_everyday=24.0)
_CUT_WRONG = 5.0  # nats taken off where the piece begins or ends inside a word
_BEFORE_NAMES = re.compile("[叫姓][^我你您他她去来]?$")  # 叫申青, 叫李福养; but 叫我身请
_AFTER_PLACES = tuple("村镇乡路街巷")


@dataclass(frozen=True)
class _Piece:
    start: int
    said: str
    meant: str
    guard: _Guard

    @property
    def end(self) -> int:
        return self.start + len(self.said)

    @property
    def shared(self) -> int:
        return len(self.said) - len(self.typed_wrong)

    @property
    def typed_wrong(self) -> list[str]:
        return [a for a, b in zip(self.said, self.meant, strict=True) if a != b]

    @property
    def change(self) -> Change:
        context = _terms().context[self.meant]
        return Change(self.said[context:], self.meant[context:])


def repair(text: str) -> Repair:
    """Set the misspelt field terms of a text right; a text without any comes back as it is.

    The first call reads the dictionaries (0.2 s, and 0.7 s if nothing was searched yet); the next ones
    take 0.3 ms for 40 characters. Safe between threads.

    Args:
        text: as knowledge.normalisation.searchable gives it.
    Returns:
        a text of the same length.
    Raises:
        ModuleNotFoundError: the package pypinyin is missing.
    """
    pieces = [piece for piece in _pieces(text) if piece.said == piece.meant or _may_be_meant(piece)]
    if all(piece.said == piece.meant for piece in pieces):
        return Repair(text)
    words = _Words(text)
    taken: list[_Piece] = []
    for piece in sorted(pieces, key=lambda p: (-len(p.said), p.guard is _LIKE_SOUND, -p.shared, p.start)):
        free = all(piece.end <= other.start or other.end <= piece.start for other in taken)
        if free and (piece.said == piece.meant or _is_misspelt(piece, words)):
            taken.append(piece)
    changed = sorted((p for p in taken if p.said != p.meant), key=lambda p: p.start)
    return Repair(_replaced(text, changed), tuple(piece.change for piece in changed))


def _replaced(text: str, pieces: list[_Piece]) -> str:
    for piece in pieces:  # a term is as long as what was typed for it, so the places stay
        text = text[: piece.start] + piece.meant + text[piece.end :]
    return text


def _pieces(text: str) -> Iterator[_Piece]:
    """Every piece that is a term, or sounds the same as terms, or nearly; the best term of each."""
    terms = _terms()
    same, like = sound_of(text), broad_sound_of(text)
    for start in range(len(text) - _SHORTEST + 1):
        for end in range(start + _SHORTEST, min(start + _LONGEST, len(text)) + 1):
            alike = terms.by_broad_sound.get(like[start:end])
            if alike and text[start:end] not in terms.kept:
                equal = terms.by_sound.get(same[start:end])
                yield _best(start, text[start:end], equal or alike, _SAME_SOUND if equal else _LIKE_SOUND)


def _best(start: int, said: str, terms: list[str], guard: _Guard) -> _Piece:
    return max((_Piece(start, said, term, guard) for term in terms), key=lambda piece: piece.shared)


def _is_misspelt(piece: _Piece, words: _Words) -> bool:
    """True if the piece is likelier a misspelling than what it says."""
    if words.is_name(piece):
        return False
    guard = piece.guard
    everyday = any(_rarity(character) < guard.everyday for character in piece.typed_wrong)
    least = guard.least_with_everyday if everyday else guard.least[min(len(piece.said), 4) - 2]
    return words.rarity(piece.start, piece.end) >= least


def _may_be_meant(piece: _Piece) -> bool:
    """True if the term shares enough with what was typed to be thought of at all."""
    terms, size = _terms(), len(piece.said)
    context = terms.context[piece.meant]
    return (
        size <= piece.shared * 2
        and len(piece.typed_wrong) <= piece.guard.most_wrong
        and piece.said[:context] == piece.meant[:context]
        and terms.kept.isdisjoint(piece.typed_wrong)
        and (size > 2 or piece.guard is _SAME_SOUND or piece.meant in terms.core)
    )


class _Words:
    """The words of a text as jieba's dictionary cuts it; what it does not know stays single characters."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words: list[tuple[int, str]] = []
        at = 0
        for word in _cut(text):
            self._words.append((at, word))
            at += len(word)

    def rarity(self, start: int, end: int) -> float:
        """How improbable a piece is, in nats: what its words cost beyond what they would cost without it.

        找词善机构 is cut 找词 善 机构. The piece 词善 costs 找词 and 善, less the 找 that would be left.
        """
        touched = [(at, word) for at, word in self._words if at < end and start < at + len(word)]
        first, (last, word) = touched[0][0], touched[-1]
        left = [*_cut(self._text[first:start]), *_cut(self._text[end : last + len(word)])]
        return (
            sum(_rarity(word) for _, word in touched) - sum(map(_rarity, left)) - (_CUT_WRONG if left else 0)
        )

    def is_name(self, piece: _Piece) -> bool:
        """True if a piece of two characters stands where a name stands: 叫李福养, 低宝村."""
        if len(piece.said) > 2:
            return False
        before, after = self._text[: piece.start], self._text[piece.end :]
        return bool(_BEFORE_NAMES.search(before) or after.startswith(_AFTER_PLACES))


def _cut(text: str) -> list[str]:
    # Without the guesses at new words: a misspelling is one, and it must come out in pieces.
    return _jieba().lcut(text, HMM=False) if text else []


def _rarity(word: str) -> float:
    jieba = _jieba()
    return math.log(jieba.total) - math.log(jieba.FREQ.get(word) or 1)


def _jieba() -> Any:
    # The tokeniser that the search has loaded already; a second one would cost 0.7 s and 100 MB.
    return shipped_tokeniser().jieba


@dataclass(frozen=True)
class _Terms:
    by_sound: Mapping[str, list[str]]
    by_broad_sound: Mapping[str, list[str]]
    core: frozenset[str]
    context: Mapping[str, int]  # how many characters of a term stand before its |
    kept: frozenset[str]


@cache
def _terms() -> _Terms:
    same, like, context = defaultdict(list), defaultdict(list), {}
    core = section("core")
    for written in dict.fromkeys(core + section("terms")):
        before, _, last = written.rpartition("|")
        term = before + last
        context[term] = len(before)
        for syllables in product(*(readings(character)[:_READINGS] for character in term)):
            same["".join(map(sound, syllables))].append(term)
            like["".join(map(broad_sound, syllables))].append(term)
    return _Terms(same, like, frozenset(core), context, frozenset(section("kept")))
