"""PDF: the text layer in reading order, without running heads, lines joined to paragraphs across pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

import pypdfium2
import pypdfium2.raw as pdfium

from knowledge.errors import UnreadableDocument
from knowledge.readers.legibility import is_garbled
from knowledge.readers.pdf_columns import columns_of
from knowledge.readers.pdf_glyphs import PrintedLine, PrintedPage, printed_page
from knowledge.readers.running_heads import without_running_heads
from knowledge.readers.source import SourceText
from knowledge.readers.unwrapping import Line, ends_sentence, join, opens_article_or_heading

TAIL = 4096  # servers append a few bytes; the mark of the end stands before them
FEW_CHARACTERS = 20  # a scanned page may carry a stamped page number as text
TOO_MANY_UNMAPPED = 0.02
ANOTHER_SIZE = 1.12  # a ratio: a heading or a note, never the same sentence
EXTRA_SPACE = 1.5  # of the usual distance between lines


def read(raw: bytes, source_file: str) -> SourceText:
    """Read the text layer of a PDF.

    Raises:
        UnreadableDocument: damaged (cut_off, damaged_pdf), encrypted_pdf, no_text_layer, scanned_pages (with
            their numbers), garbled_text_layer, or empty.
    """
    if b"%%EOF" not in raw[-TAIL:]:
        raise UnreadableDocument(source_file, "cut_off")
    pages = _pages(raw, source_file)
    _check_characters(pages, source_file)
    blocks = [columns_of(page) for page in pages]
    bodies = without_running_heads([[line for block in page for line in block] for page in blocks])
    notes = _check_pictures(pages, bodies, source_file)
    kept = [[line for line in block if line in body] for page, body in zip(blocks, bodies, strict=True)
            for block in page]  # fmt: skip
    return SourceText(tuple(_paragraphs([block for block in kept if block])), notes=notes)


def _pages(raw: bytes, source_file: str) -> list[PrintedPage]:
    try:
        with pypdfium2.PdfDocument(raw) as document:
            return [printed_page(document[n], n + 1) for n in range(len(document))]
    except pypdfium2.PdfiumError as error:
        needs_password = getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD
        raise UnreadableDocument(source_file, "encrypted_pdf" if needs_password else "damaged_pdf") from error


def _check_characters(pages: Sequence[PrintedPage], source_file: str) -> None:
    text = "".join(glyph.char for page in pages for glyph in page.glyphs)
    if not text.strip():
        pictured = any(page.is_picture for page in pages)
        raise UnreadableDocument(source_file, "no_text_layer" if pictured else "empty")
    unmapped = sum(page.unmapped for page in pages)
    if unmapped > TOO_MANY_UNMAPPED * len(text) or is_garbled(text):
        raise UnreadableDocument(source_file, "garbled_text_layer")


def _check_pictures(
    pages: Sequence[PrintedPage], bodies: Sequence[Sequence[PrintedLine]], source_file: str
) -> tuple[str, ...]:
    """Say which pages are pictures: a cover or a closing seal may be, anything else would leave a gap."""
    letters = [sum(len(line.text) for line in body) for body in bodies]
    scanned = [n for n, page in enumerate(pages) if page.is_picture and letters[n] < FEW_CHARACTERS]
    written = [n for n, count in enumerate(letters) if n not in scanned and count]
    if not written:
        raise UnreadableDocument(source_file, "no_text_layer" if scanned else "empty")
    names = "、".join(str(n + 1) for n in scanned)
    covers = sum(n < written[0] for n in scanned)
    closing = sum(n > written[-1] for n in scanned)
    between = len(scanned) - covers - closing
    if covers > 2 or between or closing > 1 or (closing and not ends_sentence(bodies[written[-1]][-1].text)):
        raise UnreadableDocument(source_file, f"scanned_pages:{names}")
    recognised = any(page.unseen > len(page.glyphs) / 2 for page in pages if page.glyphs)
    notes = (f"scanned_pages:{names}",) if scanned else ()
    return (*notes, "recognised_text") if recognised else notes


def _paragraphs(blocks: Sequence[Sequence[PrintedLine]]) -> list[str]:
    body = median(line.size for block in blocks for line in block for _ in line.text)
    usual = median(min(line.left for line in block) for block in blocks)
    pitch = _usual_pitch(blocks)
    lines: list[Line] = []
    before: PrintedLine | None = None
    for block in blocks:
        margin = _margin(block, usual, body)
        for line in block:
            if before and _is_one_title(before, line, body):
                lines[-1] = replace(lines[-1], text=lines[-1].text + line.text)
            else:
                apart = before is not None and _is_apart(before, line, pitch)
                start, end = ((edge - margin) / (body / 2) for edge in (line.left, line.right))
                lines.append(Line(line.text, start, end, apart))
            before = line
    return join(lines, _width(lines))


def _margin(block: Sequence[PrintedLine], usual: float, body: float) -> float:
    """The left edge of a block: its own if it has lines enough or stands elsewhere, else the usual one."""
    own = min(line.left for line in block)
    return own if len(block) > 5 or own > usual + 6 * body else min(usual, own)


def _usual_pitch(blocks: Sequence[Sequence[PrintedLine]]) -> float:
    steps = [above.y - below.y for block in blocks for above, below in pairwise(block)]
    return median(steps) if steps else 0.0


def _is_one_title(before: PrintedLine, line: PrintedLine, body: float) -> bool:
    """A title in large type that runs over two lines."""
    large = min(before.size, line.size) > ANOTHER_SIZE * body and not _differ_in_size(before, line)
    near = before.page == line.page and 0 < before.y - line.y < 2.2 * line.size
    centred = abs((before.left + before.right) - (line.left + line.right)) < line.size
    return large and near and centred and not any(map(opens_article_or_heading, (before.text, line.text)))


def _is_apart(above: PrintedLine, line: PrintedLine, pitch: float) -> bool:
    wide_gap = above.page == line.page and above.y - line.y > EXTRA_SPACE * pitch
    return wide_gap or above.is_row or line.is_row or _differ_in_size(above, line)


def _differ_in_size(one: PrintedLine, other: PrintedLine) -> bool:
    return max(one.size, other.size) > ANOTHER_SIZE * min(one.size, other.size)


def _width(lines: Sequence[Line]) -> float:
    """Where full lines end: nine in ten lines end there or before."""
    ends = sorted(line.end for line in lines)
    return ends[int(0.9 * (len(ends) - 1))]
