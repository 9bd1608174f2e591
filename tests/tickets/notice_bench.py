"""A desk reduced to what reminders need, over dictionaries or over the real store."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.tickets.conftest import StandingClock
from tickets.errors import Conflict
from tickets.history import changes_between
from tickets.lifecycle import move_ticket, stage_due
from tickets.limits import load_limits
from tickets.model import Actor, Area, Category, HistoryEvent, Person, Role, Status, Ticket, Urgency
from tickets.numbering import make_number
from tickets.reminders import Notice, Reminders, load_wording

LIMITS = load_limits()
WORDING = load_wording()
DISPATCHER, OFFICE = Actor("7001", Role.DISPATCHER), Actor("民政局", Role.OFFICE)


class MemoryStore:
    """Keeps tickets and notices in dictionaries, by the same rules as the database."""

    def __init__(self) -> None:
        self._tickets: dict[str, Ticket] = {}
        self._given: set[tuple[str, str, datetime]] = set()
        self._lock = threading.Lock()

    def add(self, draft: Callable[[str], Ticket], opened_at: datetime, links: tuple[str, ...]) -> Ticket:
        ticket = draft(make_number(20260312, len(self._tickets) + 1))
        self._tickets[ticket.number] = ticket
        return ticket

    def get(self, number: str) -> Ticket | None:
        return self._tickets.get(number)

    def save(self, before: Ticket, after: Ticket) -> None:
        if self._tickets[before.number].version != before.version:
            raise Conflict(before.number)
        self._tickets[after.number] = after

    def awaiting_notice(self, now: datetime, horizon: timedelta, limit: int) -> list[Ticket]:
        waiting = [
            (ticket.stage_due_at, ticket.number, ticket)
            for ticket in self._tickets.values()
            if ticket.stage_due_at and ticket.stage_due_at <= now + horizon and self._lacks_one(ticket, now)
        ]
        return [ticket for _, _, ticket in sorted(waiting, key=lambda row: row[:2])[:limit]]

    def give_notice(self, before: Ticket, after: Ticket, kind: str, due_at: datetime, at: datetime) -> bool:
        with self._lock:
            if (before.number, kind, due_at) in self._given:
                return False
            self.save(before, after)
            self._given.add((before.number, kind, due_at))
            return True

    def _lacks_one(self, ticket: Ticket, now: datetime) -> bool:
        due = ticket.stage_due_at
        assert due
        kinds = {kind for number, kind, at in self._given if (number, at) == (ticket.number, due)}
        return "overdue" not in kinds and (due < now or "remind" not in kinds)


class Bench:
    """A desk reduced to what reminders need: tickets that are filed and moved at the clock's time."""

    def __init__(self, store: Any, clock: StandingClock) -> None:
        self.store = store
        self.clock = clock
        self.reminders = Reminders(store, LIMITS, WORDING, clock)

    def file(self, urgency: Urgency = Urgency.NORMAL, category: Category = Category.MEDICAL) -> Ticket:
        now = self.clock()

        def draft(number: str) -> Ticket:
            due = LIMITS.due_at(category, urgency, now)
            ticket = Ticket(
                number, category, urgency, Status.ACCEPTED, Area(), "看病没钱", "看病没钱", Person(),
                None, None, False, "web", None, None, now, due,
            )  # fmt: skip
            ticket = replace(ticket, stage_due_at=stage_due(ticket, now, LIMITS))
            changes = changes_between(None, ticket)
            return replace(
                ticket, history=(HistoryEvent(now, "hotline", "file", None, Status.ACCEPTED, None, changes),)
            )

        return self.store.add(draft, now, ())

    def move(self, ticket: Ticket, transition: str, actor: Actor, **given: Any) -> Ticket:
        before = self.now_of(ticket)
        after = move_ticket(before, transition, actor=actor, at=self.clock(), deadlines=LIMITS, **given)
        self.store.save(before, after)
        return after

    def dispatched(self, urgency: Urgency = Urgency.NORMAL) -> Ticket:
        return self.move(self.file(urgency), "dispatch", DISPATCHER, office="民政局")

    def now_of(self, ticket: Ticket) -> Ticket:
        found = self.store.get(ticket.number)
        assert found
        return found

    def run(self) -> list[Notice]:
        return self.reminders.run_once()

    def actions(self, ticket: Ticket) -> list[str]:
        return [event.action for event in self.now_of(ticket).history]
