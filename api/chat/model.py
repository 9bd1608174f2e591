"""What a conversation is made of. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    CITIZEN = "citizen"
    ASSISTANT = "assistant"
    AGENT = "agent"
    SYSTEM = "system"


class Owner(StrEnum):
    """Who answers the citizen next. While it is an agent the bot is silent."""

    BOT = "bot"
    QUEUE = "queue"
    AGENT = "agent"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a turn ended; the same words in code, logs, metrics and the HTTP interface."""

    ANSWERED = "answered"
    CLARIFY = "clarify"
    NO_EVIDENCE = "no_evidence"
    OUT_OF_SCOPE = "out_of_scope"
    SMALLTALK = "smalltalk"
    INTAKE = "intake"
    TICKET_FILED = "ticket_filed"
    TICKET_STATUS = "ticket_status"
    CRISIS = "crisis"
    HANDED_OVER = "handed_over"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


@dataclass(frozen=True)
class Button:
    """A suggested next message: the page shows `title` and sends `payload` as the citizen's words."""

    title: str
    payload: str


@dataclass(frozen=True)
class Reply:
    """Something to be said to the citizen; citations are in their HTTP form (design of `Citation`)."""

    text: str
    citations: tuple[Mapping[str, Any], ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class EngineReply:
    """What a dialogue engine made of one citizen message."""

    replies: tuple[Reply, ...]
    outcome: Outcome
    ticket_number: str | None = None


@dataclass(frozen=True)
class Message:
    """One stored message; `seq` grows over the whole hotline and is the event id of the SSE stream.

    `author` is the account or key of the agent who wrote it; the citizen is not shown it.
    """

    seq: int
    id: str
    conversation_id: str
    role: Role
    text: str
    created_at: datetime
    citations: tuple[Mapping[str, Any], ...] = ()
    buttons: tuple[Button, ...] = ()
    client_message_id: str | None = None
    author: str | None = None


@dataclass(frozen=True)
class Conversation:
    """`agent` is the account or key of the agent who owns it, while one does; `script` which characters the
    citizen reads (api.hanzi)."""

    id: str
    region: str
    owner: Owner
    created_at: datetime
    updated_at: datetime
    agent: str | None = None
    script: str = "hans"


@dataclass(frozen=True)
class Turn:
    """A citizen message and everything that answered it."""

    messages: tuple[Message, ...]
    outcome: Outcome
    owner: Owner
    ticket_number: str | None = None


@dataclass(frozen=True)
class Context:
    """What an engine may know beside the words: which message, in which conversation, from where.

    `earlier` are the policy questions that were answered before in it, newest last: “那要带什么” needs them.
    `before` are the citizen's last messages, newest last. `form` and `asked` name the form that is open and
    its open question.
    """

    conversation_id: str
    message_id: str
    region: str
    earlier: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    form: str | None = None
    asked: str | None = None
