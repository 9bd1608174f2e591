"""Which agents look at a conversation right now, and how far each has read it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Engine,
    ForeignKey,
    Integer,
    String,
    Table,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from api.chat.model import Role
from api.chat.tables import aware, messages, metadata

LOOKS_FOR = timedelta(seconds=50)
"""So long after its last sign a page counts as open; it gives one every 20 seconds."""
_BEAT = timedelta(seconds=15)

conversation_looks = Table(
    "conversation_looks",
    metadata,
    Column("conversation_id", String(40), ForeignKey("conversations.id"), primary_key=True),
    Column("agent", String(80), primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("seen_seq", Integer, nullable=False),
    Column("open", Boolean, nullable=False),
)
_c = conversation_looks.c


@dataclass(frozen=True)
class Look:
    """`seen_seq` is the newest message that this agent was shown; `open`: the page is open still."""

    agent: str
    seen_at: datetime
    seen_seq: int
    open: bool


class Looks:
    """In the database, because agents of several api processes look. `clock`: timezone-aware instants."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def at(self, conversation_id: str) -> list[Look]:
        """Every agent who looked at it once, in the order of their names."""
        query = select(conversation_looks).where(_c.conversation_id == conversation_id).order_by(_c.agent)
        with self._engine.connect() as db:
            rows = db.execute(query).all()
        since = self._clock() - LOOKS_FOR
        return [
            Look(row.agent, aware(row.seen_at), row.seen_seq, row.open and aware(row.seen_at) >= since)
            for row in rows
        ]

    def note(self, conversation_id: str, agent: str, seen_seq: int, before: Collection[Look]) -> bool:
        """Note that an agent looks at a conversation; say whether others should be told that he came.

        `before` is what `at` gave: nothing is written when it says the same already.
        """
        now = self._clock()
        own = next((look for look in before if look.agent == agent), None)
        if own and own.open and own.seen_seq >= seen_seq and now - own.seen_at < _BEAT:
            return False
        here = (_c.conversation_id == conversation_id) & (_c.agent == agent)
        newest = seen_seq if own is None else max(own.seen_seq, seen_seq)
        again = update(conversation_looks).where(here).values(seen_at=now, seen_seq=newest, open=True)
        with self._engine.begin() as db:
            if not db.execute(again).rowcount:
                row = {"conversation_id": conversation_id, "agent": agent}
                try:
                    with db.begin_nested():
                        db.execute(
                            insert(conversation_looks).values(**row, seen_at=now, seen_seq=newest, open=True)
                        )
                except IntegrityError:
                    db.execute(again)  # another page of hers was quicker, or the conversation is gone
        return own is None or not own.open

    def left(self, conversation_id: str, agent: str) -> None:
        """Note that the page was closed."""
        here = (_c.conversation_id == conversation_id) & (_c.agent == agent)
        with self._engine.begin() as db:
            db.execute(update(conversation_looks).where(here).values(open=False))

    def unread(self, agent: str, conversation_ids: Collection[str]) -> dict[str, int]:
        """How many of the citizen's messages this agent was not shown, by conversation; only where any."""
        seen = (
            select(_c.seen_seq)
            .where(_c.conversation_id == messages.c.conversation_id, _c.agent == agent)
            .scalar_subquery()
        )
        query = (
            select(messages.c.conversation_id, func.count())
            .where(
                messages.c.conversation_id.in_(conversation_ids),
                messages.c.role == Role.CITIZEN,
                messages.c.seq > func.coalesce(seen, 0),
            )
            .group_by(messages.c.conversation_id)
        )
        with self._engine.connect() as db:
            return {row[0]: row[1] for row in db.execute(query)}
