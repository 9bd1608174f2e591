"""Tells what a file is from its content; its name only counts where the content leaves a choice.

Portals send HTML as .doc, offices rename freely, and old binary Word files are passed on as .docx.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePath

# What a file of each kind may be called; another name is read all the same, with a note.
SUFFIXES = {
    "text": frozenset({"", ".txt", ".text", ".md", ".markdown"}),
    "html": frozenset({".html", ".htm", ".shtml", ".xhtml"}),
    "docx": frozenset({".docx", ".docm", ".dotx"}),
    "pdf": frozenset({".pdf"}),
    "zip": frozenset({".zip"}),
}
# Kind -> why it is refused, a key of texts/reports.zh.yml.
REFUSED = {
    name: name
    for name in (
        "old_office", "encrypted_office", "rich_text", "image", "ofd", "spreadsheet", "slides",
        "open_document", "program", "other_archive", "web_archive", "office_xml", "unknown_format",
    )
}  # fmt: skip

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OPENINGS = (
    (b"{\\rtf", "rich_text"),
    (b"\x89PNG\r\n", "image"), (b"\xff\xd8\xff", "image"), (b"GIF87a", "image"), (b"GIF89a", "image"),
    (b"II*\0", "image"), (b"MM\0*", "image"),
    (b"7z\xbc\xaf\x27\x1c", "other_archive"), (b"Rar!\x1a\x07", "other_archive"),
    (b"\x1f\x8b", "other_archive"), (b"BZh", "other_archive"), (b"\xfd7zXZ\0", "other_archive"),
    (b"\x7fELF", "program"), (b"\xca\xfe\xba\xbe", "program"), (b"\xcf\xfa\xed\xfe", "program"),
)  # fmt: skip
_AT = (
    (257, b"ustar", "other_archive"),
    (4, b"ftyphei", "image"),
    (4, b"ftypmif1", "image"),
    (8, b"WEBP", "image"),
)
# Member of an office file -> its kind; the first that is there decides.
_INSIDE = (
    ("word/document.xml", "docx"), ("word/document2.xml", "docx"), ("xl/workbook.xml", "spreadsheet"),
    ("ppt/presentation.xml", "slides"), ("OFD.xml", "ofd"), ("META-INF/manifest.xml", "open_document"),
    ("META-INF/container.xml", "open_document"),
)  # fmt: skip
_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_FRAGMENT = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:meta|title|style|script|table|div|p|span|center|font|br|h[1-6]|ul|ol|section)\b[^>]*>",
    re.I | re.S,
)
_TAGS = re.compile(r"</?(?:p|div|br|table|tr|td|span|font|strong)\b[^>]*>", re.I)
_HEAD = 64 * 1024


def kind_of(raw: bytes, name: str) -> str:
    """Return a key of SUFFIXES or REFUSED."""
    suffix = PurePath(name).suffix.lower()
    kind = _binary_kind(raw) or _markup_kind(raw, suffix)
    if kind:
        return kind
    known = suffix in frozenset().union(*SUFFIXES.values()) or suffix in (".doc", ".wps", ".rtf")
    return "text" if known else "unknown_format"


def is_mislabelled(kind: str, name: str) -> bool:
    """True if a file of this kind should be called something else."""
    return PurePath(name).suffix.lower() not in SUFFIXES[kind]


def _binary_kind(raw: bytes) -> str | None:
    if b"%PDF-" in raw[:1024]:
        return "pdf"
    if raw.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zipped_kind(raw)
    if raw.startswith(_OLE2):
        return "encrypted_office" if "EncryptedPackage".encode("utf-16-le") in raw else "old_office"
    if raw.startswith(b"MZ") and b"PE\0\0" in raw[:4096]:
        return "program"
    if raw.startswith(b"BM") and int.from_bytes(raw[2:6], "little") == len(raw):
        return "image"
    opening = next((kind for mark, kind in _OPENINGS if raw.startswith(mark)), None)
    return opening or next((kind for at, mark, kind in _AT if raw[at : at + len(mark)] == mark), None)


def _zipped_kind(raw: bytes) -> str:
    names = _names_in_zip(raw)
    return next((kind for member, kind in _INSIDE if member in names), "zip")


def _names_in_zip(raw: bytes) -> frozenset[str]:
    if raw.count(b"PK\x01\x02") <= 10_000:  # opening a bomb of a million names would take a gigabyte
        try:
            return frozenset(zipfile.ZipFile(io.BytesIO(raw)).namelist())
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
            pass
    # The list at the end is missing or absurd; each member also carries its name in front.
    return frozenset(_names_in_front(raw))


def _names_in_front(raw: bytes):
    for match in re.finditer(rb"PK\x03\x04", raw[: 64 * _HEAD]):
        start, length = (
            match.start() + 30,
            int.from_bytes(raw[match.start() + 26 : match.start() + 28], "little"),
        )
        name = raw[start : start + length].decode("latin-1")
        yield name
        if name == "[Content_Types].xml" or name.startswith("word/"):
            yield "word/document.xml"


def _markup_kind(raw: bytes, suffix: str) -> str | None:
    head = _readable_head(raw)
    if re.match(r"\s*MIME-Version:", head, re.I) and re.search(r"multipart/related|text/html", head, re.I):
        return "web_archive"
    if _PAGE.match(head):
        return "html"
    if re.match(r"\s*<\?xml\b", head):
        return (
            "office_xml" if "progid=" in head or "schemas.microsoft.com/office" in head else "unknown_format"
        )
    if suffix in (".md", ".markdown"):
        return None  # Markdown may hold tags
    is_fragment = _FRAGMENT.match(head) or (suffix in SUFFIXES["html"] and _TAGS.search(head))
    return "html" if is_fragment or len(_TAGS.findall(head)) >= 10 else None


def _readable_head(raw: bytes) -> str:
    """The beginning with its ASCII readable, whatever the encoding; marks at the front are left out."""
    head = raw[:_HEAD]
    for mark, encoding in (
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"\xef\xbb\xbf", "latin-1"),
    ):
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "ignore")
    if head[1:2] == b"\0" and head[:1] != b"\0":
        return head.decode("utf-16-le", "ignore")
    if head[:1] == b"\0" and head[1:2] != b"\0":
        return head.decode("utf-16-be", "ignore")
    return head.decode("latin-1")
