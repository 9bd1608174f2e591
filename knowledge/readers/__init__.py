"""File formats: each reader turns a file into lines. A new format is one function and one line in READERS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from knowledge.errors import UnreadableDocument
from knowledge.readers.source import INFO_END, Hints, SourceText
from knowledge.readers.text import read_markdown, read_text

__all__ = ["INFO_END", "READERS", "Hints", "SourceText", "read"]

READERS: dict[str, Callable[[Path], SourceText]] = {
    ".md": read_markdown,
    ".txt": read_text,
}


def read(path: Path) -> SourceText:
    """Read a file by its suffix.

    Raises:
        UnreadableDocument: the format is unknown, or the file is not what its name says.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UnreadableDocument(str(path), "unknown_format")
    return reader(path)
