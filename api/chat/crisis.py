"""The urgent ticket of a conversation in danger: filed once, and everything said later is added to it."""

from collections.abc import Callable
from dataclasses import replace

import structlog

from api.chat.model import Conversation, Message
from tickets.errors import TicketError
from tickets.hearing import understand
from tickets.intake import Draft
from tickets.model import Area, Urgency
from tickets.service import Desk

log = structlog.get_logger()


class CrisisDesk:
    """Writes crisis tickets; trouble with the database never keeps the emergency number from the citizen.

    `resolve_place` gives the area that a text names, seen from a region (tickets.places).
    """

    def __init__(self, desk: Desk, resolve_place: Callable[[str, str], Area | None]) -> None:
        self._desk = desk
        self._resolve_place = resolve_place

    def file(self, conversation: Conversation, message: Message) -> str | None:
        """File one urgent ticket with whatever place and phone the message tells; None when it failed.

        Never added to an earlier ticket: a life may hang on its being seen.
        """
        told = understand(message.text, None, lambda text: self._resolve_place(text, conversation.region))
        draft = Draft(matter=message.text).hear(message.text, None, told)
        new = draft.to_ticket(conversation_id=conversation.id, message_id=message.id, channel="web")
        try:
            return self._desk.file(replace(new, urgency=Urgency.URGENT)).number
        except TicketError:
            log.exception("crisis_ticket_failed")
            return None

    def add(self, number: str, message: Message) -> None:
        """Add what was said later; should that fail, the agents still read it in the conversation."""
        try:
            self._desk.supplement(number, message.text, origin_message_id=message.id)
        except TicketError:
            log.exception("crisis_words_not_added", number=number)
