"""Which conversations wait, which agents have which, and which of these have fallen silent."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, Row, func, or_, select

from api.chat.errors import UnknownConversation
from api.chat.hand_over_model import NORMAL, Held, Reason
from api.chat.message_rows import MessageRows
from api.chat.model import Message, Owner, Role
from api.chat.tables import aware, conversations, messages, owner_changes
from tickets.privacy import Sealer


class HeldConversations:
    """Reads only. `clock` gives timezone-aware instants."""

    def __init__(self, engine: Engine, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._rows = MessageRows(sealer, clock)

    def find(self, conversation_id: str) -> Held:
        """Give one conversation.

        Raises:
            UnknownConversation: there is none.
        """
        found = self._held(conversations.c.id == conversation_id)
        if not found:
            raise UnknownConversation(f"conversation {conversation_id}: there is none")
        return found[0]

    def waiting(self, limit: int = 100) -> list[Held]:
        """Conversations in the queue: danger first, then who has waited longest."""
        return self._held(conversations.c.owner == Owner.QUEUE, limit)

    def with_agents(self, limit: int = 100) -> list[Held]:
        """Conversations that agents have."""
        return self._held(conversations.c.owner == Owner.AGENT, limit)

    def of_agent(self, agent: str, limit: int = 100) -> list[Held]:
        """Conversations that this agent has."""
        return self._held((conversations.c.owner == Owner.AGENT) & (conversations.c.agent == agent), limit)

    def by_agent(self) -> dict[str, int]:
        """How many conversations each agent has who has any."""
        query = select(conversations.c.agent, func.count()).where(conversations.c.owner == Owner.AGENT)
        with self._engine.connect() as db:
            return {row[0]: row[1] for row in db.execute(query.group_by(conversations.c.agent))}

    def ahead(self, conversation_id: str, priority: int = NORMAL) -> int:
        """Count who comes before this conversation in the queue; of one that is not there yet, if it came."""
        own = select(conversations).where(conversations.c.id == conversation_id)
        with self._engine.connect() as db:
            row = db.execute(own).one()
            queued = row.owner == Owner.QUEUE
            priority = max(priority, row.priority) if queued else priority
            at = (row.queued_at if queued else None) or self._clock()
            before = or_(
                conversations.c.priority > priority,
                (conversations.c.priority == priority) & (conversations.c.queued_at < at),
            )
            others = (conversations.c.owner == Owner.QUEUE) & (conversations.c.id != conversation_id)
            return db.execute(
                select(func.count()).select_from(conversations).where(others, before)
            ).scalar_one()

    def silent(self, before: datetime) -> list[tuple[str, str]]:
        """Conversations and their agents where the citizen waits for a word since before this instant."""
        with self._engine.connect() as db:
            held = db.execute(
                select(conversations.c.id, conversations.c.agent).where(conversations.c.owner == Owner.AGENT)
            ).all()
            return [
                (row.id, row.agent)
                for row in held
                if (since := unanswered_since(db, row.id)) is not None and since <= before
            ]

    def idle(self, before: datetime, limit: int = 200) -> list[str]:
        """Conversations of the bot or of an agent in which nothing was said since this instant."""
        query = (
            select(conversations.c.id)
            .where(conversations.c.owner.in_((Owner.BOT, Owner.AGENT)), conversations.c.updated_at <= before)
            .limit(limit)
        )
        with self._engine.connect() as db:
            return list(db.execute(query).scalars())

    def _held(self, condition: ColumnElement[bool], limit: int = 1) -> list[Held]:
        own = messages.c.conversation_id == conversations.c.id
        count = select(func.count()).where(own).correlate(conversations).scalar_subquery()
        human = own & messages.c.role.in_((Role.CITIZEN, Role.AGENT))
        newest = select(func.max(messages.c.seq)).where(human).correlate(conversations).scalar_subquery()
        query = (
            select(conversations, count.label("n"), newest.label("last"))
            .where(condition)
            .order_by(
                conversations.c.priority.desc(), conversations.c.queued_at.asc(), conversations.c.id.asc()
            )
            .limit(limit)
        )
        with self._engine.connect() as db:
            rows: Sequence[Row] = db.execute(query).all()
            last = db.execute(select(messages).where(messages.c.seq.in_([row.last for row in rows])))
            by_seq = {row.seq: self._rows.message(row) for row in last}
        return [_held(row, by_seq.get(row.last)) for row in rows]


def unanswered_since(db: Connection, conversation_id: str) -> datetime | None:
    """Since when the citizen waits for the agent who has the conversation; None when she does not."""
    took = db.execute(
        select(owner_changes.c.at, owner_changes.c.after_seq)
        .where(owner_changes.c.conversation_id == conversation_id, owner_changes.c.to_owner == Owner.AGENT)
        .order_by(owner_changes.c.id.desc())
        .limit(1)
    ).first()
    if took is None:
        return None
    said = select(func.max(messages.c.seq)).where(
        messages.c.conversation_id == conversation_id,
        messages.c.role == Role.AGENT,
        messages.c.seq > took.after_seq,
    )
    last = db.execute(said).scalar()
    if last is None:
        return aware(took.at)
    asked = db.execute(
        select(func.min(messages.c.created_at)).where(
            messages.c.conversation_id == conversation_id,
            messages.c.role == Role.CITIZEN,
            messages.c.seq > last,
        )
    ).scalar()
    return aware(asked) if asked else None


def is_unanswered(db: Connection, conversation_id: str, before: datetime) -> bool:
    """Say whether the citizen still waits for her agent's word, since before this instant."""
    since = unanswered_since(db, conversation_id)
    return since is not None and since <= before


def is_idle(db: Connection, conversation_id: str, before: datetime) -> bool:
    """Say whether still nothing was said in a conversation since this instant."""
    query = select(conversations.c.updated_at).where(conversations.c.id == conversation_id)
    return aware(db.execute(query).scalar_one()) <= before


def _held(row: Row, last: Message | None) -> Held:
    return Held(
        id=row.id,
        region=row.region,
        owner=Owner(row.owner),
        agent=row.agent,
        created_at=aware(row.created_at),
        updated_at=aware(row.updated_at),
        queued_at=aware(row.queued_at) if row.queued_at else None,
        reason=Reason(row.queue_reason) if row.queue_reason else None,
        priority=row.priority,
        count=row.n or 0,
        last=last,
    )
