"""How Chinese characters sound, as texts that can be compared: one character stands for one syllable.

Readings are without tones and the commonest first. In the broad sound, syllables that the south does not tell
apart are one.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache, lru_cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from zlib import crc32

_TERMS = "terms_repaired.txt"
# Code points that stand for syllables: from here on, this many. No two syllables share one (tested).
_FIRST, _MANY = 0x20000, 0xE0000


def sound_of(text: str) -> str:
    """The commonest reading of each character, one character each; one without a reading stands for itself.

    Raises:
        ModuleNotFoundError: the package pypinyin is missing.
    """
    return "".join(map(_sound, text))


def broad_sound_of(text: str) -> str:
    """The same of the broad sounds."""
    return "".join(map(_broad_sound, text))


@cache
def sound(syllable: str) -> str:
    """The character that stands for a syllable, so that a piece's sound is a slice.

    The same in every process: a trained model may keep it.
    """
    return chr(_FIRST + crc32(syllable.encode()) % _MANY)


def broad_sound(syllable: str) -> str:
    """The character that stands for a syllable and for those the south does not tell from it."""
    return sound(_broad(syllable))


@lru_cache(maxsize=8192)
def _sound(character: str) -> str:
    """One character that stands for the commonest reading; a character without one stands for itself."""
    found = readings(character)
    return sound(found[0]) if found else character


@lru_cache(maxsize=8192)
def _broad_sound(character: str) -> str:
    found = readings(character)
    return broad_sound(found[0]) if found else character


def _broad(syllable: str) -> str:
    """A syllable with what the south does not tell apart: z/zh c/ch s/sh n/l f/h(u) in/ing en/eng an/ang."""
    syllable = re.sub(r"^([zcs])h", r"\1", syllable)
    syllable = re.sub(r"^n", "l", syllable)
    syllable = re.sub(r"^(?:f|hu(?=[aeino]))", "h", syllable)
    return re.sub(r"(?<=[aei])ng$", "n", syllable)


@cache
def readings(character: str) -> tuple[str, ...]:
    """Readings without tones, the commonest first; none for what is no Chinese character."""
    if settled := _settled_readings().get(character):
        return settled
    marked = _reading_table().get(str(ord(character)), "").split(",")
    return tuple(dict.fromkeys(_without_tone(reading) for reading in marked if reading))


def section(name: str) -> list[str]:
    """The words of one section of dictionary/terms_repaired.txt."""
    text = (resources.files("knowledge") / "dictionary" / _TERMS).read_text("utf-8")
    lines = text.partition(f"[{name}]\n")[2].partition("\n[")[0].splitlines()
    return " ".join(line for line in lines if not line.startswith("#")).split()


@cache
def _settled_readings() -> dict[str, tuple[str, ...]]:
    lines = (line.split(":") for line in section("readings"))
    return {character: tuple(readings.split(",")) for character, readings in lines}


def _without_tone(reading: str) -> str:
    letters = unicodedata.normalize("NFD", reading)
    return "".join(letter for letter in letters if letter == "\u0308" or not unicodedata.combining(letter))


@cache
def _reading_table() -> dict[str, str]:
    """Readings by decimal code point, from pypinyin's own file.

    The package is not imported for it: that reads 2.5 MB of phrases too, which takes five times as long.
    """
    spec = find_spec("pypinyin")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("pypinyin is not installed; the readings of characters come from it")
    folder = Path(next(iter(spec.submodule_search_locations)))
    return json.loads((folder / "pinyin_dict.json").read_text("utf-8"))
