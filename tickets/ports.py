"""What the desk needs from the world around it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from tickets.model import Category, NewTicket, Status, Ticket, Urgency

Clock = Callable[[], datetime]
"""Gives the present instant, timezone-aware."""


class Deadlines(Protocol):
    """Counts promised times."""

    def due_at(self, category: Category, urgency: Urgency, opened_at: datetime) -> datetime:
        """Give the instant by which the applicant must have been called."""
        ...

    def extended_from(self, at: datetime) -> datetime:
        """Give the new deadline of a ticket extended at this instant."""
        ...


class Repeats(Protocol):
    """Says how far back a likely repeat may lie, and why it is linked."""

    @property
    def at_most(self) -> int:
        """Link no more than so many."""
        ...

    def since(self, now: datetime) -> datetime:
        """Give the oldest instant at which a repeat may have been filed."""
        ...

    def reason_for(self, number: str) -> str:
        """Say, for the history, why a ticket is linked to this earlier one."""
        ...


class TicketStore(Protocol):
    """Keeps tickets. Every writing method is durable when it returns, or has written nothing.

    All methods raise Unavailable when the database does not answer, and Unreadable when a sealed value
    does not open.
    """

    def add(
        self, new: NewTicket, opened_at: datetime, due_at: datetime, actor: str, links: Mapping[str, str]
    ) -> Ticket:
        """Number and write a ticket with its first history events; a repeated origin gives its ticket.

        `links` are numbers of likely repeats with the reason for each.
        """
        ...

    def same_matter(self, new: NewTicket, since: datetime, limit: int) -> list[str]:
        """Give the newest tickets of the same phone or ID number, category and (where known) county."""
        ...

    def get(self, number: str) -> Ticket | None:
        """Give the ticket with its whole history, or None."""
        ...

    def get_by_origin(self, origin_message_id: str) -> Ticket | None:
        """Give the ticket that this message confirmed, or None."""
        ...

    def phone_tail_matches(self, number: str, tail: str) -> bool:
        """Say whether the applicant's phone ends in these four digits; False when there is no such ticket."""
        ...

    def newest(
        self,
        *,
        status: Status | None,
        category: Category | None,
        since: datetime | None,
        before: str | None,
        limit: int,
    ) -> list[Ticket]:
        """Give tickets, newest first, older than the number `before`."""
        ...

    def oldest_first(self, since: datetime | None, after: str | None = None) -> Iterator[Ticket]:
        """Give every ticket opened at or after `since`, in number order, from behind `after` on."""
        ...

    def save_move(self, before: Ticket, after: Ticket) -> None:
        """Write a moved ticket and its last history event.

        Raises:
            Conflict: the stored version is no longer that of `before`.
        """
        ...

    def record_disclosure(
        self, at: datetime, actor: str, reason: str, scope: str, number: str | None = None
    ) -> None:
        """Remember that personal data was shown in full: to whom, why, and what (a ticket, an export)."""
        ...
