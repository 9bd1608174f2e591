"""Hearing one message of someone who asks for help: phone, place, whom it is about, names, yes or no.

Pure rules over the word lists of data/intake.yml, the same whether Rasa or the stand-in is listening.
A message may tell several things at once and in any order.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tickets.digits import (
    DIGIT,
    id_numbers_in,
    mistyped_id_number,
    phone_in_pieces,
    phone_piece,
    phones_in,
)
from tickets.model import Area
from tickets.place_answers import picked, shared

Resolve = Callable[[str], Area | None]
Choose = Callable[[str], tuple[Area, ...]]

SELF = "本人"

_DATA = Path(__file__).parent / "data"
_PLACE_SUFFIX = re.compile(r"[省市县区镇乡村]|街道|社区|自治|大队|小区")
_SURNAMES = (_DATA / "surnames.txt").read_text("utf-8").split()
_NAME = rf"(?:{'|'.join(sorted(_SURNAMES, key=len, reverse=True))})[一-鿿]{{1,2}}"
_OWN_NAME = re.compile(rf"(?:我叫|我是|我的名字是|我名字叫|本人叫|姓名[是:：]?)\s*({_NAME})")
_ANY_NAME = re.compile(r"我叫\s*([一-鿿]{2,4})(?=$|[，,。.、\s])")  # a rare surname, said alone
_OTHER_NAME = re.compile(rf"(?:名叫|名字叫|名字是|叫做|(?<![姓报匿别])名|(?<!我)(?<!本人)叫)\s*({_NAME})")
_NAME_ENDS = re.compile(r"[今住在是家电手的了我他她，,。 ]")
_CLAUSE_END = re.compile(r"[，。,.！!？?；;、]")
_SURELY_A_PHONE = 7  # digits
_SHORT_YES = 14  # characters
_SURNAME = re.compile(
    rf"(?:我|本人|免贵)姓({'|'.join(_SURNAMES)})(?![一-鿿]{{2}})"
    rf"|(?:^|[，,。 ])姓({'|'.join(_SURNAMES)})(?=[，,。 ]|$)"
)
_COUNT = r"(?:\d+|[一二两三四五六七八九十半几好百]+)"
_SINCE = re.compile(
    rf"(?:从|自从)?{_COUNT}(?:个多|个|多)?(?:年|月|星期|礼拜|周|天|晚上|夜)(?:多|半|把)?(?:了|没|冇|前|以前|之前|以来)"
    rf"|(?:\d{{4}}年)?\d{{1,2}}月(?:\d{{1,2}}[日号]|份)?(?=[^，。,]{{0,6}}(?:起|开始|以来|就|到现在))"
)
_AGE = re.compile(r"(?:\d{1,3}|[一二三四五六七八九十百零]{1,4})(?:多|来)?(?:周)?岁(?:多|半)?")
_BARE_AGE = re.compile(
    r"(?:^|[，,。；])[今年有已经]*(\d{2}|[二三四五六七八九]十[一二三四五六七八九]?)了?(?=[，,。；]|$)"
)
_NUMBER = r"(?:1[01]\d|[1-9]\d|[二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九]十)"


@cache
def words() -> Mapping[str, Any]:
    """The word lists of data/intake.yml."""
    return yaml.safe_load((_DATA / "intake.yml").read_text("utf-8"))


@dataclass(frozen=True)
class Heard:
    """What one message tells; None or False where it says nothing.

    `choices`: the places between which it leaves the choice; `area` is then what they share.
    `none_of_them`: it is none of the places that were offered.
    `taken_back`: phones said and put right in the same breath. `phone_piece`: three to ten digits where a
    phone was asked for. `for_whom`: a relation said outright (替我妈登记), not only mentioned. `since` and
    `age` are in her own words; `age_of_kin`: it is told of a relative. `corrects`: it puts something right.
    """

    phone: str | None = None
    phone_piece: str | None = None
    taken_back: tuple[str, ...] = ()
    id_number: str | None = None
    mistyped_id: bool = False
    place: str | None = None
    area: Area | None = None
    choices: tuple[Area, ...] = ()
    none_of_them: bool = False
    relation: str | None = None
    for_whom: str | None = None
    own_name: str | None = None
    surname: str | None = None
    other_name: str | None = None
    since: str | None = None
    age: str | None = None
    age_of_kin: bool = False
    refuses_phone: bool = False
    anonymous: bool = False
    corrects: bool = False

    @property
    def more_than_a_mention(self) -> bool:
        """Whether it says something beside naming a relative, as any question may."""
        return replace(self, relation=None, for_whom=None).anything

    @property
    def anything(self) -> bool:
        """Whether it says something for the form, other than how long, how old and that it corrects."""
        return replace(self, since=None, age=None, age_of_kin=False, corrects=False) != Heard()


def _put_right(text: str, choices: Sequence[Area]) -> Area | None:
    """The place that stands first after a slip is taken back in the same breath (甲镇，不对，是乙镇)."""
    ends = [text.rfind(word) + len(word) for word in words()["slips"] if word in text]
    if not ends or len(choices) < 2:
        return None
    after = text[max(ends) :]
    named = {after.find(name): area for area in choices if (name := _deepest(area)) in after}
    return named[min(named)] if named else None


def _deepest(area: Area) -> str:
    return area.township or area.county or area.city or area.province or ""


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
    numbers = phones_in(text)
    pieces = phone_in_pieces(text) if not numbers else None
    numbers = (*numbers, pieces) if pieces else numbers
    ids = id_numbers_in(text)
    corrects = any(word in text for word in words()["corrections"])
    listed = words()
    offered = offered if asked == "place" else ()
    none_of_them = bool(offered) and any(word in text for word in listed["neither"])
    area, choices = _place(text, asked, resolve, choose, () if none_of_them else offered)
    return Heard(
        phone=numbers[-1] if numbers else None,
        taken_back=tuple(number for number in numbers[:-1] if corrects and number != numbers[-1]),
        phone_piece=None if numbers or ids else _phone_piece(text, asked),
        id_number=ids[-1] if ids else None,
        mistyped_id=not ids and not numbers and mistyped_id_number(text),
        place=(_place_words(area) or None) if area else None,
        area=area,
        choices=choices,
        none_of_them=none_of_them,
        relation=_relation(text, listed["relations"], asked),
        for_whom=_for_whom(text, listed["relations"]),
        own_name=_name(_OWN_NAME, text)
        or _name(_ANY_NAME, text)
        or (_bare_name(text) if asked == "contact" else None),
        surname=_surname(text),
        other_name=_name(_OTHER_NAME, text) or (_bare_name(text) if asked == "who" else None),
        since=_since(text, listed["since"]),
        age=_age(text),
        age_of_kin=_tells_age_of_kin(text, listed["relations"]),
        refuses_phone=any(word in text for word in listed["refuses_phone"]),
        anonymous=any(word in text for word in listed["anonymous"]),
        corrects=corrects,
    )


def introduced_names(text: str) -> tuple[str | None, str | None]:
    """Find the names that a text introduces: the caller's own (我叫…) and somebody else's (名叫…)."""
    return _name(_OWN_NAME, text) or _name(_ANY_NAME, text), _name(_OTHER_NAME, text)


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
    meant = _put_right(text, choose(text)) if area is not None and area.adcode is None else None
    if meant is not None:
        return meant, ()
    if area is not None and len(offered) == 1:
        # She named a township that many counties have; now she names the county.
        fuller = resolve(f"{text}{offered[0].township or offered[0].county or ''}")
        area = fuller if fuller is not None and fuller.adcode else area
    return area, choose(text) if area is not None and area.adcode is None else ()


def says_yes(text: str) -> bool:
    """Whether the message is a plain yes (对、是的、确认、按这个报 …) and not a no.

    A word of agreement that only begins a sentence of its own (可以去学校找我) is none.
    """
    bare = re.sub(r"^[\s，,。!！]+", "", unicodedata.normalize("NFKC", text))
    listed = words()
    if bare.startswith(tuple(listed["denials"])):
        return False
    begins = max((word for word in listed["affirmations"] if bare.startswith(word)), key=len, default="")
    rest = bare[len(begins) :]
    if begins and (not rest or not re.match(r"[一-鿿A-Za-z]", rest) or rest[0] in listed["after_a_yes"]):
        return True
    says_so = len(bare) <= _SHORT_YES and any(word in bare for word in listed["orders_it"])
    return says_so and not any(word in bare for word in listed["not_yet"])


def says_surely_off(text: str) -> bool:
    """Whether a message says outright that nothing is to be taken down (不用登记，我只是问问)."""
    return any(word in text for word in words()["cancels_surely"])


def sounds_like_a_question(text: str) -> bool:
    """Whether a message asks something: by its mark, its last word or a word of asking."""
    bare = text.rstrip(" 。.!！~～")
    listed = words()["asking"]
    return bare.endswith(tuple(listed["endings"])) or any(word in bare for word in listed["anywhere"])


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
    rest = re.sub(rf"[^一-鿿]|[{DIGIT}]{{7,}}", "", text)
    for word in sorted(known, key=len, reverse=True):
        rest = rest.replace(word, "")
    return len(rest) >= 4


def _relation(text: str, relations: Mapping[str, list[str]], asked: str | None) -> str | None:
    """Who it is about: whoever is named first, or the caller when her own plight comes before."""
    text = _without_address(text)
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
    clause = _CLAUSE_END.split(text[first[0] :])[0] if first and asked in (None, "matter") else ""
    if any(word in clause for word in words()["leaves_me"]):
        return SELF  # 我爸不管我: who is left alone needs the help, not who leaves
    if own and (first is None or own.start() < first[0]):
        return SELF
    return first[2] if first else None


def _phone_piece(text: str, asked: str | None) -> str | None:
    """Digits of a phone that comes in pieces: where it was asked for, or as many as only a phone has."""
    piece = phone_piece(text)
    return piece if piece and (asked == "contact" or len(piece) >= _SURELY_A_PHONE) else None


def _without_address(text: str) -> str:
    """The message without a polite form at its beginning (姐姐你好，叔叔您好)."""
    forms = "|".join(words()["addressed_as"])
    return re.sub(rf"^\s*(?:您好|你好|喂)?[，,! ]*(?:{forms})(?=[你您，,! 好])", "", text)


def _for_whom(text: str, relations: Mapping[str, list[str]]) -> str | None:
    """The relation that a message names as the one to register for (替我妈登记、是给我自己)."""
    found = [
        (match.start(), -len(word), relation)
        for relation, listed in relations.items()
        for word in listed
        if (match := re.search(f"(?:给|替|帮|为|是){word}", text))
    ]
    return min(found)[2] if found else None


def _surname(text: str) -> str | None:
    found = _SURNAME.search(text)
    return (found.group(1) or found.group(2)) if found else None


def _since(text: str, listed: Sequence[str]) -> str | None:
    """How long or since when, in her words: the first such phrase."""
    found = _SINCE.search(text)
    named = min(((text.find(word), word) for word in listed if word in text), default=None)
    if found and (named is None or found.start() <= named[0]):
        return found.group().removesuffix("没").removesuffix("冇")
    return named[1] if named else None


def _age(text: str) -> str | None:
    """The age a message tells, as said; None when it tells several."""
    bare = (f"{age}岁" for pattern in (_BARE_AGE, _age_behind()) for age in pattern.findall(text))
    found = [*_AGE.findall(text), *bare]
    return found[0] if len(set(found)) == 1 else None


@cache
def _age_behind() -> re.Pattern[str]:
    """A bare number behind 今年 or a word for kin that counts nothing: 奶奶八十三, not 奶奶八十块."""
    listed = words()
    kin = [
        w
        for relation, named in listed["relations"].items()
        if relation not in listed["ageless"]
        for w in named
    ]
    whose = "|".join(sorted([*kin, *listed["age_cues"]], key=len, reverse=True))
    return re.compile(
        rf"(?:{whose})(?:{'|'.join(listed['before_age'])})*({_NUMBER}[多几来]?)"
        rf"(?!\d|[{listed['not_behind_age']}](?!个人))"
    )


def _tells_age_of_kin(text: str, relations: Mapping[str, list[str]]) -> bool:
    """Whether the clause that tells an age names a relative."""
    kin = [word for relation, listed in relations.items() if relation != SELF for word in listed]
    clauses = [clause for clause in re.split(r"[，,。；;！!\s]", text) if _age(clause)]
    return any(word in clause for clause in clauses for word in kin)


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
