"""What there is to read: a file, or a member of an archive, with its content or the reason it has none."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import UnreadableDocument
from knowledge.readers.limits import MAX_FILE_BYTES

_LEFT_OUT_NAMES = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_LEFT_OUT_STARTS = (".", "~$")  # hidden, and the lock files of Word and WPS


@dataclass(frozen=True)
class Part:
    """A file to read under the name that citations give it; `refused` says why there is no content."""

    source_file: str
    raw: bytes = b""
    refused: str | None = None


def is_left_out(name: str) -> bool:
    """True for what systems and programs leave lying about and nobody means to take in."""
    return name.startswith(_LEFT_OUT_STARTS) or name.lower() in _LEFT_OUT_NAMES


def content_of(path: Path, source_file: str) -> bytes:
    """Return the bytes of a regular file.

    Raises:
        UnreadableDocument: no such file or no permission (cannot_open), a pipe or device (not_a_file),
            too large (told before it is read), or without a byte (empty).
    """
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            raise UnreadableDocument(source_file, "cannot_open")
        if not stat.S_ISREG(state.st_mode):
            raise UnreadableDocument(source_file, "not_a_file")
        if state.st_size > MAX_FILE_BYTES:
            raise UnreadableDocument(source_file, "too_large")
        raw = path.read_bytes()
    except (OSError, ValueError) as error:
        raise UnreadableDocument(source_file, "cannot_open") from error
    if not raw.strip():
        raise UnreadableDocument(source_file, "empty")
    return raw
