"""Composes the answer a citizen reads: the entry's words or the article's own, always with what they rest on.

No amount is promised and no benefit denied: every sentence comes from a reviewed entry, a stored article, or
texts/answers.zh.yml.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from knowledge.judgement import ANSWER_FLOOR, CLARIFY_FLOOR, confidence
from knowledge.lexical import terms
from knowledge.model import (
    IN_FORCE,
    NOT_YET_IN_FORCE,
    OUTDATED,
    WHOLE_COUNTRY,
    Answer,
    Citation,
    HotlineEntry,
    Outcome,
)
from knowledge.passages import MAX_CHARS, asked_passage, best_passage
from knowledge.region import name_of
from knowledge.retrieval import Evidence, Retrieval
from knowledge.texts import say

AGREEING = 3  # an entry answers if it leads, or cites one of the first three articles
WHOLE_CHARS = 800  # of an article that the question names: the caller wants to read it
QUOTED_CHARS = 120  # of an article beneath an entry's answer, to show at the counter
ALSO = 0.75  # a second entry answers another part of a question that asks several things
_SEVERAL = re.compile(r"[?？。;；].*\S|还有|另外|再问|顺便|同时")


def compose_answer(question: str, found: Retrieval) -> Answer:
    """Judge the evidence and compose: answered, clarify, no_evidence or out_of_scope (nothing to go by).

    A text that is named but does not apply is quoted only if an article of it is named, and never without
    saying so.
    """
    sure = confidence(found.signals)
    if not terms(question):
        return _answer(Outcome.OUT_OF_SCOPE, say("answers", "out_of_scope.unclear"), found.evidence, 0.0)
    if found.evidence and found.evidence[0].named:
        answer = _from_article(question, found.evidence[0], found.evidence, 1.0)
    else:
        answer = _judged(question, [e for e in found.evidence if not e.beside], sure)
    warnings = dict.fromkeys(_warning(c) for c in answer.citations if c.status == OUTDATED)
    notices = dict.fromkeys(_notice(e.hit.citation) for e in found.evidence if e.beside)
    text = "\n\n".join([*warnings, answer.text, *notices])
    return replace(answer, text=text, hits=tuple(e.hit for e in found.evidence))


def _judged(question: str, evidence: Sequence[Evidence], sure: float) -> Answer:
    if sure < CLARIFY_FLOOR or not evidence:
        return _answer(Outcome.NO_EVIDENCE, _no_evidence_text(evidence), evidence, sure)
    if sure < ANSWER_FLOOR:
        return _clarify(evidence, sure)
    chosen = choose(question, evidence)
    if chosen[0].entry is None:
        return _from_article(question, chosen[0], evidence, sure)
    return _from_entries(question, chosen, evidence, sure)


def _warning(citation: Citation) -> str:
    """That a newer version of a text is in force which is not loaded; said before anything rests on it."""
    day = citation.revised_on or date.min
    when = {"year": day.year, "month": day.month, "day": day.day}
    return say("answers", "outdated", title=citation.title, **when)


def _notice(citation: Citation) -> str:
    """What is wrong with relying on a text that was named."""
    if citation.status == IN_FORCE:
        return say("answers", "beside.elsewhere", title=citation.title, place=name_of(citation.region))
    successor = (citation.superseded_by or "").partition("@")[0]
    if citation.status == NOT_YET_IN_FORCE:
        key, day = "not_yet", citation.effective_from
    elif successor == citation.title:
        key, day = "older_version", citation.repealed_on
    else:
        key, day = "replaced" if successor else "repealed", citation.repealed_on
    day = day or date.min
    when = {"year": day.year, "month": day.month, "day": day.day}
    return say("answers", f"beside.{key}", title=citation.title, by=successor, **when)


def choose(question: str, evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence to answer from: the best entry, perhaps two; else the best article.

    On held-out questions the best entry cited a right article for .68, the best article alone for .56.
    """
    entries = [e for e in evidence if e.entry]
    if not entries or not _agrees(entries[0], evidence):
        return [next(e for e in evidence if not e.entry)]
    chosen = entries[:1]
    if _SEVERAL.search(question):
        chosen += [e for e in entries[1:2] if e.hit.score >= ALSO * entries[0].hit.score]
    return chosen


def _agrees(entry: Evidence, evidence: Sequence[Evidence]) -> bool:
    leading = [e.hit.citation for e in _leading_articles(evidence)]
    return entry is evidence[0] or any(citation in entry.hit.sources for citation in leading)


def _leading_articles(evidence: Sequence[Evidence]) -> list[Evidence]:
    return [e for e in evidence if not e.entry][:AGREEING]


