"""Markdown and plain text."""

from __future__ import annotations

import re
from pathlib import PurePath

from knowledge.errors import UnreadableDocument
from knowledge.normalisation import is_blank
from knowledge.readers.encoding import decode
from knowledge.readers.limits import MAX_LINES
from knowledge.readers.source import INFO_END, SourceText
from knowledge.readers.unwrapping import unwrap

MARKDOWN_SUFFIXES = frozenset({".md", ".markdown"})

# Comments and bare heading marks are the file's, not the document's.
_MARKUP_ONLY = re.compile(r"^\s*(?:<!--.*-->|#{1,6})\s*$")


def read(raw: bytes, source_file: str) -> SourceText:
    """Read text in UTF-8, UTF-16, GB18030 (which holds GBK and GB2312) or Big5.

    A text in the layout of the shipped corpus (INFO_END) has one paragraph a line already; in any other,
    lines broken at a fixed width are joined.

    Raises:
        UnreadableDocument: empty, too_many_lines, or as `encoding.decode`.
    """
    text, notes = decode(raw, source_file)
    if text.count("\n") + text.count("\r") > MAX_LINES:
        raise UnreadableDocument(source_file, "too_many_lines")
    lines = text.rstrip("\x1a").splitlines()
    if all(is_blank(line) for line in lines):
        raise UnreadableDocument(source_file, "empty")
    laid_out = any(line.strip() == INFO_END for line in lines)
    if laid_out or PurePath(source_file).suffix.lower() in MARKDOWN_SUFFIXES:
        lines = [line for line in lines if line.strip() == INFO_END or not _MARKUP_ONLY.match(line)]
    return SourceText(tuple(lines if laid_out else unwrap(lines)), notes=notes)
