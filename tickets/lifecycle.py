"""The life of a ticket: one table of moves, and the functions that read it.

The chain follows GB/T 33358-2016 (受理 派单 签收 办理 答复 回访 归档) with the side moves that
国办发〔2020〕53号 asks for: 退单 改派 延期 督办 并单 撤销 重开. What is returned goes back to the dispatcher.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from tickets.errors import RuleBroken
from tickets.history import with_event
from tickets.model import Actor, Role, Status, Ticket
from tickets.ports import Deadlines

DESK = frozenset({Role.DESK, Role.DISPATCHER, Role.SUPERVISOR})
DISPATCH = frozenset({Role.DISPATCHER, Role.SUPERVISOR})
OFFICE = frozenset({Role.OFFICE, Role.SUPERVISOR})
LEAD = frozenset({Role.SUPERVISOR})
CALLER = DESK | {Role.CITIZEN}

CLOSED = frozenset({Status.ARCHIVED, Status.MERGED, Status.WITHDRAWN})

AT_OFFICE = frozenset(
    {
        Status.DISPATCHED,
        Status.REASSIGNED,
        Status.SIGNED,
        Status.IN_PROGRESS,
        Status.EXTENDED,
        Status.ESCALATED,
    }
)
TO_DISPATCH = frozenset({Status.ACCEPTED, Status.RETURNED, Status.REOPENED})
UNANSWERED = AT_OFFICE | TO_DISPATCH

REQUEST_EXTENSION, REFUSE_EXTENSION = "request_extension", "refuse_extension"
EXTEND, REOPEN, MERGE, UNMERGE = "extend", "reopen", "merge", "unmerge"


@dataclass(frozen=True)
class Move:
    """One row of the table. `needs` names the arguments that must not be empty.

    `target` is None where the status stays as it is; `undoes` goes back to the status before the last change.
    """

    transition: str
    origins: frozenset[Status]
    target: Status | None
    roles: frozenset[Role]
    needs: frozenset[str] = frozenset()
    undoes: bool = False


def _move(
    transition: str,
    origins: set[Status] | frozenset[Status],
    target: Status | None,
    roles: frozenset[Role],
    *needs: str,
    undoes: bool = False,
) -> Move:
    return Move(transition, frozenset(origins), target, roles, frozenset(needs), undoes)


_EXTENDABLE = {Status.SIGNED, Status.IN_PROGRESS, Status.ESCALATED}

MOVES: dict[str, Move] = {
    move.transition: move
    for move in (
        _move("dispatch", TO_DISPATCH, Status.DISPATCHED, DISPATCH, "office"),
        _move("sign", {Status.DISPATCHED, Status.REASSIGNED, Status.ESCALATED}, Status.SIGNED, OFFICE),
        _move("start", {Status.SIGNED, Status.EXTENDED, Status.ESCALATED}, Status.IN_PROGRESS, OFFICE),
        _move(
            "answer",
            {Status.SIGNED, Status.IN_PROGRESS, Status.EXTENDED, Status.ESCALATED},
            Status.ANSWERED,
            OFFICE,
            "reason",
        ),
        _move("answer_directly", {Status.ACCEPTED, Status.REOPENED}, Status.ANSWERED, DESK, "reason"),
        _move("follow_up", {Status.ANSWERED}, Status.FOLLOWED_UP, DESK),
        _move("archive", {Status.FOLLOWED_UP}, Status.ARCHIVED, DESK),
        _move(
            "return",
            {Status.DISPATCHED, Status.REASSIGNED, Status.SIGNED, Status.ESCALATED},
            Status.RETURNED,
            OFFICE,
            "reason",
        ),
        _move("reassign", AT_OFFICE | {Status.RETURNED}, Status.REASSIGNED, DISPATCH, "office", "reason"),
        _move(REQUEST_EXTENSION, _EXTENDABLE, None, OFFICE, "reason"),
        _move(EXTEND, _EXTENDABLE, Status.EXTENDED, LEAD, "reason"),
        _move(REFUSE_EXTENSION, _EXTENDABLE, None, LEAD, "reason"),
        _move(
            "escalate",
            AT_OFFICE - {Status.ESCALATED} | {Status.RETURNED},
            Status.ESCALATED,
            LEAD | {Role.SYSTEM},
            "reason",
        ),
        _move(MERGE, UNANSWERED, Status.MERGED, DISPATCH, "reason", "into"),
        _move(UNMERGE, {Status.MERGED}, None, DISPATCH, "reason", undoes=True),
        _move("withdraw", UNANSWERED, Status.WITHDRAWN, CALLER, "reason"),
        _move(
            REOPEN,
            {Status.ANSWERED, Status.FOLLOWED_UP, Status.ARCHIVED, Status.WITHDRAWN},
            Status.REOPENED,
            CALLER,
            "reason",
        ),
    )
}


def allowed_from(status: Status, role: Role | None = None) -> tuple[str, ...]:
    """Name the transitions open from a status, in table order; for one role when it is given."""
    return tuple(
        move.transition
        for move in MOVES.values()
        if status in move.origins and (role is None or role in move.roles)
    )


def move_ticket(
    ticket: Ticket,
    transition: str,
    *,
    actor: Actor,
    at: datetime,
    deadlines: Deadlines,
    reason: str | None = None,
    office: str | None = None,
    into: str | None = None,
) -> Ticket:
    """Give the ticket as it stands after the move, with one history event more.

    Reopening and extending set a new promised time; every other move keeps the old one. Each move that
    changes the status sets the time by which the next step is due.

    Args:
        reason: why, in the actor's words; needed where the table says so.
        office: who gets the ticket (dispatch, reassign); left out, dispatch takes the one found by routing.
        into: number of the ticket that this one is merged into.
    Raises:
        RuleBroken: naming the ticket, its state and the moves that are open.
    """
    if transition == "dispatch":
        office = office or ticket.office
    move = _permitted(ticket, transition, actor, {"reason": reason, "office": office, "into": into})
    _check_extension(ticket, transition)
    _check_reopening(ticket, transition, at, deadlines)
    target = _status_before(ticket) if move.undoes else move.target or ticket.status
    moved = replace(
        ticket,
        status=target,
        office=(office or ticket.office) if "office" in move.needs else ticket.office,
        closed_at=at if target in CLOSED else None,
        due_at=_promised(ticket, transition, at, deadlines),
        merged_into=into if transition == MERGE else None,
        related=_related(ticket, into if transition == MERGE else None),
    )
    if target is not ticket.status:
        moved = replace(moved, stage_due_at=stage_due(moved, at, deadlines))
    return with_event(ticket, moved, at=at, actor=actor, action=transition, reason=reason)


def stage_due(ticket: Ticket, entered_at: datetime, deadlines: Deadlines) -> datetime | None:
    """Give the time by which a ticket that has just entered its status must leave it."""
    return deadlines.stage_due_at(
        ticket.status, ticket.category, ticket.urgency, entered_at, ticket.due_at, ticket.area.adcode
    )


def extension_requested(ticket: Ticket) -> bool:
    """Say whether the office has asked for more time (延期) and nobody has decided yet."""
    asked = {REQUEST_EXTENSION, EXTEND, REFUSE_EXTENSION, REOPEN}
    last = next((event.action for event in reversed(ticket.history) if event.action in asked), None)
    return last == REQUEST_EXTENSION


def _check_extension(ticket: Ticket, transition: str) -> None:
    """More time is given once, on request or by the supervisor alone, and refused only when asked for."""
    if transition not in (REQUEST_EXTENSION, EXTEND, REFUSE_EXTENSION):
        return
    where = f"ticket {ticket.number} is {ticket.status}"
    since_reopened = [event.action for event in ticket.history]
    if REOPEN in since_reopened:
        since_reopened = since_reopened[len(since_reopened) - since_reopened[::-1].index(REOPEN) :]
    if EXTEND in since_reopened:
        raise RuleBroken(f"{where}: more time was already given once; answer it, or reassign it")
    if transition == REQUEST_EXTENSION and extension_requested(ticket):
        raise RuleBroken(
            f"{where}: more time is already asked for; a supervisor must extend or refuse_extension"
        )
    if transition == REFUSE_EXTENSION and not extension_requested(ticket):
        raise RuleBroken(f"{where}: nobody has asked for more time")


def _check_reopening(ticket: Ticket, transition: str, at: datetime, deadlines: Deadlines) -> None:
    """A matter may be taken up again for some days after its answer; later it is a new one."""
    if transition != REOPEN or not ticket.history:
        return
    moves = [event for event in ticket.history if event.from_status is not event.to_status]
    ended = ticket.closed_at or (moves or list(ticket.history))[-1].at
    if at - ended > deadlines.reopen_within:
        days = deadlines.reopen_within.days
        raise RuleBroken(f"ticket {ticket.number} ended {ended:%Y-%m-%d}: it can be reopened for {days} days")


def _promised(ticket: Ticket, transition: str, at: datetime, deadlines: Deadlines) -> datetime:
    matter = (ticket.category, ticket.urgency)
    if transition == REOPEN:
        return deadlines.due_at(*matter, at, ticket.area.adcode)
    if transition == EXTEND:
        return deadlines.extended_from(max(at, ticket.due_at), *matter, ticket.area.adcode)
    return ticket.due_at


def _related(ticket: Ticket, into: str | None) -> tuple[str, ...]:
    """Give the linked tickets: with the one merged into, without the one that a merge is undone from."""
    others = tuple(number for number in ticket.related if number not in (into, ticket.merged_into))
    return (*others, into) if into else others


def _status_before(ticket: Ticket) -> Status:
    changed = [event for event in ticket.history if event.from_status is not event.to_status]
    return changed[-1].from_status or Status.ACCEPTED


def _permitted(ticket: Ticket, transition: str, actor: Actor, given: dict[str, str | None]) -> Move:
    """Find the row for this move or say why there is none."""
    if ticket.erased_at:
        raise RuleBroken(f"ticket {ticket.number} was erased: nobody can act on it; file a new one")
    open_moves = allowed_from(ticket.status, actor.role)
    where = f"ticket {ticket.number} is {ticket.status}"
    choice = f"allowed for {actor.role}: {', '.join(open_moves) or 'nothing'}"
    move = MOVES.get(transition)
    if move is None or ticket.status not in move.origins:
        raise RuleBroken(f"{where}: {transition} is not allowed from there; {choice}", open_moves)
    if actor.role not in move.roles:
        who = ", ".join(sorted(move.roles))
        raise RuleBroken(f"{where}: {transition} is for {who}, not {actor.role}; {choice}", open_moves)
    if actor.role is Role.OFFICE and actor.office and actor.office != ticket.office:
        raise RuleBroken(f"{where}: it is with {ticket.office}, not with {actor.office}", ())
    missing = sorted(name for name in move.needs if not (given[name] or "").strip())
    if missing:
        raise RuleBroken(f"{where}: {transition} needs {' and '.join(missing)}; {choice}", open_moves)
    return move
