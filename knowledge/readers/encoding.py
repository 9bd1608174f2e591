"""Finds the encoding of a text: strictly, and only if what comes out could have been written by somebody."""

from __future__ import annotations

import codecs

from knowledge.errors import UnreadableDocument
from knowledge.readers.legibility import is_garbled, is_plainly_chinese, unfamiliarity, unreadable_in

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ("utf-16-le", "utf-16-be")
# GB 18030 holds GBK and GB 2312. Where two are possible the first stands unless another is clearly better.
_UNMARKED = ("gb18030", "cp950", "big5hkscs", *_WIDE)
_CLEARLY = 0.1


def decode(raw: bytes, source_file: str) -> tuple[str, tuple[str, ...]]:
    """Return the text and notes on characters that cannot be read.

    Raises:
        UnreadableDocument: not text (binary), no encoding fits (unknown_encoding), the end is missing
            (cut_off), or the characters were lost before the file was saved (garbled).
    """
    text = _decoded(raw, source_file)
    if is_garbled(text):
        raise UnreadableDocument(source_file, "binary" if "\0" in text else "garbled")
    lost = unreadable_in(text)
    return text, (f"unreadable_characters:{lost}",) if lost else ()


def _decoded(raw: bytes, source_file: str) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _by_mark(raw[len(mark) :], encoding, source_file)
    if b"\0" not in raw and (text := _strict(raw, "utf-8")) is not None:
        return text
    wide = b"\0" in raw
    found = _likeliest(raw, _WIDE if wide else _UNMARKED)
    if found is not None:
        return found
    if any(_likeliest(raw[:-missing], ("utf-8", *_UNMARKED)) for missing in (1, 2, 3)):
        raise UnreadableDocument(source_file, "cut_off")
    raise UnreadableDocument(source_file, "binary" if wide else "unknown_encoding")


def _by_mark(raw: bytes, encoding: str, source_file: str) -> str:
    text = _strict(raw, encoding)
    if text is not None:
        return text
    cut_off = any(_strict(raw[:-missing], encoding) is not None for missing in (1, 2, 3))
    raise UnreadableDocument(source_file, "cut_off" if cut_off else "unknown_encoding")


def _likeliest(raw: bytes, encodings: tuple[str, ...]) -> str | None:
    """The decoding with the most familiar characters; None if none could have been written."""
    decoded = [text for encoding in encodings if (text := _strict(raw, encoding))]
    texts = [text for text in decoded if is_plainly_chinese(text) and not is_garbled(text)]
    strange = [unfamiliarity(text) for text in texts]
    if not texts:
        return None
    least = min(strange)
    return texts[0] if strange[0] <= least + _CLEARLY else texts[strange.index(least)]


def _strict(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None
