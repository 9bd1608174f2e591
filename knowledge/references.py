"""Finds documents, articles and their parts that a question names outright (《甲办法》第11条第2款)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.numerals import ANY_NUMERAL, ARTICLE_NO, article_name, chinese_to_int
from knowledge.titles import title_key

_ARTICLE = re.compile(ARTICLE_NO)
_BARE_ARTICLE = re.compile(
    rf"(?<![{ANY_NUMERAL}第.])(?<!第 )(\d{{1,4}}|[一二三四五六七八九十百千][零〇一二三四五六七八九十百千]*)条"
)
_N = rf"[（(]?([{ANY_NUMERAL}]{{1,3}})[）)]?"
_PARTS = rf"(?:第?{_N}款)?(?:第?{_N}项)?(?:第?{_N}目)?"
# Without 第 and without an article before it, 三项 is a number of things (三项补贴).
_CLAUSE = re.compile(rf"{ARTICLE_NO}\s?{_PARTS}|(?=第)()(){_PARTS}")


@dataclass(frozen=True)
class ClauseAddress:
    """A part of an article as a question names it; None where it does not say. See `clauses.clause_at`."""

    article: str | None
    paragraph: int | None
    item: int | None
    point: int | None


def named_titles(question: str, title_keys: Iterable[str]) -> list[str]:
    """The titles that stand in a question; one that lies inside a longer one found is left out."""
    text = title_key(question)
    found = sorted((key for key in title_keys if key and key in text), key=len, reverse=True)
    longest: list[str] = []
    for key in found:
        if not any(key in other for other in longest):
            longest.append(key)
    return longest


def named_articles(question: str) -> list[str]:
    """The articles that a question names, as laws print them: 第11条, 11条, 第十一条 -> 第十一条."""
    found = [(m.start(), m[1], m[2]) for m in _ARTICLE.finditer(question)]
    found += [(m.start(), m[1], None) for m in _BARE_ARTICLE.finditer(question)]
    names = []
    for _, number, branch in sorted(found, key=lambda f: f[0]):
        try:
            names.append(article_name(number, branch))
        except ValueError:
            continue
    return list(dict.fromkeys(names))


def named_clauses(question: str) -> list[ClauseAddress]:
    """The 款, 项 and 目 that a question names: 第十一条第二款第（三）项 -> (第十一条, 2, 3, None).

    One without an article of its own belongs to the article named before it, None if there is none.
    """
    article: str | None = None
    found: list[ClauseAddress] = []
    for match in _CLAUSE.finditer(question):
        groups = match.groups()
        number, branch, parts = (*groups[:2], groups[2:5]) if groups[0] else (None, None, groups[7:])
        try:
            article = article_name(number, branch) if number else article
            numbers = [chinese_to_int(part) if part else None for part in parts]
        except ValueError:
            continue
        if any(numbers):
            found.append(ClauseAddress(article, *numbers))
    return list(dict.fromkeys(found))
