"""What every reader gives back: the lines of a file as published, and what its own wrapping says of it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

INFO_END = "<!-- INFO END -->"


@dataclass(frozen=True)
class Hints:
    """What stands around a text, not in it: a portal's information box, a Word file's properties.

    None means that nothing was said. `metadata.describe` weighs them against the text itself.
    """

    title: str | None = None
    document_no: str | None = None
    issuer: str | None = None
    promulgated_on: date | None = None
    effective_from: date | None = None
    url: str | None = None


@dataclass(frozen=True)
class SourceText:
    """The lines of a file, as published; headings are marked with leading #, as in Markdown.

    One line is one paragraph (款, 项 or heading): hard line breaks of the file are already joined. `notes`
    are codes of texts/reports.zh.yml with a detail after ":", what whoever loads the file should look at.
    """

    lines: tuple[str, ...]
    hints: Hints = field(default_factory=Hints)
    notes: tuple[str, ...] = ()


def to_plain(source: SourceText) -> dict[str, Any]:
    """Turn a text into what JSON can carry from one process to another."""
    hints: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in vars(source.hints).items()
    }
    return {"lines": list(source.lines), "hints": hints, "notes": list(source.notes)}


def from_plain(plain: dict[str, Any]) -> SourceText:
    """Undo `to_plain`."""
    dates = {field.name for field in fields(Hints) if "date" in str(field.type)}
    hints: dict[str, Any] = {
        name: date.fromisoformat(value) if name in dates and value else value
        for name, value in plain["hints"].items()
    }
    return SourceText(tuple(plain["lines"]), Hints(**hints), tuple(plain["notes"]))
