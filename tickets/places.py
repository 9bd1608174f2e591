"""Finds the place that somebody means, down to the township.

People leave out levels and endings (隆回司门前, 长沙岳麓区含浦街道), and many provinces share names. So every
name in the text is collected, longest first, and the place with the best supported path wins: a name written
out counts more than a short one, an explicit 区 or 县 more than a guess, and one stretch of text supports one
level only.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from tickets.gazetteer import CITY, COUNTY, PROVINCE, TOWNSHIP, Gazetteer, Place, load_gazetteer
from tickets.model import Area

PLACES_FILE = Path(__file__).parent / "data" / "places.yml"

_FULL = 4
_SHORT_HIGH = 3  # a province or city by its short name
_SHORT_COUNTY = 1
_SUPPORT = 2  # a cue before it, an ending behind it, or nothing else in the text
_AT_HOME = 2
_ENOUGH = 3
_SHORTEST_ALIAS = 2


@dataclass(frozen=True)
class Mention:
    """A stretch of the text that names one or more places."""

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
    county_endings: tuple[str, ...]
    township_endings: tuple[str, ...]
    address_ends: re.Pattern[str]
    address_words: re.Pattern[str]


def warm_places() -> None:
    """Read the place names now rather than with the first caller waiting."""
    load_gazetteer()
    _habits()


def resolve_place(text: str, region: str = "430000") -> Area | None:
    """Give the place named in the text, or None when it names none.

    Args:
        region: adcode of the province that is preferred among places of the same name.
    Returns:
        An Area as deep as the text allows. Where several places fit equally, only what they share is filled
        in, the shared name itself included; without `adcode` the caller should ask which one it is.
    """
    gazetteer, habits = load_gazetteer(), _habits()
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    mentions = _mentions(plain, gazetteer, habits, region[:2])
    best = _best_places(mentions, region[:2])
    if not best:
        return None
    if len(best) == 1:
        best = [_with_township(best[0], plain, mentions, gazetteer, habits)]
    end = max((mention.end for mention in mentions if _supports(mention, best[0])), default=len(plain))
    if best[0].level == TOWNSHIP:
        end = max(end, _township_end(best[0], plain, habits))
    return _area(best, _detail(plain[end:], habits))


def _mentions(plain: str, gazetteer: Gazetteer, habits: Habits, home: str) -> list[Mention]:
    """Collect the names in the text from left to right, at each spot the longest."""
    blanked = habits.not_places.sub(lambda match: "\0" * len(match.group()), plain)
    found = []
    start = 0
    while start < len(plain):
        mention = _mention_at(plain, blanked, start, gazetteer, habits, home)
        if mention:
            found.append(mention)
        start = mention.end if mention else start + 1
    return found


def _mention_at(
    plain: str, blanked: str, start: int, gazetteer: Gazetteer, habits: Habits, home: str
) -> Mention | None:
    for length in range(min(gazetteer.longest, len(plain) - start), 1, -1):
        end = start + length
        full = gazetteer.by_name.get(plain[start:end])
        short = gazetteer.by_alias.get(blanked[start:end])
        if full:
            # 长沙 alone also abbreviates 长沙县; a full name needs no such reading.
            return Mention(start, end, full, {place: _FULL for place in full})
        if short:
            weight = _short_weights(short, plain, start, end, habits, home)
            if weight:
                ending = plain[end : end + 1] in habits.county_endings
                return Mention(start, end + ending, tuple(weight), weight)
    return None


def _short_weights(
    places: tuple[Place, ...], plain: str, start: int, end: int, habits: Habits, home: str
) -> dict[Place, int]:
    """Weigh places named by their short name; nothing when what follows makes it a road or a school."""
    if plain.startswith(habits.not_after, end):
        return {}
    ending = plain[end : end + 1] in habits.county_endings
    alone = start == 0 and end == len(plain)
    supported = ending or alone or plain.endswith(habits.cues, 0, start)
    higher = [place for place in places if place.level < COUNTY]
    counties = [place for place in places if place.level == COUNTY]
    if not ending:
        # 长沙 is the city, 长沙县 needs its ending; 朝阳 may still be 辽宁's city or 北京's district.
        counties = [place for place in counties if not any(place.is_within(other) for other in higher)]
    county_weight = _SHORT_COUNTY + _SUPPORT * supported
    weights = {place: county_weight + _AT_HOME * place.adcode.startswith(home) for place in counties}
    return weights if ending and counties else weights | dict.fromkeys(higher, _SHORT_HIGH)


def _best_places(mentions: list[Mention], home: str) -> list[Place]:
    """Give the best supported place, or all of them where they are equally good."""
    scores: dict[Place, int] = {}
    for position, mention in enumerate(mentions):
        for place in mention.places:
            above = sum(
                max(
                    (
                        weight
                        for other, weight in earlier.weight.items()
                        if other != place and place.is_within(other)
                    ),
                    default=0,
                )
                for index, earlier in enumerate(mentions)
                if index != position
            )
            score = mention.weight[place] + above
            scores[place] = max(scores.get(place, 0), score)
    scores = {place: score for place, score in scores.items() if score >= _ENOUGH}
    if not scores:
        return []
    top = max(scores.values())
    best = [place for place, score in scores.items() if score == top]
    at_home = [place for place in best if place.adcode.startswith(home)]
    best = at_home or best
    highest = min(place.level for place in best)
    best = [place for place in best if place.level == highest]
    return best if len({place.name for place in best}) == 1 else best[:1]


def _supports(mention: Mention, place: Place) -> bool:
    return any(place.is_within(other) for other in mention.places)


def _with_township(
    place: Place, plain: str, mentions: list[Mention], gazetteer: Gazetteer, habits: Habits
) -> Place:
    """Look for a township of this county (or city) by its short name, right behind the place."""
    if place.level not in (CITY, COUNTY):
        return place
    end = max(mention.end for mention in mentions if _supports(mention, place))
    rest = plain[end:]
    found = [
        (rest.index(core), -len(core), township)
        for township in gazetteer.townships.get(place.path, ())
        if (core := _core(township.name, habits)) and _says_township(core, rest, habits)
    ]
    if not found:
        return place
    first = min(found, key=lambda item: item[:2])
    same = {township.path for at, length, township in found if (at, length) == first[:2]}
    return first[2] if len(same) == 1 else place


def _says_township(core: str, rest: str, habits: Habits) -> bool:
    """Accept 司门前 right behind the county, and anywhere with an ending (含浦镇 for today's 含浦街道)."""
    endings = "|".join(habits.township_endings)
    at_once = re.match(rf"(?:[的那,，、这里]|县|市|区)*{re.escape(core)}(?!村|路|组|大道)", rest)
    return bool(at_once or re.search(rf"{re.escape(core)}(?:{endings})", rest))


def _core(name: str, habits: Habits) -> str:
    """Give a township's name without its ending, or nothing where too little is left to recognise."""
    for ending in habits.township_endings:
        if name.endswith(ending):
            core = name.removesuffix(ending)
            return core if len(core) >= _SHORTEST_ALIAS else name
    return name


def _township_end(township: Place, plain: str, habits: Habits) -> int:
    endings = "|".join(habits.township_endings)
    match = re.search(rf"{re.escape(_core(township.name, habits))}(?:{endings})?", plain)
    return match.end() if match else 0


def _detail(rest: str, habits: Habits) -> str | None:
    """Give the village, street and door behind the place, up to the end of the phrase."""
    phrase = habits.address_ends.split(rest.lstrip("的,，、"), maxsplit=1)[0]
    return phrase if habits.address_words.search(phrase) else None


def _area(best: list[Place], detail: str | None) -> Area:
    """Fill in what all the places share."""
    names = [_shared(best, level) for level in (PROVINCE, CITY, COUNTY, TOWNSHIP)]
    return Area(*names, adcode=best[0].adcode or None if len(best) == 1 else None, detail=detail)


def _shared(best: list[Place], level: int) -> str | None:
    values = {place.path[level] if place.level >= level else None for place in best}
    value = values.pop() if len(values) == 1 else None
    return None if value and value.endswith("直辖行政区划") else value


@cache
def _habits() -> Habits:
    data = yaml.safe_load(PLACES_FILE.read_text(encoding="utf-8"))
    either = {
        name: re.compile("|".join(map(re.escape, sorted(data[name], key=len, reverse=True))))
        for name in ("not_places", "address_ends", "address_words")
    }
    return Habits(
        not_places=either["not_places"],
        not_after=tuple(data["not_after"]),
        cues=tuple(data["cues"]),
        county_endings=tuple(data["county_endings"]),
        township_endings=tuple(data["township_endings"]),
        address_ends=either["address_ends"],
        address_words=either["address_words"],
    )
