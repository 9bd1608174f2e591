"""What is said about one's own ticket (texts/own_ticket.zh.yml) and listened for (data/own_ticket.yml)."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tickets.citizen_words import beijing_words, citizen_words, office_words
from tickets.coming_back import last_result
from tickets.lifecycle import UNANSWERED
from tickets.model import Ticket

_HERE = Path(__file__).parent
PHONE, PLACE, WORDS = "phone", "place", "words"
_BUTTON_WORDS = 200  # characters of her own words that a button sends


class Errand(StrEnum):
    """What a citizen comes about: how far it is, more to tell, too slow, no longer needed."""

    PROGRESS = "progress"
    ADD = "add"
    URGE = "urge"
    WITHDRAW = "withdraw"


@cache
def own_ticket_words() -> Mapping[str, Any]:
    """The sentences."""
    return yaml.safe_load((_HERE / "texts" / "own_ticket.zh.yml").read_text("utf-8"))


@cache
def listens_for() -> Mapping[str, Any]:
    """The word lists."""
    return yaml.safe_load((_HERE / "data" / "own_ticket.yml").read_text("utf-8"))


def has_word(text: str, listed: str, kind: str | None = None) -> bool:
    """Whether the text holds a word of a list, or of one kind of it."""
    words = listens_for()[listed]
    return any(word in text for word in (words[kind] if kind else words))


def errand_in(text: str) -> Errand | None:
    """The errand that plain words tell, for a listener without a model; None when they tell none."""
    return next((Errand(name) for name in listens_for()["wishes"] if has_word(text, "wishes", name)), None)


def has_substance(text: str) -> bool:
    """Whether anything is left to be added without the announcement that something will be."""
    rest = re.sub(r"[^一-鿿]", "", text)
    for word in sorted(listens_for()["empty_words"], key=len, reverse=True):
        rest = rest.replace(word, "")
    for word in (*listens_for()["about_phone"], *listens_for()["about_place"]):
        rest = rest.replace(word, "")
    return len(rest) >= 2


def what_about(text: str) -> str:
    """What somebody wants to add who does not say it yet: PHONE, PLACE or WORDS."""
    return next((kind for kind in (PHONE, PLACE) if has_word(text, f"about_{kind}")), WORDS)


def say(name: str, ticket: Ticket | None = None, **more: str) -> str:
    """One sentence, filled with what the citizen may hear of the ticket."""
    text = own_ticket_words()[name]
    return text.format(**(_told(ticket) if ticket else {}), **more)


def status_words(ticket: Ticket, late: bool) -> str:
    """Where it stands and by when somebody calls; once answered or ended, nobody will, so no time is said.

    The result that a case system sent is told with it.
    """
    where = say(_state("status", ticket, late), ticket)
    return "\n".join(filter(None, (where, last_result(ticket))))


def status_by_number_words(ticket: Ticket, late: bool) -> str:
    """Status and promised time alone, of a ticket that was filed without a phone: nothing personal."""
    return say(_state("status_by_number", ticket, late), ticket)


def button(name: str, ticket: Ticket | None = None, words: str = "") -> tuple[str, str]:
    """A button, (title, what it sends); at most 200 characters of her words go with it."""
    made = own_ticket_words()[name]
    return made["title"].format(**(_told(ticket) if ticket else {})), made["sends"].format(
        **(_told(ticket) if ticket else {}), words=words.replace("\n", "，")[:_BUTTON_WORDS]
    )


def _state(name: str, ticket: Ticket, late: bool) -> str:
    if ticket.status not in UNANSWERED:
        return f"{name}_ended"
    return f"{name}_late" if late else name


def _told(ticket: Ticket) -> dict[str, str]:
    return {
        "number": ticket.number,
        "category": ticket.category,
        "opened": beijing_words(ticket.opened_at),
        "status": citizen_words()["status"][ticket.status],
        "office": office_words(ticket),
        "due": beijing_words(ticket.due_at),
    }
