"""What the desk says about a ticket: its deadline in words, what changed, why something was not done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.accounts.model import Caller
from api.routes.access import desk_actor
from api.routes.rendering import beijing_time, say
from api.service import Service
from api.texts import texts
from tickets.amending import SPLIT, SUPPLEMENT
from tickets.errors import BadRequest, Conflict, NotFound, RuleBroken, TicketError
from tickets.lifecycle import CLOSED
from tickets.limits import Limits
from tickets.model import HistoryEvent, Status, Ticket
from tickets.privacy import mask_ticket
from tickets.remaining import Level, next_due, remaining
from tickets.reminders import NoticeKind
from tickets.texts import desk_texts
from tickets.wording import changes_in_words

WORDS: Any = texts("console_tickets")
_ACTORS = say("console")["actors"] | WORDS["actors"]


@dataclass(frozen=True)
class Deadline:
    """An instant with its distance from now in words; `source`: the rule that it rests on."""

    at: datetime
    level: Level
    words: str
    source: str | None = None


@dataclass(frozen=True)
class Happened:
    """One event of the history in words. `split`: added words that have no ticket of their own yet."""

    position: int
    at: datetime
    actor: str
    title: str
    from_status: Status | None
    to_status: Status
    changes: str
    reason: str | None
    split: bool


def deadline(due: datetime, now: datetime, limits: Limits, source: str | None = None) -> Deadline:
    """Say how far off an instant is."""
    left = remaining(due, now, limits.hours)
    words = WORDS["late" if left.level is Level.LATE else "left"][left.unit]
    return Deadline(due, left.level, words.format(amount=left.amount), source)


def deadline_of(ticket: Ticket, now: datetime, limits: Limits) -> Deadline | None:
    """Give what the ticket is measured by now; None for a closed one."""
    due = next_due(ticket)
    return deadline(due, now, limits) if due else None


def told(ticket: Ticket) -> list[Happened]:
    """Tell the history, the latest first."""
    return [_happened(ticket, *numbered) for numbered in _numbered(ticket)][::-1]


def changed_since(ticket: Ticket, version: int) -> list[Happened]:
    """Tell what happened to a ticket after it was at a version, the earliest first."""
    new = max(ticket.version - version, 0)
    return [_happened(ticket, *numbered) for numbered in _numbered(ticket)][-new:] if new else []


def seen_by_now(ticket: Ticket, version: int) -> int:
    """Give the version that somebody has seen: a reminder that came meanwhile is nothing to know of first."""
    events = ticket.history[len(ticket.history) - max(ticket.version - version, 0) :]
    return ticket.version if version < ticket.version and all(map(_only_reminds, events)) else version


def refusal(service: Service, agent: Caller, number: str, error: TicketError, seen: int | None = None) -> str:
    """Say why something was not done with a ticket, for the people at the desk.

    Args:
        seen: the version that was on the screen; what came after it is told.
    """
    if isinstance(error, BadRequest):
        return WORDS["refusals"].get(error.why) or WORDS["not_understood"]
    if isinstance(error, NotFound):
        return WORDS["no_such_ticket"]
    if isinstance(error, Conflict):
        return _meanwhile(service.desk.find(number), seen)
    if isinstance(error, RuleBroken):
        ticket, actions = service.desk.find(number), desk_texts()["action"]
        moves = service.desk.moves(number, desk_actor(agent))
        titles = WORDS["separator"].join(actions[move.transition] for move in moves)
        status = say("console")["statuses"][ticket.status]
        return WORDS["not_open"].format(status=status, moves=titles or WORDS["no_moves"])
    return WORDS["not_now"]


def tidy(text: str) -> str:
    """Give typed words without the blanks around them and the line ends that browsers send."""
    return text.replace("\r\n", "\n").strip()


def _meanwhile(ticket: Ticket, seen: int | None) -> str:
    """Say who changed a ticket since it was seen, or that it is closed."""
    now = ticket.history[-1].at
    events = changed_since(mask_ticket(ticket), seen) if seen is not None else []
    if not events and ticket.status in CLOSED:
        return WORDS["cannot_now"].format(status=say("console")["statuses"][ticket.status])
    lines = [
        WORDS["one_change" if event.changes else "one_change_bare"].format(
            who=event.actor, at=beijing_time(event.at, now), what=event.title, changes=event.changes
        )
        for event in events
    ]
    return WORDS["meanwhile"].format(changes=WORDS["separator"].join(lines) or WORDS["by_somebody"])


def _numbered(ticket: Ticket) -> Iterator[tuple[int, HistoryEvent]]:
    return enumerate(ticket.history, start=1)


def _happened(ticket: Ticket, position: int, event: HistoryEvent) -> Happened:
    split_off = {one.changes[SUPPLEMENT][0] for one in ticket.history if _is_split(one)}
    return Happened(
        position=position,
        at=event.at,
        actor=_ACTORS.get(event.actor, event.actor),
        title=desk_texts()["action"].get(event.action, event.action),
        from_status=event.from_status,
        to_status=event.to_status,
        changes=changes_in_words(event.changes),
        reason=event.reason,
        split=event.action == SUPPLEMENT and str(position) not in split_off,
    )


def _only_reminds(event: HistoryEvent) -> bool:
    return event.action in set(NoticeKind) and event.from_status is event.to_status and not event.changes


def _is_split(event: HistoryEvent) -> bool:
    return event.action == SPLIT and SUPPLEMENT in event.changes
