"""Fills the ticket form from everything that a citizen said, in a chat or on the phone. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from api.filling.listening import Listened, listen
from api.filling.model import Filled, FilledForm
from api.filling.people import clauses_of, listening_words, names_kin
from tickets.digits import phones_in
from tickets.hearing import SELF, understand
from tickets.intake import Draft
from tickets.model import Area, NewTicket, Urgency
from tickets.triage import load_rules, triage

# From here on every category was right in benchmarks/data and tests/api/data (`hotline evaluate form`).
SURE_CATEGORY = 0.6


def filled_form(
    texts: Sequence[str], home_region: str, *, draft: Draft | None = None, in_danger: bool = False
) -> FilledForm:
    """Give the form.

    Args:
        texts: the citizen's own words, oldest first; those of a call as `listening.utterances` splits them.
        home_region: adcode of the province preferred among places of one name.
        draft: what the bot had taken down, where a request was open.
        in_danger: the danger screen saw that somebody is in danger: the ticket is urgent.
    """
    heard = listen(texts, home_region, draft)
    told = heard.draft
    spoken = told if told.said else Draft(said=("",))
    main, *others = spoken.to_tickets(conversation_id="", message_id="", channel="")
    judged = triage(_matter(told))
    if not others:
        main = replace(main, category=judged.category, urgency=judged.urgency, triage=judged.reasons)
    return FilledForm(
        category=_category(main, told, judged.confidence if judged.category is main.category else 0.0),
        urgency=_urgency(main, told, in_danger),
        summary=Filled(_without_greeting(main.summary), ()),
        description=main.description,
        place=_place(heard),
        area=main.area,
        choices=told.place_choices,
        name=_name(main, heard),
        phone=_phone(heard, texts),
        id_number=_id_number(heard),
        relation=_relation(main, heard),
        beneficiary=_beneficiary(main, heard),
        anonymous=Filled(told.anonymous, heard.told_by.get("anonymous", ())),
        since=Filled(told.since, heard.told_by.get("since", ())),
        request=main,
        others=tuple(others),
        told=told.matter is not None,
        reasons=main.triage,
    )


def _matter(told: Draft) -> str:
    """What was told of the matter, without the clauses that only name people, phones and places."""
    clauses = [clause for text in told.story for clause in clauses_of(text)]
    kept = [clause for clause in clauses if not _introduces(clause)]
    return "，".join(kept) or told.told


def _without_greeting(summary: str) -> str:
    listed = "|".join(sorted(listening_words()["greetings"], key=len, reverse=True))
    return re.sub(rf"^(?:(?:{listed})[，,。！! ]*)+", "", summary) or summary


def _introduces(clause: str) -> bool:
    heard = understand(clause, None, lambda _: None)
    names = heard.own_name or heard.other_name or heard.surname
    return bool(heard.phone or heard.phone_piece or heard.refuses_phone or heard.anonymous or names)


def _category(main: NewTicket, told: Draft, confidence: float) -> Filled:
    if not told.matter:
        return Filled(main.category, (), "nothing_told")
    return Filled(main.category, main.triage[:1], None if confidence >= SURE_CATEGORY else "category_close")


def _urgency(main: NewTicket, told: Draft, in_danger: bool) -> Filled:
    if in_danger:
        return Filled(Urgency.URGENT, ())
    if not told.matter:
        return Filled(main.urgency, (), "nothing_told")
    story, everything = triage(told.told).urgency, triage("\n".join(told.said)).urgency
    by_rule = main.urgency is not Urgency.NORMAL and any(
        rule.reason in reason for rule in load_rules().urgency for reason in main.triage
    )
    return Filled(main.urgency, main.triage[1:], None if by_rule or story is everything else "urgency_close")


def _place(heard: Listened) -> Filled:
    told = heard.draft
    words = heard.told_by.get("place", ())
    if told.place is None:
        vague = str(told.area) if told.area else None
        return Filled(vague, words, "place_which" if told.area else "place_missing")
    area = told.area or Area()
    if area.adcode is None:
        return Filled(told.place, words, "place_unknown")
    if area.township is None:
        return Filled(told.place, words, "place_no_township")
    doubt = "place_changed" if "place" in heard.put_right else None
    return Filled(told.place, words, doubt)


def _name(main: NewTicket, heard: Listened) -> Filled:
    told = heard.draft
    name = main.applicant.name
    words = heard.told_by.get("own_name") or heard.told_by.get("surname", ())
    if told.anonymous:
        return Filled(None, heard.told_by.get("anonymous", ()))
    if name is None:
        return Filled(None, (), "name_missing")
    if told.own_name is None:
        return Filled(name, words, "name_surname_only")
    return Filled(name, words, "name_guessed" if "own_name" in heard.guessed else None)


def _phone(heard: Listened, texts: Sequence[str]) -> Filled:
    told, words = heard.draft, heard.told_by.get("phone", ())
    if told.phone:
        doubt = (
            "phone_changed" if told.put_right else "phone_pieces" if _in_pieces(told.phone, texts) else None
        )
        return Filled(told.phone, words, doubt)
    if told.phone_piece:
        return Filled(told.phone_piece, (told.phone_piece,), "phone_incomplete")
    return Filled(None, (), None if told.phone_refused else "phone_missing")


def _in_pieces(phone: str, texts: Sequence[str]) -> bool:
    return not any(phone in phones_in(text) for text in texts)


def _id_number(heard: Listened) -> Filled:
    told = heard.draft
    doubt = "id_mistyped" if heard.mistyped_id and not told.id_number else None
    return Filled(told.id_number, heard.told_by.get("id_number", ()), doubt)


def _relation(main: NewTicket, heard: Listened) -> Filled:
    words = heard.told_by.get("relation", ())
    alone = heard.draft.relation in (None, SELF) and not any(map(names_kin, heard.draft.said))
    return Filled(main.relation or SELF, words, None if heard.whom_told or alone else "relation_check")


def _beneficiary(main: NewTicket, heard: Listened) -> Filled:
    told = heard.draft
    name = main.beneficiary
    if told.relation in (None, SELF):
        return Filled(name, heard.told_by.get("own_name", ()))
    words = heard.told_by.get("other_name", ())
    if name is None:
        return Filled(None, (), "beneficiary_missing")
    return Filled(name, words, "name_guessed" if "other_name" in heard.guessed else None)
