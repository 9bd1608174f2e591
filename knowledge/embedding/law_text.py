"""Numbered articles of Markdown law texts, as training material for the small model."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ARTICLE = re.compile(r"^(第[零〇一二三四五六七八九十百千]+条)[\s\u3000]+(.*)$")
_HEADING = re.compile(r"^(#{2,6})\s*(.+)$")
_CLAUSE_END = re.compile(r"[，。；：、！？,;:!?\n]+")


@dataclass(frozen=True)
class LawArticle:
    """One article as training material.

    `law` is the title without 中华人民共和国; `heading` adds the chapter headings above the article.
    """

    law: str
    heading: str
    number: str
    text: str

    @property
    def clauses(self) -> list[str]:
        """The text cut at its punctuation, without the article number."""
        return [clause for part in _CLAUSE_END.split(self.text) if (clause := part.strip())]


def read_law(path: Path) -> Iterator[LawArticle]:
    """Yield the articles of one law text in order; nothing for a text without numbered articles."""
    lines = path.read_text(encoding="utf-8").splitlines()
    title = next((line.lstrip("# ").strip() for line in lines if line.startswith("# ")), path.stem)
    title = title.removeprefix("中华人民共和国")
    headings: dict[int, str] = {}
    number, paragraphs = "", []

    def finished() -> Iterator[LawArticle]:
        if number:
            heading = " ".join([title, *headings.values()])
            yield LawArticle(title, heading, number, "\n".join(paragraphs))

    for line in map(str.strip, lines):
        if match := _ARTICLE.match(line):
            yield from finished()
            number, paragraphs = match[1], [match[2]]
        elif match := _HEADING.match(line):
            yield from finished()
            number = ""
            level = len(match[1])
            headings = {depth: text for depth, text in headings.items() if depth < level}
            headings[level] = match[2]
        elif number and line:
            paragraphs.append(line)
    yield from finished()


def read_laws(folder: Path, shortest: int = 16) -> list[LawArticle]:
    """Return the articles of every Markdown file below a folder; short and repeated texts are left out.

    Args:
        shortest: characters that an article needs; shorter ones say only "repealed" or "in force from".
    """
    articles: dict[str, LawArticle] = {}
    for path in sorted(folder.rglob("*.md")):
        for article in read_law(path):
            if len(article.text) >= shortest:
                articles.setdefault(article.text, article)
    return list(articles.values())
