"""Taking a request down: what one message says, and what is still to be asked.

Pure rules, shared by the Rasa form and by the stand-in that works while Rasa is down. A message may tell
several things at once and in any order; a later statement corrects an earlier one.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tickets.model import Area, NewTicket, Person
from tickets.triage import triage

SELF = "本人"

_DATA = Path(__file__).parent / "data"
_CHINESE_DIGITS = dict(zip("零〇一二三四五六七八九幺", "001234567891", strict=True))
_DIGIT = r"\d零〇一二三四五六七八九幺"
_PHONE = re.compile(r"(?<!\d)(?:86)?(1[3-9]\d{9}|0\d{9,11})(?!\d)")
_PLACE_SUFFIX = re.compile(r"[省市县区镇乡村]|街道|社区|自治|大队|小区")
_SURNAMES = (_DATA / "surnames.txt").read_text("utf-8").split()
_NAME = rf"(?:{'|'.join(sorted(_SURNAMES, key=len, reverse=True))})[一-鿿]{{1,2}}"
_OWN_NAME = re.compile(rf"(?:我叫|我是|我的名字是|我名字叫|本人叫|姓名[是:：]?)\s*({_NAME})")
_OTHER_NAME = re.compile(rf"(?:名叫|名字叫|叫做|(?<!我)(?<!本人)叫)\s*({_NAME})")
# 我下岗了 / 我刚出院 is about the caller; 我想帮… / 我家… / 我们村… / 我叫… is not yet.
_OWN_PLIGHT = re.compile(r"我(?![们家的叫是想要来帮替给跟问隔邻看发有妈爸爹娘老爷奶外公婆岳儿女孩小崽闺娃孙哥弟姐妹兄叔伯舅姑姨侄甥亲堂表丈妻爱男媳先太朋同工战父母姆俺])")
_NAME_ENDS = re.compile(r"[今住在是家电手的了我他她，,。 ]")


@cache
def words() -> Mapping[str, Any]:
    """The word lists of data/intake.yml."""
    return yaml.safe_load((_DATA / "intake.yml").read_text("utf-8"))


@dataclass(frozen=True)
class Heard:
    """What one message tells; None or False where it says nothing."""

    phone: str | None = None
    incomplete_phone: bool = False
    place: str | None = None
    area: Area | None = None
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


def understand(text: str, asked: str | None, resolve: Callable[[str], Area | None]) -> Heard:
    """Find everything the intake needs in one message.

    Args:
        text: the citizen's words as typed.
        asked: what was asked just before (`matter`, `place`, `who`, `contact`, `confirmed`) or None;
            a bare name or a place without 县/镇 counts only as an answer to its question.
        resolve: gives the administrative area that a text names, or None (tickets.places).
    """
    joined = digits_of(text)
    numbers = _PHONE.findall(joined)
    area = resolve(text) if asked == "place" or _PLACE_SUFFIX.search(text) else None
    listed = words()
    return Heard(
        phone=numbers[-1] if numbers else None,
        incomplete_phone=not numbers and asked == "contact" and bool(re.search(r"\d{3,}", joined)),
        place=_place_words(text, area) if area else None,
        area=area,
        relation=_relation(text, listed["relations"], asked),
        own_name=_name(_OWN_NAME, text) or (_bare_name(text) if asked == "contact" else None),
        other_name=_name(_OTHER_NAME, text) or (_bare_name(text) if asked == "who" else None),
        refuses_phone=any(word in text for word in listed["refuses_phone"]),
        anonymous=any(word in text for word in listed["anonymous"]),
    )


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
    own = _OWN_PLIGHT.search(text) if asked in (None, "matter") else None
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


def _place_words(text: str, area: Area) -> str:
    """The place as it will be read back: the resolved area, then what the caller said beyond it."""
    named = [area.province, area.city, area.county, area.township]
    return "".join(dict.fromkeys(part for part in named if part)) + (area.detail or "")


@dataclass(frozen=True)
class Draft:
    """A request being taken down. `said` keeps the citizen's own words, one item a message, in order."""

    said: tuple[str, ...] = ()
    matter: str | None = None
    place: str | None = None
    area: Area | None = None
    relation: str | None = None
    own_name: str | None = None
    other_name: str | None = None
    phone: str | None = None
    phone_refused: bool = False
    anonymous: bool = False
    asked: tuple[str, ...] = field(default=())

    def hear(self, text: str, asked: str | None, heard: Heard) -> "Draft":
        """Return the draft with one more message taken in."""
        draft = replace(self, said=(*self.said, text))
        names = ["phone", "place", "area", "own_name", "other_name"]
        if self.relation is None or asked in ("who", "confirmed"):
            # Later talk mentions many people; whom it is about changes only when that is the subject.
            names.append("relation")
        told = {name: value for name in names if (value := getattr(heard, name)) is not None}
        draft = replace(draft, **told)
        if heard.phone or heard.refuses_phone:
            draft = replace(draft, phone_refused=heard.refuses_phone and not heard.phone)
        if heard.anonymous:
            draft = replace(draft, anonymous=True, phone_refused=draft.phone is None)
        if draft.matter is None and (tells_a_matter(text, heard) or (asked == "matter" and not heard.anything)):
            draft = replace(draft, matter=text.strip())
        if asked == "place" and draft.place is None and asked in self.asked[:-1]:
            # Asked twice and still no county that we know: her own words are better than a third question.
            draft = replace(draft, place=text.strip())
        if asked == "who" and draft.relation is None:
            # The question is put once; the confirmation shows what was assumed, so she can correct it.
            draft = replace(draft, relation=SELF)
        return draft

    def missing(self) -> str | None:
        """The next thing to ask for, or None when all is known."""
        if self.matter is None:
            return "matter"
        if self.place is None:
            return "place"
        if self.relation is None:
            return "who"
        if self.phone is None and not self.phone_refused:
            return "contact"
        return None

    def asking(self, what: str) -> "Draft":
        """Remember that `what` has been asked for (once more)."""
        return replace(self, asked=(*self.asked, what))

    def to_ticket(self, *, conversation_id: str, message_id: str, channel: str) -> NewTicket:
        """Turn the finished draft into a ticket to be filed; category and urgency come from triage."""
        description = "\n".join(self.said)
        judged = triage(description)
        return NewTicket(
            category=judged.category,
            urgency=judged.urgency,
            area=self.area or Area(detail=self.place),
            summary=(self.matter or description)[:60],
            description=description,
            applicant=Person(name=None if self.anonymous else self.own_name, phone=self.phone),
            beneficiary=self.other_name or (self.own_name if self.relation == SELF else None),
            relation=self.relation,
            anonymous=self.anonymous,
            channel=channel,
            conversation_id=conversation_id,
            origin_message_id=message_id,
        )

    def to_dict(self) -> dict[str, Any]:
        """A JSON form that `from_dict` reads back (kept in a dialogue slot between messages)."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any] | None) -> "Draft":
        known = {f.name for f in fields(cls)}
        values = {name: value for name, value in (stored or {}).items() if name in known}
        if values.get("area"):
            values["area"] = Area(**values["area"])
        return cls(**{n: tuple(v) if n in ("said", "asked") else v for n, v in values.items()})


@cache
def citizen_words() -> Mapping[str, Any]:
    """What tickets sound like to a citizen (texts/citizen.zh.yml)."""
    return yaml.safe_load((Path(__file__).parent / "texts" / "citizen.zh.yml").read_text("utf-8"))


def read_back(draft: Draft) -> dict[str, str]:
    """Every field of the draft in words, for the citizen to confirm: matter, place, who, contact."""
    say = citizen_words()
    who = say["self"] if draft.relation == SELF else draft.relation or ""
    names = [name for name in (draft.other_name, draft.own_name if draft.relation == SELF else None) if name]
    hidden = say["anonymous"] if draft.anonymous else ""
    return {
        "matter": draft.matter or "",
        "place": draft.place or "",
        "who": who + "".join(f"（{name}）" for name in names[:1]),
        "contact": (draft.phone or say["no_phone"]) + hidden,
    }


def beijing_words(at: datetime) -> str:
    """An instant as it is said to a citizen, in Beijing time."""
    local = at.astimezone(timezone(timedelta(hours=8)))
    return citizen_words()["time"].format(
        month=local.month, day=local.day, hour=local.hour, minute=local.minute
    )
