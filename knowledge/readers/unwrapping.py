"""Joins lines that were broken at a fixed width. Only line breaks and indentation go, never a character.

Whether a file is broken at all is decided from the widths of its lines. A line goes on in the next if it is
full, that is if the first word of the next would not have fitted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from knowledge.normalisation import visible
from knowledge.numerals import NUMERAL

NARROWEST, WIDEST = 36, 200  # half-widths; nobody breaks a text narrower or wider
INDENT = 1.5  # half-widths
FEW_LONGER = 0.02  # share of the lines that may be longer than the width
NEARLY_FULL = 0.75  # of the width
HANGING = 2.0  # a full stop may stand outside the edge
BLANKS = " \t\u3000\xa0"

_FINISHED = re.compile(r"[。！？；：.!?;:…][”’」』）)】》〉]*$")
_NEVER_FIRST = "，。、；：！？）】》〉”’」』,;:!?)]}％‰"
_NUMBER = rf"[{NUMERAL}\d０-９]+"
_HEADING = re.compile(rf"第{_NUMBER}(?:分编|[编章节])(?:\s|$)|#{{1,6}}\s")
_ARTICLE = re.compile(rf"第{_NUMBER}条(?:之{_NUMBER})?(?:[\s【]|$)")
_ITEM = re.compile(
    rf"[（(]{_NUMBER}[)）](?![项款目、和至或及])|\d{{1,2}}[.．、](?!\d)|[一二三四五六七八九十]{{1,3}}、|[①-⑳]"
)
_WORD = re.compile(r"[A-Za-z0-9.,:%/-]+|[（《“‘「『【〈]*.[，。、；：！？）】》〉”’」』]*", re.DOTALL)
_WIDE = re.compile("[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f"
                   "\uff01-\uff60\uffe0-\uffe6\U0001f300-\U0003ffff“”‘’…—·]")  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A printed line: its words, and where it starts and ends in half-widths from the left margin.

    `apart` is True if more space than usual stands above it.
    """

    text: str
    start: float
    end: float
    apart: bool = False


@dataclass(frozen=True)
class _Layout:
    """How a text is set: where lines end and begin, and whether paragraphs begin further in."""

    width: float
    margin: float
    is_indented: bool


def unwrap(lines: Sequence[str]) -> list[str]:
    """Return the paragraphs of a plain text; one that is not broken at a fixed width comes back as it is."""
    if sum(len(line) > WIDEST for line in lines) > FEW_LONGER * len(lines):
        return list(lines)
    # Some programs break at a number of characters, some at a width on paper: a digit counts one or a half.
    ways = [[_printed(line, measure) for line in lines] for measure in (text_width, _width_if_all_are_wide)]
    widths = [(_width_of(printed), printed) for printed in ways]
    broken = [(_count_full(printed, width), width, printed) for width, printed in widths if width is not None]
    if not broken:
        return list(lines)
    _, width, printed = max(broken, key=lambda way: way[0])
    return join(printed, width)


def join(lines: Sequence[Line], width: float) -> list[str]:
    """Join lines set to a width (half-widths) into paragraphs; blank lines stay."""
    paragraphs: list[str] = []
    layout = _Layout(width, margin := _margin(lines, width), _is_indented(lines, margin))
    above: Line | None = None
    for line in lines:
        if above and _goes_on(above, line, layout):
            head, tail = paragraphs[-1].rstrip(BLANKS), line.text.lstrip(BLANKS)
            paragraphs[-1] = head + _between(head, tail) + tail
        else:
            paragraphs.append(line.text)
        above = line
    return paragraphs


def opens_article_or_heading(text: str) -> bool:
    """True for a line that begins 第…条 or 第…章, or with a Markdown heading mark."""
    seen = visible(text).strip(BLANKS)
    return bool(_ARTICLE.match(seen) or _HEADING.match(seen))


def ends_sentence(text: str) -> bool:
    """True if the text ends with a full stop or the like, closing quotes and brackets aside."""
    return bool(_FINISHED.search(text.rstrip()))


