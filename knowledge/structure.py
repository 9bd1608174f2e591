"""Cuts the lines of a document into front matter and numbered articles (条), exactly as published.

A line that begins with 第…条 and a space opens an article, which runs to the next article or heading.
款 (paragraphs, with blank lines between) and 项 (（一）…) belong to the article above them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from knowledge.normalisation import is_blank, visible
from knowledge.numerals import NUMERAL, chinese_to_int
from knowledge.readers import INFO_END

_ARTICLE = re.compile(rf"^[ \u3000]*(第([{NUMERAL}]+)条(?:之[{NUMERAL}]+)?)(?:[ \u3000\t]|$)")
_MARKED_HEADING = re.compile(r"^#{1,6}\s+(.*\S)\s*$")
_PLAIN_HEADING = re.compile(rf"^[ \u3000]*(第[{NUMERAL}]+(?:分编|[编章节])(?:[ \u3000]+\S.{{0,40}})?)\s*$")
_RANKS = {"编": 1, "分编": 2, "章": 3, "节": 4}
_RANK_OF = re.compile(rf"^第[{NUMERAL}]+(分编|[编章节])")
# A chapter title that lost its mark and number (法律责任, 附则) hangs at the end of the article before.
_STRAY_TITLE = re.compile(r"^[\u3400-\u9fff、]{2,15}$")


@dataclass
class ArticleText:
    """An article as found: number as published and as a number, the headings above it, its lines."""

    article: str
    number: int
    path: tuple[str, ...]
    lines: list[str]

    @property
    def text(self) -> str:
        """The words as published, all paragraphs, without the blank lines around them."""
        return "\n".join(self.lines).strip("\n \u3000\t")


@dataclass
class Structure:
    """A document taken apart: titles, history lines, what stands before the first article, the articles."""

    titles: list[str] = field(default_factory=list)
    info: list[str] = field(default_factory=list)
    preamble: list[str] = field(default_factory=list)
    articles: list[ArticleText] = field(default_factory=list)
    stray_titles: list[str] = field(default_factory=list)


def parse(lines: Sequence[str]) -> Structure:
    """Take a document apart. A text without any article gives an empty `articles`."""
    result = Structure()
    path: list[tuple[int, str]] = []
    current: ArticleText | None = None
    for line in lines[_read_front(lines, result) :]:
        heading, opening = _heading_of(line), _ARTICLE.match(line)
        if heading:
            current = None
            path = _under(path, heading)
        elif opening:
            stray = _take_stray_title(current)
            if stray:
                path = _under(path, (_RANKS["章"], stray))
                result.stray_titles.append(stray)
            current = ArticleText(
                opening[1], chinese_to_int(opening[2]), tuple(text for _, text in path), [line]
            )
            result.articles.append(current)
        elif current is not None:
            current.lines.append(line)
        elif not is_blank(line):
            result.preamble.append(visible(line).strip())
    return result


def _read_front(lines: Sequence[str], result: Structure) -> int:
    """Fill titles and info from the lines above the text; return how many lines that were."""
    end = next((n for n, line in enumerate(lines) if line.strip() == INFO_END), None)
    if end is None:
        end = next((n for n, line in enumerate(lines) if _ARTICLE.match(line) or _rank_of(line)), len(lines))
    for line in lines[:end]:
        text, marked = visible(line).strip(" \u3000\t"), _MARKED_HEADING.match(line)
        if marked or (text and not result.titles):
            result.titles.append(marked[1] if marked else text)
        elif text:
            result.info.append(text)
    return end + 1 if end < len(lines) and lines[end].strip() == INFO_END else end


def _rank_of(line: str) -> int | None:
    plain = _PLAIN_HEADING.match(line)
    match = plain and _RANK_OF.match(plain[1])
    return _RANKS[match[1]] if match else None


def _heading_of(line: str) -> tuple[int, str] | None:
    """Return (rank, heading) of a heading line; an unnumbered one ranks as a chapter."""
    marked = _MARKED_HEADING.match(line)
    text = visible(marked[1] if marked else line).strip(" \u3000\t")
    rank = _rank_of(text)
    if rank is None and marked:
        rank = _RANKS["章"]
    return (rank, text) if rank is not None else None


def _under(path: list[tuple[int, str]], heading: tuple[int, str]) -> list[tuple[int, str]]:
    return [step for step in path if step[0] < heading[0]] + [heading]


def _take_stray_title(article: ArticleText | None) -> str | None:
    """Remove and return a lone title at the end of an article, if there is one."""
    if article is None:
        return None
    last = max((n for n, line in enumerate(article.lines) if not is_blank(line)), default=0)
    text = article.lines[last].strip(" \u3000\t")
    if last == 0 or not _STRAY_TITLE.match(text):
        return None
    del article.lines[last:]
    return text
