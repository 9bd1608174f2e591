"""Composes the answer a citizen reads: the entry's words or the article's own, always with what they rest on.

No amount is promised and no benefit denied: every sentence comes from a reviewed entry, a stored article, or
texts/answers.zh.yml.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import zip_longest

from knowledge.asking import is_bare_topic
from knowledge.judgement import answer_floor, clarify_floor, confidence
from knowledge.lexical import terms
from knowledge.model import (
    IN_FORCE,
    NOT_YET_IN_FORCE,
    OUTDATED,
    PUBLIC_PAGE,
    UNCHECKED,
    WHOLE_COUNTRY,
    Answer,
    Citation,
    HotlineEntry,
    Outcome,
)
from knowledge.passages import MAX_CHARS, asked_passage, best_passage
from knowledge.query import Signals
from knowledge.region import name_of
from knowledge.repair import Change
from knowledge.retrieval import Evidence, Retrieval
from knowledge.texts import keys, say

AGREEING = 2  # an entry answers if it leads, or cites one of the first two articles
WHOLE_CHARS = 800  # of an article that the question names: the caller wants to read it
FIRST_CHARS, LEAST_QUOTED = 200, 60  # of what is said first, an article's words among it
QUOTED_CHARS = 400  # of an article beneath a short answer, to show at the counter
NEARLY = 0.75  # of the score of the leading article, from which the next one is shown too
# Likelihood from which a matter is said to be another office's: where it is hardly ours, and where it may be.
SURELY_OTHER, ALMOST_CERTAINLY_OTHER = 0.5, 0.8
NEAR_OURS = 0.7  # closeness to a question of ours, from which it is not
FIELDS = ("steps", "materials", "where", "time_limit", "fee", "if_refused")  # of an entry, as they are told


def answer_to_several(parts: Iterable[tuple[str, Retrieval]]) -> Answer | None:
    """Answer several questions of one message, each in its turn; None if they are one matter after all.

    They are one if any of them is not surely answered, or two rest on the same article first. The parts after
    the one that shows it are not asked for.
    """
    answers: list[Answer] = []
    heads: list[str] = []
    leading: set[Citation] = set()
    for number, (question, found) in enumerate(parts, start=1):
        answer = compose_answer(question, found)
        if answer.outcome != Outcome.ANSWERED or not answer.citations or answer.citations[0] in leading:
            return None
        leading.add(answer.citations[0])
        answers.append(answer)
        heads.append(say("answers", "several.part", number=number, question=question))
    first, text = (
        "\n\n".join(head + words for head, words in zip(heads, said, strict=True))
        for said in ([a.first for a in answers], [a.text for a in answers])
    )
    hits = [hit for turn in zip_longest(*(a.hits for a in answers)) for hit in turn if hit]
    return Answer(
        Outcome.ANSWERED.value,
        text,
        tuple(dict.fromkeys(citation for answer in answers for citation in answer.citations)),
        tuple({hit.chunk_id: hit for hit in hits}.values()),
        min(answer.confidence for answer in answers),
        answers[0].entry_id,
        first,
    )


def compose_answer(question: str, found: Retrieval, aspect: str = "", *, first_asked: bool = False) -> Answer:
    """Judge the evidence and compose: answered, clarify, no_evidence or out_of_scope (nothing to go by).

    A text that is named but does not apply is quoted only if an article of it is named, and never without
    saying so.

    Args:
        aspect: the field of an entry that is asked about, or "details" for everything at once.
        first_asked: it is asked with its matter, not after an answer: what leads decides it too.
    """
    sure = confidence(found.signals)
    if not terms(question):
        return _answer(Outcome.OUT_OF_SCOPE, say("answers", "out_of_scope.unclear"), 0.0)
    if found.evidence and found.evidence[0].named:
        answer = _from_article(question, found.evidence[0], found.evidence, 1.0)
    else:
        answer = _judged(question, found, sure, aspect, first_asked)
    warnings = dict.fromkeys(_warning(c) for c in answer.citations if c.status == OUTDATED)
    notices = dict.fromkeys(_notice(e.hit.citation) for e in found.evidence if e.beside)
    text, first = ("\n\n".join([*warnings, part, *notices]) for part in (answer.text, answer.first))
    hits = tuple(e.hit for e in found.evidence)
    return replace(answer, text=text, first=text if aspect == "details" else first, hits=hits)


def which_matter() -> Answer:
    """Asks what a question is about that names no matter (要带什么, as the first words)."""
    return _answer(Outcome.CLARIFY, say("answers", "clarify.which"), 0.0)


def with_repairs(answer: Answer, changes: Sequence[Change]) -> Answer:
    """The answer, saying first which misspelt words were read as which terms, if it rests on them."""
    if not changes or answer.outcome != Outcome.ANSWERED:
        return answer
    pairs = dict.fromkeys(say("answers", "assumed.pair", said=c.said, meant=c.meant) for c in changes)
    line = say("answers", "assumed.line", pairs="、".join(pairs))
    return replace(answer, text=f"{line}\n\n{answer.text}", first=f"{line}\n\n{answer.first}")


def _judged(question: str, found: Retrieval, sure: float, aspect: str, first_asked: bool) -> Answer:
    evidence = [e for e in found.evidence if not e.beside]
    hardly_ours = sure < clarify_floor() or not evidence
    if hardly_ours or (sure < answer_floor() and found.signals.other_share >= ALMOST_CERTAINLY_OTHER):
        if outside := _outside(found.signals, sure):
            return outside
        if hardly_ours:
            return _no_evidence(found.topics, sure)
    if len(found.topics) > 1 and (sure < answer_floor() or is_bare_topic(question)):
        return _clarify(found.topics, sure)
    if sure < answer_floor():
        return _no_evidence(found.topics, sure)
    chosen = choose(evidence)
    if chosen.entry is None:
        return _from_article(question, chosen, evidence, sure)
    return _from_entry(question, chosen, chosen.entry, evidence, sure, aspect, first_asked)


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


def choose(evidence: Sequence[Evidence]) -> Evidence:
    """The evidence to answer from: the best entry if it agrees with the best articles, else the best article.

    On held-out questions the best entry cited a right article for .68, the best article alone for .56.
    """
    entry = next((e for e in evidence if e.entry), None)
    if entry and _agrees(entry, evidence):
        return entry
    return next((e for e in evidence if not e.entry), evidence[0])


def _agrees(entry: Evidence, evidence: Sequence[Evidence]) -> bool:
    leading = [e.hit.citation for e in _leading_articles(evidence)]
    return entry is evidence[0] or any(citation in entry.hit.sources for citation in leading)


def _leading_articles(evidence: Sequence[Evidence]) -> list[Evidence]:
    return [e for e in evidence if not e.entry][:AGREEING]


def _from_entry(
    question: str,
    chosen: Evidence,
    entry: HotlineEntry,
    evidence: Sequence[Evidence],
    sure: float,
    aspect: str,
    first_asked: bool,
) -> Answer:
    """The words of an entry with the leading article's own, and a local rule where one leads."""
    leading = [e.hit.citation for e in _leading_articles(evidence)]
    local = [citation for citation in leading if citation.region != WHOLE_COUNTRY][:1]
    line = _field(entry, aspect)
    deciding = [] if line and not first_asked else _deciding(evidence)  # a later side is the entry's to tell
    citations = tuple(dict.fromkeys([*local, *deciding, *chosen.hit.sources]))
    shown = max(len(local) + 1, len({*local, *deciding}))
    if line and not first_asked:
        said, details = [line], [entry.answer]
    else:
        said, details = [part for part in (line, entry.answer) if part], []
    if local:  # what holds where the caller lives comes before what holds everywhere
        national = say("answers", "entry.national") + said[0]
        said = [_quote(local[0], question, QUOTED_CHARS), national, *said[1:]]
    elif first_asked or not line:
        room = FIRST_CHARS - sum(map(len, said))
        said.append(_quote(citations[0], question, max(LEAST_QUOTED, room)))
    quoted = [_quote(citation, question, QUOTED_CHARS) for citation in citations[:shown]]
    details += [_details(entry, aspect), *(quote for quote in quoted if quote not in said)]
    details += _elsewhere(entry)
    return _composed(said, details, citations, sure, entry.id)


