"""Finds what is printed at the head or foot of page after page: running titles and page numbers.

They are known by standing at the same height on several pages with the same words, page numbers aside. No
list of words is needed, and an article is never taken for one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from knowledge.readers.pdf_glyphs import PrintedLine
from knowledge.readers.unwrapping import opens_article_or_heading

BAND = 0.13  # share of the page, at its head and at its foot
LINES_AT_EDGE = 3
SHARE_OF_PAGES = 0.3  # left and right pages may differ, and the first may have none
SAME_HEIGHT = 0.006  # of the page: 5 points of A4

_NUMBER = re.compile(r"[0-9０-９]+")
_LONE_NUMBER = re.compile(r"[\s\-—–－·.~〜/|第页共]*[0-9０-９]{1,4}[\s\-—–－·.~〜/|第页共0-9０-９]*")


def without_running_heads(pages: Sequence[Sequence[PrintedLine]]) -> list[list[PrintedLine]]:
    """Return the pages, each its lines from top to bottom, without running heads and feet."""
    places: dict[tuple[str, int], set[int]] = defaultdict(set)
    for number, page in enumerate(pages):
        for line in _at_edge(page):
            for place in _places(line):
                places[place].add(number)
    needed = max(2, round(SHARE_OF_PAGES * len(pages)))
    running = {place for place, where in places.items() if len(where) >= needed}
    return [[line for line in page if not _is_running(line, page, running)] for page in pages]


def _is_running(line: PrintedLine, page: Sequence[PrintedLine], running: set[tuple[str, int]]) -> bool:
    if line not in _at_edge(page):
        return False
    return any(place in running for place in _places(line)) or _is_lone_number(line, page)


def _at_edge(page: Sequence[PrintedLine]) -> list[PrintedLine]:
    """The outermost lines of a page that lie in its upper or lower band and open no article."""
    by_height = sorted(page, key=lambda line: -line.height)
    top = [line for line in by_height[:LINES_AT_EDGE] if line.height > 1 - BAND]
    foot = [line for line in by_height[-LINES_AT_EDGE:] if line.height < BAND]
    return [line for line in (*top, *foot) if not opens_article_or_heading(line.text)]


def _places(line: PrintedLine) -> list[tuple[str, int]]:
    """Words and height of a line, in two grids so that no edge of a grid parts neighbours."""
    words = _NUMBER.sub("#", "".join(line.text.split()))
    step = line.height / (2 * SAME_HEIGHT)
    return [(words, 2 * int(step)), (words, 2 * int(step + 0.5) + 1)]


def _is_lone_number(line: PrintedLine, page: Sequence[PrintedLine]) -> bool:
    """A page number where it cannot repeat: alone at the foot, well below the text."""
    if line.height >= BAND or not _LONE_NUMBER.fullmatch(line.text):
        return False
    above = [other.height for other in page if other.height > line.height]
    return bool(above) and (min(above) - line.height) > 2.5 * SAME_HEIGHT * line.size / 5
