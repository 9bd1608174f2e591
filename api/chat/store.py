"""Conversations, messages and turns in the database; the only file of the chat that knows SQLAlchemy.

A citizen message is committed by `take_in` before anything looks at it. Its turn is committed by
`finish_turn` together with every reply, so a turn is either whole or still to be answered.
"""

import hashlib
import json
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    select,
    update,
)

from api.chat.errors import UnknownConversation
from api.chat.model import Button, Conversation, EngineReply, Message, Outcome, Owner, Reply, Role, Turn
from tickets.privacy import Sealer

metadata = MetaData()

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("token_hash", String(64), nullable=False),
    Column("region", String(6), nullable=False),
    Column("owner", String(10), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Index("ix_conversations_updated", "updated_at"),
)

messages = Table(
    "messages",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("conversation_id", String(40), ForeignKey("conversations.id"), nullable=False),
    Column("role", String(10), nullable=False),
    Column("sealed_text", Text, nullable=False),
    Column("citations", Text, nullable=False),
    Column("buttons", Text, nullable=False),
    Column("client_message_id", String(80)),
    Column("answers", String(40)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("conversation_id", "client_message_id", name="uq_client_message"),
    Index("ix_messages_conversation", "conversation_id", "seq"),
    sqlite_autoincrement=True,
)

turns = Table(
    "turns",
    metadata,
    Column("message_id", String(40), ForeignKey("messages.id"), primary_key=True),
    Column("conversation_id", String(40), ForeignKey("conversations.id"), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("owner", String(10), nullable=False),
    Column("ticket_number", String(40)),
    Column("finished_at", DateTime(timezone=True), nullable=False),
    Index("ix_turns_conversation", "conversation_id"),
)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class ConversationStore:
    """Durable conversations. Texts are sealed at rest; `clock` gives timezone-aware instants."""

    def __init__(self, engine: Engine, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._sealer = sealer
        self._clock = clock

    def open(self, region: str, greeting: Reply) -> tuple[Conversation, str, Message]:
        """Start a conversation; the token is returned once and only its hash is kept."""
        now, token = self._clock(), secrets.token_urlsafe(32)
        conversation = Conversation("c_" + uuid.uuid4().hex, region, Owner.BOT, now, now)
        with self._engine.begin() as db:
            db.execute(
                insert(conversations).values(
                    id=conversation.id,
                    token_hash=_hash(token),
                    region=region,
                    owner=conversation.owner,
                    created_at=now,
                    updated_at=now,
                )
            )
            first = self._add(db, conversation.id, Role.ASSISTANT, greeting)
        return conversation, token, first

    def authorised(self, conversation_id: str, token: str) -> Conversation:
        """Return the conversation that this token opens.

        Raises:
            UnknownConversation: there is none, or the token is not its key.
        """
        with self._engine.connect() as db:
            row = db.execute(select(conversations).where(conversations.c.id == conversation_id)).first()
        if row is None or not secrets.compare_digest(row.token_hash, _hash(token)):
            raise UnknownConversation(f"conversation {conversation_id}: none that this token opens")
        return _conversation(row)

    def take_in(
        self, conversation_id: str, text: str, client_message_id: str | None
    ) -> tuple[Message, Turn | None]:
        """Store a citizen message durably, or find it again by `client_message_id` with its finished turn."""
        with self._engine.begin() as db:
            if client_message_id is not None:
                row = db.execute(
                    select(messages).where(
                        messages.c.conversation_id == conversation_id,
                        messages.c.client_message_id == client_message_id,
                    )
                ).first()
                if row is not None:
                    return self._message(row), self._turn(db, row.id)
            message = self._add(
                db, conversation_id, Role.CITIZEN, Reply(text), client_message_id=client_message_id
            )
        return message, None

    def finish_turn(self, message: Message, answer: EngineReply, owner: Owner | None) -> Turn:
        """Commit the replies, the outcome and (when given) the new owner, all or nothing."""
        with self._engine.begin() as db:
            stored = tuple(
                self._add(db, message.conversation_id, Role.ASSISTANT, reply, answers=message.id)
                for reply in answer.replies
            )
            if owner is not None:
                db.execute(
                    update(conversations)
                    .where(conversations.c.id == message.conversation_id)
                    .values(owner=owner)
                )
            now_owner = db.execute(
                select(conversations.c.owner).where(conversations.c.id == message.conversation_id)
            ).scalar_one()
            turn = Turn(stored, answer.outcome, Owner(now_owner), answer.ticket_number)
            db.execute(
                insert(turns).values(
                    message_id=message.id,
                    conversation_id=message.conversation_id,
                    outcome=turn.outcome,
                    owner=turn.owner,
                    ticket_number=turn.ticket_number,
                    finished_at=self._clock(),
                )
            )
        return turn

    def say(self, conversation_id: str, role: Role, reply: Reply, owner: Owner | None = None) -> Message:
        """Add a message that answers no particular citizen message; optionally change the owner with it."""
        with self._engine.begin() as db:
            if owner is not None:
                db.execute(
                    update(conversations).where(conversations.c.id == conversation_id).values(owner=owner)
                )
            return self._add(db, conversation_id, role, reply)

    def transcript(self, conversation_id: str, after: int = 0, limit: int | None = None) -> list[Message]:
        """Messages with `seq > after`, oldest first."""
        query = (
            select(messages)
            .where(messages.c.conversation_id == conversation_id, messages.c.seq > after)
            .order_by(messages.c.seq)
        )
        with self._engine.connect() as db:
            return [self._message(row) for row in db.execute(query.limit(limit) if limit else query)]

    def tickets_of(self, conversation_id: str, outcome: Outcome) -> list[str]:
        """Numbers of the tickets that turns of this conversation ended with, oldest first."""
        query = (
            select(turns.c.ticket_number)
            .where(
                turns.c.conversation_id == conversation_id,
                turns.c.outcome == outcome,
                turns.c.ticket_number.is_not(None),
            )
            .order_by(turns.c.finished_at)
        )
        with self._engine.connect() as db:
            return list(db.execute(query).scalars())

    def told(self, conversation_id: str) -> list[tuple[str, Outcome]]:
        """What the citizen said so far and how each of those turns ended, oldest first."""
        query = (
            select(messages.c.sealed_text, turns.c.outcome)
            .join(turns, turns.c.message_id == messages.c.id)
            .where(messages.c.conversation_id == conversation_id)
            .order_by(messages.c.seq)
        )
        with self._engine.connect() as db:
            return [(self._sealer.open(text), Outcome(outcome)) for text, outcome in db.execute(query)]

    def questions_before(self, conversation_id: str, limit: int = 4) -> tuple[str, ...]:
        """The last policy questions of a conversation that were answered or asked back, newest last."""
        query = (
            select(messages.c.sealed_text)
            .join(turns, turns.c.message_id == messages.c.id)
            .where(messages.c.conversation_id == conversation_id)
            .where(turns.c.outcome.in_((Outcome.ANSWERED, Outcome.CLARIFY)))
            .order_by(messages.c.seq.desc())
            .limit(limit)
        )
        with self._engine.connect() as db:
            return tuple(self._sealer.open(text) for text in reversed(list(db.execute(query).scalars())))

    def latest(self, limit: int = 100) -> list[tuple[Conversation, int, Message | None]]:
        """Conversations last active first, each with its number of messages and its newest one."""
        counted = (
            select(
                messages.c.conversation_id, func.count().label("n"), func.max(messages.c.seq).label("last")
            )
            .group_by(messages.c.conversation_id)
            .subquery()
        )
        query = (
            select(conversations, counted.c.n, counted.c.last)
            .join(counted, counted.c.conversation_id == conversations.c.id)
            .order_by(counted.c.last.desc())
            .limit(limit)
        )
        with self._engine.connect() as db:
            rows = db.execute(query).all()
            newest = db.execute(select(messages).where(messages.c.seq.in_([row.last for row in rows])))
            by_seq = {row.seq: self._message(row) for row in newest}
        return [(_conversation(row), row.n, by_seq.get(row.last)) for row in rows]

    def _add(
        self,
        db,
        conversation_id: str,
        role: Role,
        reply: Reply,
        client_message_id: str | None = None,
        answers: str | None = None,
    ) -> Message:
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
        }
        seq = db.execute(insert(messages).values(values)).inserted_primary_key[0]
        db.execute(update(conversations).where(conversations.c.id == conversation_id).values(updated_at=now))
        return Message(
            seq=seq,
            id=values["id"],
            conversation_id=conversation_id,
            role=role,
            text=reply.text,
            created_at=now,
            citations=reply.citations,
            buttons=reply.buttons,
            client_message_id=client_message_id,
        )

    def _message(self, row: Row) -> Message:
        return Message(
            seq=row.seq,
            id=row.id,
            conversation_id=row.conversation_id,
            role=Role(row.role),
            text=self._sealer.open(row.sealed_text),
            created_at=_aware(row.created_at),
            citations=tuple(json.loads(row.citations)),
            buttons=tuple(Button(**button) for button in json.loads(row.buttons)),
            client_message_id=row.client_message_id,
        )

    def _turn(self, db, message_id: str) -> Turn | None:
        row = db.execute(select(turns).where(turns.c.message_id == message_id)).first()
        if row is None:
            return None
        replies: Sequence[Row] = db.execute(
            select(messages).where(messages.c.answers == message_id).order_by(messages.c.seq)
        ).all()
        return Turn(
            tuple(self._message(reply) for reply in replies),
            Outcome(row.outcome),
            Owner(row.owner),
            row.ticket_number,
        )


def _conversation(row: Row) -> Conversation:
    return Conversation(row.id, row.region, Owner(row.owner), _aware(row.created_at), _aware(row.updated_at))


def _aware(instant: datetime) -> datetime:
    # SQLite keeps no time zone; everything is written in UTC.
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
