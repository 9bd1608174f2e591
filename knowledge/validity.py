"""Which version of which document is the law on a given day: links versions, successors and repeals.

A version applies from the day it took effect until the first of these days: the end its own text states
(有效期); the day another document took its place under another name, by the table of successors or by a
closing article (《…》同时废止); the day a later version of the same title for the same place took effect.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

from knowledge.model import (
    DRAFT,
    EXCERPT,
    IN_FORCE,
    NOT_YET_IN_FORCE,
    OUTDATED,
    REPEALED,
    SUPERSEDED,
    WHOLE_COUNTRY,
    PolicyDocument,
)
from knowledge.successors import Succession, Successors, load_successors, successors_with
from knowledge.titles import family_key, title_key

__all__ = ["Succession", "Successors", "load_successors", "resolve", "status_on", "successors_with"]

_Family = tuple[str, str]  # region, family key: two provinces may use one title


def resolve(documents: Iterable[PolicyDocument], successors: Successors, today: date) -> list[PolicyDocument]:
    """Fill in `effective_from`, `superseded_by`, `repealed_on` and `status` of all documents, as of today.

    The result is ordered by doc_id, whatever the order of the documents.
    """
    given = [_end_said(d) for d in sorted(documents, key=lambda d: (d.doc_id, d.source_file))]
    given = _share_days(given)
    dated = _with_effect(given, successors)
    stated = {d.doc_id: d.effective_from for d in given}
    linked = _link_families([d for d in dated if not (d.excerpt_of or d.is_draft)], stated)
    apart = [d for d in dated if d.excerpt_of or d.is_draft]
    ended = _end_replaced([*linked, *apart], successors, stated)
    full = _full_texts(ended)
    settled = [_behind_full_text(d, full) if d.excerpt_of else d for d in ended]
    settled = _mark_revised(settled, successors)
    settled.sort(key=lambda d: (d.doc_id, d.source_file))
    return [replace(d, status=status_on(d, today)) for d in settled]


def status_on(document: PolicyDocument, day: date) -> str:
    """What a resolved document was on a day, in the words of knowledge.model."""
    if document.is_draft:
        return DRAFT
    if document.repealed_on and document.repealed_on <= day:
        return SUPERSEDED if document.superseded_by else REPEALED
    if document.in_force_from > day:
        return NOT_YET_IN_FORCE
    if document.revised_on and document.revised_on <= day:
        return OUTDATED
    return EXCERPT if document.excerpt_of else IN_FORCE


def _end_said(document: PolicyDocument) -> PolicyDocument:
    """A text whose own head says that it is repealed, without a day, is not used for any day."""
    said = document.status == REPEALED and document.repealed_on is None
    return replace(document, repealed_on=document.in_force_from) if said else document


def _mark_revised(documents: Sequence[PolicyDocument], successors: Successors) -> list[PolicyDocument]:
    """Note on each text that a newer version is in force, if that is known and the text is older."""
    revised = {title_key(line.document): line.since for line in successors.revised}
    since = [revised.get(title_key(d.title)) for d in documents]
    return [
        replace(d, revised_on=day) if day and d.in_force_from < day else d
        for d, day in zip(documents, since, strict=True)
    ]


def _share_days(documents: Sequence[PolicyDocument]) -> list[PolicyDocument]:
    """A part of a code that does not state its day took effect with the other parts (民法典)."""
    undated = [d for d in documents if d.version_date is None]
    stated = {(d.region, d.title): d.effective_from for d in undated if d.effective_from}
    return [
        replace(d, effective_from=stated.get((d.region, d.title)))
        if d.version_date is None and d.effective_from is None
        else d
        for d in documents
    ]


def _with_effect(documents: Sequence[PolicyDocument], successors: Successors) -> list[PolicyDocument]:
    """Put in the days of effect from the table, unless the text, or a person, states one of this version."""
    days = {(title_key(e.document), e.version): e.since for e in successors.effective}
    return [
        replace(d, effective_from=since)
        if d.version_date
        and (d.effective_from or date.min) <= d.version_date
        and (since := days.get((title_key(d.title), d.version_date)))
        else d
        for d in documents
    ]


def _age(document: PolicyDocument) -> tuple[date, bool, date, str]:
    """Order versions by their own date; one without any is taken for the oldest, never for the newest."""
    effective = document.effective_from or date.min
    when = document.version_date or document.amended_on or effective
    return when, document.version_date is not None, effective, document.doc_id


def _link_families(
    documents: Sequence[PolicyDocument], stated: Mapping[str, date | None]
) -> list[PolicyDocument]:
    """Let every version end where the next one of its family begins."""
    families: dict[_Family, list[PolicyDocument]] = defaultdict(list)
    for document in documents:
        families[document.region, family_key(document)].append(document)
    linked: list[PolicyDocument] = []
    for versions in families.values():
        linked += _link_versions(sorted(versions, key=_age), stated)
    return linked


def _link_versions(
    versions: Sequence[PolicyDocument], stated: Mapping[str, date | None]
) -> list[PolicyDocument]:
    linked = [versions[-1]]
    successor = versions[-1].doc_id
    for older, newer in reversed(list(pairwise(versions))):
        older = _ended(older, _replaced_on(older, newer, stated[newer.doc_id]), successor)
        linked.append(older)
        # One replaced before it ever took effect (2022-04-04 and -24, both from 05-01) is no successor.
        if older.repealed_on and older.repealed_on > older.in_force_from:
            successor = older.doc_id
    return linked


def _replaced_on(older: PolicyDocument, newer: PolicyDocument, stated: date | None) -> date:
    """The day the older version ended.

    Where the newer one was revised as a whole and amended again later, and only the amended text is loaded,
    its closing article still states the day of the revision: the older one ended then, and between the two
    days no loaded text is the law (上海市未成年人保护条例 2022-03-01 and 2024-12-31).
    """
    if stated and older.in_force_from < stated < newer.in_force_from:
        return stated
    return newer.in_force_from


def _ended(document: PolicyDocument, day: date, by: str | None) -> PolicyDocument:
    """The document ended on a day; one that ended before (有效期) keeps that day and learns its successor."""
    if document.repealed_on and document.repealed_on <= day:
        return replace(document, superseded_by=document.superseded_by or by)
    return replace(document, repealed_on=day, superseded_by=by)


def _end_replaced(
    documents: Sequence[PolicyDocument], successors: Successors, stated: Mapping[str, date | None]
) -> list[PolicyDocument]:
    """End the documents that another one replaced under another name, or that were repealed."""
    titles: dict[str, list[PolicyDocument]] = defaultdict(list)
    for document in documents:
        if not (document.excerpt_of or document.is_draft):
            titles[title_key(document.title)].append(document)
    by_table = {title_key(line.old): line for line in successors.documents}
    by_text = _repeals(documents, stated)
    ended: list[PolicyDocument] = []
    for document in documents:
        key = title_key(document.excerpt_of or document.title)
        line = by_table.get(key) or by_text.get((document.region, key))
        if line and not _enacted_again(document, line.since):
            document = _ended(document, line.since, _name_of(line, titles))
        ended.append(document)
    return ended


def _enacted_again(document: PolicyDocument, since: date) -> bool:
    """True if the text states a day of effect on or after the repeal: the title was used again."""
    return document.effective_from is not None and document.effective_from >= since


def _repeals(
    documents: Iterable[PolicyDocument], stated: Mapping[str, date | None]
) -> dict[tuple[str, str], Succession]:
    """What closing articles repeal, by region and title key: a province ends its own documents only.

    The day is that of the text which says so, not of its later amendments, which repeat the closing article.
    """
    found: dict[tuple[str, str], Succession] = {}
    for document in documents:
        if document.excerpt_of or document.is_draft:
            continue
        since = stated[document.doc_id] or document.in_force_from
        for title in document.repeals:
            place = document.region, title_key(title)
            before = found.get(place)
            if place[1] != title_key(document.title) and (before is None or since < before.since):
                # A decision that only repeals (关于废止…的决定) puts nothing in the place of what it ends.
                new = None if "废止" in document.title else document.title
                found[place] = Succession(title, new, since, f"《{document.title}》")
    return found


def _name_of(line: Succession, titles: Mapping[str, Sequence[PolicyDocument]]) -> str | None:
    """The doc_id of the successor that took over; its title if it is not loaded.

    Under the same title only a text that states the day itself or a later one is the successor.
    """
    if line.new is None:
        return None
    renamed = title_key(line.new) != title_key(line.old)
    versions = [v for v in titles.get(title_key(line.new), ()) if renamed or _enacted_again(v, line.since)]
    versions.sort(key=_age)
    later = (v for v in versions if v.repealed_on is None or v.repealed_on > line.since)
    found = next(later, versions[-1] if versions else None)
    return found.doc_id if found else line.new


def _full_texts(documents: Iterable[PolicyDocument]) -> dict[str, list[PolicyDocument]]:
    found: dict[str, list[PolicyDocument]] = defaultdict(list)
    for document in sorted(documents, key=lambda d: (d.in_force_from, d.doc_id)):
        if not (document.excerpt_of or document.is_draft):
            found[title_key(document.title)].append(document)
    return found


def _behind_full_text(
    excerpt: PolicyDocument, full: Mapping[str, Sequence[PolicyDocument]]
) -> PolicyDocument:
    """An excerpt stands in for its law only until a full text of that law applies."""
    begins = excerpt.in_force_from
    for text in full.get(title_key(excerpt.excerpt_of or ""), ()):
        if text.region not in (excerpt.region, WHOLE_COUNTRY):
            continue
        if text.applies_on(begins):
            return _ended(excerpt, begins, text.doc_id)
        if text.in_force_from > begins and (text.repealed_on or date.max) > text.in_force_from:
            return _ended(excerpt, text.in_force_from, text.doc_id)
    return excerpt
