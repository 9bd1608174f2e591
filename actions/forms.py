"""What a conversation is in the middle of: a request half taken down, a ticket half named.

It lies with the conversation in the database, not in the dialogue engine: whoever answers the next message,
Rasa or the stand-in, goes on where the last one stopped, and agents see what was told so far.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

HELP_FORM, OWN_TICKET_FORM = "help_form", "own_ticket_form"
OFFER = "offer"  # no form of Rasa: a request that somebody was offered to have taken down


@dataclass(frozen=True)
class OpenForm:
    """A form that is being filled in.

    `asked` is the open question, `content` what is known so far (JSON), `heard` the id of the last message
    that was taken in, `act` what that message came to, so that taking it in again changes nothing.
    """

    name: str
    asked: str
    content: Mapping[str, Any] = field(default_factory=dict)
    heard: str = ""
    act: str = ""
    updated_at: datetime | None = None


class OpenForms(Protocol):
    """Where open forms are kept; at most one a conversation."""

    def get(self, conversation_id: str) -> OpenForm | None:
        """The open form, or None."""
        ...

    def put(self, conversation_id: str, form: OpenForm) -> None:
        """Keep it durably in the place of what was there; `updated_at` is set to now."""
        ...

    def close(self, conversation_id: str) -> None:
        """Forget it; nothing happens when there is none."""
        ...


class Turns(Protocol):
    """Which messages an engine is still answering."""

    @contextmanager
    def writing(self, message_id: str) -> Iterator[bool]:
        """Hold the turn of a message while something is written for it; False when it was given up."""
        ...
