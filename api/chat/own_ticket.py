"""A citizen withdraws her ticket, or has it taken up again, in the conversation that showed it to be hers."""

import structlog

from api.chat.model import Button, Conversation, EngineReply, Message, Outcome, Reply
from api.chat.store import ConversationStore
from tickets.errors import TicketError
from tickets.own_ticket import (
    CITIZEN,
    Wish,
    done_words,
    fulfilled,
    question_words,
    refusal_words,
    wish_in,
)
from tickets.service import Desk

log = structlog.get_logger()

# It was filed here, or number and phone tail were given here.
_SHOWN_BY = (Outcome.TICKET_FILED, Outcome.TICKET_STATUS, Outcome.CRISIS)


class OwnTicket:
    """Answers what the buttons of a ticket send; everything else is somebody else's to answer."""

    def __init__(self, store: ConversationStore, desk: Desk) -> None:
        self._store = store
        self._desk = desk

    def reply(self, conversation: Conversation, message: Message) -> EngineReply | None:
        """Ask whether it is meant, do it, or say why not; None when it wishes nothing of the kind."""
        wish = wish_in(message.text)
        if wish is None:
            return None
        shown = [n for outcome in _SHOWN_BY for n in self._store.tickets_of(conversation.id, outcome)]
        if wish.number not in shown:
            return _said(refusal_words(None))
        try:
            return self._answer(wish)
        except TicketError as error:
            log.warning("own_ticket_not_moved", code=error.code)
            return _said(refusal_words(self._desk.find(wish.number)), wish.number)

    def _answer(self, wish: Wish) -> EngineReply:
        if wish.transition not in {move.transition for move in self._desk.moves(wish.number, CITIZEN)}:
            return _said(refusal_words(self._desk.find(wish.number)), wish.number)
        if not wish.confirmed:
            text, buttons = question_words(wish)
            reply = Reply(text, buttons=tuple(Button(**button) for button in buttons))
            return EngineReply((reply,), Outcome.TICKET_STATUS, wish.number)
        return _said(done_words(wish, fulfilled(self._desk, wish)), wish.number)


def _said(text: str, number: str | None = None) -> EngineReply:
    return EngineReply((Reply(text),), Outcome.TICKET_STATUS, number)
