"""Which office a matter belongs to that is not for this hotline, told by its words (offices.yml)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_TABLE = Path(__file__).parent / "offices.yml"


@dataclass(frozen=True)
class OtherOffice:
    """An office and its public numbers; `unless` are words with which the matter may be ours after all."""

    office: str
    words: tuple[str, ...]
    phones: tuple[str, ...]
    source: str
    unless: tuple[str, ...] = ()


@cache
def other_offices() -> tuple[OtherOffice, ...]:
    """The table, in the order in which it is asked."""
    rows: list[dict[str, Any]] = yaml.safe_load(_TABLE.read_text("utf-8"))
    return tuple(
        OtherOffice(
            row["office"],
            tuple(row["words"]),
            tuple(row["phones"]),
            row["source"],
            tuple(row.get("unless", ())),
        )
        for row in rows
    )


def office_of(text: str) -> OtherOffice | None:
    """The office that the words of a message name, or None; nobody is sent away by one word alone.

    Ask only about messages that have been judged not to be ours.
    """
    for one in other_offices():
        if any(word in text for word in one.words) and not any(word in text for word in one.unless):
            return one
    return None
