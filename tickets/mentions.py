"""Finds the stretches of a text that name places, and how sure each of them is.

Pure matching over the gazetteer and the habits of data/places.yml; which place is meant is decided in
places.py.
"""

import re
from dataclasses import dataclass
from functools import cache

import yaml

from tickets.gazetteer import COUNTY, PLACES_FILE, Gazetteer, Place

FULL = 4
SHORT_HIGH = 3  # a province or city by its short name
SHORT_COUNTY = 1
SUPPORT = 2  # a cue before it, an ending behind it, a choice beside it, or nothing else in the text


@dataclass(frozen=True)
class Mention:
    """A stretch of the text that names one or more places; `weight` says how plainly it names each."""

    start: int
    end: int
    places: tuple[Place, ...]
    weight: dict[Place, int]


@dataclass(frozen=True)
class Habits:
    """data/places.yml, ready to match."""

    not_places: re.Pattern[str]
    not_after: tuple[str, ...]
    cues: tuple[str, ...]
    either: tuple[str, ...]
    denials: tuple[str, ...]
    no_denials: tuple[str, ...]
    county_endings: tuple[str, ...]
    township_endings: tuple[str, ...]
    newer_endings: tuple[str, ...]
    peoples: re.Pattern[str]
    division_endings: re.Pattern[str]
    address_ends: re.Pattern[str]
    address_words: re.Pattern[str]

    def short(self, name: str) -> str:
        """Give any official name as it is said: 湘西 for 湘西土家族苗族自治州, but 道县 for 道县."""
        bare = self.peoples.sub("", self.division_endings.sub("", name))
        return bare if len(bare) >= 2 else name

    def core(self, township: str) -> str:
        """Give a township's name without its ending, or whole where too little is left to recognise."""
        for ending in self.township_endings:
            if township.endswith(ending):
                bare = self.peoples.sub("", township.removesuffix(ending))
                return bare if len(bare) >= 2 else township
        return township


@cache
def habits() -> Habits:
    """Read data/places.yml."""
    data = yaml.safe_load(PLACES_FILE.read_text(encoding="utf-8"))
    either_of = {
        name: "|".join(map(re.escape, sorted(data[name], key=len, reverse=True)))
        for name in ("not_places", "peoples", "division_endings", "address_ends", "address_words")
    }
    return Habits(
        not_places=re.compile(either_of["not_places"]),
        not_after=tuple(data["not_after"]),
        cues=tuple(data["cues"]),
        either=tuple(data["either"]),
        denials=tuple(data["denials"]),
        no_denials=tuple(data["no_denials"]),
        county_endings=tuple(data["county_endings"]),
        township_endings=tuple(data["township_endings"]),
        newer_endings=tuple(data["newer_endings"]),
        peoples=re.compile(rf"(?:{either_of['peoples']})+$"),
        division_endings=re.compile(rf"(?:{either_of['division_endings']})$"),
        address_ends=re.compile(either_of["address_ends"]),
        address_words=re.compile(either_of["address_words"]),
    )


def mentions_in(plain: str, gazetteer: Gazetteer) -> list[Mention]:
    """Collect the names in the text from left to right, at each spot the longest; denied ones are left out.

    Args:
        plain: the text in NFKC form without white space.
    """
    said = habits()
    blanked = said.not_places.sub(lambda match: "\0" * len(match.group()), plain)
    found: list[Mention] = []
    denied: Mention | None = None
    start = 0
    while start < len(plain):
        mention = _mention_at(plain, blanked, start, gazetteer)
        if mention and (_is_denied(plain, mention.start) or _goes_on(denied, mention)):
            denied = mention
        elif mention:
            found.append(mention)
        start = mention.end if mention else start + 1
    return found


def _mention_at(plain: str, blanked: str, start: int, gazetteer: Gazetteer) -> Mention | None:
    for length in range(min(gazetteer.longest, len(plain) - start), 1, -1):
        end = start + length
        within_more = blanked[start : end + 1] == "\0" * (length + 1)  # 沙县 in 沙县小吃
        full = None if within_more else gazetteer.by_name.get(plain[start:end])
        short = gazetteer.by_alias.get(blanked[start:end])
        if full:
            # 长沙 alone also abbreviates 长沙县; a full name needs no such reading.
            weight = SHORT_COUNTY if not blanked[start:end].strip("\0") else FULL
            return Mention(start, end, full, dict.fromkeys(full, weight))
        if short:
            weight = _short_weights(short, plain, start, end)
            if weight:
                ending = plain[end : end + 1] in habits().county_endings
                return Mention(start, end + ending, tuple(weight), weight)
    return None


def _short_weights(places: tuple[Place, ...], plain: str, start: int, end: int) -> dict[Place, int]:
    """Weigh places named by their short name; nothing when what follows makes it a road or a school."""
    said = habits()
    if plain.startswith(said.not_after, end):
        return {}
    ending = plain[end : end + 1] in said.county_endings
    alone = start == 0 and end == len(plain)
    beside_another = plain.startswith(said.either, end) or plain.endswith(said.either, 0, start)
    supported = ending or alone or beside_another or plain.endswith(said.cues, 0, start)
    higher = [place for place in places if place.level < COUNTY]
    counties = [place for place in places if place.level == COUNTY]
    if not ending:
        # 长沙 is the city, 长沙县 needs its ending; 朝阳 may still be 辽宁's city or 北京's district.
        counties = [place for place in counties if not any(place.is_within(other) for other in higher)]
    weights = dict.fromkeys(counties, SHORT_COUNTY + SUPPORT * supported)
    return weights if ending and counties else weights | dict.fromkeys(higher, SHORT_HIGH)


def _is_denied(plain: str, start: int) -> bool:
    """Say whether the speaker says that it is not this place (不是洞口), which 是不是洞口 does not."""
    said = habits()
    return plain.endswith(said.denials, 0, start) and not plain.endswith(said.no_denials, 0, start)


def _goes_on(denied: Mention | None, mention: Mention) -> bool:
    """Say whether this is the lower part of a place just denied (不是邵阳隆回)."""
    if denied is None or mention.start != denied.end:
        return False
    return any(place.is_within(other) for place in mention.places for other in denied.places)
