"""The life of a ticket: one table of moves, and the two functions that read it.

The chain follows GB/T 33358-2016 (受理 派单 签收 办理 答复 回访 归档) with the side moves that
国办发〔2020〕53号 asks for: 退单 改派 延期 督办 并单 撤销 重开.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from tickets.errors import RuleBroken
from tickets.model import Actor, HistoryEvent, Role, Status, Ticket

DESK = frozenset({Role.DESK, Role.SUPERVISOR})
OFFICE = frozenset({Role.OFFICE, Role.SUPERVISOR})
LEAD = frozenset({Role.SUPERVISOR})
CALLER = DESK | {Role.CITIZEN}

CLOSED = frozenset({Status.ARCHIVED, Status.MERGED, Status.WITHDRAWN})

_AT_OFFICE = frozenset(
    {
        Status.DISPATCHED,
        Status.REASSIGNED,
        Status.SIGNED,
        Status.IN_PROGRESS,
        Status.EXTENDED,
        Status.ESCALATED,
    }
)
_UNANSWERED = _AT_OFFICE | {Status.ACCEPTED, Status.RETURNED, Status.REOPENED}


@dataclass(frozen=True)
class Move:
    """One row of the table. `needs` names the arguments that must not be empty."""

    transition: str
    origins: frozenset[Status]
    target: Status
    roles: frozenset[Role]
    needs: frozenset[str] = frozenset()


def _move(
    transition: str,
    origins: set[Status] | frozenset[Status],
    target: Status,
    roles: frozenset[Role],
    *needs: str,
) -> Move:
    return Move(transition, frozenset(origins), target, roles, frozenset(needs))


MOVES: dict[str, Move] = {
    move.transition: move
    for move in (
        _move(
            "dispatch", {Status.ACCEPTED, Status.RETURNED, Status.REOPENED}, Status.DISPATCHED, DESK, "office"
        ),
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
            "return", {Status.DISPATCHED, Status.REASSIGNED, Status.SIGNED}, Status.RETURNED, OFFICE, "reason"
        ),
        _move("reassign", _AT_OFFICE | {Status.RETURNED}, Status.REASSIGNED, DESK, "office", "reason"),
        _move(
            "extend", {Status.SIGNED, Status.IN_PROGRESS, Status.ESCALATED}, Status.EXTENDED, LEAD, "reason"
        ),
        _move(
            "escalate", _AT_OFFICE - {Status.ESCALATED} | {Status.RETURNED}, Status.ESCALATED, LEAD, "reason"
        ),
        _move("merge", _UNANSWERED, Status.MERGED, DESK, "reason", "into"),
        _move("withdraw", _UNANSWERED, Status.WITHDRAWN, CALLER, "reason"),
        _move(
            "reopen",
            {Status.ANSWERED, Status.FOLLOWED_UP, Status.ARCHIVED, Status.WITHDRAWN, Status.MERGED},
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
    reason: str | None = None,
    office: str | None = None,
    into: str | None = None,
) -> Ticket:
    """Give the ticket as it stands after the move, with one history event more.

    Args:
        reason: why, in the actor's words; needed where the table says so.
        office: who gets the ticket (dispatch, reassign).
        into: number of the ticket that this one is merged into.
    Raises:
        RuleBroken: naming the ticket, its state and the moves that are open.
    """
    move = _permitted(ticket, transition, actor, {"reason": reason, "office": office, "into": into})
    event = HistoryEvent(at, actor.name, transition, ticket.status, move.target, reason)
    return replace(
        ticket,
        status=move.target,
        office=office or ticket.office,
        closed_at=at if move.target in CLOSED else None,
        related=(*ticket.related, into) if into and into not in ticket.related else ticket.related,
        version=ticket.version + 1,
        history=(*ticket.history, event),
    )


def _permitted(ticket: Ticket, transition: str, actor: Actor, given: dict[str, str | None]) -> Move:
    """Find the row for this move or say why there is none."""
    open_moves = allowed_from(ticket.status, actor.role)
    where = f"ticket {ticket.number} is {ticket.status}"
    choice = f"allowed for {actor.role}: {', '.join(open_moves) or 'nothing'}"
    move = MOVES.get(transition)
    if move is None or ticket.status not in move.origins:
        raise RuleBroken(f"{where}: {transition} is not allowed from there; {choice}", open_moves)
    if actor.role not in move.roles:
        who = ", ".join(sorted(move.roles))
        raise RuleBroken(f"{where}: {transition} is for {who}, not {actor.role}; {choice}", open_moves)
    missing = sorted(name for name in move.needs if not (given[name] or "").strip())
    if missing:
        raise RuleBroken(f"{where}: {transition} needs {' and '.join(missing)}; {choice}", open_moves)
    return move
