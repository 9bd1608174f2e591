"""Who owns a conversation, in the database: every change is checked under a lock and recorded for good."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from api.chat.errors import ConversationClosed, HeldByOther, UnknownConversation
from api.chat.hand_over_model import DANGER, NORMAL, OwnerChange, Reason
from api.chat.message_rows import MessageRows
from api.chat.model import Message, Owner, Reply, Role
from api.chat.tables import aware, conversations, messages, owner_changes
from tickets.privacy import Sealer


@dataclass(frozen=True)
class Move:
    """A change of owner about to be made, and what must hold for it.

    Args:
        actor: who does it: the name of an agent, CITIZEN or HOTLINE.
        to_agent: who gets it when `to` is AGENT.
        from_owners: it must be with one of these.
        from_agent: when an agent has it, it must be this one; None allows any.
        note: what the actor wants to be remembered with it.
    """

    to: Owner
    reason: Reason
    actor: str
    to_agent: str | None = None
    from_owners: frozenset[Owner] = frozenset({Owner.BOT, Owner.QUEUE})
    from_agent: str | None = None
    note: str | None = None


Says = Iterable[tuple[Role, Reply]]
Condition = Callable[[Connection], bool]
"""What must still hold, looked at under the lock."""


def locked(db: Connection, conversation_id: str) -> Row:
    """Read a conversation so that nobody else changes it or speaks in it until the transaction ends.

    Raises:
        UnknownConversation: there is none.
    """
    # A write comes first on both databases: it takes the lock that a reading on SQLite would not.
    touched = update(conversations).where(conversations.c.id == conversation_id)
    if not db.execute(touched.values(owner=conversations.c.owner)).rowcount:
        raise UnknownConversation(f"conversation {conversation_id}: there is none")
    return db.execute(select(conversations).where(conversations.c.id == conversation_id)).one()


def change_owner(db: Connection, sealer: Sealer, row: Row, move: Move, now: datetime) -> None:
    """Change the owner of a locked conversation and record it; queued again, it keeps its place."""
    priority = DANGER if move.reason is Reason.CRISIS else NORMAL
    if move.to is Owner.QUEUE:
        if row.owner == Owner.QUEUE and priority <= row.priority:
            return
        values = {
            "queued_at": row.queued_at or now,
            "queue_reason": move.reason,
            "priority": max(priority, row.priority),
        }
    elif move.to is Owner.AGENT:
        values = {}
    else:
        values = {"queued_at": None, "queue_reason": None, "priority": NORMAL}
    values |= {"owner": move.to, "agent": move.to_agent}
    db.execute(update(conversations).where(conversations.c.id == row.id).values(values))
    newest = select(func.coalesce(func.max(messages.c.seq), 0)).where(messages.c.conversation_id == row.id)
    db.execute(
        insert(owner_changes).values(
            conversation_id=row.id,
            at=now,
            actor=move.actor,
            from_owner=row.owner,
            from_agent=row.agent,
            to_owner=move.to,
            to_agent=move.to_agent,
            reason=move.reason,
            note_sealed=sealer.seal(move.note) if move.note else None,
            after_seq=newest.scalar_subquery(),
        )
    )


class OwnerStore:
    """Moves conversations between bot, queue and agents. `clock` gives timezone-aware instants."""

    def __init__(self, engine: Engine, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._sealer = sealer
        self._clock = clock
        self._rows = MessageRows(sealer, clock)

    def now(self) -> datetime:
        return self._clock()

    def move(
        self, conversation_id: str, move: Move, says: Says = (), *, still: Condition = lambda db: True
    ) -> list[Message] | None:
        """Change the owner and tell the citizen, all or nothing; give what was said, None for nothing done.

        It does nothing when the conversation is already where it should go, or `still` no longer holds.

        Raises:
            UnknownConversation: there is none.
            ConversationClosed: it has ended.
            HeldByOther: it is not with those that the move expects.
        """
        with self._engine.begin() as db:
            row = locked(db, conversation_id)
            if row.owner == Owner.CLOSED:
                raise ConversationClosed(f"conversation {conversation_id} is closed")
            if row.owner == move.to and row.agent == move.to_agent:
                return None
            _must_fit(row, move.from_owners, move.from_agent)
            if not still(db):
                return None
            change_owner(db, self._sealer, row, move, self._clock())
            answered = self._last_word(db, row) if move.to is Owner.BOT else None
            return [
                self._rows.add(db, conversation_id, role, reply, answers=answered) for role, reply in says
            ]

    def say(
        self, conversation_id: str, agent: str, text: str, agent_message_id: str | None
    ) -> tuple[Message, bool]:
        """Store what the agent who owns a conversation says; give it, and whether it is new.

        The same `agent_message_id` again gives the message that is stored already, whoever owns it by now.

        Raises:
            UnknownConversation, ConversationClosed, HeldByOther: as `move`; nothing was stored.
        """
        with self._engine.begin() as db:
            row = locked(db, conversation_id)
            if agent_message_id is not None:
                said = db.execute(
                    select(messages).where(
                        messages.c.conversation_id == conversation_id,
                        messages.c.agent_message_id == agent_message_id,
                        messages.c.author == agent,
                    )
                ).first()
                if said is not None:
                    return self._rows.message(said), False
            if row.owner == Owner.CLOSED:
                raise ConversationClosed(f"conversation {conversation_id} is closed")
            _must_fit(row, frozenset({Owner.AGENT}), agent)
            message = self._rows.add(
                db,
                conversation_id,
                Role.AGENT,
                Reply(text),
                author=agent,
                agent_message_id=agent_message_id,
            )
        return message, True

    def changes(self, conversation_id: str) -> list[OwnerChange]:
        """The record of one conversation, oldest first."""
        query = select(owner_changes).where(owner_changes.c.conversation_id == conversation_id)
        with self._engine.connect() as db:
            rows = db.execute(query.order_by(owner_changes.c.id)).all()
        return [self._change(row) for row in rows]

    def stints(self, conversation_id: str) -> list[tuple[int, int]]:
        """Give when agents had it since the bot last took it up again: (after this message, until this one).

        Once it is handed back, until it is next taken: those that this hand-back ended.
        """
        found: list[tuple[int, float]] = []
        handed_back = False
        for change in self.changes(conversation_id):
            taken = change.to_owner is Owner.AGENT and change.from_owner is not Owner.AGENT
            given = change.from_owner is Owner.AGENT and change.to_owner is not Owner.AGENT
            if taken:
                found = [] if handed_back else found
                found.append((change.after_seq, float("inf")))
                handed_back = False
            elif given and found:
                found[-1] = (found[-1][0], change.after_seq)
            handed_back = handed_back or change.to_owner is Owner.BOT
        last = self._newest(conversation_id) if found and found[-1][1] == float("inf") else 0
        return [(after, last if until == float("inf") else int(until)) for after, until in found]

    def _last_word(self, db: Connection, row: Row) -> str | None:
        """The agent's last message: what the bot says on coming back follows it, and no question of hers."""
        query = select(messages.c.id).where(
            messages.c.conversation_id == row.id, messages.c.role == Role.AGENT
        )
        return db.execute(query.order_by(messages.c.seq.desc()).limit(1)).scalar()

    def _newest(self, conversation_id: str) -> int:
        query = select(func.max(messages.c.seq)).where(messages.c.conversation_id == conversation_id)
        with self._engine.connect() as db:
            return db.execute(query).scalar() or 0

    def _change(self, row: Row) -> OwnerChange:
        return OwnerChange(
            conversation_id=row.conversation_id,
            at=aware(row.at),
            actor=row.actor,
            from_owner=Owner(row.from_owner),
            to_owner=Owner(row.to_owner),
            reason=Reason(row.reason),
            from_agent=row.from_agent,
            to_agent=row.to_agent,
            note=self._sealer.open(row.note_sealed) if row.note_sealed else None,
            after_seq=row.after_seq,
        )


def _must_fit(row: Row, owners: frozenset[Owner], agent: str | None) -> None:
    other = row.owner == Owner.AGENT and agent is not None and row.agent != agent
    if Owner(row.owner) in owners and not other:
        return
    who = f"agent {row.agent} has it" if row.agent else f"it is with the {row.owner}"
    raise HeldByOther(f"conversation {row.id}: {who}", row.owner, row.agent)
