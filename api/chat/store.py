"""Conversations, messages and turns in the database; the only file of the chat that knows SQLAlchemy.

A citizen message is committed by `take_in` before anything looks at it. Its turn is committed by
`finish_turn` together with every reply, so a turn is either whole or still to be answered.
"""

import hashlib
import secrets
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, Row, func, insert, select

from api.chat.errors import ConversationClosed, UnknownConversation
from api.chat.hand_over_model import CITIZEN, HOTLINE, Reason
from api.chat.hand_over_store import Move, OwnerStore, change_owner, locked
from api.chat.held import HeldConversations
from api.chat.message_rows import MessageRows
from api.chat.model import Conversation, EngineReply, Message, Outcome, Owner, Reply, Role, Turn
from api.chat.presence import Presence
from api.chat.tables import aware, conversations, messages, owner_changes, turns
from tickets.privacy import Sealer

# What happened in these turns is told whoever owns the conversation by now, as a notice and not by the bot.
_TOLD_ANYWAY = (Outcome.CRISIS, Outcome.TICKET_FILED, Outcome.TICKET_STATUS)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class ConversationStore:
    """Durable conversations. Texts are sealed at rest; `clock` gives timezone-aware instants.

    `owners` moves them between bot, queue and agents, `held` lists who waits and who has what, `presence`
    knows which agents are at work.
    """

    def __init__(self, engine: Engine, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._sealer = sealer
        self._clock = clock
        self._rows = MessageRows(sealer, clock)
        self.owners = OwnerStore(engine, sealer, clock)
        self.held = HeldConversations(engine, sealer, clock)
        self.presence = Presence(engine, clock)

    def open(self, region: str, greeting: Reply, script: str = "hans") -> tuple[Conversation, str, Message]:
        """Start a conversation; the token is returned once and only its hash is kept."""
        now, token = self._clock(), secrets.token_urlsafe(32)
        conversation = Conversation("c_" + uuid.uuid4().hex, region, Owner.BOT, now, now, script=script)
        with self._engine.begin() as db:
            db.execute(
                insert(conversations).values(
                    id=conversation.id,
                    token_hash=_hash(token),
                    region=region,
                    script=script,
                    owner=conversation.owner,
                    created_at=now,
                    updated_at=now,
                )
            )
            first = self._rows.add(db, conversation.id, Role.ASSISTANT, greeting)
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
        """Store a citizen message durably, or find it again by `client_message_id` with its finished turn.

        Raises:
            ConversationClosed: it has ended and this message is new; nothing was stored.
        """
        with self._engine.begin() as db:
            owner = locked(db, conversation_id).owner
            if client_message_id is not None:
                row = db.execute(
                    select(messages).where(
                        messages.c.conversation_id == conversation_id,
                        messages.c.client_message_id == client_message_id,
                    )
                ).first()
                if row is not None:
                    return self._rows.message(row), self._turn(db, row.id)
            if owner == Owner.CLOSED:
                raise ConversationClosed(f"conversation {conversation_id} is closed: open a new one")
            message = self._rows.add(
                db, conversation_id, Role.CITIZEN, Reply(text), client_message_id=client_message_id
            )
        return message, None

    def finish_turn(self, message: Message, answer: EngineReply, call: Reason | None = None) -> Turn:
        """Commit the replies and the outcome, all or nothing; `call` puts it into the queue for this reason.

        If an agent took the conversation over (or closed it) while the answer was being made, the bot's
        words are dropped; danger and what became of a ticket are told as a notice.
        """
        with self._engine.begin() as db:
            row = locked(db, message.conversation_id)
            silent = row.owner in (Owner.AGENT, Owner.CLOSED)
            role = Role.SYSTEM if silent else Role.ASSISTANT
            told = answer.replies if not silent or answer.outcome in _TOLD_ANYWAY else ()
            stored = tuple(
                self._rows.add(db, message.conversation_id, role, reply, answers=message.id) for reply in told
            )
            owner = Owner(row.owner)
            if call is not None and not silent:
                actor = CITIZEN if call is Reason.ASKED else HOTLINE
                change_owner(db, self._sealer, row, Move(Owner.QUEUE, call, actor), self._clock())
                owner = Owner.QUEUE
            outcome = answer.outcome if told or not silent else Outcome.HANDED_OVER
            turn = Turn(stored, outcome, owner, answer.ticket_number)
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

    def say(self, conversation_id: str, role: Role, reply: Reply) -> Message:
        """Add a message that answers no particular citizen message."""
        with self._engine.begin() as db:
            return self._rows.add(db, conversation_id, role, reply)

    def said_while_away(self, conversation_id: str) -> list[Message]:
        """What citizen and agents said while the bot last was silent, oldest first: it heard none of it.

        From the first take-over since the conversation was last handed back until it was handed back again,
        or until now while an agent still has it. Empty when no agent ever had it.
        """
        stints = self.owners.stints(conversation_id)
        if not stints:
            return []
        said = self.transcript(conversation_id, after=stints[0][0])
        return [
            message
            for message in said
            if message.role in (Role.CITIZEN, Role.AGENT)
            and any(after < message.seq <= last for after, last in stints)
        ]

    def recent(self, conversation_id: str, limit: int = 12) -> list[tuple[str, Outcome]]:
        """The last turns since somebody last handed the conversation back, as `told` gives them."""
        handed_back = (
            select(func.coalesce(func.max(owner_changes.c.after_seq), 0))
            .where(owner_changes.c.conversation_id == conversation_id, owner_changes.c.to_owner == Owner.BOT)
            .scalar_subquery()
        )
        query = (
            select(messages.c.sealed_text, turns.c.outcome)
            .join(turns, turns.c.message_id == messages.c.id)
            .where(messages.c.conversation_id == conversation_id, messages.c.seq > handed_back)
            .order_by(messages.c.seq.desc())
            .limit(limit)
        )
        with self._engine.connect() as db:
            rows = db.execute(query).all()
        return [(self._sealer.open(text), Outcome(outcome)) for text, outcome in reversed(rows)]

    def transcript(self, conversation_id: str, after: int = 0, limit: int | None = None) -> list[Message]:
        """Messages with `seq > after`, oldest first."""
        query = (
            select(messages)
            .where(messages.c.conversation_id == conversation_id, messages.c.seq > after)
            .order_by(messages.c.seq)
        )
        with self._engine.connect() as db:
            return [self._rows.message(row) for row in db.execute(query.limit(limit) if limit else query)]

    def lately(self, conversation_id: str, limit: int) -> list[Message]:
        """The last messages, oldest first."""
        query = (
            select(messages)
            .where(messages.c.conversation_id == conversation_id)
            .order_by(messages.c.seq.desc())
            .limit(limit)
        )
        with self._engine.connect() as db:
            return [self._rows.message(row) for row in reversed(db.execute(query).all())]

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

    def own_tickets(self, conversation_id: str) -> list[str]:
        """Tickets that this conversation filed or showed to be its own (number, phone tail), oldest first."""
        query = (
            select(turns.c.ticket_number)
            .where(
                turns.c.conversation_id == conversation_id,
                turns.c.outcome.in_((Outcome.TICKET_FILED, Outcome.TICKET_STATUS, Outcome.CRISIS)),
                turns.c.ticket_number.is_not(None),
            )
            .order_by(turns.c.finished_at)
        )
        with self._engine.connect() as db:
            return list(dict.fromkeys(db.execute(query).scalars()))

    def times_said(self, conversation_id: str, text: str) -> int:
        """How often this conversation was told exactly this, in a message of its own."""
        told = select(messages.c.sealed_text).where(
            messages.c.conversation_id == conversation_id, messages.c.role == Role.ASSISTANT
        )
        with self._engine.connect() as db:
            return sum(self._sealer.open(sealed) == text for sealed in db.execute(told).scalars())

    def said_before(self, message: Message, limit: int = 2) -> tuple[str, ...]:
        """The citizen's last messages before this one, newest last."""
        return tuple(self._sealer.open(row.sealed_text) for row in reversed(self._before(message, limit)))

    def said_last(self, message: Message) -> str | None:
        """The id of the citizen's message before this one."""
        return next((row.id for row in self._before(message, 1)), None)

    def _before(self, message: Message, limit: int) -> Sequence[Row]:
        """The citizen's last messages before this one, newest first."""
        query = (
            select(messages.c.id, messages.c.sealed_text)
            .where(
                messages.c.conversation_id == message.conversation_id,
                messages.c.role == Role.CITIZEN,
                messages.c.seq < message.seq,
            )
            .order_by(messages.c.seq.desc())
            .limit(limit)
        )
        with self._engine.connect() as db:
            return db.execute(query).all()

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
        own = messages.c.conversation_id == conversations.c.id
        count = select(func.count()).where(own).correlate(conversations).scalar_subquery()
        last = select(func.max(messages.c.seq)).where(own).correlate(conversations).scalar_subquery()
        query = (
            select(conversations, count.label("n"), last.label("last"))
            .order_by(conversations.c.updated_at.desc())
            .limit(limit)
        )
        with self._engine.connect() as db:
            rows = sorted(db.execute(query).all(), key=lambda row: row.last or 0, reverse=True)
            newest = db.execute(select(messages).where(messages.c.seq.in_([row.last for row in rows])))
            by_seq = {row.seq: self._rows.message(row) for row in newest}
        return [(_conversation(row), row.n, by_seq.get(row.last)) for row in rows]

    def _turn(self, db: Connection, message_id: str) -> Turn | None:
        row = db.execute(select(turns).where(turns.c.message_id == message_id)).first()
        if row is None:
            return None
        replies: Sequence[Row] = db.execute(
            select(messages).where(messages.c.answers == message_id).order_by(messages.c.seq)
        ).all()
        return Turn(
            tuple(self._rows.message(reply) for reply in replies),
            Outcome(row.outcome),
            Owner(row.owner),
            row.ticket_number,
        )


def _conversation(row: Row) -> Conversation:
    return Conversation(
        row.id,
        row.region,
        Owner(row.owner),
        aware(row.created_at),
        aware(row.updated_at),
        row.agent,
        row.script,
    )
