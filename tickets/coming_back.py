"""What a case system (业务系统) tells us about a ticket, and what that does to it: the rules, no database.

The table of moves (tickets/lifecycle.py) decides. What arrives too late to move anything is noted in the
history, so that nothing a case system said is lost and nothing it said is obeyed out of its turn.
"""

import re
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tickets.citizen_words import beijing_words, citizen_words, office_words
from tickets.errors import NotFound, RuleBroken
from tickets.history import with_event
from tickets.lifecycle import AT_OFFICE, MOVES, allowed_from, move_ticket
from tickets.model import Actor, Role, Status, Ticket
from tickets.ports import Deadlines
from tickets.privacy import mask_text

NOTE = "note"
ACTOR_PREFIX = "case-system:"
SIGN, ANSWER, RETURN = "sign", "answer", "return"
_HANDED_OVER = ("dispatch", "reassign")
_RESULT_STANDS = frozenset({Status.ANSWERED, Status.FOLLOWED_UP, Status.ARCHIVED})
# As far as two clocks may be apart in the Standard Webhooks specification, so that one that is slow does not
# make the first word about a new ticket look older than the ticket.
CLOCKS_APART = timedelta(minutes=5)
_LANDLINE = re.compile(r"(?<![0-9])(?<![0-9][- ])(0[0-9]{2,3}[-－ ]?[2-8][0-9]{6,7})(?![- ]?[0-9])")


class Kind(StrEnum):
    """What is told: taken on, given back, something happened, done."""

    ACCEPTED = "accepted"
    RETURNED = "returned"
    PROGRESS = "progress"
    RESOLVED = "resolved"


class Outcome(StrEnum):
    """What became of an update: the ticket moved, or the words were noted and nothing moved."""

    MOVED = "moved"
    NOTED = "noted"


@dataclass(frozen=True)
class StatusUpdate:
    """One message of a case system about one ticket.

    Attributes:
        id: its webhook-id; the same id is the same update.
        at: when it happened there, by their clock.
        words: the reason of a return, the result, or what happened.
        office, their_id: who handles it there, and under which number.
    """

    id: str
    kind: Kind
    number: str
    at: datetime
    words: str | None = None
    office: str | None = None
    their_id: str | None = None


@dataclass(frozen=True)
class News:
    """What the citizen is told, and the buttons, (title, what it sends), below."""

    text: str
    buttons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Taken:
    """The ticket after an update, what became of that, and what the citizen hears; None: nothing."""

    ticket: Ticket
    outcome: Outcome
    news: News | None


def actor_of(system: str, office: str | None) -> Actor:
    """Say as whom a case system acts; `office` None: for whichever office has the ticket."""
    return Actor(f"{ACTOR_PREFIX}{system}", Role.OFFICE, office)


def taken_in(
    ticket: Ticket, update: StatusUpdate, actor: Actor, *, at: datetime, deadlines: Deadlines
) -> Taken:
    """Apply an update.

    `resolved` makes the moves in between that the case system left out. `accepted` and `progress` never fail
    once the ticket has been with an office: what comes too late for them is noted, and so is everything that
    is older than the last time the ticket was given to an office.

    Raises:
        NotFound: the ticket was never with the office that the case system speaks for.
        RuleBroken: the table of moves says no; naming the state and the moves that are open.
    """
    offices = _offices(ticket)
    if actor.office and actor.office not in offices:
        raise NotFound(f"no ticket {ticket.number} for {actor.office}")
    if ticket.erased_at:
        raise RuleBroken(f"ticket {ticket.number} was erased: nothing can be added to it")
    if not offices:
        open_moves = allowed_from(ticket.status, actor.role)
        raise RuleBroken(
            f"ticket {ticket.number} is {ticket.status} and was never dispatched to an office; "
            f"allowed for {actor.role}: {', '.join(open_moves) or 'nothing'}",
            open_moves,
        )
    steps = () if _overtaken(ticket, update) else _steps(ticket, update, actor)
    if not steps:
        noted = with_event(ticket, ticket, at=at, actor=actor, action=NOTE, reason=update.words)
        taken = Taken(noted, Outcome.NOTED, _progress_news(ticket, update, actor))
    else:
        moved = ticket
        for step in steps:
            reason = update.words if step == steps[-1] else _say()["implied"]
            moved = move_ticket(moved, step, actor=actor, at=at, deadlines=deadlines, reason=reason)
        taken = Taken(moved, Outcome.MOVED, _moved_news(moved, update, at))
    return replace(taken, ticket=_explained(taken.ticket, update))


