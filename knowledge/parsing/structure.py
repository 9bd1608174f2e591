"""Cuts the lines of a document into front matter, numbered articles (条) and annexes, exactly as published.

A line that begins with 第…条 opens an article, which runs to the next article, heading or annex. 款
(paragraphs, with blank lines between) and 项 (（一）…) belong to the article above them. A document without
条 is cut at its numbered parts instead (sections.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.parsing.line_signs import (
    Heading,
    Opening,
    annex_of,
    bare,
    is_closing,
    is_table_title,
    may_be_title,
)
from knowledge.parsing.numbering import (
    accepted_openings,
    annexes_begin,
    run_in_articles,
    stray_titles_begin,
    table_of_contents,
)
from knowledge.parsing.pieces import ArticleText, Kind, Line, Piece, Structure, as_read
from knowledge.parsing.sections import cut_sections
from knowledge.readers import INFO_END

__all__ = ["ArticleText", "Kind", "Piece", "Structure", "as_read", "parse"]

SHORTEST_ANNEX = 80  # characters; a shorter one names a table or form that is not in the file
LONGEST_NAME = 40  # characters of a line in a list of attachments (附件：1.申请表)
_SENT_TO = re.compile(r"(?:抄?送|抄报|主送)\s?[：:]")
_NAMED = re.compile(r"\d+[.．、]|续表$")


def parse(lines: Sequence[str]) -> Structure:
    """Take a document apart. A text without articles and without numbered parts gives empty `articles`."""
    looked_at = [Line.of(*part) for line in lines for part in run_in_articles(line)]
    marked = next((n + 1 for n, line in enumerate(looked_at) if line.raw.strip() == INFO_END), 0)
    contents = table_of_contents(looked_at, marked)
    openings = accepted_openings(looked_at, marked, contents)
    result = Structure()
    first = min(openings, default=len(looked_at))
    if not openings or (openings[first].number != 1 and cut_sections(looked_at[:first], marked)):
        _cut_at_sections(looked_at, marked, contents, result)
    else:
        start = marked or _body_begins(looked_at, openings, contents)
        _take_front(looked_at[:start], contents, result)
        _Cutter(looked_at, openings, contents, result).cut(start)
    return result


def _body_begins(lines: Sequence[Line], openings: dict[int, Opening], contents: frozenset[int]) -> int:
    """The first article, or numbered heading outside the table of contents."""
    return next(
        n
        for n, line in enumerate(lines)
        if n in openings or (n not in contents and line.heading and line.heading.number)
    )


def _take_front(lines: Sequence[Line], contents: frozenset[int], result: Structure) -> None:
    """Fill titles and info from the lines above the text."""
    for n, line in enumerate(lines):
        text = line.text
        if not text or text == INFO_END or n in contents:
            continue
        if line.heading and text.startswith("#"):
            result.titles.append(line.heading.text)
            result.marked = True
        elif not result.titles:
            result.titles.append(text)
        else:
            result.info.append(text)
    if lines:
        result.pieces.append(Piece(Kind.FRONT, [line.raw for line in lines]))


class _Cutter:
    """Goes through the lines of a document with articles once; `_open` takes the next line."""

    def __init__(
        self,
        lines: Sequence[Line],
        openings: dict[int, Opening],
        contents: frozenset[int],
        result: Structure,
    ) -> None:
        self._lines = lines
        self._openings = openings
        self._contents = contents
        self._result = result
        self._path: list[Heading] = []
        self._open: Piece | None = None

    def cut(self, start: int) -> None:
        """Fill the result from the lines below the front matter."""
        end = annexes_begin(self._lines, self._openings)
        for n in range(start, end):
            self._take(n)
        self._take_stray_titles(at_end=True)
        read_annexes(self._lines[end:], self._result)
        part_closing(self._result)

    def _take(self, n: int) -> None:
        line = self._lines[n]
        if n in self._openings:
            self._take_stray_titles(at_end=False)
            opening = self._openings[n]
            path = tuple(heading.text for heading in self._path)
            article = ArticleText(
                Kind.ARTICLE,
                [line.raw],
                line.run_in,
                opening.article,
                opening.number,
                opening.branch,
                path,
            )
            self._result.articles.append(article)
            self._begin(article)
        elif line.heading and n not in self._contents:
            self._path = _under(self._path, line.heading)
            self._begin(Piece(Kind.HEADING, [line.raw], line.run_in))
        else:
            self._add(line)

    def _begin(self, piece: Piece) -> None:
        self._open = piece
        self._result.pieces.append(piece)

    def _add(self, line: Line) -> None:
        """Put a line into the open article; words outside every article are the preamble."""
        if self._open is None or (self._open.kind is Kind.HEADING and line.text):
            self._begin(Piece(Kind.PREAMBLE, []))
        assert self._open
        self._open.lines.append(line.raw)
        if line.text and self._open.kind is Kind.PREAMBLE:
            self._result.preamble.append(line.text)

    def _take_stray_titles(self, at_end: bool) -> None:
        """Part lone titles from the end of the open article; they head the next one."""
        if not isinstance(self._open, ArticleText):
            return
        first = stray_titles_begin(self._open.lines, at_end)
        if first is None:
            return
        taken = Piece(Kind.HEADING, self._open.lines[first:])
        del self._open.lines[first:]
        title = re.sub(r"\s", "", "".join(taken.words()))
        self._path = _under(self._path, Heading(3, 0, title))
        self._result.stray_titles.append(title)
        self._begin(taken)


def _under(path: list[Heading], heading: Heading) -> list[Heading]:
    return [step for step in path if step.rank < heading.rank] + [heading]


def read_annexes(lines: Sequence[Line], result: Structure) -> None:
    """Cut the annexes at their headings; each is a unit of its own, labelled as printed (附件1, 附录).

    One with articles of its own gives a unit for each of them (附件2第一条). A table without such a
    heading goes by its title (个人所得税税率表一).
    """
    openings = accepted_openings(lines, 0, frozenset())
    found: list[ArticleText] = []
    label, title = "附录", ""
    for n, line in enumerate(lines):
        named = annex_of(line.text)
        if named is None and is_table_title(line.text) and (not found or label == title):
            named = line.text, line.text
        if named or n in openings:
            label, title = named or (label, title)
            name = label if named else label + openings[n].article
            if not found or found[-1].article != name:
                found.append(ArticleText(Kind.ANNEX, [line.raw], line.run_in, name, path=(title,)))
                continue
        found[-1].lines.append(line.raw)
    for annex in found:
        _settle_annex(annex, result)


def _settle_annex(annex: ArticleText, result: Structure) -> None:
    words = [text for text in annex.words() if not is_closing(text)]
    title = annex.path[0] or (words[1] if len(words) > 1 and may_be_title(words[1]) else "")
    annex.path = (title,) if title else ()
    result.pieces.append(annex)
    listed = [text for text in words[1:] if len(text) > LONGEST_NAME or not _NAMED.match(text)]
    is_article = annex.article.endswith("条")
    if is_article or (sum(map(len, words)) >= SHORTEST_ANNEX and listed):
        result.annexes.append(annex)
    else:
        result.closing += [text for text in annex.words() if is_closing(text)]


def part_closing(result: Structure) -> None:
    """Part who signed and when from the last article and from the last annex."""
    for unit in (*result.articles[-1:], *result.annexes[-1:]):
        sent_to = (n for n, line in enumerate(unit.lines) if n and _SENT_TO.match(bare(line)))
        first = next(sent_to, len(unit.lines))
        while first > 1 and (not (text := bare(unit.lines[first - 1])) or is_closing(text)):
            first -= 1
        taken = Piece(Kind.CLOSING, unit.lines[first:])
        if taken.words():
            del unit.lines[first:]
            result.pieces.insert(result.pieces.index(unit) + 1, taken)
            result.closing += taken.words()


def _cut_at_sections(lines: Sequence[Line], marked: int, contents: frozenset[int], result: Structure) -> None:
    """Cut a document that has no articles of its own at its numbered parts."""
    parts = cut_sections(lines, marked)
    start = marked or (parts.start if parts else len(lines))
    _take_front(lines[:start], contents, result)
    if not parts:
        rest = [line.raw for line in lines[start:]]
        result.pieces += [Piece(Kind.PREAMBLE, rest)] if rest else []
        result.preamble += [line.text for line in lines[start:] if line.text]
        return
    for piece in parts.pieces:
        result.pieces.append(piece)
        if isinstance(piece, ArticleText):
            result.articles.append(piece)
        elif piece.kind is Kind.PREAMBLE:
            result.preamble += piece.words()
    read_annexes(lines[parts.end :], result)
    part_closing(result)
