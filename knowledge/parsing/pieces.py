"""What a document consists of once it is taken apart. Every line of the file stands in exactly one piece."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from knowledge.parsing.line_signs import Heading, bare, heading_of

BLANKS = "\n \u3000\t"
_MARK = re.compile(r"^ {0,3}#{1,6}[ \t]+", re.MULTILINE)


class Kind(StrEnum):
    """What a piece of a document is."""

    FRONT = "front"
    PREAMBLE = "preamble"
    HEADING = "heading"
    ARTICLE = "article"
    SECTION = "section"
    ANNEX = "annex"
    CLOSING = "closing"


@dataclass(frozen=True)
class Line:
    """A line as published, and what can be read of it; `run_in`: it goes on where the line before ended."""

    raw: str
    text: str
    heading: Heading | None
    run_in: bool = False

    @classmethod
    def of(cls, raw: str, run_in: bool = False) -> Line:
        """Look at one line."""
        text = bare(raw)
        heading = heading_of(text) if text.startswith(("第", "#")) else None
        return cls(raw, text, heading, run_in)


@dataclass
class Piece:
    """Some lines of the file. `run_in`: its first line goes on in the line where the piece before ended."""

    kind: Kind
    lines: list[str]
    run_in: bool = False

    @property
    def text(self) -> str:
        """The words as published, all paragraphs, without the blank lines around them."""
        return "\n".join(self.lines).strip(BLANKS)

    def words(self) -> list[str]:
        """Its lines without the blank ones and without what nobody sees."""
        return [text for line in self.lines if (text := bare(line))]


@dataclass
class ArticleText(Piece):
    """What can be cited by itself: its label (第十一条, 附件1, 二、（三）), the headings above it, its lines.

    `number` is that of an article, 0 for sections and annexes; `branch` is the 1 of 第一百二十条之一.
    """

    article: str = ""
    number: int = 0
    branch: int = 0
    path: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The words as published; the # of a heading line is the file's, not the document's."""
        text = super().text
        return _MARK.sub("", text) if "#" in text else text


@dataclass
class Structure:
    """A document taken apart.

    `titles`, `info`, `preamble` and `closing` hold words for the description; `articles` the numbered
    articles, or the sections of a document that has none; `annexes` what follows them and says something
    by itself. `marked` is true where the file itself marks its title.
    """

    titles: list[str] = field(default_factory=list)
    info: list[str] = field(default_factory=list)
    preamble: list[str] = field(default_factory=list)
    articles: list[ArticleText] = field(default_factory=list)
    annexes: list[ArticleText] = field(default_factory=list)
    stray_titles: list[str] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    marked: bool = False

    @property
    def units(self) -> list[ArticleText]:
        """All that can be cited, in the order of the document."""
        return [*self.articles, *self.annexes]


def as_read(pieces: Iterable[Piece]) -> str:
    """The text of the file again, line for line."""
    text: list[str] = []
    for piece in pieces:
        text += ["" if piece.run_in or not text else "\n", "\n".join(piece.lines)]
    return "".join(text)
