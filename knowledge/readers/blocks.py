"""The lines of a web page in reading order, each with what tells text from wrapping: links, place, hiding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby

import lxml.etree as etree

from knowledge.readers.portal import words
from knowledge.readers.tables import (
    gap_after_label,
    is_label,
    opens_article,
    row_lines,
    with_plain_gap,
)
from knowledge.readers.unwrapping import unwrap

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CELLS = frozenset({"td", "th"})
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)|黑体|simhei", re.I)
_FEWEST_BROKEN = 4  # lines in one box, before anything is joined
# Indentation and the empty characters of editors, at either end of a line.
_EDGES = " \t\n\r\f\v\u00a0\u1680\u3000\u202f\u205f\u2028\u2029\ufeff" + "".join(
    map(chr, range(0x2000, 0x200C))
)
_SPACES = re.compile(r"[ \t\r\n\f]+")
# A break between two wide characters is the source's, not the text's (CSS Text Level 3, 4.1.3).
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f"
_SOURCE_BREAK = re.compile(rf"(?<=[{_WIDE}])[ \t\r\f]*\n[ \t\r\n\f]*(?=[{_WIDE}])")
_LABEL_BREAK = re.compile(r"^(\s*第[^\s第条條]{1,9}[条條])[ \t\r\f]*\n\s*")


@dataclass
class Line:
    """One line. `links`: characters inside links. `inside`: marked boxes around it. `within`: its element.

    `raw` has the indentation; `apart` is True below an empty line.
    """

    text: str
    within: etree._Element
    links: int = 0
    heading: bool = False
    hidden: etree._Element | None = None
    inside: tuple[etree._Element, ...] = ()
    raw: str = ""
    apart: bool = False

    @property
    def is_linked(self) -> bool:
        """True if most of it can be clicked: a menu, a list of other pages."""
        return self.links > 0.6 * len(self.text)


@dataclass
class _Cell:
    lines: list[Line] = field(default_factory=list)
    has_table: bool = False


@dataclass
class _Row:
    element: etree._Element
    cells: list[_Cell] = field(default_factory=list)


class LineReader:
    """Walks a page once, without recursion, and gathers its lines.

    Args:
        hidden: elements nobody sees; their lines are read too, and marked.
        marked: elements whose names say what is in them; a line knows which of them it is in.
    """

    def __init__(self, hidden: set[etree._Element], marked: set[etree._Element]) -> None:
        self.lines: list[Line] = []
        self.glosses = 0
        self._hidden, self._marked = hidden, marked
        self._unseen, self._block = words("unseen_tags"), words("block_tags")
        self._rows: list[_Row] = []
        self._blocks: list[etree._Element] = []
        self._inside: tuple[etree._Element, ...] = ()
        self._hiding: list[etree._Element] = []
        self._pieces: list[str] = []
        self._links = self._in_link = self._in_pre = 0
        self._label_ended = self._apart = False

    def read(self, root: etree._Element) -> list[Line]:
        """Return all lines below an element."""
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            if event == "start":
                self._start(element)
                if element.tag in self._unseen or (
                    element.tag not in self._block and element in self._hidden
                ):
                    self.glosses += element.tag == "rt"
                    walk.skip_subtree()
                else:
                    self._add(element.text)
            else:
                self._end(element)
                if element is not root:
                    self._add(element.tail)
        return list(_unwrapped(self.lines))

    def _start(self, element: etree._Element) -> None:
        tag = element.tag
        if tag in self._block:
            self._flush()
            self._blocks.append(element)
            if element in self._hidden:
                self._hiding.append(element)
            if element in self._marked:
                self._inside += (element,)
        if tag == "a" and element.get("href"):
            self._in_link += 1
        self._in_pre += tag == "pre"
        if tag == "table" and self._rows and self._rows[-1].cells:
            self._rows[-1].cells[-1].has_table = True
        elif tag == "tr":
            self._rows.append(_Row(element))
        elif tag in _CELLS and self._rows:
            self._rows[-1].cells.append(_Cell())

    def _end(self, element: etree._Element) -> None:
        tag = element.tag
        if tag not in self._block:
            self._label_ended = self._label_ended or self._is_label_end(element)
        else:
            if tag != "br":  # it broke the line where it began; a second time would mean an empty line
                self._flush()
            self._blocks.pop()
            if self._hiding and self._hiding[-1] is element:
                self._hiding.pop()
            if self._inside and self._inside[-1] is element:
                self._inside = self._inside[:-1]
        if tag == "a" and element.get("href"):
            self._in_link -= 1
        self._in_pre -= tag == "pre"
        if tag == "tr":
            self._end_row(self._rows.pop())

    def _add(self, text: str | None) -> None:
        if not text:
            return
        if self._label_ended and text.strip(" \t\r\n\f"):
            self._pieces.append(gap_after_label(text))
            self._label_ended = False
        if self._in_pre and "\n" in text:
            for part in text.split("\n")[:-1]:
                self._keep(part)
                self._flush()
            text = text.rpartition("\n")[2]
        self._keep(text)

    def _keep(self, text: str) -> None:
        self._pieces.append(text)
        if self._in_link:
            self._links += len(text.strip())

    def _is_label_end(self, element: etree._Element) -> bool:
        """True where a bold 第三条 ends that opened the line: the type sets it off, not a space."""
        if sum(map(len, self._pieces)) > 20 or not is_label("".join(self._pieces).strip(_EDGES)):
            return False
        if element.tag in ("strong", "b", "em") or (element.tag == "a" and not element.get("href")):
            return True
        return bool(_BOLD.search(f"{element.get('style') or ''} {element.get('face') or ''}"))

    def _flush(self) -> None:
        raw = "".join(self._pieces)
        text = _tidy(raw)
        if text and self._blocks:
            heading = any(element.tag in _HEADINGS for element in self._blocks[-3:])
            hidden = self._hiding[0] if self._hiding else None
            place = self._blocks[-1]
            line = Line(text, place, self._links, heading, hidden, self._inside, raw, self._apart)
            self._sink().append(line)
        self._apart = not text
        self._pieces, self._links, self._label_ended = [], 0, False

    def _sink(self) -> list[Line]:
        for row in reversed(self._rows):
            if row.cells:
                return row.cells[-1].lines
        return self.lines

    def _end_row(self, row: _Row) -> None:
        cells = [cell for cell in row.cells if cell.lines]
        lines = [line for cell in cells for line in cell.lines]
        if len(cells) > 1 and not any(cell.has_table for cell in cells) and not _lays_out(cells):
            lines = _joined(row.element, cells)
        self._sink().extend(lines)


def _unwrapped(lines: Iterable[Line]) -> Iterator[Line]:
    """Join what was broken at a fixed width, in one box (pre, or text with br), into paragraphs."""
    for _, group in groupby(lines, key=lambda line: (line.within, line.heading)):
        own = list(group)
        if len(own) < _FEWEST_BROKEN or any(line.links for line in own):
            yield from own
            continue
        raw = [part for line in own for part in (("", line.raw) if line.apart else (line.raw,))]
        joined = [text for text in map(_tidy, unwrap([part.strip("\r\n") for part in raw])) if text]
        if len(joined) == len(own):
            yield from own
        else:
            yield from (replace(own[0], text=text, raw="") for text in joined)


def _lays_out(cells: list[_Cell]) -> bool:
    """True for a menu beside a text: one cell is all links and another is not."""
    linked = [all(line.is_linked for line in cell.lines) for cell in cells]
    longest = max(len(cell.lines) for cell in cells)
    return any(linked) and not all(linked) and longest > 2


def _joined(row: etree._Element, cells: list[_Cell]) -> list[Line]:
    """The row as row_lines gives it; lines that stay as they are keep what is known of them."""
    own = [line for cell in cells for line in cell.lines]
    known = {line.text: line for line in reversed(own)}
    texts = row_lines([[line.text for line in cell.lines] for cell in cells])
    links = sum(line.links for line in own) if len(texts) == 1 else 0
    return [known.get(text) or replace(own[0], text=text, within=row, links=links) for text in texts]


def _tidy(text: str) -> str:
    """One line as a browser shows it: source breaks folded, no indentation, every other character kept."""
    text = _LABEL_BREAK.sub(r"\1 ", text.strip(_EDGES))
    text = _SPACES.sub(" ", _SOURCE_BREAK.sub("", text))
    return with_plain_gap(text) if opens_article(text) else text
