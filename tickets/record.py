"""A ticket as plain JSON values under the names of the contract: the shape of jsonl exports and `--json`."""

from dataclasses import asdict, fields
from datetime import datetime
from enum import Enum
from typing import Any

from tickets.model import Area, Disclosure, Person, Ticket
from tickets.numbering import BEIJING

Record = dict[str, Any]


def ticket_record(ticket: Ticket) -> Record:
    """Give every field of the ticket; instants as ISO 8601 in Beijing time. Mask the ticket first."""
    return {name: _plain(value) for name, value in asdict(ticket).items()}


def disclosure_record(disclosure: Disclosure) -> Record:
    """Give one line of the record of disclosures, in the same way."""
    return {name: _plain(value) for name, value in asdict(disclosure).items()}


def field_names() -> list[str]:
    """Name every field that a profile may use: those of the ticket, of its area and of its applicant."""
    groups = {"area": Area, "applicant": Person}
    return [
        f"{field.name}.{part.name}" if field.name in groups else field.name
        for field in fields(Ticket)
        if field.name != "history"
        for part in (fields(groups[field.name]) if field.name in groups else (field,))
    ]


def field_value(ticket: Ticket, field: str) -> Any:
    """Follow a dotted name such as `area.county` into the ticket.

    Raises:
        AttributeError: the ticket has no such field.
    """
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
