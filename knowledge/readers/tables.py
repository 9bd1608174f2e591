"""How a table row reads as lines: a numbered article beside its text, a list of answers, or plain cells."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.numerals import NUMERAL

CELL_MARK = "｜"
LABEL_GAP = "\u3000"  # what stands between 第…条 and its text in a line
_LABEL = rf"第[{NUMERAL}]+[条條](?:之[{NUMERAL}]+)?"
_LABEL_ONLY = re.compile(rf"{_LABEL}\s*")
_OPENING = re.compile(rf"({_LABEL})(\s|$)")
_CITED_ON = re.compile(r"规定|所列|所称|所述|所指|第|[、，,；;。.和至及与或的中之款项以]")
_PLAIN_GAPS = " \u3000\t"
# A cell with more lines than this, or a row longer than this, lays a page out; it is no row of figures.
_MOST_LINES = 8
_MOST_CHARACTERS = 600
_LONGEST_HEADING = 100


def is_label(text: str) -> bool:
    """True for 第三条 and nothing else."""
    return _LABEL_ONLY.fullmatch(text) is not None


def opens_article(line: str) -> bool:
    """True for a line that begins with 第…条 and a space."""
    return _OPENING.match(line) is not None


def with_plain_gap(line: str) -> str:
    """Write the gap after an opening 第…条 as a full-width space where it was a no-break or em space."""
    found = _OPENING.match(line)
    if not found or found[2] in _PLAIN_GAPS or not found[2]:
        return line
    return found[1] + LABEL_GAP + line[found.end() :]


def gap_after_label(text: str) -> str:
    """What to set between 第三条 in bold and the text after it: the type sets it off where no space does.

    Nothing where a space stands there, or where the sentence goes on (第三条规定的…): that is a citation.
    """
    return "" if text[:1].isspace() or _CITED_ON.match(text) else LABEL_GAP


def is_one_line(cells: Sequence[Sequence[str]]) -> bool:
    """True for a row of figures or names; False for a cell that holds articles or lays a page out."""
    if any(len(cell) > _MOST_LINES or any(map(opens_article, cell)) for cell in cells):
        return False
    return sum(len(line) for cell in cells for line in cell) <= _MOST_CHARACTERS


def row_lines(cells: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a row, given the lines of each cell; no word is lost.

    第三条 | text         one line, the number and a full-width space before the text's first line
    1 | 怎么申请 | 第三条 …  what stands before the article as a heading over it: as a line it would pass
                         for the end of the article above
    一类 | 500元           one line, cells joined by a full-width bar
    """
    filled = [list(cell) for cell in cells if cell]
    if len(filled) < 2:
        return filled[0] if filled else []
    at = next((n for n, cell in enumerate(filled) if is_label(cell[0]) or opens_article(cell[0])), None)
    if at is None:
        whole = is_one_line(filled)
        return (
            [CELL_MARK.join(map(" ".join, filled))] if whole else [line for cell in filled for line in cell]
        )
    text = [line for cell in filled[at:] for line in cell]
    if is_label(text[0]) and len(text) > 1:
        text[:2] = [f"{text[0].strip()}{LABEL_GAP}{text[1]}"]
    return [*_over(filled[:at]), *text]


def _over(cells: Sequence[Sequence[str]]) -> list[str]:
    """The cells before an article: a heading, unless somebody wrote at length there."""
    lines = [line for cell in cells for line in cell]
    joined = CELL_MARK.join(lines)
    return [f"### {joined}"] if lines and len(joined) <= _LONGEST_HEADING else lines
