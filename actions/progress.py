"""How far a request has come: by ticket number and the last four digits of the phone."""

import asyncio
import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.parts import Heard, Parts, heard
from tickets.errors import TicketError
from tickets.hearing import digits_of
from tickets.intake import beijing_words, citizen_words, office_words
from tickets.lifecycle import UNANSWERED
from tickets.model import Ticket
from tickets.numbering import find_number
from tickets.own_ticket import own_buttons

LEAVING = {"cancel", "deny", "goodbye", "want_person", "ask_policy", "request_help", "out_of_scope"}
_LIKE_A_NUMBER = re.compile(r"20\d{9,}")
_TAIL = re.compile(r"(?<!\d)(?:1[3-9]\d{5})?(\d{4})(?!\d)")


class ValidateProgressForm(Action):
    """Takes the ticket number and the phone tail, in one message or two."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "validate_progress_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        message = heard(tracker)
        asked = tracker.get_slot("requested_slot")
        own = tracker.get_slot("last_ticket")
        number, tail, mistyped = _find(message, tracker.get_slot("ticket_number"))
        if asked is None and number is None and own:
            # Filed in this very conversation: the token is proof enough.
            return [
                SlotSet("ticket_number", own),
                SlotSet("phone_tail", "own"),
                SlotSet("requested_slot", None),
            ]
        if asked is not None and number is None and message.intent in LEAVING:
            return [SlotSet("phone_tail", "left"), SlotSet("requested_slot", None)]
        if asked is not None and (mistyped or (number is None and asked == "ticket_number")):
            dispatcher.utter_message(response="utter_number_unclear")
        elif asked == "phone_tail" and tail is None:
            dispatcher.utter_message(response="utter_tail_unclear")
        missing = "ticket_number" if number is None else "phone_tail" if tail is None else None
        return [
            SlotSet("ticket_number", number),
            SlotSet("phone_tail", tail),
            SlotSet("requested_slot", missing),
        ]


class ActionTellProgress(Action):
    """Says where the ticket stands, or that number and phone do not fit (never which of the two)."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_tell_progress"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        number = tracker.get_slot("ticket_number") or ""
        tail = tracker.get_slot("phone_tail") or ""
        if tail == "left":
            dispatcher.utter_message(response="utter_progress_left")
        else:
            await asyncio.to_thread(self._tell, dispatcher, number, tail)
        return [SlotSet("ticket_number", None), SlotSet("phone_tail", None)]

    def _tell(self, dispatcher: CollectingDispatcher, number: str, tail: str) -> None:
        desk = self._parts.desk
        try:
            ticket = desk.find(number) if tail == "own" else desk.progress(number, tail)
        except TicketError:
            dispatcher.utter_message(response="utter_ticket_unknown")
            return
        dispatcher.utter_message(
            # Once it is answered or ended, nobody will call any more: no time is promised then.
            response="utter_ticket_status" if ticket.status in UNANSWERED else "utter_ticket_ended",
            buttons=own_buttons(desk, ticket),
            json_message={"outcome": "ticket_status", "ticket_number": ticket.number},
            **_said(ticket),
        )


def _said(ticket: Ticket) -> dict[str, Any]:
    say = citizen_words()
    return {
        "number": ticket.number,
        "category": ticket.category,
        "opened": beijing_words(ticket.opened_at),
        "status": say["status"][ticket.status],
        "office": office_words(ticket),
        "due": beijing_words(ticket.due_at),
    }


def _find(message: Heard, known: str | None) -> tuple[str | None, str | None, bool]:
    """Return (ticket number, phone tail, whether a number was said that fails its check digit)."""
    said = find_number(message.text)
    rest = digits_of(message.text)
    mistyped = said is None and bool(_LIKE_A_NUMBER.search(rest))
    number = said or known
    if said:
        rest = rest.replace(re.sub(r"\D", "", said), " ")
    tails = _TAIL.findall(rest)
    return number, tails[-1] if tails and number and not mistyped else None, mistyped
