"""What hand-over is made of: why it happens, who waits, what is kept of it. Standard library only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from api.chat.model import Message, Owner

CITIZEN = "citizen"
HOTLINE = "hotline"
"""Actors of an owner change beside the agents, whose names are their accounts' or keys'."""

NORMAL, DANGER = 0, 1
"""Priorities in the queue, the higher first."""


class Reason(StrEnum):
    """Why the owner of a conversation changed; the same words in code, logs, tables and the interface."""

    ASKED = "asked"
    FAILURES = "failures"
    FAILED = "failed"
    CRISIS = "crisis"
    COMPLAINT = "complaint"
    ABUSE = "abuse"
    SAME_AGAIN = "same_again"
    TAKEN = "taken"
    HANDED_BACK = "handed_back"
    TRANSFERRED = "transferred"
    AGENT_SILENT = "agent_silent"
    AGENT_GONE = "agent_gone"
    CLOSED = "closed"
    IDLE = "idle"
    ERASED = "erased"


@dataclass(frozen=True)
class OwnerChange:
    """One row of the append-only record; `after_seq` is the newest message at that moment."""

    conversation_id: str
    at: datetime
    actor: str
    from_owner: Owner
    to_owner: Owner
    reason: Reason
    from_agent: str | None = None
    to_agent: str | None = None
    note: str | None = None
    after_seq: int = 0


@dataclass(frozen=True)
class Held:
    """A conversation as the agents' list shows it.

    `queued_at`, `reason` and `priority` belong to its last time in the queue; `last` is the newest word of
    the citizen or an agent.
    """

    id: str
    region: str
    owner: Owner
    agent: str | None
    created_at: datetime
    updated_at: datetime
    queued_at: datetime | None
    reason: Reason | None
    priority: int
    count: int = 0
    last: Message | None = None

    @property
    def danger(self) -> bool:
        """Say whether somebody may be in danger: such a conversation is taken first."""
        return self.priority >= DANGER

    def waiting(self, now: datetime) -> timedelta | None:
        """Give how long it has been in the queue; None when it is not there."""
        return now - self.queued_at if self.owner is Owner.QUEUE and self.queued_at else None
