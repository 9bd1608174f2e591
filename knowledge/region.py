"""Places: which region a document or a question speaks of, and which documents apply there.

A place is a 6-digit adcode (GB/T 2260): 430000 a province, 430100 a city in it, 000000 the whole country.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from knowledge.errors import BadRegion
from knowledge.model import WHOLE_COUNTRY, Level

# 河南路, 北京西路, 上海村: a street or village called after a place is not that place; nor is 县级 a county.
_NO_PLACE_FOLLOWS = re.compile(
    r"[东西南北中]?(?:[路街巷镇乡村岸]|道(?!县))|[一二三四五六七八九十]+路|大道|社区|小区|新村|级"
)
# 街道县级, 示范县, 出海口, 沿海城市: these names are also the end of one word and the beginning of the
# next, so they count only beside another place, behind something that is no word, or behind a word that
# places follow.
_WEAK = re.compile(
    r".[县区旗]|海城市|应城市|会同县|大庆|广安|河源|内江|海口|台中|定西|阳江|黑河|北海|桃园|南通|黄山|长春|怒江|昌平"
)
_BEFORE_PLACES = "在是到从住去来回于我们咱"
# Common nouns; they count only right behind the city that has a district of that name.
_ONLY_BESIDE = re.compile(
    r"[矿郊城东西南北新市]区|和县|[老古新上下中东西南北越]城区|城[中东西南北]区|市中区|新市区|解放区|新建区|港口区|海港区|平房区"
    r"|滨湖区|[中新]山区|[河江]东区|[河江]西区|西安区"
)


@dataclass(frozen=True)
class Region:
    """A province, prefecture or county with the names people call it by."""

    adcode: str
    name: str
    short: str


@cache
def regions() -> tuple[Region, ...]:
    """All provinces, prefectures and counties."""
    table = (resources.files("knowledge") / "dictionary" / "regions.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return tuple(Region(*row) for row in rows)


@cache
def _codes() -> dict[str, tuple[str, ...]]:
    """The adcodes of each name: several districts are called 鼓楼区."""
    codes: dict[str, tuple[str, ...]] = {}
    for region in regions():
        for name in {region.short, region.name} - {""}:
            codes[name] = (*codes.get(name, ()), region.adcode)
    return codes


@cache
def _lengths() -> dict[str, tuple[int, ...]]:
    """How long the names are that begin with a character, the longest first."""
    found: dict[str, set[int]] = {}
    for name in _codes():
        found.setdefault(name[0], set()).add(len(name))
    return {first: tuple(sorted(lengths, reverse=True)) for first, lengths in found.items()}


def _name_at(text: str, at: int) -> str | None:
    """The longest name that begins here, unless what follows makes a street or village of it."""
    codes = _codes()
    for length in _lengths().get(text[at], ()):
        name = text[at : at + length]
        if name in codes and not _NO_PLACE_FOLLOWS.match(text, at + length):
            return name
    return None


def _names_in(text: str) -> Iterator[tuple[int, str]]:
    """Names with where they begin, in order; none begins within another."""
    at, first = 0, _lengths()
    while at < len(text):
        name = _name_at(text, at) if text[at] in first else None
        if name:
            yield at, name
        at += len(name) if name else 1


def named_in(text: str) -> tuple[str, ...]:
    """Adcodes of the places a text names, in order; a province is dropped where a city of it is named.

    A name that several places bear counts only where the text has named one place around just one of them
    (南京鼓楼区): a wrong province is worse than none.
    """
    found = list(dict.fromkeys(_found(text)))
    return tuple(code for code in found if not any(code != other and within(other, code) for other in found))


def _found(text: str) -> Iterator[str]:
    before: list[str] = []
    end = 0
    for start, name in _names_in(text):
        places = _codes()[name]
        beside = bool(before) and start == end
        if not _counts(name, text[:start], beside):
            continue
        if len(places) > 1 or _ONLY_BESIDE.fullmatch(name):
            places = tuple(place for place in places if any(within(place, area) for area in before))
        if len(places) == 1:
            before.append(places[0])
            end = start + len(name)
            yield places[0]


def _counts(name: str, text_before: str, beside: bool) -> bool:
    """True if a name that is part of other words stands where it must be a place."""
    if beside:
        return True
    if _ONLY_BESIDE.fullmatch(name):
        return False
    character = text_before[-1:]
    return not _WEAK.fullmatch(name) or character in _BEFORE_PLACES or not "\u3400" <= character <= "\u9fff"


def prefix_of(title: str) -> str:
    """Adcode of the place a title begins with, the most exact of 湖南省长沙市岳麓区; "000000" for none."""
    place, at = WHOLE_COUNTRY, 0
    while at < len(title) and (name := _name_at(title, at)):
        inside = [code for code in _codes()[name] if within(code, place)]
        if len(inside) != 1:
            break
        place, at = inside[0], at + len(name)
    return place


def by_name(name: str) -> str | None:
    """Adcode of a place called exactly so (湖南, 湖南省), or None."""
    found = _codes().get(name, ())
    return found[0] if len(found) == 1 else None


def name_of(adcode: str) -> str:
    """Name of a place: 430000 -> 湖南省; the adcode itself if it is not in the table."""
    return _name_of().get(adcode, adcode)


@cache
def _name_of() -> dict[str, str]:
    return {region.adcode: region.name for region in regions()}


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
