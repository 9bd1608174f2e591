"""Word files (.docx): paragraphs and tables in order, with the numbers that Word sets by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import lxml.etree as etree

from knowledge.errors import UnreadableDocument
from knowledge.readers.information import read_information
from knowledge.readers.source import Hints, SourceText
from knowledge.readers.spelling import notes_on
from knowledge.readers.tables import is_label, opens_article, row_lines, with_plain_gap
from knowledge.readers.word_numbering import Numbering
from knowledge.readers.word_package import W, WordParts, unpack
from knowledge.readers.word_paragraph import ParagraphReader
from knowledge.readers.word_styles import Styles, child, is_on, value

_CHAPTER = re.compile(r"第[^\s第]{1,6}(?:分编|[编章节編節])(?:\s|$|[\u3400-\u9fff]{1,30}$)|附[件录則则表錄]")
_CONTENTS_HEADING = re.compile(r"目\s*[录錄次]$")
_EDGES = " \t\u3000\u00a0\u200b\ufeff\r"
_HEAD = 30  # lines in which an information table may stand
_DC = "{http://purl.org/dc/elements/1.1/}"
_OFFICE = re.compile(r"(?:国务院|政府|部|委员会|委|局|厅|署|院|会|办公室|中心)$")
_FEWEST_TITLE = 4  # characters


def read(raw: bytes, source_file: str) -> SourceText:
    """Read a Word file.

    Tracked changes are read as accepted. Headers, footers, notes, comments, hidden text and tables of
    contents are left out; text boxes follow the paragraph they hang on. An information table above the
    text (发文机关 | 文种 | 状态) goes to the hints.

    Raises:
        UnreadableDocument: see word_package.unpack; `word_without_text` where only pictures are inside.
    """
    parts = unpack(raw, source_file)
    body = parts.document.find(f"{W}body")
    assert body is not None  # unpack refuses a file without one
    reader = _BodyReader(parts, body)
    lines = list(_with_whole_title(reader.lines(body)))
    if not any(line.strip() for line in lines):
        raise UnreadableDocument(source_file, "word_without_text")
    hints, kept = _take_information(lines)
    return SourceText(tuple(kept), _with_properties(hints, parts.core, kept), reader.notes() + notes_on(kept))


class _BodyReader:
    """Walks the body, its tables and text boxes."""

    def __init__(self, parts: WordParts, body: etree._Element) -> None:
        self._styles = Styles(parts.styles)
        self._numbering = Numbering(parts.numbering, self._styles)
        self._paragraphs = ParagraphReader(self._styles, body)
        self._carried = ""
        self._paragraphs.counts["embedded_files"] = sum(1 for _ in body.iter(f"{W}altChunk"))

    def lines(self, parent: etree._Element) -> list[str]:
        """All lines below an element that holds paragraphs and tables."""
        found: list[str] = []
        for block in _blocks(parent):
            if block.tag == f"{W}tbl":
                found += self._table(block)
            else:
                lines = self._paragraph(block)
                in_contents = self._paragraphs.in_contents() or self._styles.is_contents(block)
                if in_contents and found and _CONTENTS_HEADING.match(found[-1]):
                    found.pop()
                found += lines
        return found

    def notes(self) -> tuple[str, ...]:
        """What was left out or placed by guess."""
        counts = self._paragraphs.counts
        return tuple(f"{code}:{counts[code]}" for code in sorted(counts) if counts[code])

    def _paragraph(self, paragraph: etree._Element) -> list[str]:
        in_contents = self._paragraphs.in_contents()
        found = self._paragraphs.read(paragraph)
        text = self._carried + found.text
        self._carried = ""
        if self._styles.is_contents(paragraph) or (in_contents and not text.strip()):
            return []
        if child(paragraph, "pPr/rPr/del") is not None:
            # The deleted mark joins this paragraph to the next, which keeps its own number and style.
            self._carried = text
            return []
        label = self._numbering.label(paragraph)
        lines = [line.strip(_EDGES) for line in text.split("\n")]
        lines = [line for line in lines if line]
        if lines or is_label(label):
            lines = [label + lines[0], *lines[1:]] if lines else [label.strip(_EDGES)]
        marked = _marked(lines, self._styles.heading_level(paragraph))
        return [with_plain_gap(line) for line in marked] + [
            line for box in found.boxes for line in self.lines(box)
        ]

    def _table(self, table: etree._Element) -> list[str]:
        return [line for row in _below(table, "tr") if not _is_gone(row) for line in self._row(row)]

    def _row(self, row: etree._Element) -> list[str]:
        cells = [(cell, self.lines(cell)) for cell in _below(row, "tc") if not _is_continued(cell)]
        texts = [lines for _, lines in cells if lines]
        nested = any(cell.find(f".//{W}tbl") is not None for cell, _ in cells)
        if nested and not (texts and len(texts[0]) == 1 and is_label(texts[0][0])):
            return [line for lines in texts for line in lines]
        return row_lines(texts)


def _blocks(parent: etree._Element) -> Iterator[etree._Element]:
    """Paragraphs and tables in order, also inside content controls, inserted blocks and choices."""
    for element in parent:
        name = etree.QName(element).localname if isinstance(element.tag, str) else ""
        if name in ("p", "tbl"):
            yield element
        elif name == "sdt":
            gallery = value(element, "sdtPr/docPartObj/docPartGallery") or ""
            content = child(element, "sdtContent")
            if content is not None and "table of contents" not in gallery.lower():
                yield from _blocks(content)
        elif name == "AlternateContent":
            yield from _blocks(element[0]) if len(element) else ()
        elif name in ("customXml", "ins", "moveTo", "smartTag"):
            yield from _blocks(element)


def _below(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    """Rows of a table or cells of a row, also inside content controls."""
    for element in parent:
        if element.tag == W + name:
            yield element
        elif element.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins"):
            yield from _below(element, name)


def _is_gone(row: etree._Element) -> bool:
    return child(row, "trPr/del") is not None or is_on(child(row, "trPr/hidden"))


def _is_continued(cell: etree._Element) -> bool:
    """True for a cell that belongs to the one above or beside it."""
    merges = [child(cell, "tcPr/vMerge"), child(cell, "tcPr/hMerge")]
    return any(merge is not None and merge.get(f"{W}val", "continue") != "restart" for merge in merges)


def _marked(lines: list[str], level: int | None) -> list[str]:
    """Mark title and chapter headings. An article in a heading style stays text, or it would be lost."""
    if level == 0 and lines and not opens_article(lines[0]):
        return [f"# {''.join(lines)}"]
    if level and len(lines) == 1 and _CHAPTER.match(lines[0]):
        return [f"{'#' * min(level + 1, 6)} {lines[0]}"]
    return lines


def _with_whole_title(lines: Sequence[str]) -> Iterator[str]:
    """Join a title set in several paragraphs."""
    title: list[str] = []
    for line in lines:
        if line.startswith("# "):
            title.append(line.removeprefix("# "))
            continue
        if title:
            yield f"# {''.join(title)}"
            title = []
        yield line
    if title:
        yield f"# {''.join(title)}"


def _take_information(lines: list[str]) -> tuple[Hints, list[str]]:
    start = next((n for n, line in enumerate(lines) if opens_article(line)), len(lines))
    head = min(start, _HEAD)
    box = read_information(lines[:head])
    return box.hints(), [*(lines[n] for n in box.lines), *lines[head:]]


def _with_properties(hints: Hints, core: etree._Element | None, lines: Sequence[str]) -> Hints:
    """Add the file's own title and author where the first lines bear them out.

    Offices start from last year's file, so its properties often name another document or a clerk.
    """
    head = re.sub(r"\s", "", "".join(lines[:_HEAD]))
    title, author = (_property(core, name) for name in ("title", "creator"))
    if not hints.title and len(title) >= _FEWEST_TITLE and title in head:
        hints = replace(hints, title=title)
    if not hints.issuer and _OFFICE.search(author) and author in head:
        hints = replace(hints, issuer=author)
    return hints


def _property(core: etree._Element | None, name: str) -> str:
    found = core.find(_DC + name) if core is not None else None
    return re.sub(r"\s", "", "".join(found.itertext())) if found is not None else ""
