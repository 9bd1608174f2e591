"""Finds documents and articles that a question names outright (《社会救助暂行办法》第11条)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from knowledge.numerals import ARTICLE_NO, article_name
from knowledge.titles import title_key

_ARTICLE = re.compile(ARTICLE_NO)
_BARE_ARTICLE = re.compile(
    r"(?<![\d第.])(\d{1,4}|[一二三四五六七八九十百千][零〇一二三四五六七八九十百千]*)条"
)


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
    for _, number, branch in sorted(found):
        try:
            names.append(article_name(number, branch))
        except ValueError:
            continue
    return list(dict.fromkeys(names))
