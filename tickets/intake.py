"""Taking a request down: what is known so far, what is still to be asked, what is read back.

Pure rules, shared by the Rasa form and by the stand-in that works while Rasa is down. A later statement
corrects an earlier one; only what the citizen confirmed becomes a ticket.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tickets.hearing import SELF, Heard, tells_a_matter
from tickets.lifecycle import AT_OFFICE, TO_DISPATCH
from tickets.model import Area, NewTicket, Person, Ticket
from tickets.numbering import BEIJING
from tickets.triage import triage


@dataclass(frozen=True)
class Draft:
    """A request being taken down. `said` keeps the citizen's own words, one item a message, in order.

    Where several places may be meant, `place` stays open, `area` is what they share, and `place_choices` are
    the places to ask about.
    """

    said: tuple[str, ...] = ()
    matter: str | None = None
    place: str | None = None
    area: Area | None = None
    place_choices: tuple[Area, ...] = ()
    relation: str | None = None
    own_name: str | None = None
    other_name: str | None = None
    phone: str | None = None
    phone_refused: bool = False
    anonymous: bool = False
    asked: tuple[str, ...] = ()

    def hear(self, text: str, asked: str | None, heard: Heard) -> "Draft":
        """Return the draft with one more message taken in."""
        draft = replace(self, said=(*self.said, text))
        names = ["phone", "own_name", "other_name"]
        if self.relation is None or asked in ("who", "confirmed"):
            # Later talk mentions many people; whom it is about changes only when that is the subject.
            names.append("relation")
        told = {name: value for name in names if (value := getattr(heard, name)) is not None}
        draft = replace(draft, **told)._hear_place(asked, heard)
        if heard.phone or heard.refuses_phone:
            draft = replace(draft, phone_refused=heard.refuses_phone and not heard.phone)
        if heard.anonymous:
            draft = replace(draft, anonymous=True, phone_refused=draft.phone is None)
        answers_that = asked == "matter" and not heard.anything
        if draft.matter is None and (answers_that or tells_a_matter(text, heard)):
            draft = replace(draft, matter=text.strip())
        closer = draft.place_choices and draft.place_choices != self.place_choices
        goes_on = closer or heard.none_of_them
        if asked == "place" and draft.place is None and asked in self.asked[:-1] and not goes_on:
            # Asked twice and still no county that we know: her own words are better than a third question.
            vague = str(draft.area or "")
            said = text.strip()
            draft = replace(draft, place=said if vague in said else vague + said, place_choices=())
        if asked == "who" and draft.relation is None:
            # The question is put once; the confirmation shows what was assumed, so she can correct it.
            draft = replace(draft, relation=SELF)
        return draft

    def _hear_place(self, asked: str | None, heard: Heard) -> "Draft":
        """Take a place in; one that may be several is asked about instead of being guessed."""
        if heard.area is None:
            return replace(self, place=None, area=None, place_choices=()) if heard.none_of_them else self
        if heard.area.adcode:
            return replace(self, place=heard.place, area=heard.area, place_choices=())
        if self.place is not None and asked not in ("place", "confirmed"):
            return self
        return replace(self, place=None, area=heard.area, place_choices=heard.choices)

    @property
    def offered(self) -> tuple[Area, ...]:
        """The places to choose from, or the one that is known too vaguely to offer any."""
        vague = self.place is None and self.area is not None and self.area.adcode is None
        return self.place_choices or ((self.area,) if vague and self.area else ())

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
        area = self.area or Area()
        judged = triage(description)
        return NewTicket(
            category=judged.category,
            urgency=judged.urgency,
            area=area if area.adcode else replace(area, detail=self.place),
            summary=(self.matter or description)[:60],
            description=description,
            applicant=Person(name=None if self.anonymous else self.own_name, phone=self.phone),
            beneficiary=self.other_name or (self.own_name if self.relation == SELF else None),
            relation=self.relation,
            anonymous=self.anonymous,
            channel=channel,
            conversation_id=conversation_id,
            origin_message_id=message_id,
            triage=judged.reasons,
        )

    def to_dict(self) -> dict[str, Any]:
        """A JSON form that `from_dict` reads back (kept in a dialogue slot between messages)."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any] | None) -> "Draft":
        known = {f.name for f in fields(cls)}
        values: dict[str, Any] = {name: value for name, value in (stored or {}).items() if name in known}
        if values.get("area"):
            values["area"] = Area(**values["area"])
        values["place_choices"] = tuple(Area(**choice) for choice in values.get("place_choices", ()))
        for name in ("said", "asked"):
            values[name] = tuple(values.get(name, ()))
        return cls(**values)


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


@dataclass(frozen=True)
class PlaceQuestion:
    """Which of several places is meant: `choices` as they are read out, `answers` to click."""

    choices: str
    answers: tuple[str, ...]


def place_question(draft: Draft) -> PlaceQuestion | None:
    """The choice to put to the citizen, or None where the place is asked for openly."""
    if not draft.place_choices:
        return None
    say = citizen_words()
    names = tuple(map(str, draft.place_choices))
    choices = say["place_and"].join(names[:-1]) + say["place_or"] + names[-1]
    return PlaceQuestion(choices, (*names, say["place_neither"]))


def office_words(ticket: Ticket) -> str:
    """Who has the ticket, as a citizen hears it: the office it was dispatched to, not one only proposed."""
    sent = any(event.to_status in AT_OFFICE for event in ticket.history)
    there = sent and ticket.status not in TO_DISPATCH
    return ticket.office if there and ticket.office else citizen_words()["office_unknown"]


def beijing_words(at: datetime) -> str:
    """An instant as it is said to a citizen, in Beijing time."""
    local = at.astimezone(BEIJING)
    return citizen_words()["time"].format(
        month=local.month, day=local.day, hour=local.hour, minute=local.minute
    )
