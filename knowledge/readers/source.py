"""What every reader gives back: the lines of a file as published, and what its own wrapping says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

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
