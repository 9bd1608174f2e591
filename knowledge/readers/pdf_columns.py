"""Puts the lines of a PDF page in reading order: as they stand, or column by column where there are two."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from knowledge.readers.pdf_glyphs import Glyph, PrintedLine, PrintedPage, lines_of, rows

GUTTER = 1.2  # of the type size
ROWS_IN_COLUMNS = 8
# In columns of text most lines are nearly as long as the column; the cells of a table are not.
FULL_LINE, MOSTLY = 0.85, 0.5


def columns_of(page: PrintedPage) -> list[list[PrintedLine]]:
    """Return the page as blocks of lines in reading order; a page without columns is one block."""
    whole = rows(page.glyphs)
    gutter = _gutter(whole)
    if gutter is None:
        return [lines_of(page, page.glyphs)]
    blocks: list[list[PrintedLine]] = []
    left: list[Glyph] = []
    right: list[Glyph] = []
    across: list[Glyph] = []
    for row in whole:
        if _crosses(row, gutter):
            blocks += [lines_of(page, left), lines_of(page, right)]
            left, right = [], []
            across += row
            continue
        blocks.append(lines_of(page, across))
        across = []
        left += [glyph for glyph in row if glyph.right <= gutter]
        right += [glyph for glyph in row if glyph.right > gutter]
    blocks += [lines_of(page, left), lines_of(page, right), lines_of(page, across)]
    return [block for block in blocks if block]


def _gutter(whole: Sequence[Sequence[Glyph]]) -> float | None:
    """The middle of the white strip between two columns; None if there is none."""
    seen = [[glyph for glyph in row if not glyph.char.isspace()] for row in whole]
    inked = [row for row in seen if row]
    if len(inked) < ROWS_IN_COLUMNS:
        return None
    low, high = min(row[0].left for row in inked), max(row[-1].right for row in inked)
    middle = [(low + (high - low) * share / 100) for share in range(40, 61)]
    at = max(middle, key=lambda x: sum(_is_split(row, x) for row in inked))
    split = [row for row in inked if _is_split(row, at)]
    if len(split) < max(ROWS_IN_COLUMNS, MOSTLY * len(inked)):
        return None
    lefts = [max(glyph.right for glyph in row if glyph.left < at) - low for row in split]
    rights = [row[-1].right - at for row in split]
    return at if _mostly_full(lefts, at - low) and _mostly_full(rights, high - at) else None


def _mostly_full(widths: Sequence[float], column: float) -> bool:
    return sum(width > FULL_LINE * column for width in widths) >= MOSTLY * len(widths)


def _is_split(row: Sequence[Glyph], at: float) -> bool:
    """True if the row has text on both sides of a place and a gap wider than a gutter around it."""
    before = [glyph.right for glyph in row if glyph.left < at]
    after = [glyph.left for glyph in row if glyph.left >= at]
    if not before or not after:
        return False
    return max(before) <= at and min(after) - max(before) > GUTTER * median(glyph.size for glyph in row)


def _crosses(row: Sequence[Glyph], at: float) -> bool:
    seen = [glyph for glyph in row if not glyph.char.isspace()]
    both = any(glyph.left < at for glyph in seen) and any(glyph.right > at for glyph in seen)
    return both and not _is_split(seen, at)
