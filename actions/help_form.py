"""The request for help: Rasa keeps the loop, tickets.intake knows the rules, this file translates.

The validator takes every message while the form is open and always says something about it, so an
interruption is answered and the open question is put again; nothing falls silent.
"""

import asyncio
from typing import Any

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.parts import Heard, Parts, heard
from actions.policy import asks_for_an_article, say_answer
from tickets.errors import TicketError
from tickets.hearing import Choose, Resolve, says_yes, tells_a_matter, understand
from tickets.hearing import Heard as Told
from tickets.intake import Draft, beijing_words, office_words, place_question, read_back
from tickets.model import Area
from tickets.places import place_choices

log = structlog.get_logger()

ASKED_SLOTS = ("matter", "place", "who", "contact", "confirmed")
YES, CANCELLED, LEFT = "yes", "cancelled", "left"

# Intents that say nothing about the request: they get their own reply, then the question is put again.
ASIDES = {
    "greet": "utter_aside_greet",
    "thank": "utter_aside_thank",
    "chitchat": "utter_aside_chitchat",
    "out_of_scope": "utter_aside_out_of_scope",
    "ask_progress": "utter_aside_progress",
    "want_person": "utter_handed_over",
}
# A long message that mentions 取消 or 人工 tells a story; a short one means it.
SHORT = 14
SURELY_A_QUESTION = 0.6
LIKELY_A_REQUEST = 0.5


class ValidateHelpForm(Action):
    """Takes one message into the draft and decides what to ask next."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "validate_help_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        return await asyncio.to_thread(self._take, dispatcher, tracker)

    def _take(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
        message = heard(tracker)
        asked = tracker.get_slot("requested_slot")
        draft = Draft.from_dict(tracker.get_slot("draft"))
        region = message.region or "430000"

        def resolve(text: str) -> Area | None:
            return self._parts.resolve_place(text, region)

        def choose(text: str) -> tuple[Area, ...]:
            return place_choices(text, region)

        if asks_for_an_article(self._parts, message):
            say_answer(self._parts, message, dispatcher)
            return _ask(draft, asked) if asked else _end(draft, LEFT)
        told = understand(message.text, asked, resolve, choose, draft.offered)
        if asked is None and not tells_a_matter(message.text, told):
            draft = _with_story_before(draft, tracker, resolve, choose)
        if asked is None and message.confidence < LIKELY_A_REQUEST and not told.anything and not draft.said:
            # Perhaps only a question: answer it and offer the form instead of starting to interrogate.
            say_answer(self._parts, message, dispatcher)
            dispatcher.utter_message(response="utter_offer_form")
            return _end(draft, LEFT)
        if message.intent == "cancel" and len(message.text) <= SHORT and not told.anything:
            return _end(draft, CANCELLED)
        if asked == "confirmed" and not told.anything:
            if message.intent == "affirm" or says_yes(message.text):
                return _end(draft.hear(message.text, asked, told), YES)
            if message.intent in ("deny", "correct"):
                dispatcher.utter_message(response="utter_what_is_wrong")
                return _ask(draft, asked)
        if asked is not None and self._aside(message, asked, told, dispatcher):
            return _ask(draft, asked)
        if asked == "contact" and told.incomplete_phone:
            dispatcher.utter_message(response="utter_phone_incomplete")
        draft = draft.hear(message.text, asked, told)
        return _ask(draft, draft.missing() or "confirmed")

    def _aside(self, message: Heard, asked: str, told: Told, dispatcher: CollectingDispatcher) -> bool:
        """Answer what is not about the request; False when the message belongs to the request."""
        if told.anything:
            return False
        sure = message.intent == "ask_policy" and message.confidence >= SURELY_A_QUESTION
        if sure or message.text.rstrip().endswith(("?", "？")):
            say_answer(self._parts, message, dispatcher)
            return True
        if message.intent in ASIDES and (asked != "matter" or len(message.text) <= SHORT):
            dispatcher.utter_message(response=ASIDES[message.intent])
            return True
        return False


class ActionAskPlace(Action):
    """Asks for the place; where several may be meant, which of them it is."""

    def name(self) -> str:
        return "action_ask_help_form_place"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        question = place_question(Draft.from_dict(tracker.get_slot("draft")))
        if question is None:
            dispatcher.utter_message(response="utter_ask_help_form_place")
        else:
            dispatcher.utter_message(
                response="utter_ask_help_form_place_choice",
                choices=question.choices,
                buttons=[{"title": answer, "payload": answer} for answer in question.answers],
            )
        return []


class ActionCloseIntake(Action):
    """Files the confirmed request, durably, before its number is said; or ends the cancelled one."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_close_intake"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        if tracker.get_slot("confirmed") == LEFT:
            return _emptied()
        if tracker.get_slot("confirmed") != YES:
            dispatcher.utter_message(response="utter_cancelled")
            return _emptied()
        return await asyncio.to_thread(self._file, dispatcher, tracker)

    def _file(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
        draft = Draft.from_dict(tracker.get_slot("draft"))
        new = draft.to_ticket(
            conversation_id=tracker.sender_id, message_id=heard(tracker).message_id, channel="web"
        )
        try:
            filing = self._parts.desk.take_down(new)
        except TicketError as error:
            log.exception("ticket_not_filed", code=error.code)
            dispatcher.utter_message(response="utter_ticket_not_filed")
            # The draft stays, so that another "yes" files it.
            return [SlotSet("confirmed", None)]
        ticket = filing.ticket
        fresh = "utter_ticket_filed" if draft.phone else "utter_ticket_filed_no_phone"
        dispatcher.utter_message(
            response="utter_ticket_added" if filing.added else fresh,
            number=ticket.number,
            office=office_words(ticket),
            due=beijing_words(ticket.due_at),
            json_message={"outcome": "ticket_filed", "ticket_number": ticket.number},
        )
        return [*_emptied(), SlotSet("last_ticket", ticket.number)]


def _with_story_before(draft: Draft, tracker: Tracker, resolve: Resolve, choose: Choose) -> Draft:
    """Who told her plight in the question before and now only gives a place need not tell it again."""
    said = [event["text"] for event in tracker.events if event["event"] == "user" and event.get("text")]
    if len(said) < 2:
        return draft
    told = understand(said[-2], None, resolve, choose)
    about_someone = told.relation is not None and tells_a_matter(said[-2], told)
    return draft.hear(said[-2], None, told) if about_someone else draft


def _ask(draft: Draft, slot: str) -> list[dict[str, Any]]:
    known = read_back(draft)
    filled = {name: (known[name] if _is_known(draft, name) else None) for name in ASKED_SLOTS[:-1]}
    return [
        SlotSet("draft", draft.asking(slot).to_dict()),
        *(SlotSet(name, value) for name, value in filled.items()),
        SlotSet("confirmed", None),
        SlotSet("requested_slot", slot),
    ]


def _is_known(draft: Draft, slot: str) -> bool:
    missing = draft.missing()
    return missing is None or ASKED_SLOTS.index(slot) < ASKED_SLOTS.index(missing)


def _end(draft: Draft, how: str) -> list[dict[str, Any]]:
    return [
        SlotSet("draft", draft.to_dict()),
        SlotSet("confirmed", how),
        SlotSet("requested_slot", None),
    ]


def _emptied() -> list[dict[str, Any]]:
    return [SlotSet(name, None) for name in ("draft", *ASKED_SLOTS)]
