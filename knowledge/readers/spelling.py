"""What the spelling of a text tells about its source: converted scripts, pinyin glosses, lost characters."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.normalisation import to_simplified
from knowledge.readers.legibility import unreadable_in

_HAN = re.compile(r"[\u3400-\u9fff]")
_TONED = "āáǎàōóǒòēéěèīíǐìūúǔùǖǘǚǜń\u01f9ḿĀÁǍÀŌÓǑÒĒÉĚÈ"
_GLOSS = re.compile(rf"(?<=[\u3400-\u9fff])[ ]?[(（](?=[a-zü{_TONED}]*[{_TONED}])[a-zü{_TONED}]{{1,7}}[)）]")
# Simplified texts hold a few such characters in names (乾, 於), a text in traditional script every fifth.
_FEWEST, _LEAST_SHARE = 10, 0.04


def notes_on(lines: Sequence[str], glosses: int = 0) -> tuple[str, ...]:
    """Return notes on how a text is written; the text itself is quoted as it stands.

    Args:
        glosses: pinyin glosses already left out, set above the words as ruby.
    """
    text = "\n".join(lines)
    glosses += len(_GLOSS.findall(text))
    notes = ["traditional_text"] if _is_traditional(text) else []
    notes += [f"phonetic_glosses:{glosses}"] if glosses else []
    unreadable = unreadable_in(text)
    return (*notes, f"unreadable_characters:{unreadable}") if unreadable else tuple(notes)


def _is_traditional(text: str) -> bool:
    simplified = to_simplified(text)
    changed = sum(a != b for a, b in zip(text, simplified, strict=False))
    return changed >= _FEWEST and changed >= _LEAST_SHARE * len(_HAN.findall(text))
