"""Takes the characters of a PDF page with their places, and sets them together to printed lines."""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import pypdfium2
import pypdfium2.raw as pdfium

from knowledge.readers.legibility import is_han

SAME_LINE = 0.45  # of the type size: superscripts stay in their line
WORD_GAP = 0.2  # of the type size, between Latin words
CELL_GAP = 3.0  # of the type size: the cells of a table row
HAN_GAP = 0.6  # of the type size: less than that is justification, more was meant (第一条  为了)
LARGE_IMAGE = 0.2  # of the page
MANY_OUTLINES = 60  # drawn paths: letters turned into curves

# Some PDF writers name a character by the code of the radical that looks like it; NFKC undoes the Kangxi
# radicals, this table those of the supplement that it leaves out.
_RADICALS = str.maketrans(
    "⺟⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻤⻥⻦⻨⻩⻬⻮⻰", "母民虎西见角贝车长门青韦页风飞食马鬼鱼鸟麦黄齐齿龙"
)
_SPACED_OUT = re.compile(r"(?<=[\u3400-\u9fff，。；：、]) (?=[\u3400-\u9fff，。；：、])")


@dataclass(frozen=True)
class Glyph:
    """A character where it is printed: PDF points, y upwards, `size` of the type."""

    char: str
    left: float
    right: float
    y: float
    size: float


@dataclass(frozen=True)
class PrintedLine:
    """A line of a page, in points; `height` is its distance from the foot as a share of the page (0..1).

    `is_row`: it has gaps inside as wide as between the cells of a table.
    """

    text: str
    page: int
    left: float
    right: float
    y: float
    height: float
    size: float
    is_row: bool = False


@dataclass(frozen=True)
class PrintedPage:
    """The glyphs of a page and what else is on it.

    `unmapped` counts glyphs whose font does not say which character they are, `unseen` those set in invisible
    ink, as text recognition puts them over a scan. `is_picture`: a large image, or text drawn as outlines.
    """

    number: int
    height: float
    glyphs: tuple[Glyph, ...]
    unmapped: int
    unseen: int
    is_picture: bool


def printed_page(page: pypdfium2.PdfPage, number: int) -> PrintedPage:
    """Read a page; `number` counts from 1.

    Raises:
        pypdfium2.PdfiumError: the page is damaged.
    """
    text_page = page.get_textpage()
    try:
        indices = [
            i for i in range(text_page.count_chars()) if pdfium.FPDFText_IsGenerated(text_page, i) != 1
        ]
        glyphs = [glyph for i in indices for glyph in _glyph(text_page, i)]
        unmapped = sum(pdfium.FPDFText_HasUnicodeMapError(text_page, i) == 1 for i in indices)
        unseen = sum(_is_invisible(text_page, i) for i in indices)
    finally:
        text_page.close()
    left, bottom, right, top = page.get_cropbox() or (0, 0, *page.get_size())
    upright, is_turned = _upright(glyphs, (left, bottom, right, top))
    height = (right - left) if is_turned else (top - bottom)
    return PrintedPage(number, abs(height) or 1.0, tuple(_once(upright)), unmapped, unseen, _is_picture(page))


def lines_of(page: PrintedPage, glyphs: Sequence[Glyph]) -> list[PrintedLine]:
    """Set glyphs together to lines, from the head of the page to its foot."""
    lines = []
    for row in rows(glyphs):
        text = _SPACED_OUT.sub("", words) if _is_spaced_out(words := _words(row)) else words
        if text.strip():
            seen = [glyph for glyph in row if not glyph.char.isspace()]
            y, size = median(g.y for g in seen), median(g.size for g in seen)
            left, right = seen[0].left, max(g.right for g in seen)
            is_row = any(after.left - before.right > CELL_GAP * size for before, after in pairwise(seen))
            lines.append(
                PrintedLine(text.strip(), page.number, left, right, y, y / page.height, size, is_row)
            )
    return lines


def rows(glyphs: Iterable[Glyph]) -> list[list[Glyph]]:
    """Group glyphs by baseline, top to bottom, each row left to right."""
    found: list[list[Glyph]] = []
    base: Glyph | None = None
    for glyph in sorted(glyphs, key=lambda g: -g.y):
        if base is None or base.y - glyph.y > SAME_LINE * max(base.size, glyph.size):
            found.append([])
            base = glyph
        elif glyph.size > base.size:
            base = glyph
        found[-1].append(glyph)
    return [sorted(row, key=lambda g: g.left) for row in found]


