"""Bodies of the agents' side of conversations; texts are masked for everybody but the agent who owns one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from api.chat.hand_over_model import Held, OwnerChange, Reason
from api.chat.model import Message, Outcome, Owner
from api.schemas import MessageOut
from tickets.privacy import mask_text

Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


def unmasked(text: str) -> str:
    """Give the words as they are: for the agent who owns the conversation."""
    return text


class SaidOut(MessageOut):
    """A message, and the agent who wrote it."""

    author: str | None = None

    @classmethod
    def seen(cls, message: Message, mask: Callable[[str], str]) -> "SaidOut":
        """Give a message with its words masked by `mask`."""
        shown = MessageOut.of(replace(message, text=mask(message.text)))
        return cls(**shown.model_dump(), author=message.author)


class HeldOut(BaseModel):
    """One conversation; `reason`, `queued_at` and `danger` are of its last time in the queue."""

    conversation_id: str
    region: str
    owner: Owner
    agent: str | None
    created_at: datetime
    updated_at: datetime
    queued_at: datetime | None
    waiting_seconds: int | None
    reason: Reason | None
    danger: bool
    messages: int
    last: SaidOut | None

    @classmethod
    def of(cls, held: Held, now: datetime, agent: str) -> "HeldOut":
        """Give a conversation as this agent may see it."""
        waiting = held.waiting(now)
        mask = unmasked if held.agent == agent else mask_text
        return cls(
            conversation_id=held.id,
            region=held.region,
            owner=held.owner,
            agent=held.agent,
            created_at=held.created_at,
            updated_at=held.updated_at,
            queued_at=held.queued_at,
            waiting_seconds=round(waiting.total_seconds()) if waiting is not None else None,
            reason=held.reason,
            danger=held.danger,
            messages=held.count,
            last=SaidOut.seen(held.last, mask) if held.last else None,
        )


class HeldListOut(BaseModel):
    """The queue first, danger and long waiting first in it; then what agents have, the caller's own first."""

    conversations: list[HeldOut]


class OwnerChangeOut(BaseModel):
    at: datetime
    actor: str
    from_owner: Owner
    from_agent: str | None
    to_owner: Owner
    to_agent: str | None
    reason: Reason
    note: str | None

    @classmethod
    def of(cls, change: OwnerChange) -> "OwnerChangeOut":
        note = mask_text(change.note) if change.note else None
        return cls(**{name: getattr(change, name) for name in cls.model_fields if name != "note"}, note=note)


class ChatOut(BaseModel):
    """A whole conversation: who has it, what was said, the tickets filed in it, who had it before.

    `draft` is the request that is being taken down, field by field in words; None when there is none.
    """

    conversation: HeldOut
    messages: list[SaidOut]
    tickets: list[str]
    owners: list[OwnerChangeOut]
    draft: dict[str, str] | None


class SayIn(BaseModel):
    text: str
    agent_message_id: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = None


class HandBackIn(BaseModel):
    """`for_citizen`: the bot passes the note on to her; otherwise only agents see it."""

    note: Note | None = None
    for_citizen: bool = False


class TransferIn(BaseModel):
    """`to`: the name of an agent's account or key; left out, the conversation goes back to the queue."""

    to: str | None = None
    note: Note | None = None


class CloseIn(BaseModel):
    note: Note | None = None


TICKET_OUTCOMES = (Outcome.TICKET_FILED, Outcome.CRISIS)
