"""Which moves somebody may choose from, with every rule of the lifecycle applied."""

from datetime import datetime

from tickets.errors import RuleBroken
from tickets.lifecycle import MOVES, Move, move_ticket
from tickets.model import Actor, Ticket
from tickets.ports import Deadlines


def open_moves(ticket: Ticket, actor: Actor, *, at: datetime, deadlines: Deadlines) -> tuple[Move, ...]:
    """Give the moves that would be made now if what they need were given, in table order."""
    given = "given"

    def is_open(move: Move) -> bool:
        try:
            move_ticket(
                ticket,
                move.transition,
                actor=actor,
                at=at,
                deadlines=deadlines,
                reason=given,
                office=given,
                into=given,
            )
        except RuleBroken:
            return False
        return True

    return tuple(move for move in MOVES.values() if is_open(move))
