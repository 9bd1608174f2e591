"""One spelling for searching: NFKC, nothing invisible, simplified. Quoted text is never touched."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import resources

_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SPACES = re.compile(r"\s+")
_SPACE_BETWEEN_HAN = re.compile(
    r"(?<=[\u3400-\u9fff，。；：、！？）（]) +(?=[\u3400-\u9fff，。；：、！？）（])"
)

LEAST_MATTER = 3  # characters; 低保费 is still a question


@cache
def _converter():
    from opencc import OpenCC

    return OpenCC("t2s")


@cache
def _traditional() -> frozenset[str]:
    """The characters that have a simplified form, from the converter's own table."""
    table = (resources.files("opencc") / "dictionary" / "TSCharacters.txt").read_text("utf-8")
    pairs = (line.split("\t") for line in table.splitlines() if line)
    return frozenset(pair[0] for pair in pairs if pair[0] not in pair[1].split(" "))


def to_simplified(text: str) -> str:
    """Turn traditional characters into simplified ones; everything else stays."""
    # The converter takes a tenth of a second for a page, and most texts hold nothing to convert.
    return text if _traditional().isdisjoint(text) else _converter().convert(text)


def searchable(text: str) -> str:
    """Return the text as it is searched: NFKC, simplified, lower case, no spaces inside words."""
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    text = to_simplified(text).lower()
    return _SPACE_BETWEEN_HAN.sub("", _SPACES.sub(" ", text)).strip()


def matter_of(question: str) -> str:
    """Return a searchable question without the politeness it opens with (顺便问一句，…).

    It is given back whole when hardly anything would be left.
    """
    rest = question
    while opening := _openings().match(rest):
        rest = rest[opening.end() :]
    return rest if len(rest) >= LEAST_MATTER else question


@cache
def _openings() -> re.Pattern[str]:
    text = (resources.files("knowledge") / "dictionary" / "openings.txt").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return re.compile("|".join(f"(?:{line})" for line in lines))


def visible(text: str) -> str:
    """Drop the characters nobody sees, for comparing and for lines we compose; not for quoting."""
    return _INVISIBLE.sub("", text)


def is_blank(text: str) -> bool:
    """True if nothing visible is left."""
    return not visible(text).strip()
