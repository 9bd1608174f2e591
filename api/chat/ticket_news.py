"""Tells a citizen in her conversation what became of her ticket, whoever owns the conversation by now."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from api.chat.errors import UnknownConversation
from api.chat.hand_over_store import locked
from api.chat.message_rows import MessageRows
from api.chat.model import Button, Reply, Role
from tickets.coming_back import News
from tickets.privacy import Sealer


class TicketNews:
    """Adds notices to conversations. `clock` gives timezone-aware instants."""

    def __init__(self, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._rows = MessageRows(sealer, clock)

    def tell(self, db: Connection, conversation_id: str, news: News) -> None:
        """Add a notice in the caller's transaction; a conversation that was erased hears nothing."""
        try:
            locked(db, conversation_id)
        except UnknownConversation:
            return
        buttons = tuple(Button(title, payload) for title, payload in news.buttons)
        self._rows.add(db, conversation_id, Role.SYSTEM, Reply(news.text, buttons=buttons))
