"""Taking a request down: what is known so far, what is still to be asked, the tickets it becomes.

Pure rules, shared by the Rasa form and by the stand-in that works while Rasa is down. A later statement
corrects an earlier one; only what the citizen confirmed becomes a ticket.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from tickets.citizen_words import citizen_words
from tickets.digits import corrected_tail, joined_phone, without_phone
from tickets.hearing import SELF, Heard, says_yes, tells_a_matter, words
from tickets.model import Area, Category, NewTicket, Person
from tickets.needs import Need, needs_of
from tickets.triage import triage

MATTER, PLACE, WHO, DETAIL, CONTACT = "matter", "place", "who", "detail", "contact"
CONFIRMED, CANCEL = "confirmed", "cancel"
PAUSED = "paused"  # something else was said after the read-back: it is put again before a yes counts
SLOTS = (MATTER, PLACE, WHO, DETAIL, CONTACT, CONFIRMED)
OTHER = "他人"  # somebody who was not called a relative
_LONG_STORY = 80  # characters; who told that much is not asked for details


@dataclass(frozen=True)
class Draft:
    """A request being taken down. `said` keeps the citizen's own words, one item a message, in order;
    `story` those among them that tell of the matter, and not only a name, a place or a phone.

    Where several places may be meant, `place` stays open, `area` is what they share, and `place_choices` are
    the places to ask about. `asked` are the questions put so far; `put_right` are phone numbers that she took
    back, `phone_piece` the first digits of one that she gives in pieces. `together`: several needs are to
    stay one ticket. `extras`: what she added to the matter when asked for details or to confirm.
    """

    said: tuple[str, ...] = ()
    story: tuple[str, ...] = ()
    matter: str | None = None
    place: str | None = None
    area: Area | None = None
    place_choices: tuple[Area, ...] = ()
    relation: str | None = None
    own_name: str | None = None
    surname: str | None = None
    other_name: str | None = None
    age: str | None = None
    since: str | None = None
    id_number: str | None = None
    phone: str | None = None
    phone_piece: str | None = None
    put_right: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    phone_refused: bool = False
    anonymous: bool = False
    together: bool = False
    asked: tuple[str, ...] = ()

    def hear(self, text: str, asked: str | None, heard: Heard) -> "Draft":
        """Return the draft with one more message taken in."""
        draft = replace(self, said=(*self.said, text))
        draft = draft._hear_people(asked, heard)._hear_place(asked, heard)._hear_phone(text, heard)
        answers_that = asked == MATTER and not heard.anything
        says_phone = bool(heard.phone or heard.refuses_phone)
        about_phone = says_phone and (asked == CONTACT or (draft.matter is not None and heard.corrects))
        if not about_phone and (answers_that or _has(text, "benefits") or tells_a_matter(text, heard)):
            draft = replace(draft, story=(*self.story, text))
        if draft.matter is None and (answers_that or tells_a_matter(text, heard)):
            wished = [said for said in self.said if _has(said, "benefits")]
            draft = replace(draft, matter="；".join((*wished, text.strip())))
        elif asked in (DETAIL, CONFIRMED) and not heard.anything and not heard.since and not says_yes(text):
            draft = replace(draft, extras=(*self.extras, text.strip()))
        closer = draft.place_choices and draft.place_choices != self.place_choices
        goes_on = closer or heard.none_of_them
        if asked == PLACE and draft.place is None and asked in self.asked[:-1] and not goes_on:
            # Asked twice and still no county that we know: her own words are better than a third question.
            vague = str(draft.area or "")
            said = "" if says_phone or heard.own_name else text.strip()
            place = said if vague in said else vague + said
            draft = replace(draft, place=place or None, place_choices=())
        if asked == MATTER and draft.matter is None and asked in self.asked[:-1]:
            draft = replace(draft, matter="，".join(draft.said))  # asked twice: what she said will do
        if asked == CONTACT and draft.phone is None and not draft.phone_piece and asked in self.asked[:-1]:
            draft = replace(
                draft, phone_refused=True
            )  # asked twice: nobody is turned away for want of a phone
        if asked == CONFIRMED and _has(text, "together"):
            draft = replace(draft, together=True)
        return draft

    def _hear_people(self, asked: str | None, heard: Heard) -> "Draft":
        told = {
            name: value
            for name in ("own_name", "surname", "other_name", "id_number")
            if (value := getattr(heard, name)) is not None
        }
        draft = replace(self, **told, since=self.since or heard.since)
        # Later talk mentions many people; whom it is about changes only when that is the subject.
        if self.relation is None or asked == WHO:
            draft = replace(draft, relation=heard.relation or draft.relation)
        elif heard.for_whom and (asked == CONFIRMED or heard.corrects):
            draft = replace(draft, relation=heard.for_whom)
        if heard.other_name and heard.relation is None and draft.relation in (None, SELF):
            draft = replace(draft, relation=OTHER)  # 他叫… is said of somebody else
        if draft.relation is None and (asked == WHO or (heard.own_name and not draft.other_name)):
            # Put once at most; the confirmation shows what was assumed, so she can correct it.
            draft = replace(draft, relation=SELF)
        if draft.age is None and not (heard.age_of_kin and draft.relation in (None, SELF)):
            draft = replace(draft, age=heard.age)
        return draft

    def _hear_phone(self, text: str, heard: Heard) -> "Draft":
        """Take a phone in, whole or in pieces; one taken back is remembered, so that it stays nowhere."""
        draft = self
        whole = heard.phone
        if whole is None and self.phone and not heard.id_number:
            whole = corrected_tail(text, self.phone)
        if whole is None and heard.phone_piece:
            whole = joined_phone(self.phone_piece or "", heard.phone_piece)
            draft = replace(draft, phone_piece=None if whole else heard.phone_piece)
        if whole:
            taken_back = heard.taken_back
            if self.phone and self.phone != whole:
                taken_back = (self.phone, *taken_back)
            draft = replace(draft, phone=whole, phone_piece=None, put_right=(*self.put_right, *taken_back))
        if whole or heard.refuses_phone:
            draft = replace(draft, phone_refused=heard.refuses_phone and not whole)
        if heard.anonymous:
            draft = replace(draft, anonymous=True, phone_refused=draft.phone is None)
        return draft

    def _hear_place(self, asked: str | None, heard: Heard) -> "Draft":
        """Take a place in; one that may be several is asked about instead of being guessed."""
        if heard.area is None:
            return replace(self, place=None, area=None, place_choices=()) if heard.none_of_them else self
        about_it = asked in (PLACE, CONFIRMED) or heard.corrects or self.place is None
        if heard.area.adcode:
            nearer = self.area is not None and _lies_in(heard.area, self.area)
            if not about_it and not nearer:
                return self  # where her son works is not where she lives
            return replace(self, place=heard.place, area=heard.area, place_choices=())
        if not about_it:
            return self
        return replace(self, place=None, area=heard.area, place_choices=heard.choices)

    @property
    def fields(self) -> tuple[object, ...]:
        """What the read-back shows beside the matter: a yes that changes one of these is none yet."""
        names = (self.own_name, self.surname, self.other_name, self.id_number)
        contact = (self.phone, self.phone_piece, self.phone_refused, self.anonymous)
        return (self.place, self.area, self.place_choices, self.relation, *names, *contact, self.together)

    @property
    def empty(self) -> bool:
        """Whether nothing has been told that would be lost."""
        return self.matter is None and self.place is None and self.phone is None

    @property
    def offered(self) -> tuple[Area, ...]:
        """The places to choose from, or the one that is known too vaguely to offer any."""
        vague = self.place is None and self.area is not None and self.area.adcode is None
        return self.place_choices or ((self.area,) if vague and self.area else ())

    @property
    def told(self) -> str:
        """What she told of the matter, for judging it."""
        return "\n".join(self.story or self.said)

    @property
    def needs(self) -> tuple[Need, ...]:
        """The matters that it will become; one when she wants them together."""
        found = needs_of(self.told)
        if self.together and len(found) > 1:
            return (Need(triage(self.told).category, self.matter or found[0].words),)
        return found

    def missing(self) -> str | None:
        """The next thing to ask for, or None when all is known."""
        if self.matter is None:
            return MATTER
        if self.place is None:
            return PLACE
        if self.relation is None and self._category() not in words()["no_one_else"]:
            return WHO
        if self.detail_question() and not {DETAIL, CONFIRMED} & set(self.asked):
            return DETAIL
        if self.phone is None and not self.phone_refused:
            return CONTACT
        return None

    def detail_question(self) -> str | None:
        """The one thing that decides how soon somebody must come, or None when it is said or not needed."""
        told = "".join(self.said)
        if len(told) >= _LONG_STORY or not self.asked:
            return None  # who told it all in one go is not questioned further
        category = self._category()
        for question in words()["details"]:
            known = self.since if question.get("since") else any(word in told for word in question["unless"])
            if category in question["categories"] and not known:
                return question["ask"]
        return None

    def asking(self, what: str) -> "Draft":
        """Remember that `what` has been asked for (once more)."""
        return replace(self, asked=(*self.asked, what))

    def paused(self) -> "Draft":
        """The draft whose read-back is no longer the last thing that was said."""
        return self.asking(PAUSED) if self.asked[-1:] == (CONFIRMED,) else self

    def to_tickets(self, *, conversation_id: str, message_id: str, channel: str) -> tuple[NewTicket, ...]:
        """Turn the finished draft into the tickets to be filed, one for each need; the first is the main one.

        Category and urgency come from triage. Phones that she took back stand in no ticket.
        """
        description = "\n".join(self.said)
        for phone in self.put_right:
            description = without_phone(description, phone, citizen_words()["phone_put_right"])
        area = self.area or Area()
        whole = triage(self.told)
        needs = self.needs
        main = needs[0]
        first = NewTicket(
            category=whole.category if len(needs) == 1 else main.category,
            urgency=whole.urgency,
            area=area if area.adcode else replace(area, detail=self.place),
            summary=self._summary(main if len(needs) > 1 else None),
            description=description,
            applicant=Person(
                name=None if self.anonymous else self.caller,
                phone=self.phone,
                id_number=self.id_number if self.relation == SELF and not self.anonymous else None,
            ),
            beneficiary=self._beneficiary(main, needs),
            relation=self._whose(main, needs),
            anonymous=self.anonymous,
            channel=channel,
            conversation_id=conversation_id,
            origin_message_id=message_id,
            triage=whole.reasons,
        )
        more = (
            replace(
                first,
                category=need.category,
                summary=self._summary(need),
                relation=self._whose(need, needs),
                beneficiary=self._beneficiary(need, needs),
                origin_message_id=f"{message_id}#{position}",
                triage=triage(need.words).reasons,
            )
            for position, need in enumerate(needs[1:], start=2)
        )
        return (first, *more)

    @property
    def caller(self) -> str | None:
        """The caller's name, or what she said of it."""
        if self.own_name or not self.surname:
            return self.own_name
        return citizen_words()["surname_only"].format(surname=self.surname)

    def _whose(self, need: Need, needs: Sequence[Need]) -> str:
        """The relation of the person whom one of the needs is about."""
        whole = self.relation or SELF
        if len(needs) == 1:
            return whole
        if whole != SELF and need.words.startswith(tuple(words()["same_person"])):
            return whole
        named_elsewhere = any(other.about == whole for other in needs if other is not need)
        return need.about or (SELF if named_elsewhere else whole)

    def _beneficiary(self, need: Need, needs: Sequence[Need]) -> str | None:
        """The name of the person whom one of the needs is about, where she told it."""
        if len(needs) == 1:
            return self.other_name or (self.caller if self._for_herself else None)
        relation = self._whose(need, needs)
        if relation == SELF:
            return None if self.anonymous else self.caller
        named = self.other_name is not None and (relation == self.relation or self.other_name in need.words)
        return self.other_name if named else None

    @property
    def _for_herself(self) -> bool:
        return self.relation in (None, SELF) and not self.anonymous

    def _summary(self, need: Need | None) -> str:
        told = need.words if need else (self.matter or "\n".join(self.said))
        for phone in self.put_right:
            told = without_phone(told, phone, citizen_words()["phone_put_right"])
        return told[:60]

    def _category(self) -> Category:
        return triage(self.told).category

    def to_dict(self) -> dict[str, Any]:
        """A JSON form that `from_dict` reads back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any] | None) -> "Draft":
        known = {f.name for f in fields(cls)}
        values: dict[str, Any] = {name: value for name, value in (stored or {}).items() if name in known}
        if values.get("area"):
            values["area"] = Area(**values["area"])
        values["place_choices"] = tuple(Area(**choice) for choice in values.get("place_choices", ()))
        for name in ("said", "story", "asked", "put_right", "extras"):
            values[name] = tuple(values.get(name, ()))
        return cls(**values)


def _has(text: str, name: str) -> bool:
    return any(word in text for word in words()[name])


def _lies_in(inner: Area, outer: Area) -> bool:
    """Whether one place says the same as the other, and perhaps more."""
    levels = ("province", "city", "county", "township")
    return all(getattr(outer, level) in (None, getattr(inner, level)) for level in levels)
