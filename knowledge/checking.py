"""Finds what a knowledge editor should mend: entries whose law changed, and documents that need a look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from knowledge.checking_documents import check_documents
from knowledge.corrections import Correction
from knowledge.findings import cause, finding
from knowledge.library import Library
from knowledge.model import CORPUS, UNCHECKED, Finding, HotlineEntry, PolicyArticle, PolicyDocument, SourceRef
from knowledge.normalisation import searchable
from knowledge.titles import title_key

REVIEW_AFTER = timedelta(days=365)
_NO_CORRECTIONS: Mapping[str, Sequence[Correction]] = {}


def check_library(
    library: Library,
    today: date,
    shipped: Library | None = None,
    corrections: Mapping[str, Sequence[Correction]] = _NO_CORRECTIONS,
) -> list[Finding]:
    """All findings, entries first; empty if everything is in order.

    Args:
        shipped: what ships with the project, alone: the texts that the writers of the entries read. With it a
            text is found to have changed also if the office loaded the newer one after the review.
        corrections: what persons set right, by the id of the document as it was read (Library.origins).
    """
    entries = [
        found
        for entry in library.entries
        for found in _check_entry(entry, library, today, shipped or library)
    ]
    return [*entries, *_duplicate_questions(library), *check_documents(library, today, corrections)]


def _check_entry(entry: HotlineEntry, library: Library, today: date, read: Library) -> Iterator[Finding]:
    valid = False
    for source in entry.sources:
        if source.checked == UNCHECKED:
            yield finding("unchecked_source", entry.id, document=source.document, article=source.article)
        now = library.locate(source, today)
        if now is None and source.checked != CORPUS:
            continue  # nobody expects its text here; if it is loaded one day, it is looked at like the others
        if now is None:
            yield _lost(entry, source, library, today)
            continue
        valid = True
        if _changed(entry, source, now, library, read):
            yield finding(
                "citation_changed", entry.id, document=source.document, article=source.article,
                date=entry.reviewed_on, day=now[0].in_force_from,
            )  # fmt: skip
        yield from _giving_way(entry, source, library, today)
    if not valid:
        yield finding("no_valid_source", entry.id)
    if today - entry.reviewed_on > REVIEW_AFTER:
        yield finding("expired_entry", entry.id, date=entry.reviewed_on)


def _changed(
    entry: HotlineEntry,
    source: SourceRef,
    now: tuple[PolicyDocument, PolicyArticle],
    library: Library,
    read: Library,
) -> bool:
    """True if an article says something else than what its writer read, or that can no longer be told."""
    if entry.id in library.own:
        return not library.supports(entry, source, now[1])
    before = read.locate(source, entry.reviewed_on) or library.locate(source, entry.reviewed_on)
    if before is None:
        return now[0].in_force_from > entry.reviewed_on
    return searchable(before[1].text) != searchable(now[1].text)


def _giving_way(entry: HotlineEntry, source: SourceRef, library: Library, today: date) -> Iterator[Finding]:
    """Articles that later or higher law goes before, unless the entry rests on that law too."""
    line = library.successors.outranked.get((title_key(source.document), source.article))
    if line is None:
        return
    first = [SourceRef(line.by_document, article) for article in line.by_articles]
    cited = {(title_key(s.document), s.article) for s in entry.sources}
    if any((title_key(s.document), s.article) in cited for s in first):
        return
    if any(library.locate(s, today) for s in first):
        yield finding(
            "citation_gives_way", entry.id, document=source.document, article=source.article,
            by=line.by_document, by_articles="、".join(line.by_articles), reason=line.reason,
        )  # fmt: skip


def _lost(entry: HotlineEntry, source: SourceRef, library: Library, today: date) -> Finding:
    """Why a cited article cannot be used today."""
    versions = library.by_title.get(title_key(source.document), ())
    holding = [v for v in versions if any(a.article == source.article for a in library.articles[v.doc_id])]
    place = {"document": source.document, "article": source.article}
    if not holding:
        return finding("broken_citation", entry.id, **place)
    last = max(holding, key=lambda v: (v.repealed_on or date.max, v.doc_id))
    return finding("citation_not_in_force", entry.id, **place, cause=_cause(last, versions, library, today))


def _cause(last: PolicyDocument, versions: Sequence[PolicyDocument], library: Library, today: date) -> str:
    current = next((v for v in versions if v.applies_on(today)), None)
    if current:
        return cause("article_gone", day=current.in_force_from, doc_id=current.doc_id)
    if last.is_draft:
        return cause("draft")
    if last.in_force_from > today:
        return cause("not_yet", day=last.in_force_from)
    if last.superseded_by is None:
        return cause("ended", day=last.repealed_on)
    return cause("replaced", day=last.repealed_on, by=last.superseded_by, basis=_basis(last, library))


def _basis(document: PolicyDocument, library: Library) -> str:
    """Where it is written that a document ended: the line of the table, or the closing article."""
    key = title_key(document.title)
    for line in library.successors.documents:
        if title_key(line.old) == key and line.since == document.repealed_on:
            return cause("by_table", reason=line.reason)
    for repealing in library.documents:
        if repealing.region == document.region and key in map(title_key, repealing.repeals):
            for article in reversed(library.articles[repealing.doc_id]):
                if key in title_key(article.text):
                    return cause("by_article", title=repealing.title, article=article.article)
    return ""


def _duplicate_questions(library: Library) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for entry in library.entries:
        for question in entry.questions:
            other = first.setdefault(searchable(question).rstrip("?!。"), entry.id)
            if other != entry.id:
                yield finding("duplicate_question", entry.id, other=other, question=question)