def text_width(text: str) -> int:
    """Width in half-widths: a Chinese character takes two."""
    return len(visible(text)) + len(_WIDE.findall(text))


def _width_if_all_are_wide(text: str) -> int:
    return 2 * len(visible(text))


def _printed(line: str, measure: Callable[[str], int]) -> Line:
    text = line.rstrip(BLANKS)
    indent = text[: len(text) - len(text.lstrip(BLANKS))].expandtabs(8)
    return Line(line, measure(indent), measure(text.expandtabs(8)))


def _count_full(lines: Sequence[Line], width: float) -> int:
    return sum(_is_full(above, below, width) for above, below in _unfinished(lines))


def _width_of(lines: Sequence[Line]) -> float | None:
    """The width a text is broken at; None if it is not broken."""
    broken = list(_unfinished(lines))
    width = max((above.end for above, _ in broken), default=0)
    if not NARROWEST <= width <= WIDEST:
        return None
    longer = sum(line.end > width + HANGING for line in lines)
    full = [above for above, below in broken if _is_full(above, below, width)]
    long_enough = [above for above, _ in broken if above.end > NARROWEST / 2 + width / 4]
    finished = any(ends_sentence(line.text) for line in lines)
    is_broken = finished and len(full) >= 2 and len(full) >= 0.7 * len(long_enough)
    return width if is_broken and longer <= FEW_LONGER * len(lines) else None


def _unfinished(lines: Sequence[Line]) -> Iterator[tuple[Line, Line]]:
    """Neighbours of which the upper does not end a sentence and the lower opens nothing."""
    for above, below in pairwise(lines):
        both = above.text.strip() and below.text.strip()
        if both and not ends_sentence(above.text) and not _opens(below):
            yield above, below


def _margin(lines: Sequence[Line], width: float) -> float:
    """Where lines that go on from the one above begin."""
    starts = Counter(below.start for above, below in _unfinished(lines) if _is_full(above, below, width))
    return starts.most_common(1)[0][0] if starts else 0


def _is_indented(lines: Sequence[Line], margin: float) -> bool:
    return sum(line.start > margin + INDENT for line in lines) >= max(2, 0.2 * len(lines))


def _goes_on(above: Line, below: Line, layout: _Layout) -> bool:
    upper, lower = above.text.rstrip(), below.text.strip(BLANKS)
    if not upper or not lower or below.apart or opens_article_or_heading(lower):
        return False
    if lower[0] in _NEVER_FIRST:
        return True
    if below.start > layout.margin + INDENT:
        return False
    if not _is_full(above, below, layout.width) and not _is_left_open(above, layout):
        return False
    # （一） at the margin, below a sentence that is still open, is a reference: 本条第一款第|（一）项.
    return not _ITEM.match(lower) or _is_reference(upper)


def _is_left_open(above: Line, layout: _Layout) -> bool:
    """Nearly full, in the midst of a sentence: what goes on at the margin belongs to it."""
    nearly_full = above.end > NEARLY_FULL * layout.width
    is_heading = _HEADING.match(visible(above.text).strip(BLANKS))
    return layout.is_indented and nearly_full and not is_heading and not ends_sentence(above.text)


def _is_reference(upper: str) -> bool:
    return upper.endswith(("第", "至", "和", "或", "及", "、", "款", "条", "项", "列"))


def _is_full(above: Line, below: Line, width: float) -> bool:
    first = _WORD.match(below.text.lstrip(BLANKS))
    return above.end + (text_width(first[0]) if first else 2) > width - HANGING


def _opens(line: Line) -> bool:
    text = line.text.strip(BLANKS)
    return opens_article_or_heading(text) or bool(_ITEM.match(text))


def _between(head: str, tail: str) -> str:
    """A break between two Latin words stood for a space."""
    latin = head[-1:].isascii() and head[-1:].isalpha() and tail[:1].isascii() and tail[:1].isalpha()
    return " " if latin else ""
