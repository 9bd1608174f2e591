"""The request for help: Rasa knows the intents, actions.intake decides, this file translates.

The validator takes every message while the form is open and always says something about it, so an
interruption is answered and the open question is put again; nothing falls silent.
"""

import asyncio
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.intake import Taken
from actions.own_ticket import ERRANDS, names_a_ticket, puts_right_what_was_filed, tell_aside
from actions.parts import Heard, Parts, heard, speak
from actions.policy import asks_for_an_article, offer_form, say_answer, turned_away
from actions.small_talk import ASIDES as TALK
from tickets.hearing import (
    says_surely_off,
    says_yes,
    sounds_like_a_question,
    tells_a_matter,
    words,
)
from tickets.intake import MATTER, SLOTS, Draft
from tickets.intake_words import read_back
from tickets.interview import PARTING, Act, Said
from tickets.numbering import find_number

YES, ENDED = "yes", "ended"

# Intents that say nothing about the request: they get their own reply, then the question is put again.
ASIDES = {
    "greet": "utter_aside_greet",
    "thank": "utter_aside_thank",
    "goodbye": "utter_aside_goodbye",
    "chitchat": "utter_aside_chitchat",
    "out_of_scope": "utter_aside_out_of_scope",
    "ask_progress": "utter_aside_progress",
    "urge_ticket": "utter_aside_progress",
    "add_to_ticket": "utter_aside_own_ticket",
    "withdraw_ticket": "utter_aside_own_ticket",
    "want_person": "utter_handed_over",
    **TALK,
}
# In the middle of a request, words to be added or taken back are about this one unless a number is said.
ABOUT_THE_REQUEST = {"add_to_ticket", "withdraw_ticket"}
# Easily mistaken for what she tells of her matter: only when the classifier is sure.
DOUBTFUL = {"chitchat", "out_of_scope", *TALK}
# A long message that mentions 取消 or 人工 tells a story; a short one means it.
SHORT = 14
SURELY_A_QUESTION = 0.6
SURELY_TALK = 0.75
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
        return await asyncio.to_thread(self._take, dispatcher, heard(tracker))

    def _take(self, dispatcher: CollectingDispatcher, message: Heard) -> list[dict[str, Any]]:
        intake = self._parts.intake
        draft = intake.draft(message.conversation_id)
        if asks_for_an_article(self._parts, message):
            said = Said(message.text, asks=True)
            if draft is None:
                say_answer(self._parts, message, dispatcher)
                return _end(ENDED)
        else:
            said = self._said(message, draft)
        # A number soon after the start: it was no request. Asked as an errand, it is an aside.
        begun = draft is not None and (draft.place or draft.phone or message.intent in ERRANDS)
        if not begun and names_a_ticket(self._parts, dispatcher, message):
            return _end(ENDED)
        region = message.spot.region
        if draft is None and intake.accepts_offer(message.text, message.conversation_id, region):
            return self._hear(dispatcher, message, said)
        if draft is None and turned_away(self._parts, message, dispatcher):
            return _end(ENDED)
        if draft is None and puts_right_what_was_filed(self._parts, dispatcher, message):
            return _end(ENDED)
        if draft is None and self._is_only_a_question(message):
            # Answer it and offer the form instead of starting to interrogate.
            say_answer(self._parts, message, dispatcher)
            offer_form(self._parts, dispatcher, message)
            return _end(ENDED)
        return self._hear(dispatcher, message, said)

    def _hear(self, dispatcher: CollectingDispatcher, message: Heard, said: Said) -> list[dict[str, Any]]:
        with self._parts.turns.writing(message.message_id) as mine:
            if not mine:
                return _end(ENDED)
            taken = self._parts.intake.hear(said, message.spot)
        return self._tell(dispatcher, message, taken)

    def _tell(self, dispatcher: CollectingDispatcher, message: Heard, taken: Taken) -> list[dict[str, Any]]:
        if taken.act is Act.FILE:
            return _end(YES)
        if taken.act is Act.CANCELLED:
            speak(dispatcher, taken.spoken)
            dispatcher.utter_message(json_message={"outcome": "withdrawn"})
            return _end(ENDED)
        if taken.act is Act.ANSWER:
            say_answer(self._parts, message, dispatcher)
        elif taken.aside:
            self._answer_aside(dispatcher, message, taken.aside)
        if taken.aside not in PARTING:
            speak(dispatcher, taken.spoken)
        dispatcher.utter_message(json_message={"outcome": "intake"})
        return _ask(taken.draft)

    def _answer_aside(self, dispatcher: CollectingDispatcher, message: Heard, aside: str) -> None:
        if aside not in ERRANDS or not tell_aside(self._parts, dispatcher, message):
            dispatcher.utter_message(response=ASIDES[aside])

    def _said(self, message: Heard, draft: Draft | None) -> Said:
        short = len(message.text) <= SHORT
        asked = draft.asked[-1] if draft else None
        sure = message.intent == "ask_policy" and message.confidence >= SURELY_A_QUESTION
        names_a_ticket = find_number(message.text) is not None
        says_off = message.intent == "cancel" or (message.intent == "withdraw_ticket" and not names_a_ticket)
        said_off = says_off or any(word in message.text for word in words()["cancels"])
        aside = message.intent if message.intent in ASIDES and (asked != MATTER or short) else None
        if aside in DOUBTFUL and message.confidence < SURELY_TALK:
            aside = None  # what she tells of her matter must not be taken for talk
        if aside in ABOUT_THE_REQUEST and not names_a_ticket:
            aside = None
        return Said(
            message.text,
            affirms=message.intent == "affirm" or says_yes(message.text),
            denies=message.intent in ("deny", "correct"),
            cancels=(said_off and short) or says_surely_off(message.text),
            asks=sure or (asked != MATTER and sounds_like_a_question(message.text)),
            aside=aside,
            refuses=message.intent == "refuse_to_say",
        )

    def _is_only_a_question(self, message: Heard) -> bool:
        asks = message.intent != "request_help" and sounds_like_a_question(message.text)
        if message.confidence >= LIKELY_A_REQUEST and not asks:
            return False
        told = self._parts.intake.understood(message.text, None, message.spot.region)
        before = message.before[-1:]
        return not told.anything and not any(self._tells_a_plight(text, message) for text in before)

    def _tells_a_plight(self, text: str, message: Heard) -> bool:
        told = self._parts.intake.understood(text, None, message.spot.region)
        return told.relation is not None and tells_a_matter(text, told)


