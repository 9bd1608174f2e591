"""Events as the dispatcher hands them to a sender, from tickets of a real desk."""

from tickets.delivery_ports import OutgoingEvent, event_id
from tickets.model import Ticket


def outgoing(ticket: Ticket, position: int | None = None) -> OutgoingEvent:
    """Give one event of a ticket's history, the last unless told otherwise."""
    place = position or len(ticket.history)
    return OutgoingEvent(event_id(ticket.number, place), place, ticket.history[place - 1], ticket)
