"""The ticket form as a page shows and sends it: values by name, what is doubtful, what will come of it."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData

from api.filling.model import FilledForm
from api.filling.outlook import Outlook
from api.service import Service
from api.texts import texts
from tickets.citizen_words import beijing_words
from tickets.digits import id_numbers_in, phones_in
from tickets.hearing import SELF
from tickets.model import Area, Category, NewTicket, Person, Urgency
from tickets.places import place_choices
from tickets.requests import area_from, request_from
from tickets.triage import triage

NAMES = (
    "category",
    "urgency",
    "summary",
    "description",
    "place",
    "name",
    "phone",
    "id_number",
    "relation",
    "beneficiary",
    "anonymous",
    "since",
)
MOST = {"summary": 200, "description": 8000, "place": 100, "name": 40, "phone": 30, "id_number": 30}
MOST_OF_OTHERS = 60
SEPARATE = "separate"
CALM = "calm"
_GROUPS = re.compile(r"^(\d{3})(\d{4})(\d{4})$")


@dataclass(frozen=True)
class Further:
    """A further matter of the same talk: to be filed as a ticket of its own if `chosen`."""

    category: Category
    words: str
    relation: str
    chosen: bool = False


@dataclass(frozen=True)
class Sent:
    """A form as it came in. `by_hand` are the names of the fields that the agent changed."""

    values: Mapping[str, str]
    by_hand: frozenset[str] = frozenset()
    repeat: str = ""
    client: str = ""
    further: tuple[Further, ...] = ()
    calm: str = ""

    @property
    def hand_values(self) -> dict[str, str]:
        """What the agent decided, to be kept: `calm` is the danger that she found to be none."""
        changed = {name: self.values[name] for name in NAMES if name in self.by_hand}
        return changed | ({CALM: self.calm} if self.calm else {})

    @classmethod
    def kept(cls, by_hand: Mapping[str, str]) -> "Sent":
        """What was kept of a form: `hand_values` again."""
        values = {name: value for name, value in by_hand.items() if name in NAMES}
        return cls(values, frozenset(values), calm=by_hand.get(CALM, ""))


async def sent_form(request: Request) -> Sent:
    """Read a posted form; what is not there is empty."""
    form = await request.form()
    values = {name: _text(form, name) for name in NAMES}
    pick = _text(form, "pick")
    return Sent(
        values | ({"place": pick} if pick else {}),
        frozenset(_text(form, "by_hand").split()) | ({"place"} if pick else set()),
        _text(form, "repeat"),
        _text(form, "client")[:80],
        _further(form),
        _text(form, CALM)[:40],
    )


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _further(form: FormData) -> tuple[Further, ...]:
    chosen = {value for value in form.getlist("also") if isinstance(value, str)}
    found = []
    for at in range(10):
        words, category = _text(form, f"also-words-{at}"), _text(form, f"also-category-{at}")
        if words and category in set(Category):
            relation = _text(form, f"also-relation-{at}")[:40]
            found.append(Further(Category(category), words[:500], relation or SELF, str(at) in chosen))
    return tuple(found)


@dataclass(frozen=True)
class Sheet:
    """Everything that the form's template shows."""

    values: Mapping[str, str]
    by_hand: frozenset[str]
    doubts: Mapping[str, str]
    said: Mapping[str, tuple[str, ...]]
    area: Area
    choices: tuple[str, ...]
    notes: Mapping[str, str]
    outlook: Outlook
    due: str
    repeat: str
    further: tuple[Further, ...]
    readback: str
    client: str
    calm: str


def sheet_of(service: Service, filled: FilledForm, sent: Sent, *, only_sent: bool = False) -> Sheet:
    """Give the form: what was heard, with the agent's own values over it.

    Args:
        only_sent: take every value as it was sent, as after a refusal.
    """
    heard = values_of(filled)
    own = {name: sent.values[name] for name in sent.by_hand}
    values = dict(sent.values) if only_sent else heard | own
    values = {name: values.get(name, "") for name in NAMES}
    by_hand = sent.by_hand
    new = request_of(service, values)
    outlook = service.prospects.of(new)
    words = texts("console_filing")
    doubts = {
        name: words["doubts"][filled.filled(name).doubt]  # type: ignore[index]
        for name in NAMES
        if name != "description" and name not in by_hand and filled.filled(name).doubt
    }
    further = sent.further or tuple(
        Further(one.category, one.summary, one.relation or SELF) for one in filled.others
    )
    place = values["place"]
    choices = tuple(map(str, filled.choices)) if place == heard["place"] else ()
    if not choices and place and new.area.adcode is None:
        choices = tuple(map(str, place_choices(place, service.settings.region)))
    due = beijing_words(outlook.adds_to.due_at if outlook.adds_to else outlook.due_at)
    return Sheet(
        values=values,
        by_hand=by_hand,
        doubts=doubts,
        said={name: filled.filled(name).words for name in NAMES if name != "description"},
        area=new.area,
        choices=choices,
        notes=_notes(values),
        outlook=outlook,
        due=due,
        repeat=sent.repeat,
        further=further,
        readback=readback(values, new, due),
        client=sent.client,
        calm=sent.calm,
    )