class ActionFileRequest(Action):
    """Files the confirmed request; does nothing for one that ended otherwise."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_file_request"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        if tracker.get_slot("confirmed") == YES:
            await asyncio.to_thread(self._file, dispatcher, heard(tracker))
        return []

    def _file(self, dispatcher: CollectingDispatcher, message: Heard) -> None:
        with self._parts.turns.writing(message.message_id) as mine:
            if not mine:
                return
            taken = self._parts.intake.file(message.conversation_id, message.message_id)
        speak(dispatcher, taken.spoken)
        outcome = "ticket_filed" if taken.act is Act.FILE else "intake"
        dispatcher.utter_message(json_message={"outcome": outcome, "ticket_number": taken.ticket_number})


def _ask(draft: Draft) -> list[dict[str, Any]]:
    """Show Rasa what is known and what is asked: its slots mirror the draft, which lies in the database."""
    known, missing = read_back(draft), draft.missing()
    open_from = SLOTS.index(missing) if missing else len(SLOTS) - 1
    filled = {name: known.get(name, YES) if SLOTS.index(name) < open_from else None for name in SLOTS[:-1]}
    asked = draft.asked[-1]
    return [
        *(SlotSet(name, value) for name, value in filled.items()),
        SlotSet("confirmed", None),
        SlotSet("requested_slot", asked if asked in SLOTS else SLOTS[-1]),
    ]


def _end(how: str) -> list[dict[str, Any]]:
    return [SlotSet("confirmed", how), SlotSet("requested_slot", None)]
