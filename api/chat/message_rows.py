"""Turns messages into sealed rows and rows into messages."""

import json
import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, Row, insert, update

from api.chat.model import Button, Message, Reply, Role
from api.chat.tables import aware, conversations, messages
from tickets.privacy import Sealer


class MessageRows:
    """Seals texts on the way in and opens them on the way out; `clock` gives timezone-aware instants."""

    def __init__(self, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._sealer = sealer
        self._clock = clock

    def add(
        self,
        db: Connection,
        conversation_id: str,
        role: Role,
        reply: Reply,
        *,
        client_message_id: str | None = None,
        answers: str | None = None,
        author: str | None = None,
        agent_message_id: str | None = None,
    ) -> Message:
        """Write one message in the caller's transaction; the conversation counts as active now.

        Args:
            answers: id of the message that this one answers; the replies of a turn are found by it.
            author, agent_message_id: of an agent's message: his name, and his own name for the message.
        """
        now = self._clock()
        values = {
            "id": "m_" + uuid.uuid4().hex,
            "conversation_id": conversation_id,
            "role": role,
            "sealed_text": self._sealer.seal(reply.text),
            "citations": json.dumps(list(reply.citations), ensure_ascii=False),
            "buttons": json.dumps([asdict(button) for button in reply.buttons], ensure_ascii=False),
            "client_message_id": client_message_id,
            "answers": answers,
            "created_at": now,
            "author": author,
            "agent_message_id": agent_message_id,
        }
        key = db.execute(insert(messages).values(values)).inserted_primary_key
        assert key is not None
        db.execute(update(conversations).where(conversations.c.id == conversation_id).values(updated_at=now))
        return Message(
            seq=key[0],
            id=values["id"],
            conversation_id=conversation_id,
            role=role,
            text=reply.text,
            created_at=now,
            citations=reply.citations,
            buttons=reply.buttons,
            client_message_id=client_message_id,
            author=author,
        )

    def message(self, row: Row) -> Message:
        """Open one row of `messages`."""
        return Message(
            seq=row.seq,
            id=row.id,
            conversation_id=row.conversation_id,
            role=Role(row.role),
            text=self._sealer.open(row.sealed_text),
            created_at=aware(row.created_at),
            citations=tuple(json.loads(row.citations)),
            buttons=tuple(Button(**button) for button in json.loads(row.buttons)),
            client_message_id=row.client_message_id,
            author=row.author,
        )
