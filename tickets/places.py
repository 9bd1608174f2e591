"""Finds the place that somebody means, down to the township, and asks where several may be meant.

People leave out levels and endings (隆回司门前, 长沙岳麓区含浦街道), and many provinces share names. So every
name in the text is collected, longest first, and the place with the best supported path wins: a name written
out counts more than a short one, an explicit 区 or 县 more than a guess, and one stretch of text supports one
level only. Between two counties that are said equally plainly nothing is chosen.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tickets.gazetteer import CITY, COUNTY, PROVINCE, TOWNSHIP, Gazetteer, Place, load_gazetteer
from tickets.mentions import SHORT_COUNTY, SUPPORT, Mention, habits, mentions_in
from tickets.model import Area

MOST_CHOICES = 4

_AT_HOME = 2
_ENOUGH = 3


@dataclass(frozen=True)
class _Claim:
    """What one mention most likely names. Firm: plain enough without help from the caller's region."""

    places: tuple[Place, ...]
    firm: bool
    placed: bool  # something above it is named as well

    def is_above(self, other: "_Claim") -> bool:
        return self.places != other.places and all(
            any(below.is_within(place) for place in self.places) for below in other.places
        )


def warm_places() -> None:
    """Read the place names now rather than with the first caller waiting."""
    load_gazetteer()
    habits()


def resolve_place(text: str, region: str = "430000") -> Area | None:
    """Give the place named in the text, or None when it names none.

    Args:
        region: adcode of the province that is preferred among places of the same name.
    Returns:
        An Area as deep as the text allows. Where several places fit equally, only what they share is filled
        in, the shared name itself included; without `adcode` the caller should ask which one it is
        (`place_choices`).
    """
    gazetteer = load_gazetteer()
    plain = _plain(text)
    mentions = mentions_in(plain, gazetteer)
    best = _readings(mentions, region[:2])
    if not best:
        return None
    if len(best) == 1:
        best = [_with_township(best[0], plain, mentions, gazetteer)]
    township = best[0] if len(best) == 1 and best[0].level == TOWNSHIP else None
    end = max((mention.end for mention in mentions if _supports(mention, best[0])), default=len(plain))
    if best[0].level == TOWNSHIP:
        end = max(end, _township_end(best[0], plain))
    area = _area(best, _detail(plain[end:]))
    return replace(area, township=_as_said(township, plain)) if township else area


def place_choices(text: str, region: str = "430000") -> tuple[Area, ...]:
    """Give the two to four places between which the text leaves the choice; empty when there is none to make.

    Where more than four places fit, they are offered by city or else by province: such an Area has no adcode,
    and its name, resolved again, gives the place or the next choice. Empty too where even that is too many.
    """
    readings = _readings(mentions_in(_plain(text), load_gazetteer()), region[:2])
    if len(readings) < 2:
        return ()
    levels = {place.level for place in readings}
    grouped = [tuple(_area([place], None) for place in readings)]
    if len(levels) == 1 and len({place.name for place in readings}) == 1:
        grouped += [_grouped(readings, above) for above in (CITY, PROVINCE) if above < min(levels)]
    return next((choices for choices in grouped if 2 <= len(choices) <= MOST_CHOICES), ())


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def _readings(mentions: list[Mention], home: str) -> list[Place]:
    """Give the place that is meant, or all of those that may equally be."""
    claims = [claim for mention in mentions if (claim := _claim(mention, mentions, home))]
    claims = [claim for claim in claims if claim.firm] or claims
    claims = [claim for claim in claims if not any(claim.is_above(other) for other in claims)]
    claims = _at_home(claims, home) or claims
    if any(claim.places[0].level == COUNTY or claim.placed for claim in claims):
        # A township of that name elsewhere is one of this county's that the dictionary does not know.
        claims = [claim for claim in claims if claim.places[0].level != TOWNSHIP or claim.placed]
    deepest = max((min(claim.places[0].level, COUNTY) for claim in claims), default=COUNTY)
    claims = [claim for claim in claims if claim.places[0].level >= deepest]
    return list(dict.fromkeys(place for claim in claims for place in claim.places))


def _claim(mention: Mention, mentions: list[Mention], home: str) -> _Claim | None:
    """Weigh what the mention may name; None where it is too vague to be a place at all."""
    above = {place: _support_from_above(place, mention, mentions) for place in mention.places}
    plain = {place: mention.weight[place] + above[place] for place in mention.places}
    score = {
        place: weight + _AT_HOME * (_is_short_county(place, mention) and place.adcode.startswith(home))
        for place, weight in plain.items()
    }
    top = max(score.values())
    if top < _ENOUGH:
        return None
    best = [place for place in mention.places if score[place] == top]
    best = [place for place in best if place.adcode] or best
    best = [place for place in best if place.adcode.startswith(home)] or best
    best = _not_within_each_other(best)
    return _Claim(
        tuple(best),
        firm=any(plain[place] >= _ENOUGH for place in best),
        placed=any(above[place] for place in best),
    )


