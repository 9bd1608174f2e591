"""The urgent ticket of a conversation in danger: filed once, and everything said later is added to it."""

from dataclasses import replace

import structlog

from actions.intake import Intake
from api.chat.model import Conversation, Message
from tickets.amending import Told
from tickets.errors import TicketError
from tickets.intake import Draft
from tickets.model import Person, Urgency
from tickets.service import Desk

log = structlog.get_logger()


class CrisisDesk:
    """Writes crisis tickets; trouble with the database never keeps the emergency number from the citizen."""

    def __init__(self, desk: Desk, intake: Intake) -> None:
        self._desk = desk
        self._intake = intake

    def file(self, conversation: Conversation, message: Message) -> str | None:
        """File one urgent ticket with all that was told so far, also for a request; None when it failed.

        A request half taken down goes into it. Never added to an earlier ticket: a life may hang on its
        being seen.
        """
        draft = self._intake.draft(conversation.id) or Draft()
        told = self._intake.understood(message.text, draft, conversation.region)
        draft = replace(draft.hear(message.text, None, told), together=True)
        new = draft.to_tickets(conversation_id=conversation.id, message_id=message.id, channel="web")[0]
        urgent = replace(new, urgency=Urgency.URGENT, summary=message.text.strip()[:60])
        try:
            number = self._desk.file(urgent).number
        except TicketError:
            log.exception("crisis_ticket_failed")
            return None
        self._intake.leave(conversation.id)
        return number

    def add(self, number: str, conversation: Conversation, message: Message) -> None:
        """Add what was said later, where and how to reach her; should that fail, the chat still shows it."""
        told = self._intake.understood(message.text, None, conversation.region)
        area = told.area if told.area and told.area.adcode else None
        person = Person(name=told.own_name, phone=told.phone)
        try:
            self._desk.supplement(
                number, message.text, origin_message_id=message.id, told=Told(person, area, told.anonymous)
            )
        except TicketError:
            log.exception("crisis_words_not_added", number=number)
