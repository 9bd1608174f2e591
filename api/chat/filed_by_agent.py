"""Tells a citizen in her conversation what an agent filed for her, and keeps it as a ticket of the talk."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine, insert, select

from api.chat.errors import UnknownConversation
from api.chat.hand_over_store import locked
from api.chat.message_rows import MessageRows
from api.chat.model import Outcome, Owner, Reply, Role
from api.chat.tables import messages, turns
from tickets.database import writing
from tickets.privacy import Sealer


class FiledByAgent:
    """Adds the notice. `clock` gives timezone-aware instants; `announce` wakes who listens."""

    def __init__(
        self,
        engine: Engine,
        sealer: Sealer,
        clock: Callable[[], datetime],
        announce: Callable[[str], None] = lambda conversation_id: None,
    ) -> None:
        self._engine = engine
        self._rows = MessageRows(sealer, clock)
        self._clock = clock
        self._announce = announce

    def tell(self, conversation_id: str, number: str, text: str, *, origin: str) -> bool:
        """Tell her, once for each origin; give whether it was told now.

        The notice is a turn of its own that ended with this ticket: she may ask for it, and add to it,
        without giving its number. A conversation that was erased meanwhile hears nothing.
        """
        known = select(messages.c.id).where(
            messages.c.conversation_id == conversation_id, messages.c.agent_message_id == origin
        )
        with writing(self._engine) as db:
            try:
                row = locked(db, conversation_id)
            except UnknownConversation:
                return False
            if db.execute(known).first():
                return False
            said = self._rows.add(db, conversation_id, Role.SYSTEM, Reply(text), agent_message_id=origin)
            db.execute(
                insert(turns).values(
                    message_id=said.id,
                    conversation_id=conversation_id,
                    outcome=Outcome.TICKET_FILED,
                    owner=Owner(row.owner),
                    ticket_number=number,
                    finished_at=self._clock(),
                )
            )
        self._announce(conversation_id)
        return True
