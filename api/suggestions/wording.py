"""The words of a suggestion: an entry's or an article's own, with what it rests on, ready to be sent.

The same rules as for the citizen's answers (knowledge.answering): nothing but reviewed entries, stored
articles and the sentences of knowledge/texts; a text that has been revised is never quoted without saying so.
"""

import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib import resources

import yaml

from knowledge.asking import aspect_of
from knowledge.model import OUTDATED, WHOLE_COUNTRY, Citation, HotlineEntry
from knowledge.normalisation import searchable
from knowledge.passages import asked_passage, best_passage
from knowledge.region import name_of
from knowledge.texts import say

PARTS = ("steps", "materials", "where", "time_limit", "fee", "if_refused")
QUOTED_CHARS = 260  # an agent's chat window shows about that much at once


def parts_asked(question: str) -> tuple[str, ...]:
    """The parts of an entry that a question asks for, in the order in which they are told."""
    plain = searchable(question)
    if aspect_of(plain) == "details":
        return PARTS
    return tuple(part for part in PARTS if part in _aspects() and _aspects()[part].search(plain))


@cache
def _aspects() -> dict[str, re.Pattern[str]]:
    """The ways of asking for a part of an entry, as the library itself recognises them."""
    text = (resources.files("knowledge") / "dictionary" / "asking.yml").read_text("utf-8")
    return {part: re.compile(pattern) for part, pattern in yaml.safe_load(text)["aspects"].items()}


def part_line(entry: HotlineEntry, part: str) -> str:
    """The line that tells one part of an entry (要带什么：…); "" if the entry does not say it."""
    value: str | tuple[str, ...] = getattr(entry, part)
    if not value:
        return ""
    told = value if isinstance(value, str) else "；".join(item.rstrip("。；") for item in value)
    return say("answers", f"entry.{part}", text=told.rstrip("。") + "。")


def entry_words(entry: HotlineEntry, sources: Sequence[Citation], parts: Sequence[str]) -> str:
    """The entry's plain answer, the parts asked for, and what it rests on."""
    lines = [line for part in parts if (line := part_line(entry, part))]
    return "\n\n".join([*_warnings(sources), "\n".join([entry.answer, *lines]), closing(sources)])


def article_words(citation: Citation, question: str) -> str:
    """The article's own words that fit the question, with its name and, of a local one, its place."""
    asked = asked_passage(citation.article, citation.text, question)
    passage = asked if asked and asked.words else best_passage(citation.text, question, QUOTED_CHARS)
    names = {"title": citation.title, "article": citation.article, "paragraph": passage.paragraph}
    quote = say("answers", "article.quote", words=passage.words, **names)
    if citation.region != WHOLE_COUNTRY:
        quote += say("answers", "article.local", place=name_of(citation.region))
    return "\n\n".join([*_warnings([citation]), quote, closing([citation])])


def closing(citations: Sequence[Citation]) -> str:
    """依据：《…》第十一条（自…起施行）。 and who decides; articles of one document together."""
    by_document: dict[str, list[Citation]] = {}
    for citation in citations:
        by_document.setdefault(citation.doc_id, []).append(citation)
    named = [
        say("answers", "citation", title=group[0].title, article="、".join(c.article for c in group))
        + _effective(group[0].effective_from)
        for group in by_document.values()
    ]
    basis = say("answers", "basis", citations="；".join(named)) if named else ""
    return basis + say("answers", "closing")


def _effective(day: date | None) -> str:
    return say("answers", "effective", year=day.year, month=day.month, day=day.day) if day else ""


def _warnings(citations: Sequence[Citation]) -> list[str]:
    revised = [c for c in citations if c.status == OUTDATED]
    told = [
        say("answers", "outdated", title=c.title, year=day.year, month=day.month, day=day.day)
        for c in revised
        if (day := c.revised_on or date.min)
    ]
    return list(dict.fromkeys(told))
