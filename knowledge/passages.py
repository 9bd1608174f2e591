"""Picks the part of a long article that speaks to a question: one 款, or its opening with the 项 that fit."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.lexical import terms, terms_held
from knowledge.numerals import int_to_chinese
from knowledge.parsing.clauses import clause_at, paragraphs
from knowledge.references import ClauseAddress, named_clauses

MAX_CHARS = 200
_ELLIPSIS = "……"


@dataclass(frozen=True)
class Passage:
    """Words of an article, unaltered but at ……; `paragraph` is 第二款, or "" for the whole."""

    paragraph: str
    words: str


def best_passage(text: str, question: str, limit: int = MAX_CHARS) -> Passage:
    """The words of an article that fit a question best, at most about `limit` characters.

    A short article is given whole; of a longer one the 款 with most of the question's terms. One with 项
    keeps its opening words and as many fitting 项 as there is room for.
    """
    parts = split_paragraphs(text)
    whole = "\n".join("\n".join(part) for part in parts)
    if len(whole) <= limit:
        return Passage("", whole)
    wanted = set(terms(question))
    best = max(range(len(parts)), key=lambda n: (_overlap("".join(parts[n]), wanted), -n))
    label = f"第{int_to_chinese(best + 1)}款" if len(parts) > 1 else ""
    return Passage(label, _shorten(parts[best], wanted, limit))


def asked_passage(article: str, text: str, question: str) -> Passage | None:
    """The very 款, 项 or 目 of an article that a question names (第十一条第二款第（三）项).

    None if it names none of this article; `words` is "" if the article has no such part.

    Args:
        article: the number as printed, 第十一条.
    """
    for asked in named_clauses(question):
        if asked.article == article and (asked.paragraph or asked.item or asked.point):
            words = clause_at(text, asked.paragraph, asked.item, asked.point)
            return Passage(_label(asked), words)
    return None


def _label(asked: ClauseAddress) -> str:
    label = f"第{int_to_chinese(asked.paragraph)}款" if asked.paragraph else ""
    label += f"第（{int_to_chinese(asked.item)}）项" if asked.item else ""
    return label + (f"第{asked.point}目" if asked.point else "")


def split_paragraphs(text: str) -> list[list[str]]:
    """Cut an article into its 款; each its opening line and its 项. The number is left out."""
    return [[clause.words for clause in part if clause.words] for part in paragraphs(text)]


def _overlap(text: str, wanted: set[str]) -> float:
    """How much of the question a text holds; longer terms say more."""
    return math.fsum(len(term) ** 1.5 for term in terms_held(text, wanted))  # whatever the order


def _shorten(lines: Sequence[str], wanted: set[str], limit: int) -> str:
    opening, items = lines[0], list(lines[1:])
    room = limit - len(opening)
    chosen: set[int] = set()
    for n in sorted(range(len(items)), key=lambda n: -_overlap(items[n], wanted)):
        if len(items[n]) <= room:
            chosen.add(n)
            room -= len(items[n])
    if not items:
        return _first_sentences(opening, wanted, limit)
    if not chosen:  # an opening that only announces its items says nothing
        chosen.add(max(range(len(items)), key=lambda n: (_overlap(items[n], wanted), -n)))
    kept = [_first_sentences(opening, wanted, limit)]
    for n, item in enumerate(items):
        if n in chosen:
            kept.append(item)
        elif kept[-1] != _ELLIPSIS:
            kept.append(_ELLIPSIS)
    return "\n".join(kept)


def _first_sentences(text: str, wanted: set[str], limit: int) -> str:
    """The run of whole sentences that fits the question best within the limit."""
    if len(text) <= limit:
        return text
    sentences = re.findall(r"[^。；]+[。；]?", text)
    start = max(range(len(sentences)), key=lambda n: (_overlap(sentences[n], wanted), -n))
    end, size = start + 1, len(sentences[start])
    while end < len(sentences) and size + len(sentences[end]) <= limit:
        size += len(sentences[end])
        end += 1
    while start > 0 and size + len(sentences[start - 1]) <= limit:
        start -= 1
        size += len(sentences[start])
    head, tail = _ELLIPSIS if start else "", _ELLIPSIS if end < len(sentences) else ""
    return head + "".join(sentences[start:end]) + tail
