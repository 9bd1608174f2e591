"""The parts of a Word file that are read: unpacked under a limit, parsed without entities. No more is opened.

Office Open XML is ECMA-376 / ISO 29500; the strict form differs by its namespaces and is read the same way.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass

import lxml.etree as etree

from knowledge.errors import UnreadableDocument
from knowledge.readers.archive import DAMAGED
from knowledge.readers.limits import MEGABYTE

MOST_BYTES = 100 * MEGABYTE  # of XML in one document, unpacked; the longest law has 2 MB
MOST_PARTS = 10_000
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STRICT = (
    (b"http://purl.oclc.org/ooxml/wordprocessingml/main", W[1:-1].encode()),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/",
        b"http://schemas.openxmlformats.org/officeDocument/2006/",
    ),
)
_MAIN = "/officeDocument"  # how the type of the relation to the main part ends
_TYPES = "[Content_Types].xml"
_MACROS = "macroEnabled"
_ENCRYPTED_FLAG = 0x1
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.I)


@dataclass(frozen=True)
class WordParts:
    """The parts as trees; those that a file may do without are None."""

    document: etree._Element
    styles: etree._Element | None
    numbering: etree._Element | None
    core: etree._Element | None


def unpack(raw: bytes, source_file: str) -> WordParts:
    """Read the parts of a Word file.

    Raises:
        UnreadableDocument: `encrypted_office`, `old_office`, `word_damaged`, `word_without_text`,
            `word_macros`, `word_too_large`, `unsafe_xml`.
    """
    if raw.startswith(_OLE2):
        secret = "EncryptedPackage".encode("utf-16-le") in raw
        raise UnreadableDocument(source_file, "encrypted_office" if secret else "old_office")
    package = _Package(raw, source_file)
    types = package.part(_TYPES)
    if types is not None and _has_macros(types):
        raise UnreadableDocument(source_file, "word_macros")
    main = package.main_part()
    document = package.part(main)
    if document is None or document.find(f"{W}body") is None:
        raise UnreadableDocument(source_file, "word_without_text")
    folder = posixpath.dirname(main)
    beside = package.related(main)
    return WordParts(
        document,
        package.part(beside.get("styles", f"{folder}/styles.xml")),
        package.part(beside.get("numbering", f"{folder}/numbering.xml")),
        package.part("docProps/core.xml"),
    )


class _Package:
    def __init__(self, raw: bytes, source_file: str) -> None:
        self._source_file = source_file
        self._left = MOST_BYTES
        if raw.count(b"PK\x01\x02") > MOST_PARTS:
            raise UnreadableDocument(source_file, "word_too_large")
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(raw))
        except DAMAGED as error:
            raise UnreadableDocument(source_file, "word_damaged") from error
        # Some programs write the folders with \, and Windows does not tell capitals apart.
        self._names = {
            info.filename.replace("\\", "/").lstrip("/").lower(): info for info in self._archive.infolist()
        }

    def main_part(self) -> str:
        """Where the main part lies: word/document.xml, unless the file says otherwise."""
        return self.related("").get("officeDocument", "word/document.xml")

    def related(self, name: str) -> dict[str, str]:
        """The parts a part refers to: last word of the relation's type -> name."""
        folder, base = posixpath.split(name)
        tree = self.part(posixpath.join(folder, "_rels", f"{base}.rels"))
        found: dict[str, str] = {}
        for relation in tree if tree is not None else ():
            if relation.get("TargetMode") == "External":
                continue
            target = relation.get("Target") or ""
            path = target if target.startswith("/") else posixpath.join(folder, target)
            kind = (relation.get("Type") or "").rpartition("/")[2]
            found.setdefault(kind, posixpath.normpath(path).lstrip("/"))
        return found

    def part(self, name: str) -> etree._Element | None:
        """A part as a tree; None if it is not there."""
        info = self._names.get(name.lower())
        if info is None:
            return None
        content = self._content(info)
        for strict, transitional in _STRICT:
            content = content.replace(strict, transitional)
        return self._parsed(content)

    def _content(self, info: zipfile.ZipInfo) -> bytes:
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise UnreadableDocument(self._source_file, "encrypted_office")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnreadableDocument(self._source_file, "word_damaged")
        try:
            # Counted as it unpacks: the size in the header is whatever its writer put there.
            with self._archive.open(info) as member:
                content = member.read(self._left + 1)
        except DAMAGED as error:
            raise UnreadableDocument(self._source_file, "word_damaged") from error
        self._left -= len(content)
        if self._left < 0:
            raise UnreadableDocument(self._source_file, "word_too_large")
        return content

    def _parsed(self, content: bytes) -> etree._Element:
        # No Word file holds a DOCTYPE; it is what entity bombs and reads of other files begin with.
        if _DOCTYPE.search(content) or _DOCTYPE.search(content.replace(b"\0", b"")):
            raise UnreadableDocument(self._source_file, "unsafe_xml")
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
        )
        try:
            return etree.fromstring(content, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise UnreadableDocument(self._source_file, "word_damaged") from error


def _has_macros(types: etree._Element) -> bool:
    return any(_MACROS in (entry.get("ContentType") or "") for entry in types)
