"""Reminders before a step is due and escalation (督办) after it, each exactly once.

The database alone remembers what was given: a notice is one transaction that writes its row (number, kind,
due_at), its lines of the history and, for an escalation, the moved ticket. So a crash leaves all of it or
nothing, a stop of any length is caught up with at the next run, and several processes may run this at once.
Whoever shows notices to people reads them from the history: what `run_once` returns is gone after a crash.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import yaml

from tickets.errors import BadRequest, TicketError, Unavailable
from tickets.history import with_event
from tickets.lifecycle import AT_OFFICE, move_ticket
from tickets.model import Actor, Role, Status, Ticket, Urgency
from tickets.numbering import BEIJING
from tickets.ports import Clock, Deadlines

WORDING_FILE = Path(__file__).parent / "texts" / "notices.zh.yml"
SCHEDULER = Actor("scheduler", Role.SYSTEM)

log = logging.getLogger(__name__)

_PAGE = 200


class NoticeKind(StrEnum):
    """What a notice says: the step is due soon, or it was due."""

    REMIND = "remind"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class Notice:
    """A notice written just now. `due_at` is the missed or coming time; `escalated`: 督办 came with it."""

    number: str
    kind: NoticeKind
    due_at: datetime
    at: datetime
    office: str | None
    escalated: bool


class NoticeStore(Protocol):
    """Where tickets wait for notices. Both methods raise Unavailable when the database does not answer."""

    def awaiting_notice(self, now: datetime, horizon: timedelta, limit: int) -> list[Ticket]:
        """Give open tickets with stage_due_at <= now + horizon that lack a notice, the earliest due first.

        A ticket lacks one when no row (number, "overdue", stage_due_at) is there and, as long as
        stage_due_at >= now, no row (number, "remind", stage_due_at) either. Rows for other instants do not
        count: a new deadline is reminded of anew.
        """
        ...

    def give_notice(self, before: Ticket, after: Ticket, kind: str, due_at: datetime, at: datetime) -> bool:
        """Write, in one transaction, the notice's row and `after` with its one or two new history events.

        Returns:
            False when the row (number, kind, due_at) is there already; nothing is written then.
        Raises:
            Conflict: the stored version is no longer that of `before`; nothing is written.
        """
        ...


class ReminderTimes(Deadlines, Protocol):
    """The deadlines, and how long before them a reminder comes."""

    def remind_before(self, urgency: Urgency) -> timedelta:
        """Give the lead time of the reminder."""
        ...


@dataclass(frozen=True)
class Wording:
    """The reasons written into the history; each may name {due}."""

    remind: str
    overdue: str
    escalate: str


class Reminders:
    """Gives the notices that are due. Holds no state: every answer is in the database."""

    def __init__(
        self,
        store: NoticeStore,
        times: ReminderTimes,
        wording: Wording,
        clock: Clock,
        page: int = _PAGE,
    ) -> None:
        self._store = store
        self._times = times
        self._wording = wording
        self._clock = clock
        self._page = page
        self._horizon = max(times.remind_before(urgency) for urgency in Urgency)

    def run_once(self) -> list[Notice]:
        """Give every notice that is due now and was not given yet, and say which.

        A step that is already late gets `overdue` alone, never a stale reminder; at an office the ticket is
        escalated with it, before dispatch and after the answer it is only noticed. A ticket that someone
        changed meanwhile, or that cannot be moved, is left for the next run and does not hold up the others.

        Raises:
            Unavailable: the database does not answer; what was given before stays given.
        """
        now = self._clock()
        given: list[Notice] = []
        while True:
            page = self._store.awaiting_notice(now, self._horizon, self._page)
            fresh = [notice for ticket in page if (notice := self._tried(ticket, now))]
            given += fresh
            if len(page) < self._page or not fresh:
                break
        if given:
            log.info("notices_given", extra=_counted(given))
        return given

    def _tried(self, ticket: Ticket, now: datetime) -> Notice | None:
        try:
            return self._notify(ticket, now)
        except Unavailable:
            raise
        except TicketError as error:
            log.warning("notice_postponed", extra={"number": ticket.number, "code": error.code})
            return None

    def _notify(self, ticket: Ticket, now: datetime) -> Notice | None:
        due_at = ticket.stage_due_at
        if due_at is None:
            return None
        if now > due_at:
            return self._overdue(ticket, due_at, now)
        if now >= due_at - self._lead(ticket, due_at):
            return self._write(ticket, self._noted(ticket, NoticeKind.REMIND, due_at, now), due_at, now)
        return None

    def _overdue(self, ticket: Ticket, due_at: datetime, now: datetime) -> Notice | None:
        after = self._noted(ticket, NoticeKind.OVERDUE, due_at, now)
        if ticket.status in AT_OFFICE - {Status.ESCALATED}:
            reason = self._wording.escalate.format(due=_shown(due_at))
            after = move_ticket(
                after, "escalate", actor=SCHEDULER, at=now, deadlines=self._times, reason=reason
            )
            # The promise may have passed too, during a long stop: one notice speaks for both times.
            if after.stage_due_at and after.stage_due_at < now:
                due_at = max(due_at, after.stage_due_at)
        return self._write(ticket, after, due_at, now)

    def _noted(self, ticket: Ticket, kind: NoticeKind, due_at: datetime, now: datetime) -> Ticket:
        reason = getattr(self._wording, kind).format(due=_shown(due_at))
        return with_event(ticket, ticket, at=now, actor=SCHEDULER, action=kind.value, reason=reason)

    def _write(self, before: Ticket, after: Ticket, due_at: datetime, now: datetime) -> Notice | None:
        kind = NoticeKind(after.history[len(before.history)].action)
        if not self._store.give_notice(before, after, kind.value, due_at, now):
            return None
        return Notice(before.number, kind, due_at, now, before.office, after.status is not before.status)

    def _lead(self, ticket: Ticket, due_at: datetime) -> timedelta:
        """Give the lead time, at most half of the step: a short one is not reminded of when it begins."""
        return min(self._times.remind_before(ticket.urgency), (due_at - _entered_at(ticket)) / 2)


class Runnable(Protocol):
    """What a scheduler runs: Reminders, or a part that stands in for them."""

    def run_once(self) -> list[Notice]:
        """Give what is due now."""
        ...


def load_wording(path: Path = WORDING_FILE) -> Wording:
    """Read the words of the notices.

    Raises:
        BadRequest: a sentence is missing or not known.
    """
    try:
        return Wording(**yaml.safe_load(path.read_text(encoding="utf-8")))
    except TypeError as error:
        raise BadRequest(f"{path}: give remind, overdue and escalate, one sentence each: {error}") from error


def _entered_at(ticket: Ticket) -> datetime:
    """Say since when the ticket is at its present step."""
    entered = (event.at for event in reversed(ticket.history) if event.from_status is not event.to_status)
    return next(entered, ticket.opened_at)


def _shown(instant: datetime) -> str:
    return instant.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def _counted(notices: list[Notice]) -> dict[str, int]:
    kinds = [notice.kind for notice in notices]
    return {kind.value: kinds.count(kind) for kind in NoticeKind} | {
        "escalated": sum(notice.escalated for notice in notices)
    }
