"""Deliveries for the terminal and as JSON, in the words of texts/deliveries.zh.yml."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any

import yaml
from rich.table import Table

from api.commands.tickets_tables import cell
from api.settings import PROJECT_ROOT
from tickets.delivery_model import Delivery, SystemFigures
from tickets.sheets import words_of
from tickets.texts import desk_texts

_WORDS = PROJECT_ROOT / "tickets" / "texts" / "deliveries.zh.yml"


@cache
def words() -> dict[str, Any]:
    """Give what the commands of deliveries say."""
    return yaml.safe_load(_WORDS.read_text("utf-8"))


def systems_table(found: Sequence[SystemFigures]) -> Table:
    """One line a case system."""
    headings = words()["systems"]
    table = Table(*headings.values())
    for system in found:
        counts = {state.value: count for state, count in system.counts.items()}
        fields = asdict(system) | counts | {"state": words()["system_state"][system.state]}
        table.add_row(*(cell(_shown(fields[name])) for name in headings))
    return table


def deliveries_table(found: Sequence[Delivery]) -> Table:
    """One line a delivery."""
    headings = words()["delivery"]
    table = Table(*headings.values())
    for delivery in found:
        fields = _fields(delivery)
        table.add_row(*(cell(_shown(fields[name])) for name in headings))
    return table


def delivery_table(delivery: Delivery, held_back_by: str | None) -> Table:
    """Everything about one delivery, empty fields left out."""
    fields = _fields(delivery) | {"held_back_by": held_back_by}
    table = Table(show_header=False)
    for name, heading in (words()["delivery"] | words()["detail"]).items():
        if fields[name] is not None:
            table.add_row(heading, cell(_shown(fields[name])))
    return table


def system_record(system: SystemFigures) -> dict[str, Any]:
    """A case system's figures as JSON can hold them."""
    counts = {state.value: count for state, count in system.counts.items()}
    return _plain(asdict(system) | {"counts": counts})


def delivery_record(delivery: Delivery) -> dict[str, Any]:
    """A delivery as JSON can hold it."""
    return _plain({"id": delivery.id} | asdict(delivery))


def _fields(delivery: Delivery) -> dict[str, Any]:
    return asdict(delivery) | {
        "id": delivery.id,
        "state": words()["state"][delivery.state],
        "action": desk_texts()["action"].get(delivery.action, delivery.action),
    }


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items()
    }


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, int) else words_of(value)
