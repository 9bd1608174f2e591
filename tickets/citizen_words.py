"""What tickets sound like to a citizen (texts/citizen.zh.yml)."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tickets.lifecycle import AT_OFFICE, TO_DISPATCH
from tickets.model import Ticket
from tickets.numbering import BEIJING


@cache
def citizen_words() -> Mapping[str, Any]:
    """The data file."""
    return yaml.safe_load((Path(__file__).parent / "texts" / "citizen.zh.yml").read_text("utf-8"))


def office_words(ticket: Ticket) -> str:
    """Who has the ticket, as a citizen hears it: the office it was dispatched to, not one only proposed."""
    sent = any(event.to_status in AT_OFFICE for event in ticket.history)
    there = sent and ticket.status not in TO_DISPATCH
    return ticket.office if there and ticket.office else citizen_words()["office_unknown"]


def beijing_words(at: datetime) -> str:
    """An instant as it is said to a citizen, in Beijing time."""
    local = at.astimezone(BEIJING)
    return citizen_words()["time"].format(
        month=local.month, day=local.day, hour=local.hour, minute=local.minute
    )