def _glyph(text_page: pypdfium2.PdfTextPage, index: int) -> Iterator[tuple[Glyph, float]]:
    """The glyph and the angle it is printed at; nothing for what the PDF does not print."""
    char = _character(pdfium.FPDFText_GetUnicode(text_page, index))
    if not char:
        return
    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetLooseCharBox(text_page, index, box)
    pdfium.FPDFText_GetCharOrigin(text_page, index, x, y)
    angle = pdfium.FPDFText_GetCharAngle(text_page, index)
    size = abs(box.top - box.bottom) or 1.0
    yield Glyph(char, box.left, box.right, y.value, size), angle


def _character(code: int) -> str:
    if code in (0, 2, 0xFFFE, 0xFFFF) or code in (0x0A, 0x0D):
        return "-" if code == 2 else ""  # 2 is how PDFium marks a hyphen at the end of a line
    char = chr(code) if code <= 0x10FFFF else "\ufffd"
    return unicodedata.normalize("NFKC", char) if "\u2f00" <= char <= "\u2fd5" else char.translate(_RADICALS)


def _upright(
    glyphs: Sequence[tuple[Glyph, float]], edges: tuple[float, float, float, float]
) -> tuple[list[Glyph], bool]:
    """Keep the glyphs of the direction that most are set in, turned upright; the origin is the corner.

    A watermark that slants across the page goes.
    """
    left, bottom, right, top = edges
    quarters = Counter(_quarter(angle) for _, angle in glyphs)
    quarters.pop(None, None)
    main = quarters.most_common(1)[0][0] if quarters else 0
    turned = {  # PDFium counts quarters clockwise; in a turned box height and width change places
        0: lambda g: (g.left - left, g.right - left, g.y - bottom, g.size),
        1: lambda g: (top - g.y, top - g.y + g.size, g.right - left, g.right - g.left),
        2: lambda g: (right - g.right, right - g.left, top - g.y, g.size),
        3: lambda g: (g.y - bottom, g.y - bottom + g.size, right - g.left, g.right - g.left),
    }[main or 0]
    kept = (glyph for glyph, angle in glyphs if _quarter(angle) == main)
    return [Glyph(g.char, *turned(g)) for g in kept], main in (1, 3)


def _quarter(angle: float) -> int | None:
    turns = angle / (math.pi / 2)
    return round(turns) % 4 if abs(turns - round(turns)) < 0.1 else None


def _once(glyphs: Iterable[Glyph]) -> Iterator[Glyph]:
    """Leave out the second print of a character at the same place (bold type made of two prints)."""
    seen: set[tuple[str, int, int]] = set()
    for glyph in glyphs:
        step = max(glyph.size * 0.3, 0.5)
        place = (glyph.char, round(glyph.left / step), round(glyph.y / step))
        if glyph.char.isspace() or place not in seen:
            yield glyph
        seen.add(place)


def _words(row: Sequence[Glyph]) -> str:
    pieces: list[str] = []
    before: Glyph | None = None
    for glyph in row:
        if before and not before.char.isspace() and not glyph.char.isspace():
            both_latin = before.char.isascii() and glyph.char.isascii()
            gap = (glyph.left - before.right) / max(before.size, glyph.size)
            pieces.append(" " if gap > (WORD_GAP if both_latin else HAN_GAP) else "")
        pieces.append(glyph.char)
        before = glyph
    return "".join(pieces)


def _is_spaced_out(text: str) -> bool:
    """True if a space stands between nearly all characters, as some PDF writers set them."""
    pairs = sum(is_han(a) and is_han(b) for a, b in pairwise(text))
    spaced = len(_SPACED_OUT.findall(text))
    return spaced >= 6 and spaced > 0.6 * (pairs + spaced)


def _is_invisible(text_page: pypdfium2.PdfTextPage, index: int) -> bool:
    piece = pdfium.FPDFText_GetTextObject(text_page, index)
    return bool(piece) and pdfium.FPDFTextObj_GetTextRenderMode(piece) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE


def _is_picture(page: pypdfium2.PdfPage) -> bool:
    width, height = page.get_size()
    images, outlines = 0.0, 0
    for thing in page.get_objects(max_depth=3):
        kind = pdfium.FPDFPageObj_GetType(thing)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = thing.get_bounds()
            images += abs((right - left) * (top - bottom))
        outlines += kind == pdfium.FPDF_PAGEOBJ_PATH
    return images > LARGE_IMAGE * width * height or outlines > MANY_OUTLINES
