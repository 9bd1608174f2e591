"""Finds what a knowledge editor should mend: broken citations, expired entries, duplicates."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta

from knowledge.library import Library
from knowledge.model import SUPERSEDED, Finding, HotlineEntry, SourceRef
from knowledge.normalisation import searchable
from knowledge.texts import say
from knowledge.titles import title_key

REVIEW_AFTER = timedelta(days=365)


def check_library(library: Library, today: date) -> list[Finding]:
    """All findings, entries first; empty if everything is in order."""
    findings = [finding for entry in library.entries for finding in _check_entry(entry, library, today)]
    return [*findings, *_duplicate_questions(library), *_duplicate_documents(library)]


def _finding(kind: str, subject: str, **values: object) -> Finding:
    return Finding(kind, subject, say("reports", f"findings.{kind}", **values))


def _check_entry(entry: HotlineEntry, library: Library, today: date) -> Iterator[Finding]:
    valid = [source for source in entry.sources if library.locate(source, today)]
    for source in entry.sources:
        if source not in valid:
            kind = "citation_not_in_force" if _was_published(source, library) else "broken_citation"
            yield _finding(kind, entry.id, document=source.document, article=source.article)
    if not valid:
        yield _finding("no_valid_source", entry.id)
    if today - entry.reviewed_on > REVIEW_AFTER:
        yield _finding("expired_entry", entry.id, date=entry.reviewed_on)


def _was_published(source: SourceRef, library: Library) -> bool:
    versions = library.by_title.get(title_key(source.document), ())
    return any(article.article == source.article for v in versions for article in library.articles[v.doc_id])


def _duplicate_questions(library: Library) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for entry in library.entries:
        for question in entry.questions:
            other = first.setdefault(searchable(question).rstrip("?!。"), entry.id)
            if other != entry.id:
                yield _finding("duplicate_question", entry.id, other=other, question=question)


def _duplicate_documents(library: Library) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for document in library.documents:
        if document.status == SUPERSEDED:
            continue
        text = "".join(searchable(article.text) for article in library.articles[document.doc_id])
        other = first.setdefault(hashlib.sha256(text.encode()).hexdigest(), document.doc_id)
        if other != document.doc_id:
            yield _finding("duplicate_document", document.doc_id, other=other)