def _details(entry: HotlineEntry, told: str) -> str:
    """What else an entry says, field by field, without the one that was told."""
    return "\n".join(line for field in FIELDS if field != told and (line := _field(entry, field)))


def _field(entry: HotlineEntry, field: str) -> str:
    """The line that says one thing about an entry's matter; "" if it does not say it."""
    value: str | tuple[str, ...] = getattr(entry, field) if field in FIELDS else ""
    if not value:
        return ""
    text = value if isinstance(value, str) else "；".join(item.rstrip("。；") for item in value)
    return say("answers", f"entry.{field}", text=text.rstrip("。") + "。")


def _elsewhere(entry: HotlineEntry) -> list[str]:
    """Where else an entry was looked up: documents whose text is not kept here, and what nobody checked."""
    lines = []
    for checked in (PUBLIC_PAGE, UNCHECKED):
        articles: dict[str, list[str]] = {}
        for source in entry.sources:
            if source.checked == checked:
                articles.setdefault(source.document, []).append(source.article)
        names = [say("answers", "citation", title=t, article="、".join(a)) for t, a in articles.items()]
        if names:
            lines.append(say("answers", f"entry.{checked}", items="；".join(names)))
    return lines


def _from_article(question: str, chosen: Evidence, evidence: Sequence[Evidence], sure: float) -> Answer:
    """The article's own words: all of it if it was named, else what fits the question and then more.

    Where no entry answers, the leading article is the wrong one for every fourth question (of 115 of the 320
    that are answered so), so it is told as the nearest that was found, not as what decides the case.
    """
    citation = chosen.hit.citation
    if chosen.named:
        return _composed([_quote(citation, question, WHOLE_CHARS)], [], (citation,), sure)
    citations = tuple(dict.fromkeys([citation, *_deciding(evidence)]))
    nearest = say("answers", "article.nearest")
    first = _quote(citation, question, MAX_CHARS - len(nearest))
    quoted = [_quote(c, question, QUOTED_CHARS) for c in citations]
    return _composed([nearest, first], [quote for quote in quoted if quote != first], citations, sure)


