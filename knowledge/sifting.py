"""Tells a question from a greeting, a slip of the finger or a mere yes."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from knowledge.normalisation import LEAST_MATTER, searchable

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_MARKS = re.compile(r"[\W_]+")
_LOOKED_AT = 30  # characters; a long story repeats its characters, the beginning of one does not
_LEAST_VARIETY = 0.4  # of the characters looked at must be different ones


def asks_something(text: str) -> bool:
    """Whether a message may be a question: not small talk, not numbers alone, not the same characters again.

    Senseless sentences of real words cannot be told apart here.
    """
    plain = _MARKS.sub("", searchable(text))
    characters = _HAN.findall(plain)[:_LOOKED_AT]
    different = len(set(characters))
    if different < LEAST_MATTER or different < _LEAST_VARIETY * len(characters):
        return False
    return not _small_talk().fullmatch(plain)


@cache
def _small_talk() -> re.Pattern[str]:
    text = (resources.files("knowledge") / "dictionary" / "small_talk.txt").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return re.compile(f"(?:{'|'.join(lines)})+")
