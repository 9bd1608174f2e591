"""The ticket desk: what the rest of the project may ask of tickets."""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from tickets.errors import BadRequest, Conflict, NotFound
from tickets.lifecycle import move_ticket
from tickets.model import Actor, Category, NewTicket, Role, Status, Ticket
from tickets.numbering import parse_number
from tickets.ports import Clock, Deadlines, Repeats, TicketStore

MAX_LIST = 1000
HOTLINE = Actor("hotline", Role.SYSTEM)


def utc_now() -> datetime:
    """The default clock."""
    return datetime.now(UTC)


class Desk:
    """Files, finds and moves tickets. Safe to share between threads; holds no state of its own."""

    def __init__(
        self, store: TicketStore, deadlines: Deadlines, repeats: Repeats, clock: Clock = utc_now
    ) -> None:
        self._store = store
        self._deadlines = deadlines
        self._repeats = repeats
        self._clock = clock

    def file(self, new: NewTicket, actor: Actor = HOTLINE) -> Ticket:
        """Take a request down. It is on disk when this returns; the same origin message, the same ticket.

        Likely repeats of a person's matter are linked, with the reason in the history; nothing is merged.

        Raises:
            BadRequest: there are no words of the matter.
            Unavailable: it was not written; the same call may be made again.
        """
        if not new.description.strip():
            raise BadRequest("a ticket needs a description: the applicant's words")
        now = self._clock()
        due_at = self._deadlines.due_at(new.category, new.urgency, now)
        earlier = self._store.same_matter(new, self._repeats.since(now), self._repeats.at_most)
        links = {number: self._repeats.reason_for(number) for number in earlier}
        return self._store.add(new, now, due_at, actor.name, links)

    def find(self, number: str) -> Ticket:
        """Give a ticket by its number, typed in any of the usual ways.

        Raises:
            BadNumber: the check digit says that it was misheard or mistyped (a kind of NotFound).
            NotFound: no such ticket.
        """
        canonical = parse_number(number)
        ticket = self._store.get(canonical)
        if ticket is None:
            raise NotFound(f"no ticket {canonical}")
        return ticket

    def find_by_origin(self, origin_message_id: str) -> Ticket | None:
        """Give the ticket that this message confirmed, or None."""
        return self._store.get_by_origin(origin_message_id)

    def progress(self, number: str, phone_tail: str) -> Ticket:
        """Give a citizen their own ticket: the number and the last four digits of the phone they left.

        Raises:
            BadNumber: the check digit does not fit.
            NotFound: the same whether the number or the tail is wrong, so that nobody can try numbers out.
        """
        canonical = parse_number(number)
        tail = "".join(filter(str.isdecimal, unicodedata.normalize("NFKC", phone_tail)))
        if not self._store.phone_tail_matches(canonical, tail):
            raise NotFound(f"no ticket {canonical} with this phone tail")
        return self.find(canonical)

    def list(
        self,
        *,
        status: Status | None = None,
        category: Category | None = None,
        since: datetime | None = None,
        limit: int = 100,
        before: str | None = None,
    ) -> list[Ticket]:
        """Give tickets, newest first, at most 1000. `before` is the last number of the page above."""
        size = min(max(limit, 1), MAX_LIST)
        return self._store.newest(status=status, category=category, since=since, before=before, limit=size)

    def move(
        self,
        number: str,
        transition: str,
        *,
        actor: Actor,
        reason: str | None = None,
        office: str | None = None,
        into: str | None = None,
        version: int | None = None,
    ) -> Ticket:
        """Move a ticket along the table in lifecycle.py.

        Args:
            version: the version the caller saw; a newer one in the store is a Conflict.
            into: for `merge`, the number of the ticket that stays.
        Raises:
            NotFound, RuleBroken (naming the state and the allowed moves), Conflict, Unavailable.
        """
        ticket = self.find(number)
        if version is not None and version != ticket.version:
            raise Conflict(
                f"ticket {ticket.number} is at version {ticket.version}, not {version}; read it again"
            )
        now = self._clock()
        kept = self._merge_target(ticket, into)
        moved = move_ticket(ticket, transition, actor=actor, at=now, reason=reason, office=office, into=kept)
        moved = replace(moved, due_at=self._due_after(moved, now))
        self._store.save_move(ticket, moved)
        return moved

    def export(self, since: datetime | None = None, after: str | None = None) -> Iterator[Ticket]:
        """Give every ticket opened at or after `since`, oldest first, one page in memory at a time.

        `after` resumes behind a number that was already received.
        """
        return self._store.oldest_first(since, after)

    def disclose(self, number: str, *, actor: Actor, reason: str) -> Ticket:
        """Give a ticket for showing in full; that it was shown, to whom and why, is recorded first.

        Raises:
            BadRequest: no reason given.
        """
        ticket = self.find(number)
        self.record_disclosure(actor=actor, reason=reason, scope="ticket", number=ticket.number)
        return ticket

    def record_disclosure(self, *, actor: Actor, reason: str, scope: str, number: str | None = None) -> None:
        """Record that personal data leaves the desk unmasked, as one ticket or as an export."""
        if not reason.strip():
            raise BadRequest("showing personal data in full needs a reason")
        self._store.record_disclosure(self._clock(), actor.name, reason.strip(), scope, number)

    def _merge_target(self, ticket: Ticket, into: str | None) -> str | None:
        """Check that the ticket to merge into exists and is another one."""
        if into is None:
            return None
        kept = self.find(into).number
        if kept == ticket.number:
            raise BadRequest(f"ticket {kept} cannot be merged into itself")
        return kept

    def _due_after(self, moved: Ticket, now: datetime) -> datetime:
        """Reopening and extending set a new promised time; every other move keeps the old one."""
        if moved.status is Status.REOPENED:
            return self._deadlines.due_at(moved.category, moved.urgency, now)
        if moved.status is Status.EXTENDED:
            return self._deadlines.extended_from(now)
        return moved.due_at
