"""What the dispatcher needs from whoever carries an event to a case system."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from tickets.case_systems import CaseSystem
from tickets.model import HistoryEvent, Ticket


@dataclass(frozen=True)
class OutgoingEvent:
    """One history event on its way to a case system.

    Attributes:
        id: the idempotency key, the same at every attempt: evt_<number>_<position>.
        position: place in the ticket's history from 1; the ticket's version after the event.
        ticket: the ticket as it is now, perhaps newer than the event; nothing in it is masked yet.
    """

    id: str
    position: int
    event: HistoryEvent
    ticket: Ticket


class Answer(StrEnum):
    """What an attempt came to.

    ACCEPTED: a 2xx arrived, or a second 2xx for what it already had. FAILED: worth trying again.
    GONE: 410, the system wants no more events.
    """

    ACCEPTED = "accepted"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True)
class SendResult:
    """The outcome of one attempt.

    Attributes:
        status: HTTP status; None when there was no answer.
        error: one sentence for the operator, without personal data and without secrets; None when accepted.
        wait: what Retry-After asked for; None when it did not.
    """

    answer: Answer
    status: int | None = None
    error: str | None = None
    wait: timedelta | None = None


class Sender(Protocol):
    """Carries one event to one case system; never raises for anything that the network or the system does."""

    def send(self, system: CaseSystem, event: OutgoingEvent) -> SendResult:
        """Try once, within the system's timeout."""
        ...


def event_id(number: str, position: int) -> str:
    """Give the idempotency key of an event."""
    return f"evt_{number}_{position}"
