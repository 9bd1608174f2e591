"""Decides, with the numbers around them, which lines open an article and where the annexes begin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from knowledge.numerals import ANY_NUMERAL
from knowledge.parsing.line_signs import (
    SENTENCE_END,
    Opening,
    annex_of,
    bare,
    is_contents,
    is_table_title,
    may_be_title,
    opening_of,
    without_page,
)
from knowledge.parsing.pieces import Line

_RUN_IN = re.compile(rf"(?<=[。；：”）])[ \u3000\t]+(?=第[{ANY_NUMERAL}]{{1,9}}条[ \u3000\t])")
_ALWAYS_TITLES = {"附则", "法律责任"}
LOOK_AHEAD = 200  # seeming openings behind one that is not plain
LONGEST_STRAY_TITLE = 30  # characters, over at most three lines


def run_in_articles(line: str) -> Iterator[tuple[str, bool]]:
    """Part a line that holds several articles before each further one: (part, whether it is a further one).

    Old pages lost their line breaks: 第一条 ……。 第二条 ……。 Only numbers that follow each other are parted.
    """
    first = opening_of(bare(line[:40])) if len(line) > 20 and line.count("条") > 1 else None
    start = 0
    if first:
        last = first.number
        for gap in _RUN_IN.finditer(line):
            further = opening_of(line[gap.end() : gap.end() + 24])
            if further and further.number == last + 1:
                yield line[start : gap.end()], start > 0
                start, last = gap.end(), further.number
    yield line[start:], start > 0


def table_of_contents(lines: Sequence[Line], start: int) -> frozenset[int]:
    """The numbers of the lines that make up a table of contents (目录): they head nothing.

    It ends where its first line comes again, at an article, or at a line too long for it.
    """
    at = next((n for n in range(start, min(len(lines), start + 200)) if is_contents(lines[n].text)), None)
    if at is None:
        return frozenset()
    first, end = "", at + 1
    for n in range(at + 1, len(lines)):
        text = without_page(lines[n].text)
        opens = opening_of(lines[n].text)
        if (opens and opens.plain) or len(text) > 60 or text == first or text.endswith("。"):
            break
        first, end = first or text, n + 1
    return frozenset(range(at, end))


def accepted_openings(lines: Sequence[Line], start: int, contents: frozenset[int]) -> dict[int, Opening]:
    """Line number -> the article it opens.

    A number with a gap after it opens one; without a gap (第八条民政部门…) only where the numbers ask for
    it and the sentence does not merely speak of that article (第八条规定的…).
    """
    found = {
        n: opening
        for n in range(start, len(lines))
        if n not in contents and (opening := opening_of(lines[n].text)) is not None
    }
    accepted: dict[int, Opening] = {}
    in_order = list(found.items())
    last: Opening | None = None
    for place, (n, opening) in enumerate(in_order):
        later = [other for _, other in in_order[place + 1 : place + 1 + LOOK_AHEAD] if not other.spoken_of]
        if _is_opening(lines, n, opening, last, later):
            accepted[n] = last = opening
    return accepted


def _is_opening(
    lines: Sequence[Line], n: int, opening: Opening, last: Opening | None, later: Sequence[Opening]
) -> bool:
    if opening.plain:
        return not opening.spoken_of or last is None or _follows(opening, last)
    if opening.spoken_of or not ends_sentence(lines, n):
        return False
    if any(other.plain and _same(other, opening) for other in later):
        return False
    if last is None:
        return opening.number == 1 or any(_follows(other, opening) for other in later)
    nearest = next((other for other in later if other.plain), None)
    return _follows(opening, last) and (nearest is None or nearest.number >= opening.number)


def _follows(opening: Opening, last: Opening) -> bool:
    return (opening.number, opening.branch) in (
        (last.number + 1, 0),
        (last.number, last.branch + 1),
    )


def _same(one: Opening, other: Opening) -> bool:
    return (one.number, one.branch) == (other.number, other.branch)


def ends_sentence(lines: Sequence[Line], n: int) -> bool:
    """True if what stands before line n is complete, so that line n begins a paragraph."""
    before = lines[n - 1] if n else None
    if before is None or before.heading or not before.text:
        return True
    return before.text[-1] in SENTENCE_END or may_be_title(before.text)


def annexes_begin(lines: Sequence[Line], openings: dict[int, Opening]) -> int:
    """The first line of the annexes: behind it no article goes on with the numbers before it."""
    opened = sorted(openings)
    if not opened:
        return len(lines)
    restart = next((n for last, n in pairwise(opened) if _restarts(openings, last, n)), None)
    last = max((n for n in opened if restart is None or n < restart), default=opened[0])
    for n in range(last + 1, len(lines) if restart is None else restart):
        text = lines[n].text
        if annex_of(text) or (is_table_title(text) and ends_sentence(lines, n)):
            return n
    return len(lines)


def _restarts(openings: dict[int, Opening], last: int, n: int) -> bool:
    return openings[n].number == 1 and openings[last].number > 1


def stray_titles_begin(article: Sequence[str], at_end: bool) -> int | None:
    """Where lone titles (法律责任, 附则) begin at the end of an article, None if there are none.

    A chapter title that lost its mark and number hangs there, a long one over two or three lines. Behind the
    last article of a document only the titles are taken that no article can end with.
    """
    filled = [n for n, line in enumerate(article) if bare(line)]
    first, size = None, 0
    for n in reversed(filled[1:][-3:]):
        text = bare(article[n])
        size += len(text)
        if not may_be_title(text) or size > LONGEST_STRAY_TITLE:
            break
        first = n
    if first is None or bare(article[filled[filled.index(first) - 1]])[-1] not in SENTENCE_END:
        return None
    if at_end and re.sub(r"\s", "", bare(article[first])) not in _ALWAYS_TITLES:
        return None
    return first
