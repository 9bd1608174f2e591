"""One's own ticket: Rasa knows the intents, actions.ticket_talk decides, this file translates."""

import asyncio
from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecutionRejected, ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.forms import OWN_TICKET_FORM
from actions.parts import Heard, Parts, heard, speak
from actions.ticket_state import ADDITION, DECISION, NUMBER, TAIL, Listened, Talked
from tickets.hearing import says_yes, words
from tickets.lifecycle import UNANSWERED
from tickets.numbering import find_number
from tickets.own_ticket_words import Errand, errand_in

ERRANDS = {
    "ask_progress": Errand.PROGRESS,
    "add_to_ticket": Errand.ADD,
    "urge_ticket": Errand.URGE,
    "withdraw_ticket": Errand.WITHDRAW,
}
LEAVES = {"cancel", "goodbye"}
ELSEWHERE = {
    *("want_person", "ask_policy", "request_help", "out_of_scope", "improper", "chitchat", "greet", "thank"),
    *("hold_on", "ask_again", "ask_identity", "ask_menu", "need_comfort", "abuse", "other_language"),
}
SLOTS = (NUMBER, TAIL, ADDITION, DECISION)


class ActionOwnTicket(Action):
    """Begins a talk about her own ticket."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_own_ticket"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        await asyncio.to_thread(_hear, self._parts, dispatcher, heard(tracker))
        return []


class ValidateOwnTicketForm(Action):
    """Takes the answer to what was asked; a message about something else is left to its own rule."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "validate_own_ticket_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        talked = await asyncio.to_thread(_hear, self._parts, dispatcher, heard(tracker))
        if talked.goes_on:
            # The rule of the message's own intent comes next, and no form is open for Rasa any more.
            return [
                ActionExecutionRejected(OWN_TICKET_FORM),
                ActiveLoop(None),
                SlotSet("requested_slot", None),
            ]
        cleared = [SlotSet(name, None) for name in SLOTS]
        return [*cleared, SlotSet("requested_slot", talked.asked)]


def tell_aside(parts: Parts, dispatcher: CollectingDispatcher, message: Heard) -> bool:
    """Answer what is said about her ticket in the middle of something else, if it can be at once."""
    with parts.turns.writing(message.message_id) as mine:
        if not mine:
            return True
        talked = parts.ticket_talk.aside(listened(message), message.spot)
    if talked is None:
        return False
    _say(dispatcher, talked)
    return True


def puts_right_what_was_filed(parts: Parts, dispatcher: CollectingDispatcher, message: Heard) -> bool:
    """Take a correction (电话说错了，是…) that comes when no request is being taken down any more.

    It is about the ticket of this conversation, while that goes on; False when it is not.
    """
    own = parts.own_tickets(message.conversation_id)
    corrects = message.intent == "correct" or any(word in message.text for word in words()["corrections"])
    if not own or not corrects or parts.desk.find(own[-1]).status not in UNANSWERED:
        return False
    _hear(parts, dispatcher, replace(message, intent="add_to_ticket"))
    return True


def asks_after_what_was_filed(parts: Parts, dispatcher: CollectingDispatcher, message: Heard) -> bool:
    """Tell how far the ticket of this conversation is when plain words ask for it, whatever the intent."""
    if not parts.own_tickets(message.conversation_id) or errand_in(message.text) is not Errand.PROGRESS:
        return False
    return tell_aside(parts, dispatcher, replace(message, intent="ask_progress"))


def takes_back_what_was_filed(parts: Parts, dispatcher: CollectingDispatcher, message: Heard) -> bool:
    """Ask whether the ticket of this conversation is not wanted any more; False when there is none."""
    own = parts.own_tickets(message.conversation_id)
    if not own or parts.desk.find(own[-1]).status not in UNANSWERED:
        return False
    _hear(parts, dispatcher, replace(message, intent="withdraw_ticket"))
    return True


def names_a_ticket(parts: Parts, dispatcher: CollectingDispatcher, message: Heard) -> bool:
    """Take up a ticket that is named by its number at the start of a request; False when none is."""
    if find_number(message.text) is None:
        return False
    with parts.turns.writing(message.message_id) as mine:
        if mine:
            parts.intake.leave(message.conversation_id)
    intent = message.intent if message.intent in ERRANDS else "ask_progress"
    _hear(parts, dispatcher, replace(message, intent=intent))
    return True


def listened(message: Heard) -> Listened:
    """The message as its intent says."""
    return Listened(
        message.text,
        errand=ERRANDS.get(message.intent),
        affirms=message.intent == "affirm" or says_yes(message.text),
        denies=message.intent == "deny",
        leaves=message.intent in LEAVES,
        elsewhere=message.intent in ELSEWHERE,
        asks=message.intent == "ask_policy" or message.text.rstrip().endswith(("?", "？")),
    )


def _hear(parts: Parts, dispatcher: CollectingDispatcher, message: Heard) -> Talked:
    with parts.turns.writing(message.message_id) as mine:
        if not mine:
            return Talked()
        talked = parts.ticket_talk.hear(listened(message), message.spot)
    _say(dispatcher, talked)
    return talked


def _say(dispatcher: CollectingDispatcher, talked: Talked) -> None:
    if not talked.spoken:
        return
    speak(dispatcher, talked.spoken)
    custom: dict[str, Any] = {"outcome": "ticket_status"}
    if talked.ticket_number:
        custom["ticket_number"] = talked.ticket_number
    dispatcher.utter_message(json_message=custom)
