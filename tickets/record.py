"""A ticket as plain JSON values under the names of the contract: the shape of jsonl exports and `--json`."""

from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import datetime
from enum import Enum
from typing import Any

from tickets.amending import SPLIT, SUPPLEMENT
from tickets.model import Area, Disclosure, HistoryEvent, Person, Ticket
from tickets.numbering import BEIJING

Record = dict[str, Any]

ANSWERS = ("answer", "answer_directly")


def ticket_record(ticket: Ticket) -> Record:
    """Give every field of the ticket; instants as ISO 8601 in Beijing time. Mask the ticket first."""
    return {name: _plain(value) for name, value in asdict(ticket).items()}


def disclosure_record(disclosure: Disclosure) -> Record:
    """Give one line of the record of disclosures, in the same way."""
    return {name: _plain(value) for name, value in asdict(disclosure).items()}


def all_words(ticket: Ticket) -> str:
    """Give the citizen's words: the description and whatever was added later, each addition with its time.

    Words that were split off into a ticket of their own are left to that one.
    """
    gone = {event.changes[SUPPLEMENT][0] for event in ticket.history if _splits(event)}
    added = [
        f"[{event.at.astimezone(BEIJING):%Y-%m-%d %H:%M}] {event.reason}"
        for position, event in enumerate(ticket.history, start=1)
        if event.action == SUPPLEMENT and event.reason and str(position) not in gone
    ]
    return "\n".join([ticket.description, *added])


def last_result(ticket: Ticket) -> str | None:
    """Give what the citizen was last answered (答复); None before that."""
    answers = [event.reason for event in ticket.history if event.action in ANSWERS and event.reason]
    return answers[-1] if answers else None


COMPUTED: dict[str, Callable[[Ticket], Any]] = {"words": all_words, "result": last_result}
"""Fields that a profile may use beside those of the contract: what the history says, in one value."""


def field_names() -> list[str]:
    """Name every field that a profile may use: of the ticket, its area, its applicant, and COMPUTED."""
    groups = {"area": Area, "applicant": Person}
    stored = [
        f"{field.name}.{part.name}" if field.name in groups else field.name
        for field in fields(Ticket)
        if field.name != "history"
        for part in (fields(groups[field.name]) if field.name in groups else (field,))
    ]
    return [*stored, *COMPUTED]


def field_value(ticket: Ticket, field: str) -> Any:
    """Follow a dotted name such as `area.county` into the ticket.

    Raises:
        AttributeError: the ticket has no such field.
    """
    if field in COMPUTED:
        return COMPUTED[field](ticket)
    value: Any = ticket
    for name in field.split("."):
        value = getattr(value, name)
    return value


def nested(pairs: list[tuple[str, Any]]) -> Record:
    """Turn (dotted name, value) pairs into nested records of plain JSON values."""
    record: Record = {}
    for name, value in pairs:
        *groups, last = name.split(".")
        place = record
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = _plain(value)
    return record


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).isoformat(timespec="seconds")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _splits(event: HistoryEvent) -> bool:
    return event.action == SPLIT and SUPPLEMENT in event.changes
