"""Tells a page or table that quotes some articles of a law from the law itself.

Both must be seen: the numbers are not those of a whole text, and one law is named as the source.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from knowledge.parsing.headlines import is_marked_excerpt, without_excerpt_mark
from knowledge.parsing.pieces import ArticleText, Structure
from knowledge.titles import title_key

_KINDS = "法|条例|规定|办法|细则|规则|解释|意见|法典|决定"
_LAW = (
    rf"[《（(〈【](?P<law>[^《》（）()〈〉【】]{{3,40}}?(?:{_KINDS})"
    r"(?:（[^（）]{1,8}）)?)[》）)〉】]"
)
_SIGNS = (
    # A line or table cell of nothing else: 依据（工伤保险条例）, 法律依据：《社会救助暂行办法》.
    re.compile(
        rf"(?:^|｜)\s*(?:(?:法律|政策|文件|条文)?(?:依据|根据|出处|来源))\s?[：:]?\s?{_LAW}\s*(?:$|｜)"
    ),
    re.compile(rf"(?:摘自|节选自|摘录自|引自|选自)\s?{_LAW}"),
    re.compile(
        rf"{_LAW}(?:（以下简称[^）]*）)?的?(?:有关|相关|部分|主要)?(?:条文|条款|规定|内容)?[^。]{{0,6}}"
        r"(?:摘录|节录|摘编|选编|摘登|节选|摘要|选登)(?:如下)?"
    ),
    re.compile(rf"{_LAW}\s?[（(](?:摘录|节录|节选|选编|摘编|部分条文|有关条文)[）)]"),
)
MOST_ARTICLES = 300
FEWEST = 0.5  # of the numbers between the first article and the last; a whole text has nearly all


@dataclass(frozen=True)
class Excerpt:
    """The law that articles are quoted from; None where several are named and none can be chosen."""

    law: str | None


def excerpt_in(structure: Structure, title: str) -> Excerpt | None:
    """What a document quotes, or None if it is a text of its own.

    A marked title (…（节录）) says so by itself.
    """
    numbered = [article for article in structure.articles if article.number]
    if not numbered:
        return None
    if is_marked_excerpt(title):
        return Excerpt(without_excerpt_mark(title))
    if not _is_fragment(numbered):
        return None
    laws = _named(structure)
    if not laws:
        return None
    return Excerpt(next(iter(laws.values())) if len(laws) == 1 else None)


def _is_fragment(articles: Sequence[ArticleText]) -> bool:
    """True if the numbers do not begin at one, go back, or leave out most of what lies between."""
    numbers = [article.number for article in articles]
    goes_back = any(high < low for low, high in pairwise(numbers))
    span = max(numbers) - min(numbers) + 1
    return numbers[0] != 1 or goes_back or len(set(numbers)) < FEWEST * span


def _named(structure: Structure) -> dict[str, str]:
    """Title key -> title of the laws that the words around the articles name as their source."""
    around = [*structure.titles, *structure.info, *structure.preamble, *structure.closing]
    around += [heading for article in structure.articles[:MOST_ARTICLES] for heading in article.path]
    # In a table the source stands in the row above, which the cutting hangs on the article before.
    around += [
        line
        for article in structure.articles[:MOST_ARTICLES]
        for line in article.words()[1:]
        if len(line) < 60
    ]
    found: dict[str, str] = {}
    for line in around:
        for sign in _SIGNS:
            for match in sign.finditer(line):
                found.setdefault(title_key(match["law"]), match["law"])
    return found
