"""Tells text that somebody wrote from what a wrong encoding or a font without a character map leaves."""

from __future__ import annotations

from collections import Counter
from functools import cache

# Measured on 3,421 Chinese laws: the share of unfamiliar characters is at most 0.04 (0.06 after conversion to
# traditional). Read in a wrong encoding the same laws have at least 0.18 (Big5 as GBK) and mostly 0.4 to 0.8.
TOO_MANY_UNFAMILIAR = 0.13
# Accented Latin letters stand for one byte each when UTF-8 or GBK was read as Latin-1 (ä½ å¥½, µÚÒ»Ìõ).
TOO_MANY_ACCENTED = 0.15
# Beyond one lost character in 200 whoever saved the file has destroyed it; the worst law has 1 in 4,000.
TOO_MANY_UNREADABLE = 0.005

# What is left for numbers, tables and emphasis where only the bytes tell the encoding.
ENOUGH_ORDINARY = 0.85

_LOST = "锟斤拷"  # what U+FFFD in UTF-8 becomes when it is read as GBK
_CONTROLS = frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0)))) - frozenset(
    "\t\n\v\f\r\x1a\x1c\x1d\x1e\x1f\x85"
)
_ACCENTED = frozenset(map(chr, range(0xA1, 0x100))) - frozenset("·×÷°±§")


def is_garbled(text: str) -> bool:
    """True if the text is what a wrong decoding leaves, not words."""
    counts = Counter(text)
    visible = sum(count for char, count in counts.items() if not char.isspace())
    accented = sum(counts[char] for char in _ACCENTED)
    unreadable = text.count(_LOST) + _unreadable(counts)
    return (
        accented > TOO_MANY_ACCENTED * visible
        or _unfamiliarity(counts) > TOO_MANY_UNFAMILIAR
        or unreadable > max(2, TOO_MANY_UNREADABLE * visible)
    )


def is_plainly_chinese(text: str) -> bool:
    """True if nearly all of it is common Chinese characters, Chinese punctuation and ASCII.

    Stricter than `is_garbled`: for guesses, where other bytes read as UTF-16 give letters of all scripts.
    """
    counts = Counter(char for char in text if not char.isspace())
    ordinary = sum(count for char, count in counts.items() if _is_ordinary(char))
    return ordinary >= ENOUGH_ORDINARY * counts.total()


def unfamiliarity(text: str) -> float:
    """Share of the Chinese characters that are not among the 6,700 in common use; 0 where there are none.

    Two rare ones, as in names of places, count for nothing.
    """
    return _unfamiliarity(Counter(text))


def unreadable_in(text: str) -> int:
    """Count the characters that nobody can read: replacement, private use, control, and 锟斤拷."""
    return text.count(_LOST) + _unreadable(Counter(text))


def is_han(char: str) -> bool:
    """True for a Chinese character."""
    return "\u3400" <= char <= "\u9fff" or "\U00020000" <= char <= "\U0003ffff"


def _unfamiliarity(counts: Counter[str]) -> float:
    han = {char: count for char, count in counts.items() if is_han(char)}
    rare = sum(count for char, count in han.items() if char not in _common())
    return rare / sum(han.values()) if rare > 2 else 0.0


def _unreadable(counts: Counter[str]) -> int:
    return sum(count for char, count in counts.items() if _is_unreadable(char))


def _is_ordinary(char: str) -> bool:
    return (
        "!" <= char <= "~"
        or "\u2010" <= char <= "\u303f"
        or "\uff01" <= char <= "\uff5e"
        or char in _common()
    )


def _is_unreadable(char: str) -> bool:
    private = "\ud800" <= char <= "\uf8ff" or char >= "\U000f0000"
    return private or char in "\ufffd\ufffe\uffff" or char in _CONTROLS


@cache
def _common() -> frozenset[str]:
    """The first levels of GB 2312 (rows 16 to 55) and of Big5 (A4 to C6): what is in common use."""
    trails = (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    levels = (("gb2312", range(0xB0, 0xD8), range(0xA1, 0xFF)), ("big5", range(0xA4, 0xC7), trails))
    codes = ((bytes((lead, trail)), name) for name, leads, ends in levels for lead in leads for trail in ends)
    return frozenset(char for code, name in codes for char in code.decode(name, "ignore") if is_han(char))
