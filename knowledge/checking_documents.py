"""Finds documents that a knowledge editor should look at: ended, pending, drafts, excerpts, loaded twice."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from knowledge.corrections import Correction
from knowledge.findings import finding
from knowledge.ingestion import split_note
from knowledge.library import Library
from knowledge.model import (
    DRAFT,
    EXCERPT,
    IN_FORCE,
    NOT_YET_IN_FORCE,
    OUTDATED,
    REPEALED,
    SUPERSEDED,
    WHOLE_COUNTRY,
    Finding,
    PolicyDocument,
)
from knowledge.normalisation import searchable
from knowledge.region import name_of
from knowledge.texts import say
from knowledge.titles import family_key, title_key
from knowledge.validity import status_on

ENDS_SOON = timedelta(days=90)
_DOUBTS = ("unknown_region", "unknown_title")


def check_documents(
    library: Library, today: date, corrections: Mapping[str, Sequence[Correction]]
) -> Iterator[Finding]:
    """All findings about documents; those that a loaded newer text replaced need nothing and are left out."""
    for document in library.documents:
        yield from _STATES[status_on(document, today)](document, today)
        notes = {split_note(note)[0] for note in library.notes.get(document.doc_id, ())}
        set_right = corrections.get(library.origins.get(document.doc_id, document.doc_id), ())
        mended = {f"unknown_{correction.field}" for correction in set_right}
        yield from (finding(doubt, document.doc_id) for doubt in _DOUBTS if doubt in notes - mended)
        yield from (_corrected(document, correction) for correction in set_right)
    yield from _missing_successors(library, today)
    yield from _duplicates(library, today)
    yield from _undated_beside_dated(library)
    yield from _same_title_elsewhere(library, today)


def _in_force(document: PolicyDocument, today: date) -> Iterator[Finding]:
    ends = document.repealed_on
    if ends and ends - today <= ENDS_SOON:
        kind = "document_replaced_soon" if document.superseded_by else "document_ends_soon"
        yield finding(kind, document.doc_id, day=ends, days=(ends - today).days, by=document.superseded_by)


def _ended(document: PolicyDocument, today: date) -> Iterator[Finding]:
    yield finding("document_ended", document.doc_id, day=document.repealed_on)


def _pending(document: PolicyDocument, today: date) -> Iterator[Finding]:
    # One that was replaced before its day came (two texts of one decision) will never apply.
    if document.repealed_on is None or document.repealed_on > document.in_force_from:
        yield finding("document_not_yet_in_force", document.doc_id, day=document.in_force_from)


def _excerpt(document: PolicyDocument, today: date) -> Iterator[Finding]:
    yield finding("excerpt_in_use", document.doc_id, law=document.excerpt_of)


def _superseded(document: PolicyDocument, today: date) -> Iterator[Finding]:
    if document.excerpt_of:
        yield finding(
            "excerpt_not_in_use", document.doc_id, law=document.excerpt_of, by=document.superseded_by
        )


def _draft(document: PolicyDocument, today: date) -> Iterator[Finding]:
    yield finding("draft_document", document.doc_id)


def _outdated(document: PolicyDocument, today: date) -> Iterator[Finding]:
    yield finding("revised_text_missing", document.doc_id, day=document.revised_on)


_STATES: dict[str, Callable[[PolicyDocument, date], Iterator[Finding]]] = {
    IN_FORCE: _in_force,
    REPEALED: _ended,
    NOT_YET_IN_FORCE: _pending,
    EXCERPT: _excerpt,
    SUPERSEDED: _superseded,
    DRAFT: _draft,
    OUTDATED: _outdated,
}


def _corrected(document: PolicyDocument, correction: Correction) -> Finding:
    return finding(
        "document_corrected", document.doc_id, field=say("reports", f"columns.{correction.field}"),
        value=correction.value or say("reports", "causes.not_known"),
        by=correction.by, on=correction.on, reason=correction.reason,
    )  # fmt: skip


def _missing_successors(library: Library, today: date) -> Iterator[Finding]:
    loaded = {document.doc_id for document in library.documents}
    for document in library.documents:
        by = document.superseded_by
        if by and by not in loaded and status_on(document, today) == SUPERSEDED:
            yield finding("successor_missing", document.doc_id, day=document.repealed_on, by=by)


def _duplicates(library: Library, today: date) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for document in library.documents:
        if status_on(document, today) == SUPERSEDED:
            continue
        text = "".join(searchable(article.text) for article in library.articles[document.doc_id])
        other = first.setdefault(hashlib.sha256(text.encode()).hexdigest(), document.doc_id)
        if other != document.doc_id:
            yield finding("duplicate_document", document.doc_id, other=other)


def _undated_beside_dated(library: Library) -> Iterator[Finding]:
    families: dict[tuple[str, str], list[PolicyDocument]] = defaultdict(list)
    for document in library.documents:
        if not (document.excerpt_of or document.is_draft):
            families[document.region, family_key(document)].append(document)
    for versions in families.values():
        dated = [version for version in versions if version.version_date]
        for version in versions:
            if dated and version.version_date is None:
                yield finding("undated_beside_dated", version.doc_id, other=dated[-1].doc_id)


def _same_title_elsewhere(library: Library, today: date) -> Iterator[Finding]:
    """Texts of one title that count for different places: one of the places is often wrong."""
    applying: dict[str, PolicyDocument] = {}
    for document in library.documents:
        if document.applies_on(today) and not document.excerpt_of:
            other = applying.setdefault(title_key(document.title), document)
            if other.region != document.region:
                yield finding(
                    "same_title_elsewhere", document.doc_id, region=_place(document), other=other.doc_id,
                    other_region=_place(other),
                )  # fmt: skip


def _place(document: PolicyDocument) -> str:
    return document.level if document.region == WHOLE_COUNTRY else name_of(document.region)
