"""Understands the answer to “which of these places is it?” (第二个, 隆回那个, 不是洞口).

Pure rules over the word lists of data/intake.yml.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tickets.mentions import habits
from tickets.model import Area


def picked(answer: str, offered: Sequence[Area], listed: Mapping[str, Any]) -> tuple[Area, ...]:
    """Give those of the offered places that the answer leaves: one, several, or none that it speaks of.

    Args:
        offered: two or more places, in the order in which they were read out.
        listed: the words of data/intake.yml.
    """
    numbered = _numbered(answer, offered, listed)
    if numbered:
        return (numbered,)
    common = set.intersection(*(_names(area) for area in offered))
    hits = [_hits(answer, _names(area) - common) for area in offered]
    most = max(said for said, _ in hits)
    if most:
        return tuple(area for area, (said, _) in zip(offered, hits, strict=True) if said == most)
    if any(denied for _, denied in hits):
        return tuple(area for area, (_, denied) in zip(offered, hits, strict=True) if not denied)
    return ()


def shared(offered: Sequence[Area]) -> Area:
    """Give what all the offered places have in common, without a code."""
    levels = zip(*((area.province, area.city, area.county, area.township) for area in offered), strict=True)
    return Area(*(names[0] if len(set(names)) == 1 else None for names in levels))


def _numbered(answer: str, offered: Sequence[Area], listed: Mapping[str, Any]) -> Area | None:
    """Find 第二个, 后面那个 or a bare 2."""
    bare = answer.strip(" ，,。.！!个号吧啊嘛咯的")
    for place, words in zip(offered, listed["ordinals"], strict=False):
        if bare in words["alone"] or any(word in answer for word in words["anywhere"]):
            return place
    return offered[-1] if any(word in answer for word in listed["the_last"]) else None


def _names(area: Area) -> set[str]:
    """Give all its names, whole and as they are said."""
    whole = [name for name in (area.province, area.city, area.county, area.township) if name]
    return {*whole, *map(habits().short, whole)}


def _hits(answer: str, names: set[str]) -> tuple[int, int]:
    """Count the names that the answer says, and those that it says it is not."""
    said = habits()
    rest = re.sub("|".join(map(re.escape, said.no_denials)), "", answer)
    denials = "|".join(map(re.escape, said.denials))
    denied = {name for name in names if re.search(rf"(?:{denials}){re.escape(name)}", rest)}
    return sum(name in rest for name in names - denied), len(denied)