def last_result(ticket: Ticket) -> str | None:
    """Give the result that a case system sent, for the citizen; None while there is none that stands."""
    if ticket.status not in _RESULT_STANDS or ticket.erased_at:
        return None
    answers = [event for event in ticket.history if event.action == ANSWER]
    if not answers or not answers[-1].actor.startswith(ACTOR_PREFIX) or not answers[-1].reason:
        return None
    return _say()["last_result"].format(text=public_words(answers[-1].reason))


def public_words(text: str) -> str:
    """Mask mobile, ID and card numbers in an office's words; a landline with its area code stays: it is where
    the citizen may ask."""
    pieces = _LANDLINE.split(text)
    return "".join(piece if place % 2 else mask_text(piece) for place, piece in enumerate(pieces))


def _steps(ticket: Ticket, update: StatusUpdate, actor: Actor) -> tuple[str, ...]:
    """Give the moves that an update asks for; none for what is only to be noted."""
    match update.kind:
        case Kind.ACCEPTED:
            waits = ticket.status in MOVES[SIGN].origins and not _signed(ticket)
            return (SIGN,) if waits and _has(actor, ticket) else ()
        case Kind.RETURNED:
            return (RETURN,)
        case Kind.RESOLVED:
            return _way_to(ANSWER, ticket.status)
    return ()


def _way_to(transition: str, status: Status) -> tuple[str, ...]:
    """Give the shortest way of moves that need no reason up to this one, which is alone if there is none."""
    ways: deque[tuple[Status, tuple[str, ...]]] = deque([(status, ())])
    seen = {status}
    while ways:
        here, way = ways.popleft()
        if here in MOVES[transition].origins:
            return (*way, transition)
        for move in MOVES.values():
            open_now = here in move.origins and Role.OFFICE in move.roles and not move.needs
            if open_now and move.target and move.target not in seen:
                seen.add(move.target)
                ways.append((move.target, (*way, move.transition)))
    return (transition,)


def _offices(ticket: Ticket) -> set[str | None]:
    """The offices that the ticket was ever given to; empty until it is dispatched."""
    office, had = None, set()
    for event in ticket.history:
        office = event.changes["office"][1] if "office" in event.changes else office
        if event.action in _HANDED_OVER:
            had.add(office)
    return had | {ticket.office} if had or ticket.status in AT_OFFICE else had


def _has(actor: Actor, ticket: Ticket) -> bool:
    """Whether the ticket is with the office that the actor speaks for."""
    return ticket.status in AT_OFFICE and actor.office in (None, ticket.office)


def _signed(ticket: Ticket) -> bool:
    """Whether the office has taken the ticket on since it was last given to one."""
    last = [event.action for event in ticket.history if event.action in (SIGN, *_HANDED_OVER)]
    return last[-1:] == [SIGN]


def _overtaken(ticket: Ticket, update: StatusUpdate) -> bool:
    """Whether an update speaks of the time before the ticket was last given to an office."""
    given = [event.at for event in ticket.history if event.action in _HANDED_OVER]
    return ticket.status in AT_OFFICE and bool(given) and update.at < given[-1] - CLOCKS_APART


def _explained(ticket: Ticket, update: StatusUpdate) -> Ticket:
    """Write what the case system says of itself into the newest event."""
    theirs = {
        "their_at": update.at.astimezone(UTC).isoformat(),
        "their_id": update.their_id,
        "their_office": update.office,
    }
    event = ticket.history[-1]
    changes = event.changes | {name: (None, value) for name, value in theirs.items() if value}
    return replace(ticket, history=(*ticket.history[:-1], replace(event, changes=changes)))


def _progress_news(ticket: Ticket, update: StatusUpdate, actor: Actor) -> News | None:
    current = _has(actor, ticket) and not _overtaken(ticket, update)
    return _news("progress", ticket, update) if update.kind is Kind.PROGRESS and current else None


def _moved_news(ticket: Ticket, update: StatusUpdate, at: datetime) -> News:
    if update.kind is Kind.ACCEPTED and at > ticket.due_at:
        return _news("accepted_late", ticket, update)
    news = _news(update.kind, ticket, update)
    if update.kind is not Kind.RESOLVED:
        return news
    reopen = citizen_words()["own_ticket"]["reopen"]
    return replace(news, buttons=((reopen["title"], reopen["payload"].format(number=ticket.number)),))


def _news(name: str, ticket: Ticket, update: StatusUpdate) -> News:
    return News(
        _say()["told"][name].format(
            number=ticket.number,
            category=ticket.category,
            office=update.office or office_words(ticket),
            due=beijing_words(ticket.due_at),
            text=public_words(update.words or ""),
        )
    )


@cache
def _say() -> dict[str, Any]:
    return yaml.safe_load((Path(__file__).parent / "texts" / "coming_back.zh.yml").read_text("utf-8"))
