"""Places: which region a document or a question speaks of, and which documents apply there.

A place is a 6-digit adcode (GB/T 2260): 430000 a province, 430100 a city in it, 000000 the whole country.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from knowledge.errors import BadRegion
from knowledge.model import WHOLE_COUNTRY, Level

# 河南路, 北京西路, 上海村: a street or village called after a place is not that place.
_NOT_A_PLACE_BEFORE = r"(?![东西南北中]?[路街巷道镇乡村岸]|大道|社区|小区)"


@dataclass(frozen=True)
class Region:
    """A province or prefecture with the names people call it by."""

    adcode: str
    name: str
    short: str


@cache
def regions() -> tuple[Region, ...]:
    """All provinces and prefectures."""
    table = (resources.files("knowledge") / "dictionary" / "regions.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return tuple(Region(*row) for row in rows)


@cache
def _names() -> tuple[re.Pattern[str], dict[str, str]]:
    codes = {name: region.adcode for region in regions() for name in (region.short, region.name) if name}
    longest_first = sorted(codes, key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, longest_first))}){_NOT_A_PLACE_BEFORE}"), codes


def named_in(text: str) -> tuple[str, ...]:
    """Adcodes of the places a text names, in order; a province is dropped where a city of it is named."""
    pattern, codes = _names()
    found = list(dict.fromkeys(codes[match[1]] for match in pattern.finditer(text)))
    return tuple(code for code in found if not any(code != other and within(other, code) for other in found))


def prefix_of(title: str) -> str:
    """Adcode of the place that a title begins with, "000000" if it begins with none."""
    pattern, codes = _names()
    match = pattern.match(title)
    return codes[match[1]] if match else WHOLE_COUNTRY


def by_name(name: str) -> str | None:
    """Adcode of a place called exactly so (湖南, 湖南省), or None."""
    return _names()[1].get(name)


def name_of(adcode: str) -> str:
    """Name of a place: 430000 -> 湖南省; the adcode itself if it is not in the table."""
    return next((region.name for region in regions() if region.adcode == adcode), adcode)


def level_of(adcode: str) -> Level:
    """Rank of a place: 000000 国家, 430000 省, 430100 市, else 县."""
    if adcode == WHOLE_COUNTRY:
        return Level.NATIONAL
    if adcode.endswith("0000"):
        return Level.PROVINCE
    return Level.CITY if adcode.endswith("00") else Level.COUNTY


def within(place: str, area: str) -> bool:
    """True if a place lies in an area or is it: (430102, 430000) and (430102, 000000) are."""
    for zeros in (6, 4, 2, 0):
        if area.endswith("0" * zeros):
            return place[: 6 - zeros] == area[: 6 - zeros]
    return False


def applies(document_region: str, places: Iterable[str]) -> bool:
    """True if a document of that region binds at least one of the places: national texts bind everywhere."""
    return any(within(place, document_region) for place in places)


def checked(adcode: str) -> str:
    """Return the adcode.

    Raises:
        BadRegion: it is not six digits.
    """
    if not re.fullmatch(r"\d{6}", adcode):
        raise BadRegion(f"region {adcode!r}: expected a 6-digit adcode such as 430000")
    return adcode
