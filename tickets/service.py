"""The ticket desk: what the rest of the project may ask of tickets."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tickets.amending import NOTHING_TOLD, Told, added_words, corrected, joined, split_off, supplement_at
from tickets.errors import BadRequest, Conflict, NotFound
from tickets.history import changes_between
from tickets.lifecycle import CLOSED, MERGE, UNANSWERED, Move, move_ticket, stage_due
from tickets.model import (
    Actor,
    Area,
    Category,
    Disclosure,
    HistoryEvent,
    NewTicket,
    Role,
    Status,
    Ticket,
    TicketFilter,
    Urgency,
)
from tickets.numbering import parse_number
from tickets.open_moves import open_moves
from tickets.ports import Clock, Deadlines, Repeats, Routing, TicketStore, Triage

MAX_LIST = 1000
HOTLINE = Actor("hotline", Role.SYSTEM)
FILE, LINK = "file", "link"
EVERY_TICKET = TicketFilter()
_TRIES = 5


def utc_now() -> datetime:
    """The default clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Filing:
    """What became of a request: its ticket, and whether its words were added to an earlier one."""

    ticket: Ticket
    added: bool


class Desk:
    """Files, finds, moves and amends tickets. Safe to share between threads; holds no state of its own."""

    def __init__(
        self,
        store: TicketStore,
        deadlines: Deadlines,
        repeats: Repeats,
        routing: Routing,
        triage: Triage,
        clock: Clock = utc_now,
    ) -> None:
        self._store = store
        self._deadlines = deadlines
        self._repeats = repeats
        self._routing = routing
        self._triage = triage
        self._clock = clock

    def take_down(self, new: NewTicket, actor: Actor = HOTLINE) -> Filing:
        """Take a citizen's request: a new ticket, or words added to her open one about the same matter.

        It is on disk when this returns; the same origin message again gives the same filing. Less certain
        repeats are linked, with the reason in the history.

        Raises:
            BadRequest: there are no words of the matter.
            Unavailable: it was not written; the same call may be made again.
        """
        return self._take_down(new, actor, {})

    def take_down_together(
        self, needs: Sequence[NewTicket], *, because: str, actor: Actor = HOTLINE
    ) -> tuple[Filing, ...]:
        """Take several needs told in one request: each as `take_down`, every one linked with those before.

        The same call again files what is still missing.

        Args:
            because: why they are linked; it stands in the history.
        """
        filings: list[Filing] = []
        for new in needs:
            before = {filing.ticket.number: because for filing in filings}
            filings.append(self._take_down(new, actor, before))
        return tuple(filings)

    def _take_down(self, new: NewTicket, actor: Actor, together_with: dict[str, str]) -> Filing:
        _need_words(new.description)
        known = self._store.get_by_origin(new.origin_message_id) if new.origin_message_id else None
        if known:
            return Filing(known, added=known.origin_message_id != new.origin_message_id)
        earlier = self._store.earlier(new, self._repeats.since(self._clock()))
        judged = self._repeats.judge(new, [one for one in earlier if one.ticket.number not in together_with])
        if judged.adds_to:
            try:
                ticket = self.supplement(
                    judged.adds_to,
                    new.description,
                    actor=actor,
                    origin_message_id=new.origin_message_id,
                    urgency=new.urgency,
                    only_unanswered=True,
                    because=judged.reason,
                )
                return Filing(ticket, added=True)
            except Conflict:
                pass  # it was answered or merged at this very moment: the request gets a ticket of its own
        return Filing(self._file(new, actor, dict(judged.links) | together_with), added=False)

    def file(self, new: NewTicket, actor: Actor = HOTLINE) -> Ticket:
        """Give a request a ticket of its own, whatever was filed before; likely repeats are linked.

        Raises:
            BadRequest: there are no words of the matter.
            Unavailable: it was not written; the same call may be made again.
        """
        _need_words(new.description)
        judged = self._repeats.judge(new, self._store.earlier(new, self._repeats.since(self._clock())))
        links = dict(judged.links) | ({judged.adds_to: judged.reason} if judged.adds_to else {})
        return self._file(new, actor, links)

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
        """Give the ticket that this message confirmed or added words to, or None."""
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

    def progress_by_number(self, number: str) -> Ticket | None:
        """Give a ticket that was filed without any phone: its number alone is the key; None for others.

        Numbers can be guessed: show its status and promised time only, and let nothing but words be added.
        """
        try:
            ticket = self.find(number)
        except NotFound:
            return None
        return None if ticket.applicant.phone or ticket.erased_at else ticket

    def is_late(self, ticket: Ticket) -> bool:
        """Say whether a ticket is still unanswered after the promised time, or that of its present step."""
        now = self._clock()
        times = (ticket.due_at, ticket.stage_due_at or ticket.due_at)
        return ticket.status in UNANSWERED and now > min(times)

    def list(
        self, wanted: TicketFilter = EVERY_TICKET, *, limit: int = 100, before: str | None = None
    ) -> list[Ticket]:
        """Give tickets, newest first, at most 1000. `before` is the last number of the page above."""
        return self._store.newest(wanted, before=before, limit=min(max(limit, 1), MAX_LIST))

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
        ticket = self._seen(number, version)
        kept = self._merge_target(ticket, into) if transition == MERGE else None
        moved = move_ticket(
            ticket,
            transition,
            actor=actor,
            at=self._clock(),
            deadlines=self._deadlines,
            reason=reason,
            office=office,
            into=kept,
        )
        self._store.save(ticket, moved)
        return moved

    def moves(self, number: str, actor: Actor) -> tuple[Move, ...]:
        """Give the moves that this actor could make with the ticket now, every rule applied."""
        return open_moves(self.find(number), actor, at=self._clock(), deadlines=self._deadlines)

    def correct(
        self,
        number: str,
        *,
        actor: Actor,
        reason: str,
        category: Category | None = None,
        urgency: Urgency | None = None,
        area: Area | None = None,
        version: int | None = None,
    ) -> Ticket:
        """Put right what the hotline understood: matter, urgency, place. A person's word always wins.

        The promise to the citizen never becomes longer; until the ticket is dispatched the office follows.

        Raises:
            NotFound, RuleBroken (closed, or not for this role), BadRequest (nothing to correct), Conflict.
        """
        ticket = self._seen(number, version)
        changed = corrected(
            ticket,
            actor=actor,
            at=self._clock(),
            deadlines=self._deadlines,
            routing=self._routing,
            reason=reason,
            category=category,
            urgency=urgency,
            area=area,
        )
        self._store.save(ticket, changed)
        return changed

    def supplement(
        self,
        number: str,
        words: str,
        *,
        actor: Actor = HOTLINE,
        origin_message_id: str | None = None,
        urgency: Urgency | None = None,
        only_unanswered: bool = False,
        because: str | None = None,
        told: Told = NOTHING_TOLD,
    ) -> Ticket:
        """Add the citizen's words to an open ticket; the same origin message again adds nothing.

        Args:
            urgency: how urgent the new words are; a ticket only ever becomes more urgent by them.
            only_unanswered: refuse with Conflict when the office has answered meanwhile.
            because: why the words are taken to be about this ticket, for the history.
            told: phone, name or place that the words put right.
        Raises:
            BadRequest (no words), NotFound, Conflict (closed, or changed again and again), Unavailable.
        """
        _need_words(words)
        for _ in range(_TRIES):
            known = self._store.get_by_origin(origin_message_id) if origin_message_id else None
            if known:
                return known
            ticket = self.find(number)
            if only_unanswered and ticket.status not in UNANSWERED:
                raise Conflict(f"ticket {number} is {ticket.status}: what is added now would not be read")
            longer = added_words(
                ticket,
                words,
                actor=actor,
                at=self._clock(),
                deadlines=self._deadlines,
                routing=self._routing,
                urgency=urgency,
                because=because,
                told=told,
            )
            try:
                self._store.save(ticket, longer, origin_message_id=origin_message_id)
            except Conflict:
                continue
            return longer
        raise Conflict(f"ticket {number} is being changed by others; try again")

    def split(self, number: str, position: int, *, actor: Actor, reason: str) -> Ticket:
        """Give added words a ticket of their own, linked to where they were: the undo of `supplement`.

        Args:
            position: of the `supplement` event in the history, from 1.
        Raises:
            NotFound, BadRequest (no such supplement, already split), RuleBroken, Conflict.
        """
        ticket, now = self.find(number), self._clock()
        words = supplement_at(ticket, position)
        shorter, new = split_off(
            ticket, position, words, self._triage(words), actor=actor, at=now, reason=reason
        )
        return self._store.split(ticket, shorter, self._drafted(new, actor, now, {number: reason}), now)

    def link(self, number: str, related: str, *, actor: Actor, reason: str) -> Ticket:
        """Link two tickets as likely repeats of one matter."""
        return self._join(number, related, actor, reason, together=True)

    def unlink(self, number: str, related: str, *, actor: Actor, reason: str) -> Ticket:
        """Take the link between two tickets away again; the history keeps both."""
        return self._join(number, related, actor, reason, together=False)

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
            raise BadRequest("showing personal data in full needs a reason", "no_reason")
        self._store.record_disclosure(Disclosure(self._clock(), actor.name, reason.strip(), scope, number))

    def disclosures(self, since: datetime | None = None, limit: int = 100) -> "list[Disclosure]":
        """Give the record of what was shown in full, newest first."""
        return self._store.disclosures(since, min(max(limit, 1), MAX_LIST))

    def _file(self, new: NewTicket, actor: Actor, links: dict[str, str]) -> Ticket:
        now = self._clock()
        return self._store.add(self._drafted(new, actor, now, links), now, tuple(links))

    def _drafted(
        self, new: NewTicket, actor: Actor, now: datetime, links: dict[str, str]
    ) -> Callable[[str], Ticket]:
        """Make the ticket that a request becomes once numbered: routed, with its promise and history."""
        assigned = self._routing.office_for(new.area, new.category, new.urgency)
        values = {name: getattr(new, name) for name in NewTicket.__dataclass_fields__}
        bare = Ticket(
            **values,
            number="",
            status=Status.ACCEPTED,
            opened_at=now,
            due_at=self._deadlines.due_at(new.category, new.urgency, now, new.area.adcode),
            office=assigned.office,
            related=tuple(links),
        )
        ready = replace(bare, stage_due_at=stage_due(bare, now, self._deadlines))
        filed = HistoryEvent(
            now, actor.name, FILE, None, Status.ACCEPTED, assigned.reason, changes_between(None, ready)
        )
        linked = [
            HistoryEvent(now, actor.name, LINK, Status.ACCEPTED, Status.ACCEPTED, reason)
            for reason in links.values()
        ]
        history = (filed, *linked)
        return lambda number: replace(ready, number=number, version=len(history), history=history)

    def _seen(self, number: str, version: int | None) -> Ticket:
        ticket = self.find(number)
        if version is not None and version != ticket.version:
            raise Conflict(
                f"ticket {ticket.number} is at version {ticket.version}, not {version}; read it again"
            )
        return ticket

    def _join(self, number: str, related: str, actor: Actor, reason: str, *, together: bool) -> Ticket:
        ticket, other = self.find(number), self.find(related)
        if not together and other.merged_into == ticket.number:
            raise BadRequest(
                f"ticket {other.number} is merged into {ticket.number}: undo it with unmerge", "link_of_merge"
            )
        changed = joined(
            ticket, other.number, actor=actor, at=self._clock(), reason=reason, together=together
        )
        self._store.save(ticket, changed)
        return changed

    def _merge_target(self, ticket: Ticket, into: str | None) -> str | None:
        """Check that the ticket to merge into exists, is another one and goes on itself."""
        if not into:
            return None
        kept = self.find(into)
        if kept.number == ticket.number:
            raise BadRequest(f"ticket {kept.number} cannot be merged into itself", "merge_into_itself")
        if kept.status is Status.MERGED:
            raise BadRequest(
                f"ticket {kept.number} is itself merged into {kept.merged_into}: choose that one",
                "merge_into_merged",
            )
        if kept.status in CLOSED:
            raise BadRequest(
                f"ticket {kept.number} is {kept.status}: reopen it before you merge into it",
                "merge_into_closed",
            )
        return kept.number


def _need_words(words: str) -> None:
    if not words.strip():
        raise BadRequest("a ticket needs a description: the applicant's words", "no_words")
