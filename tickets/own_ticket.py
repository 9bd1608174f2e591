"""What citizens may do with their own ticket: withdraw it (撤销), have it taken up again (重开)."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from tickets.citizen_words import beijing_words, citizen_words
from tickets.model import Actor, Role, Ticket
from tickets.numbering import find_number
from tickets.service import Desk

CITIZEN = Actor("citizen", Role.CITIZEN)


@dataclass(frozen=True)
class Wish:
    """Something a citizen asks for in the words of a button: a move, of which ticket, asked or confirmed."""

    transition: str
    number: str
    confirmed: bool


def wish_in(text: str) -> Wish | None:
    """Read a wish from the words that the buttons send; they may be typed, with or without blanks."""
    number = find_number(text)
    if number is None:
        return None
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    for transition, words in _wishes().items():
        for key, confirmed in (("sure_payload", True), ("payload", False)):
            if plain.startswith(words[key].replace("{number}", "").strip()):
                return Wish(transition, number, confirmed)
    return None


def own_buttons(desk: Desk, ticket: Ticket) -> list[dict[str, str]]:
    """Give a button, {title, payload}, for every move that the citizen could make with the ticket now."""
    open_now = {move.transition for move in desk.moves(ticket.number, CITIZEN)}
    return [
        {"title": words["title"], "payload": words["payload"].format(number=ticket.number)}
        for transition, words in _wishes().items()
        if transition in open_now
    ]


def fulfilled(desk: Desk, wish: Wish) -> Ticket:
    """Make the confirmed move.

    Raises:
        TicketError: it is not open, or was not written.
    """
    reason = _wishes()[wish.transition]["reason"]
    return desk.move(wish.number, wish.transition, actor=CITIZEN, reason=reason)


def question_words(wish: Wish) -> tuple[str, list[dict[str, str]]]:
    """Give the question whether it is really meant, and its buttons."""
    words = _wishes()[wish.transition]
    leave = citizen_words()["own_ticket"]["leave"]
    yes = {"title": words["sure"], "payload": words["sure_payload"].format(number=wish.number)}
    return words["ask"].format(number=wish.number), [yes, {"title": leave, "payload": leave}]


def done_words(wish: Wish, ticket: Ticket) -> str:
    """Say what became of the ticket."""
    return _wishes()[wish.transition]["done"].format(number=ticket.number, due=beijing_words(ticket.due_at))


def refusal_words(ticket: Ticket | None) -> str:
    """Say why not: the state it is in; for a ticket that is not shown to be theirs, how to show it."""
    say = citizen_words()
    if ticket is None:
        return say["own_ticket"]["not_yours"]
    return say["own_ticket"]["not_open"].format(number=ticket.number, status=say["status"][ticket.status])


def _wishes() -> Mapping[str, Mapping[str, str]]:
    return {name: citizen_words()["own_ticket"][name] for name in ("withdraw", "reopen")}
