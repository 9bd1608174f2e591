"""jieba's dictionary with the domain's words, read in parts: a text needs only few of its words."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterable
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

_COUNT_BYTES = 8


def private_jieba() -> Any:
    """Return a jieba of our own without any words: the global one stays as it is.

    No cache file is read or written: jieba's usual one lies in the shared temporary folder, where another
    user or version may have left one.
    """
    with warnings.catch_warnings(), _without_pkg_resources():
        warnings.simplefilter("ignore")
        from knowledge.embedding.cutting import Tokenizer
    tokenizer = Tokenizer()
    tokenizer.FREQ, tokenizer.total = {}, 0
    tokenizer.initialized = True
    return tokenizer


@contextmanager
def _without_pkg_resources():
    """jieba 0.42.1 asks for it and does as well without; loading it takes a fifth of a second."""
    name = "pkg_resources"
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # the import system takes it for "not there"
    try:
        yield
    finally:
        del sys.modules[name]


def packed_dictionary(words: Iterable[str]) -> bytes:
    """jieba's own words and these, with their frequencies, by their first character.

    The frequency of an added word is what jieba suggests so that it is not cut. It takes 0.7 s.
    """
    tokenizer = private_jieba()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    for word in sorted(set(words)):
        tokenizer.add_word(word)
    parts: dict[str, list[str]] = {}
    for word, frequency in tokenizer.FREQ.items():
        parts.setdefault(word[0], []).append(f"{word}\n{frequency}")
    packed = ["\n".join(part).encode() for part in parts.values()]
    ends = accumulate(map(len, packed))
    head = json.dumps({"total": tokenizer.total, "ends": dict(zip(parts, ends, strict=True))}).encode()
    return len(head).to_bytes(_COUNT_BYTES) + head + b"".join(packed)


class WordList:
    """A packed dictionary; `frequencies` holds what was loaded of it. Safe between threads."""

    def __init__(self, packed: bytes) -> None:
        begin = _COUNT_BYTES + int.from_bytes(packed[:_COUNT_BYTES])
        head = json.loads(packed[_COUNT_BYTES:begin])
        self.total: int = head["total"]
        self.frequencies: dict[str, int] = {}
        ends = [begin + end for end in head["ends"].values()]
        self._places = dict(zip(head["ends"], zip([begin, *ends], ends, strict=False), strict=True))
        self._packed = packed
        self._loaded: set[str] = set()
        self._is_whole = False

    def load_for(self, text: str) -> None:
        """Load every word, and beginning of one, that may stand in a text."""
        packed = self._packed  # before the question whether it is still needed
        if self._is_whole:
            return
        for first in set(text) - self._loaded:
            if place := self._places.get(first):
                words = packed[slice(*place)].decode().split("\n")
                self.frequencies.update(zip(words[::2], map(int, words[1::2]), strict=True))
            self._loaded.add(first)  # last, so that no other thread finds half of them

    def load_all(self) -> None:
        """Load every word there is."""
        if self._is_whole:
            return
        self.load_for("".join(self._places))
        self._is_whole = True
        self._packed = b""
