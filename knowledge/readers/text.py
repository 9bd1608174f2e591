"""Markdown and plain text."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from knowledge.errors import UnreadableDocument
from knowledge.readers.source import INFO_END, SourceText

# Comments and bare heading marks are the file's, not the document's.
_MARKUP_ONLY = re.compile(r"^\s*(?:<!--.*-->|#{1,6})\s*$")
MAX_BYTES = 20 * 1024 * 1024


def read_markdown(path: Path) -> SourceText:
    """Read UTF-8 Markdown (a byte order mark is allowed)."""
    raw = _bytes_of(path)
    try:
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UnreadableDocument(str(path), "not_utf8") from error
    return SourceText(
        tuple(line for line in lines if line.strip() == INFO_END or not _MARKUP_ONLY.match(line))
    )


def read_text(path: Path) -> SourceText:
    """Read plain text in UTF-8, UTF-16 with a byte order mark, or GB18030 (which holds GBK and GB2312)."""
    raw = _bytes_of(path)
    marked = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return SourceText(tuple(raw.decode(encoding).splitlines()))
        except UnicodeDecodeError:
            continue
    raise UnreadableDocument(str(path), "unknown_encoding")


def _bytes_of(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise UnreadableDocument(str(path), "cannot_open") from error
    if size > MAX_BYTES:
        raise UnreadableDocument(str(path), "too_large")
    if not raw.strip():
        raise UnreadableDocument(str(path), "empty")
    return raw