def _from_entries(
    question: str, chosen: Sequence[Evidence], evidence: Sequence[Evidence], sure: float
) -> Answer:
    """The words of one or two entries with the leading article's own, and a local rule where one leads."""
    entries = [e.entry for e in chosen if e.entry]
    local = [e.hit.citation for e in _leading_articles(evidence) if e.hit.citation.region != WHOLE_COUNTRY][
        :1
    ]
    citations = tuple(dict.fromkeys([*local, *(source for e in chosen for source in e.hit.sources)]))
    blocks = [_entry_text(entries[0])]
    blocks += [say("answers", "entry.also", title=entry.title) + entry.answer for entry in entries[1:]]
    blocks += [_quote(citation, question, QUOTED_CHARS) for citation in (*local, *chosen[0].hit.sources[:1])]
    text = "\n\n".join([*blocks, _basis(citations) + say("answers", "closing")])
    return _answer(Outcome.ANSWERED, text, evidence, sure, citations, entries[0].id)


def _entry_text(entry: HotlineEntry) -> str:
    lines = [entry.answer]
    for field in ("steps", "materials"):
        if items := getattr(entry, field):
            lines.append(
                say("answers", f"entry.{field}", items="；".join(i.rstrip("。；") for i in items) + "。")
            )
    for field in ("where", "time_limit", "fee", "if_refused"):
        if text := getattr(entry, field):
            lines.append(say("answers", f"entry.{field}", text=text.rstrip("。") + "。"))
    return "\n".join(lines)


def _from_article(question: str, chosen: Evidence, evidence: Sequence[Evidence], sure: float) -> Answer:
    citation = chosen.hit.citation
    quote = _quote(citation, question, WHOLE_CHARS if chosen.named else MAX_CHARS)
    text = f"{quote}\n\n{_basis((citation,))}{say('answers', 'closing')}"
    return _answer(Outcome.ANSWERED, text, evidence, sure, (citation,))


def _quote(citation: Citation, question: str, limit: int) -> str:
    """The article's own words that fit the question, with its name and, of a local one, its place.

    A 款 or 项 that the question names is quoted itself; that there is none is said before the whole article.
    """
    asked = asked_passage(citation.article, citation.text, question)
    passage = asked if asked and asked.words else best_passage(citation.text, question, limit)
    names = {"title": citation.title, "article": citation.article, "paragraph": passage.paragraph}
    quote = say("answers", "article.quote", words=passage.words, **names)
    if asked and not asked.words:
        quote = say("answers", "article.no_such_part", **names | {"paragraph": asked.paragraph}) + quote
    if citation.region != WHOLE_COUNTRY:
        quote += say("answers", "article.local", place=name_of(citation.region))
    return quote


def _basis(citations: Sequence[Citation]) -> str:
    """依据：《…》第十一条、第十二条（自…起施行）, articles of one document together."""
    by_document: dict[str, list[Citation]] = {}
    for citation in citations:
        by_document.setdefault(citation.doc_id, []).append(citation)
    parts = []
    for group in by_document.values():
        articles = "、".join(c.article for c in group)
        parts.append(
            say("answers", "citation", title=group[0].title, article=articles) + _effective(group[0])
        )
    return say("answers", "basis", citations="；".join(parts))


def _effective(citation: Citation) -> str:
    day = citation.effective_from
    return say("answers", "effective", year=day.year, month=day.month, day=day.day) if day else ""


def _clarify(evidence: Sequence[Evidence], sure: float) -> Answer:
    titles = _topics(evidence)
    if not titles:
        return _answer(Outcome.NO_EVIDENCE, _no_evidence_text(evidence), evidence, sure)
    lines = [say("answers", "clarify.ask"), *(say("answers", "clarify.topic", title=t) for t in titles)]
    return _answer(Outcome.CLARIFY, "\n".join([*lines, say("answers", "clarify.person")]), evidence, sure)


def _no_evidence_text(evidence: Sequence[Evidence]) -> str:
    titles = _topics(evidence)
    near = [say("answers", "no_evidence.topics", items="、".join(titles))] if titles else []
    return "\n".join([say("answers", "no_evidence.sorry"), *near, say("answers", "no_evidence.person")])


def _topics(evidence: Sequence[Evidence]) -> list[str]:
    """Titles of the nearest entries, at most three."""
    return [e.entry.title for e in evidence if e.entry][:3]


def _answer(
    outcome: Outcome,
    text: str,
    evidence: Sequence[Evidence],
    sure: float,
    citations: tuple[Citation, ...] = (),
    entry_id: str | None = None,
) -> Answer:
    return Answer(outcome.value, text, citations, tuple(e.hit for e in evidence), round(sure, 4), entry_id)
