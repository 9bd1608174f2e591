"""The append-only history: every change of a ticket is one event, and the events alone explain its state."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from tickets.model import Actor, Changes, HistoryEvent, Ticket

# What a history accounts for besides the status. Personal data (detail of the address, names) is not here.
TRACKED = (
    "category",
    "urgency",
    "office",
    "due_at",
    "stage_due_at",
    "closed_at",
    "merged_into",
    "area.province",
    "area.city",
    "area.county",
    "area.township",
    "area.adcode",
)


def with_event(
    before: Ticket, after: Ticket, *, at: datetime, actor: Actor, action: str, reason: str | None = None
) -> Ticket:
    """Give `after` one version on, with the event that leads there from `before`."""
    event = HistoryEvent(
        at, actor.name, action, before.status, after.status, reason, changes_between(before, after)
    )
    return replace(after, version=before.version + 1, history=(*before.history, event))


def changes_between(before: Ticket | None, after: Ticket) -> Changes:
    """Give old and new value of every tracked field that differs; from nothing when there is no `before`."""
    changes = {}
    for name in TRACKED:
        old, new = _text(before, name), _text(after, name)
        if old != new:
            changes[name] = (old, new)
    return changes


def replayed(history: Sequence[HistoryEvent]) -> dict[str, str | None]:
    """Give the status and the tracked fields that the events add up to.

    Raises:
        ValueError: an event does not begin where the one before it ended.
    """
    state: dict[str, str | None] = dict.fromkeys(("status", *TRACKED))
    for position, event in enumerate(history, start=1):
        origin = event.from_status and event.from_status.value
        if origin != state["status"]:
            raise ValueError(f"event {position} leaves {origin}, but the ticket was {state['status']}")
        state["status"] = event.to_status.value
        for name, (old, new) in event.changes.items():
            if name not in state:
                continue
            if state[name] != old:
                raise ValueError(f"event {position} changes {name} from {old}, but it was {state[name]}")
            state[name] = new
    return state


def recorded_state(ticket: Ticket) -> dict[str, str | None]:
    """Give the same fields as the ticket itself has them, to hold against `replayed`."""
    return {"status": ticket.status.value} | {name: _text(ticket, name) for name in TRACKED}


def _text(ticket: Ticket | None, name: str) -> str | None:
    value: Any = ticket
    for part in name.split("."):
        value = getattr(value, part, None)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.value if isinstance(value, Enum) else value
