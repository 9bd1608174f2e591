"""Hearing one message of someone who asks for help: phone, place, whom it is about, names, yes or no.

Pure rules over the word lists of data/intake.yml, the same whether Rasa or the stand-in is listening.
A message may tell several things at once and in any order.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tickets.model import Area
from tickets.place_answers import picked, shared

Resolve = Callable[[str], Area | None]
Choose = Callable[[str], tuple[Area, ...]]

SELF = "本人"

_DATA = Path(__file__).parent / "data"
_CHINESE_DIGITS = dict(zip("零〇一二三四五六七八九幺", "001234567891", strict=True))
_DIGIT = r"\d零〇一二三四五六七八九幺"
_PHONE = re.compile(r"(?<!\d)(?:86)?(1[3-9]\d{9}|0\d{9,11})(?!\d)")
_PLACE_SUFFIX = re.compile(r"[省市县区镇乡村]|街道|社区|自治|大队|小区")
_SURNAMES = (_DATA / "surnames.txt").read_text("utf-8").split()
_NAME = rf"(?:{'|'.join(sorted(_SURNAMES, key=len, reverse=True))})[一-鿿]{{1,2}}"
_OWN_NAME = re.compile(rf"(?:我叫|我是|我的名字是|我名字叫|本人叫|姓名[是:：]?)\s*({_NAME})")
_ANY_NAME = re.compile(r"我叫\s*([一-鿿]{2,4})(?=$|[，,。.、\s])")  # a rare surname, said alone
_OTHER_NAME = re.compile(rf"(?:名叫|名字叫|名字是|叫做|(?<![姓报匿别])名|(?<!我)(?<!本人)叫)\s*({_NAME})")
_NAME_ENDS = re.compile(r"[今住在是家电手的了我他她，,。 ]")


@cache
def words() -> Mapping[str, Any]:
    """The word lists of data/intake.yml."""
    return yaml.safe_load((_DATA / "intake.yml").read_text("utf-8"))


@dataclass(frozen=True)
class Heard:
    """What one message tells; None or False where it says nothing.

    `choices`: the places between which it leaves the choice; `area` is then what they share.
    `none_of_them`: it is none of the places that were offered.
    """

    phone: str | None = None
    incomplete_phone: bool = False
    place: str | None = None
    area: Area | None = None
    choices: tuple[Area, ...] = ()
    none_of_them: bool = False
    relation: str | None = None
    own_name: str | None = None
    other_name: str | None = None
    refuses_phone: bool = False
    anonymous: bool = False

    @property
    def anything(self) -> bool:
        return self != Heard()


def digits_of(text: str) -> str:
    """Return the text with digit groups joined and spoken digits (幺三八…) as Arabic ones.

    Only for finding numbers: it also joins digits that belong apart.
    """
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(rf"(?<=[{_DIGIT}])[\s\-.、,]+(?=[{_DIGIT}])", "", text)
    return re.sub(
        rf"[{_DIGIT}]{{7,}}", lambda run: "".join(_CHINESE_DIGITS.get(c, c) for c in run.group()), text
    )


def no_choices(text: str) -> tuple[Area, ...]:
    """A Choose that leaves none."""
    return ()


def understand(
    text: str,
    asked: str | None,
    resolve: Resolve,
    choose: Choose = no_choices,
    offered: Sequence[Area] = (),
) -> Heard:
    """Find everything the intake needs in one message.

    Args:
        text: the citizen's words as typed.
        asked: what was asked just before (`matter`, `place`, `who`, `contact`, `confirmed`) or None;
            a bare name or a place without 县/镇 counts only as an answer to its question.
        resolve: gives the administrative area that a text names, or None (tickets.places).
        choose: gives the places between which a text leaves the choice (tickets.places).
        offered: the places that the question for the place offered; one without a code is what was said too
            vaguely to offer any.
    """
    joined = digits_of(text)
    numbers = _PHONE.findall(joined)
    listed = words()
    offered = offered if asked == "place" else ()
    none_of_them = bool(offered) and any(word in text for word in listed["neither"])
    area, choices = _place(text, asked, resolve, choose, () if none_of_them else offered)
    return Heard(
        phone=numbers[-1] if numbers else None,
        incomplete_phone=not numbers and asked == "contact" and bool(re.search(r"\d{3,}", joined)),
        place=(_place_words(area) or None) if area else None,
        area=area,
        choices=choices,
        none_of_them=none_of_them,
        relation=_relation(text, listed["relations"], asked),
        own_name=_name(_OWN_NAME, text)
        or _name(_ANY_NAME, text)
        or (_bare_name(text) if asked == "contact" else None),
        other_name=_name(_OTHER_NAME, text) or (_bare_name(text) if asked == "who" else None),
        refuses_phone=any(word in text for word in listed["refuses_phone"]),
        anonymous=any(word in text for word in listed["anonymous"]),
    )


def _place(
    text: str, asked: str | None, resolve: Resolve, choose: Choose, offered: Sequence[Area]
) -> tuple[Area | None, tuple[Area, ...]]:
    """Give the area that the message names, and the choice that it leaves."""
    left = picked(text, offered, words()) if len(offered) > 1 else ()
    if len(left) > 1:
        return shared(left), left
    if left:
        # An Area without a code stands for several places of one name; its name asks for the next choice.
        chosen, more = left[0], resolve(f"{left[0]}，{text}")
        if more is not None and more.adcode and (chosen.adcode in (None, more.adcode)):
            return more, ()
        return chosen, () if chosen.adcode else choose(str(chosen))
    area = resolve(text) if asked == "place" or _PLACE_SUFFIX.search(text) else None
    if area is not None and len(offered) == 1:
        # She named a township that many counties have; now she names the county.
        fuller = resolve(f"{text}{offered[0].township or offered[0].county or ''}")
        area = fuller if fuller is not None and fuller.adcode else area
    return area, choose(text) if area is not None and area.adcode is None else ()


def says_yes(text: str) -> bool:
    """Whether the message begins with a plain yes (对、是的、确认 …) and not with a no."""
    bare = re.sub(r"^[\s，,。!！]+", "", unicodedata.normalize("NFKC", text))
    listed = words()
    return not bare.startswith(tuple(listed["denials"])) and bare.startswith(tuple(listed["affirmations"]))


def tells_a_matter(text: str, told: Heard) -> bool:
    """Whether anything is left of the message without the asking for help, the place, names and numbers."""
    area = told.area or Area()
    places = [part for part in (area.province, area.city, area.county, area.township) if part]
    listed = words()
    known = [
        *(name for name in (told.own_name, told.other_name) if name),
        *places,
        *(place[:-1] for place in places if len(place) > 2),
        *(word for kin in listed["relations"].values() for word in kin),
        *listed["refuses_phone"],
        *listed["anonymous"],
        *listed["opening_words"],
    ]
    rest = re.sub(rf"[^一-鿿]|[{_DIGIT}]{{7,}}", "", text)
    for word in sorted(known, key=len, reverse=True):
        rest = rest.replace(word, "")
    return len(rest) >= 4


def _relation(text: str, relations: Mapping[str, list[str]], asked: str | None) -> str | None:
    """Who it is about: whoever is named first, or the caller when her own plight comes before."""
    found = [
        (text.find(word), -len(word), relation)
        for relation, listed in relations.items()
        for word in listed
        if word in text
    ]
    if asked == "who" and re.fullmatch(r"[就是给为]*(我|自己)[的啊呀吧嘛。]*", text.strip()):
        return SELF
    own = re.search(f"我(?![{words()['not_own_plight']}])", text) if asked in (None, "matter") else None
    first = min(found) if found else None
    if own and (first is None or own.start() < first[0]):
        return SELF
    return first[2] if first else None


def _name(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    if not found:
        return None
    name = found.group(1)
    cut = _NAME_ENDS.search(name, 2)
    return name[: cut.start()] if cut else name


def _bare_name(text: str) -> str | None:
    bare = text.strip(" ，,。.")
    return bare if re.fullmatch(_NAME, bare) and not says_yes(bare) else None


def _place_words(area: Area) -> str:
    """The place as it will be read back: the resolved area, then what the caller said beyond it."""
    named = [area.province, area.city, area.county, area.township]
    return "".join(dict.fromkeys(part for part in named if part)) + (area.detail or "")
