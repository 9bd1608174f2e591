"""What the desk needs from the world around it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from tickets.model import Area, Category, Disclosure, NewTicket, Status, Ticket, TicketFilter, Urgency

Clock = Callable[[], datetime]
"""Gives the present instant, timezone-aware."""


class Deadlines(Protocol):
    """Counts promised times; `adcode` finds the limits that a region has set for itself."""

    @property
    def reopen_within(self) -> timedelta:
        """For how long after its end a matter may be taken up again."""
        ...

    def due_at(
        self, category: Category, urgency: Urgency, opened_at: datetime, adcode: str | None = None
    ) -> datetime:
        """Give the instant by which the applicant must have been called."""
        ...

    def stage_due_at(
        self,
        status: Status,
        category: Category,
        urgency: Urgency,
        entered_at: datetime,
        due_at: datetime,
        adcode: str | None = None,
    ) -> datetime | None:
        """Give the instant by which a ticket must leave the status it entered; None when it is closed."""
        ...

    def extended_from(
        self, at: datetime, category: Category, urgency: Urgency, adcode: str | None = None
    ) -> datetime:
        """Give the new deadline of a ticket whose time is extended from this instant on."""
        ...


class Assigned(Protocol):
    """An office found by routing, and why in words for the desk."""

    @property
    def office(self) -> str: ...

    @property
    def reason(self) -> str: ...


class Routing(Protocol):
    """Finds the office for a matter."""

    def office_for(self, area: Area | None, category: Category, urgency: Urgency) -> Assigned:
        """Give the nearest office that covers the matter, at a higher level if need be; never nothing."""
        ...


class Judged(Protocol):
    """What a request is about and how soon somebody must act, with the reasons."""

    @property
    def category(self) -> Category: ...

    @property
    def urgency(self) -> Urgency: ...

    @property
    def reasons(self) -> tuple[str, ...]: ...


Triage = Callable[[str], Judged]
"""Judges a request by the citizen's words."""


class Repeats(Protocol):
    """Says how far back a likely repeat may lie, and what is done with it (tickets.repeats)."""

    def since(self, now: datetime) -> datetime:
        """Give the oldest instant at which a repeat may have been filed."""
        ...

    def judge(self, new: NewTicket, earlier: Sequence["Candidate"]) -> "Judgement":
        """Say which of the earlier tickets the request repeats, and how."""
        ...


@dataclass(frozen=True)
class Candidate:
    """An earlier ticket, and what it shares with the new request."""

    ticket: Ticket
    same_person: bool
    same_place: bool


@dataclass(frozen=True)
class Judgement:
    """`adds_to` is the open ticket that the words belong to; `links` are likely repeats with the reason."""

    adds_to: str | None
    reason: str
    links: Mapping[str, str]


class TicketStore(Protocol):
    """Keeps tickets. Every writing method is durable when it returns, or has written nothing.

    All methods raise Unavailable when the database does not answer, and Unreadable when a sealed value
    does not open.
    """

    def add(self, draft: Callable[[str], Ticket], opened_at: datetime, links: Sequence[str]) -> Ticket:
        """Take the next number and write the ticket drafted for it; a known origin gives its ticket."""
        ...

    def earlier(self, new: NewTicket, since: datetime) -> list[Candidate]:
        """Give the newest tickets that share the person or the exact place."""
        ...

    def get(self, number: str) -> Ticket | None:
        """Give the ticket with its whole history, or None."""
        ...

    def get_by_origin(self, origin_message_id: str) -> Ticket | None:
        """Give the ticket that this message confirmed or added words to, or None."""
        ...

    def phone_tail_matches(self, number: str, tail: str) -> bool:
        """Say whether the applicant's phone ends in these four digits; False when there is no such ticket."""
        ...

    def newest(self, wanted: TicketFilter, *, before: str | None, limit: int) -> list[Ticket]:
        """Give tickets, newest first, older than the number `before`."""
        ...

    def oldest_first(self, since: datetime | None, after: str | None = None) -> Iterator[Ticket]:
        """Give every ticket opened at or after `since`, in number order, from behind `after` on."""
        ...

    def save(self, before: Ticket, after: Ticket, *, origin_message_id: str | None = None) -> None:
        """Write a changed ticket and its new history events; `origin_message_id` is never taken in twice.

        Raises:
            Conflict: the stored version is no longer that of `before`.
        """
        ...

    def split(self, before: Ticket, after: Ticket, draft: Callable[[str], Ticket], at: datetime) -> Ticket:
        """Save `after` and add the ticket that was split off, both or neither; gives the new one.

        Raises:
            Conflict: the stored version is no longer that of `before`.
        """
        ...

    def record_disclosure(self, disclosure: Disclosure) -> None:
        """Remember that personal data was shown in full."""
        ...

    def disclosures(self, since: datetime | None, limit: int) -> list[Disclosure]:
        """Give what was recorded, newest first."""
        ...