def values_of(filled: FilledForm) -> dict[str, str]:
    """The form's values as text, by name."""
    values: dict[str, Any] = {name: filled.filled(name).value for name in NAMES if name != "description"}
    values |= {"description": filled.description, "anonymous": "1" if filled.anonymous.value else ""}
    return {name: str(value) if value else "" for name, value in values.items()}


def too_long(values: Mapping[str, str]) -> tuple[str, int] | None:
    """The first field that is longer than a ticket takes, with its limit in characters."""
    for name in NAMES:
        most = MOST.get(name, MOST_OF_OTHERS)
        if len(values[name]) > most:
            return name, most
    return None


def request_of(
    service: Service,
    values: Mapping[str, str],
    *,
    channel: str = "phone",
    conversation_id: str | None = None,
    origin: str | None = None,
) -> NewTicket:
    """The request that the form asks for."""
    anonymous, said = bool(values["anonymous"]), values["description"]
    since = values["since"]
    if since and since not in said:
        said += texts("console_filing")["since_line"].format(since=since)
    judged = triage(said) if said else None
    category = Category(values["category"]) if values["category"] in set(Category) else None
    new = request_from(
        said,
        region=service.settings.region,
        category=category,
        urgency=Urgency(values["urgency"]) if values["urgency"] in set(Urgency) else None,
        summary=values["summary"] or None,
        area=area_from(None, values["place"] or None, service.settings.region),
        applicant=Person(
            name=None if anonymous else values["name"] or None,
            phone=values["phone"] or None,
            id_number=None if anonymous else values["id_number"].upper() or None,
        ),
        beneficiary=values["beneficiary"] or None,
        relation=values["relation"] or SELF,
        anonymous=anonymous,
        channel=channel,
        conversation_id=conversation_id,
        origin_message_id=origin,
    )
    as_judged = judged is not None and judged.category is new.category
    return replace(new, triage=judged.reasons if judged and as_judged else ())


def further_requests(main: NewTicket, further: tuple[Further, ...]) -> tuple[NewTicket, ...]:
    """The requests of the further matters that were chosen, beside the main one."""
    return tuple(
        replace(
            main,
            category=one.category,
            summary=one.words[:60],
            relation=one.relation,
            beneficiary=main.beneficiary if one.relation == main.relation else None,
            origin_message_id=f"{main.origin_message_id}#{at}",
            triage=triage(one.words).reasons,
        )
        for at, one in enumerate(further, start=2)
        if one.chosen
    )


def origin_of(kind: str, name: str) -> str:
    """The origin of a filing: the same form sent twice files once."""
    return f"{kind}:" + hashlib.sha256(name.encode()).hexdigest()


def readback(values: Mapping[str, str], new: NewTicket, due: str) -> str:
    """What the agent reads aloud before filing; numbers are in groups."""
    say = texts("console_filing")
    relation, name = values["relation"] or SELF, values["beneficiary"]
    own = relation == SELF
    return say["readback_text"].format(
        summary=values["summary"].rstrip("。，,.！!"),
        place=(str(new.area) + (new.area.detail or "")) or say["readback_no_place"],
        who=say["readback_self"] if own else say["readback_other"].format(relation=relation, name=name),
        phone=_GROUPS.sub(r"\1 \2 \3", values["phone"]) or say["readback_no_phone"],
        hidden=say["readback_hidden"] if values["anonymous"] else "",
        due=due,
    )


def spoken_digits(number: str) -> str:
    """A number as it is read digit by digit, a pause between its parts."""
    digits: Mapping[str, str] = texts("console_filing")["digits"]  # type: ignore[assignment]
    return "，".join("".join(digits.get(one, one) for one in part) for part in number.split("-"))


def _notes(values: Mapping[str, str]) -> dict[str, str]:
    """What is formally wrong with a number; it may be filed all the same."""
    say: Mapping[str, str] = texts("console_filing")["checks"]  # type: ignore[assignment]
    notes = {}
    if values["phone"] and not phones_in(values["phone"]):
        notes["phone"] = say["phone_wrong"]
    if values["id_number"] and not id_numbers_in(values["id_number"]):
        notes["id_number"] = say["id_wrong"]
    return notes
