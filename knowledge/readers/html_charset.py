"""Which characters the bytes of a web page stand for: what a page declares is tried, not believed."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from knowledge.readers.legibility import unfamiliarity

_DECLARED = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,300}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I
)
_HEAD = 4096  # bytes in which a page declares itself; browsers look at 1024, old portals put scripts first
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# GB18030 holds GB2312 and GBK, and pages that declare the smaller use the larger (WHATWG Encoding, 4.2).
_WIDENED = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "hz-gb-2312": "gb18030"}
_WIDENED |= {"x-gbk": "gb18030", "cp936": "gb18030", "big5": "big5hkscs", "utf8": "utf-8"}
_GUESSES = ("gb18030", "big5hkscs")
_MOST_BROKEN = 0.001  # share of characters lost above which a guess is no reading at all


def decode(raw: bytes) -> str | None:
    """Return the text of a page, or None where no encoding gives one.

    Order: byte order mark, UTF-8 (text in another encoding does not decode as UTF-8 by chance), what the page
    declares, then whichever of GB18030 and Big5 gives fewer rare characters. A page with a few broken
    bytes is read with U+FFFD in their place.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _strictly(raw, encoding) or _with_gaps(raw, encoding)
    if b"\0" in raw[:200]:
        return _strictly(raw, "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be")
    declared = _declared(raw)
    for encoding in ("utf-8", declared):
        if encoding and (text := _strictly(raw, encoding)) is not None:
            return text
    readings = [text for encoding in _GUESSES if (text := _strictly(raw, encoding)) is not None]
    readings = readings or list(_patched(raw, declared))
    return min(readings, key=unfamiliarity, default=None)


def _declared(raw: bytes) -> str | None:
    found = _DECLARED.search(raw[:_HEAD])
    if not found:
        return None
    name = found[1].decode("ascii").lower()
    name = _WIDENED.get(name, name)
    try:
        kind = codecs.lookup(name)
    except LookupError:
        return None
    # A page in which "charset=" can be read is not UTF-16; one-byte tables decode anything and prove nothing.
    one_byte = kind.name.startswith(("iso8859", "cp12", "utf-16", "utf-32", "latin", "ascii"))
    return None if one_byte or not getattr(kind, "_is_text_encoding", True) else kind.name


def _strictly(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _patched(raw: bytes, declared: str | None) -> Iterator[str]:
    for encoding in dict.fromkeys(filter(None, (declared, "utf-8", *_GUESSES))):
        text = _with_gaps(raw, encoding)
        if text is not None:
            yield text


def _with_gaps(raw: bytes, encoding: str) -> str | None:
    text = raw.decode(encoding, "replace")
    return text if text.count("\ufffd") <= 1 + len(text) * _MOST_BROKEN else None
