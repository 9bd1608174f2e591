"""File formats: each reader turns the bytes of a file into paragraphs. A new one is one module and one row.

What a file is, its content decides (sniffing.py); what a program left lying about is not read (part.py); what
asks too much is refused (limits.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from knowledge.errors import UnreadableDocument
from knowledge.readers import archive, text
from knowledge.readers.part import Part, content_of
from knowledge.readers.sandbox import Sandbox
from knowledge.readers.sniffing import REFUSED, is_mislabelled, kind_of
from knowledge.readers.source import INFO_END, Hints, SourceText

__all__ = ["INFO_END", "PARSERS", "Hints", "Part", "SourceText", "parts_of", "read", "read_part"]

# Kind of sniffing.py -> the reader, (raw, source_file) -> SourceText, that runs in the sandbox.
PARSERS = {
    "pdf": "knowledge.readers.pdf:read",
    "html": "knowledge.readers.html:read",
    "docx": "knowledge.readers.docx:read",
}
_SANDBOX = Sandbox()


def read(path: Path, source_file: str | None = None) -> SourceText:
    """Read one file by what it holds.

    Args:
        source_file: how citations name the file; the path itself by default. Its suffix counts where the
            content leaves a choice (Markdown or plain text).

    Raises:
        UnreadableDocument: it cannot be read, it is an archive (several_files; see `parts_of`), or it is
            nothing that can be taken in.
    """
    source_file = source_file or str(path)
    return read_part(Part(source_file, content_of(path, source_file)))


def parts_of(path: Path, source_file: str | None = None) -> Iterator[Part]:
    """What is to be read of a path: the file itself, or the members of an archive. Never raises.

    Args:
        source_file: how citations name it; the path itself by default.
    """
    source_file = source_file or str(path)
    try:
        raw = content_of(path, source_file)
    except UnreadableDocument as error:
        yield Part(source_file, refused=error.reason)
        return
    if kind_of(raw, source_file) == "zip":
        yield from archive.members(raw, source_file)
    else:
        yield Part(source_file, raw)


def read_part(part: Part) -> SourceText:
    """Read the content of a part.

    Raises:
        UnreadableDocument: as `read`, or as the part itself says.
    """
    if part.refused:
        raise UnreadableDocument(part.source_file, part.refused)
    if not part.raw.strip():
        raise UnreadableDocument(part.source_file, "empty")
    kind = kind_of(part.raw, part.source_file)
    if kind in REFUSED:
        raise UnreadableDocument(part.source_file, REFUSED[kind])
    if kind == "zip":
        raise UnreadableDocument(part.source_file, "several_files")
    source = _by_kind(kind, part)
    if is_mislabelled(kind, part.source_file):
        source = replace(source, notes=(*source.notes, f"mislabelled:{kind}"))
    return source


def _by_kind(kind: str, part: Part) -> SourceText:
    if kind in PARSERS:
        return _SANDBOX.read(PARSERS[kind], part.raw, part.source_file)
    return text.read(part.raw, part.source_file)