def _deciding(evidence: Sequence[Evidence]) -> list[Citation]:
    """The leading article, and the next one if it fits nearly as well."""
    leading = _leading_articles(evidence)[:2]
    return [e.hit.citation for e in leading if e.hit.score >= NEARLY * leading[0].hit.score]


def _composed(
    said: Sequence[str],
    details: Sequence[str],
    citations: tuple[Citation, ...],
    sure: float,
    entry_id: str | None = None,
) -> Answer:
    """What is said first, then the details, then what it rests on and who decides."""
    closing = _basis(citations) + say("answers", "closing")
    details = [part for part in details if part]
    first, text = ("\n\n".join([*parts, closing]) for parts in (said, [*said, *details]))
    return _answer(Outcome.ANSWERED, text, sure, citations, entry_id, first)


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


def _clarify(topics: tuple[str, ...], sure: float) -> Answer:
    """Ask which topic is meant; said first without the list, which a chat shows as buttons."""
    ask, person = say("answers", "clarify.ask"), say("answers", "clarify.person")
    listed = [say("answers", "clarify.topic", title=title) for title in topics]
    answer = _answer(Outcome.CLARIFY, "\n".join([ask, *listed, person]), sure)
    return replace(answer, first=say("answers", "clarify.choose"), choices=topics)


def _outside(signals: Signals, sure: float) -> Answer | None:
    """What is not for this hotline, with whose it is; None if that cannot be told.

    Nobody is sent away, still less told that we do not help with fraud, whose words are near to what people
    in need ask.
    """
    if signals.other_share < SURELY_OTHER or signals.entry_cosine > NEAR_OURS:
        return None
    if signals.other not in keys("answers", "outside"):
        return None
    return _answer(Outcome.OUT_OF_SCOPE, say("answers", f"outside.{signals.other}"), sure)


def _no_evidence(topics: tuple[str, ...], sure: float) -> Answer:
    near = [say("answers", "no_evidence.topics", items="、".join(topics))] if topics else []
    text = "\n".join([say("answers", "no_evidence.sorry"), *near, say("answers", "no_evidence.person")])
    return replace(_answer(Outcome.NO_EVIDENCE, text, sure), choices=topics)


def _answer(
    outcome: Outcome,
    text: str,
    sure: float,
    citations: tuple[Citation, ...] = (),
    entry_id: str | None = None,
    first: str = "",
) -> Answer:
    """An answer that does not name its hits yet."""
    return Answer(outcome.value, text, citations, (), round(sure, 4), entry_id, first or text)