def _not_within_each_other(places: list[Place]) -> list[Place]:
    """Keep 吉林省 of 吉林省 and 吉林市, but both 辽宁's city and 北京's district of 朝阳."""
    outer = [place for place in places if not any(place.is_within(o) and place != o for o in places)]
    provinces = [place for place in outer if place.level == PROVINCE]
    divisions = [place for place in outer if place.level < TOWNSHIP]
    return provinces or divisions or outer


def _is_short_county(place: Place, mention: Mention) -> bool:
    return place.level == COUNTY and mention.weight[place] <= SHORT_COUNTY + SUPPORT


def _support_from_above(place: Place, mention: Mention, mentions: list[Mention]) -> int:
    """Add up the other mentions that name something above this place."""
    return sum(
        max(
            (weight for above, weight in other.weight.items() if above != place and place.is_within(above)),
            default=0,
        )
        for other in mentions
        if other is not mention
    )


def _at_home(claims: list[_Claim], home: str) -> list[_Claim]:
    return [claim for claim in claims if claim.places[0].adcode.startswith(home)]


def _supports(mention: Mention, place: Place) -> bool:
    return any(place.is_within(other) for other in mention.places)


def _with_township(place: Place, plain: str, mentions: list[Mention], gazetteer: Gazetteer) -> Place:
    """Look for a township of this county (or city) by its short name, right behind the place."""
    if place.level not in (CITY, COUNTY):
        return place
    end = max(mention.end for mention in mentions if _supports(mention, place))
    rest = plain[end:]
    found = [
        (rest.index(core), -len(core), township)
        for township in gazetteer.townships.get(place.path, ())
        if _says_township(core := habits().core(township.name), rest)
    ]
    if not found:
        return place
    first = min(found, key=lambda item: item[:2])
    same = {township.path for at, length, township in found if (at, length) == first[:2]}
    return first[2] if len(same) == 1 else place


def _says_township(core: str, rest: str) -> bool:
    """Accept 司门前 right behind the county, and anywhere with an ending (含浦镇 for today's 含浦街道)."""
    endings = "|".join(habits().township_endings)
    at_once = re.match(rf"(?:[的那,，、这里]|县|市|区)*{re.escape(core)}(?!村|路|组|大道)", rest)
    return bool(at_once or re.search(rf"{re.escape(core)}(?:{endings})", rest))


def _as_said(township: Place, plain: str) -> str:
    """Give the township's name, with the ending said where it is the newer one.

    A 乡 becomes a 镇 and a 镇 a 街道 (撤乡设镇, 撤镇设街道), so 零阳街道 is later than the
    dictionary's 零阳镇, and 含浦镇 earlier than its 含浦街道.
    """
    order = habits().newer_endings
    core = habits().core(township.name)
    said = re.search(rf"{re.escape(core)}({'|'.join(order)})", plain)
    known = next((rank for rank, ending in enumerate(order) if township.name == core + ending), None)
    if said is None or known is None or order.index(said.group(1)) <= known:
        return township.name
    return said.group()


def _township_end(township: Place, plain: str) -> int:
    endings = "|".join(habits().township_endings)
    match = re.search(rf"{re.escape(habits().core(township.name))}(?:{endings})?", plain)
    return match.end() if match else 0


def _detail(rest: str) -> str | None:
    """Give the village, street and door behind the place, up to the end of the phrase."""
    phrase = habits().address_ends.split(rest.lstrip("的,，、"), maxsplit=1)[0]
    return phrase if habits().address_words.search(phrase) else None


def _grouped(places: Iterable[Place], level: int) -> tuple[Area, ...]:
    """Give one Area for each city (or province) that holds some of these places of one name."""
    groups: dict[tuple[str, ...], list[Place]] = {}
    for place in places:
        groups.setdefault(place.path[: level + 1], []).append(place)
    return tuple(_area(group, None) for group in groups.values())


def _area(best: list[Place], detail: str | None) -> Area:
    """Fill in what all the places share."""
    names = [_shared(best, level) for level in (PROVINCE, CITY, COUNTY, TOWNSHIP)]
    return Area(*names, adcode=best[0].adcode or None if len(best) == 1 else None, detail=detail)


def _shared(best: list[Place], level: int) -> str | None:
    values = {place.path[level] if place.level >= level else None for place in best}
    value = values.pop() if len(values) == 1 else None
    return None if value and value.endswith("直辖行政区划") else value
