"""What a citizen's later words change in her ticket: added, corrected, or urged (催办)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tickets.amending import Told
from tickets.citizen_words import citizen_words
from tickets.digits import phones_in, without_phone
from tickets.errors import RuleBroken
from tickets.hearing import Heard
from tickets.lifecycle import TO_DISPATCH
from tickets.model import Actor, Area, Category, Person, Role, Status, Ticket, Urgency
from tickets.own_ticket_words import PHONE, PLACE, has_word, listens_for, own_ticket_words
from tickets.service import Desk
from tickets.triage import triage

# From this probability on the category of added words is trusted enough to ask whether they are another need.
SURELY_ANOTHER = 0.8
HOTLINE = Actor("hotline", Role.SYSTEM)
_LEVELS = ("province", "city", "county", "township")


@dataclass(frozen=True)
class Added:
    """What became of added words. `phone` and `place` are what they put right.

    `place_unsure`: a place was to be put right and could not be told; `unproven`: something was to be put
    right by someone who did not show that the ticket is hers; `urgency` is set when it rose.
    """

    ticket: Ticket
    phone: str | None = None
    place: str | None = None
    place_unsure: bool = False
    unproven: bool = False
    urgency: Urgency | None = None


class Urging(StrEnum):
    """What urging came to; the values are the names of the sentences that say so."""

    RECORDED = "urged"
    ESCALATED = "urged_escalated"
    ESCALATED_BEFORE = "urged_escalated_before"
    PRIORITISED = "urged_prioritised"
    PRIORITISED_BEFORE = "urged_again"


def another_need(ticket: Ticket, words: str) -> Category | None:
    """The category of another need that added words tell of, when that is likely; a complaint is none."""
    judged = triage(words)
    same = judged.category in (ticket.category, Category.COMPLAINT) or ticket.category is Category.COMPLAINT
    return None if same or judged.confidence < SURELY_ANOTHER else judged.category


def affirmed(text: str) -> str:
    """The words without what they deny: “是甲镇，不是乙镇” leaves “是甲镇”."""
    denies = "|".join(listens_for()["denies"])
    clauses = (re.split(denies, clause)[0] for clause in re.split(r"[，,。；;\n]", text))
    return "，".join(clause for clause in clauses if clause.strip()) or text


def add_words(
    desk: Desk,
    ticket: Ticket,
    words: Sequence[str],
    hear: Callable[[str], Heard],
    *,
    message_id: str,
    about: str | None = None,
    proven: bool = True,
) -> Added:
    """Add a citizen's words to her ticket; a phone or a place that they put right replaces the old one.

    A phone that she takes back stands no longer in the words. The same message again changes nothing.

    Args:
        hear: what tickets.hearing finds in a text.
        about: PHONE or PLACE when that was asked for.
        proven: whether she has shown that it is hers; if not, words are added and nothing is put right.
    Raises:
        TicketError: as Desk.supplement.
    """
    text = "\n".join(words)
    heard = hear(affirmed(text))
    phone = heard.phone if proven and _puts_phone_right(text, heard, ticket, about) else None
    wants_place = proven and (about == PLACE or has_word(text, "about_place") or heard.corrects)
    area = _put_right(ticket.area, heard) if wants_place else None
    old = {ticket.applicant.phone, *phones_in(text)} - {phone, None} if phone else set()
    for number in old:
        text = without_phone(text, str(number), citizen_words()["phone_put_right"])
    after = desk.supplement(
        ticket.number,
        text,
        origin_message_id=message_id,
        urgency=triage(text).urgency,
        because=own_ticket_words()["because_added"],
        told=Told(Person(phone=phone, name=heard.own_name if proven and heard.corrects else None), area),
    )
    about_place = about == PLACE or has_word(text, "about_place")
    return Added(
        after,
        phone=phone,
        place=f"{area}{area.detail or ''}" if area else None,
        place_unsure=bool(wants_place and about_place and area is None and not phone),
        unproven=not proven and (about_place or heard.phone is not None),
        urgency=after.urgency if after.urgency is not ticket.urgency else None,
    )


def urge(desk: Desk, ticket: Ticket, words: str, *, message_id: str) -> Urging:
    """Record that a citizen urges, and hurry a ticket that is late by the means that its state leaves.

    At an office it is escalated (督办, 国办发〔2020〕53号); before dispatch it becomes at least 优先, so that
    it comes first in the dispatcher's queue. Words that tell of more urgency raise it in any case.

    Raises:
        TicketError: as Desk.supplement.
    """
    say = own_ticket_words()
    late = desk.is_late(ticket)
    escalated = late and _escalated(desk, ticket, say["urge_reason"].format(words=words))
    to_dispatch = late and ticket.status in TO_DISPATCH and not escalated
    wanted = triage(words).urgency
    if to_dispatch and wanted is Urgency.NORMAL:
        wanted = Urgency.PRIORITY
    after = desk.supplement(
        ticket.number, words, origin_message_id=message_id, urgency=wanted, because=say["because_urged"]
    )
    if escalated:
        return Urging.ESCALATED
    if ticket.status is Status.ESCALATED:
        return Urging.ESCALATED_BEFORE
    if after.urgency is not ticket.urgency:
        return Urging.PRIORITISED
    return Urging.PRIORITISED_BEFORE if to_dispatch else Urging.RECORDED


def _escalated(desk: Desk, ticket: Ticket, reason: str) -> bool:
    if "escalate" not in {move.transition for move in desk.moves(ticket.number, HOTLINE)}:
        return False
    try:
        desk.move(ticket.number, "escalate", actor=HOTLINE, reason=reason)
    except RuleBroken:
        return False  # somebody moved it at this very moment
    return True


def _puts_phone_right(text: str, heard: Heard, ticket: Ticket, about: str | None) -> bool:
    """Whether a phone in the words is to replace the applicant's, and is not just somebody else's."""
    if heard.phone is None or heard.phone == ticket.applicant.phone:
        return False
    return (
        about == PHONE or ticket.applicant.phone is None or heard.corrects or has_word(text, "replaces_phone")
    )


def _put_right(known: Area, heard: Heard) -> Area | None:
    """The place that the words put in the place of the known one; None when they tell none, or no more."""
    area = heard.area
    if area is not None and area.adcode is None:
        near = [one for one in heard.choices if one.adcode and one.city == known.city]
        nearer = [one for one in near if one.county == known.county] or near
        area = nearer[0] if len(nearer) == 1 else None
    if area is None:
        return None
    if area.township is None and area.county and area.county == known.county and area.city == known.city:
        area = replace(area, township=known.township, adcode=known.adcode)
    says_less = all(getattr(area, level) in (None, getattr(known, level)) for level in _LEVELS)
    return None if says_less and (area.detail in (None, "", known.detail)) else area
