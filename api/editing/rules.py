"""What an entry must hold before it may be approved: its form, its length, sources that are in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from knowledge.entries import CATEGORIES
from knowledge.errors import BadEntry
from knowledge.library import Library
from knowledge.model import CORPUS, PUBLIC_PAGE, HotlineEntry, PolicyArticle, PolicyDocument, SourceRef
from knowledge.normalisation import searchable
from knowledge.own_entries import dated, own_entry
from knowledge.titles import title_key
from knowledge.validity import status_on

# Characters; what a page and an answer can carry.
SHORT = {"title": 60, "where": 300, "time_limit": 300, "fee": 300, "if_refused": 300, "owner": 60}
LONG = {"answer": 2000}
LISTS = ("questions", "conditions", "materials", "steps")
MOST_LINES, LINE = 60, 200
MOST_SOURCES = 20
FEW_QUESTIONS = 6  # docs/knowledge.md: at least six ways of asking
REASON = 500


@dataclass(frozen=True)
class Problem:
    """Something to mend in a field; `code` names its sentence. Only `blocking` ones stop a draft."""

    field: str
    code: str
    detail: str = ""
    blocking: bool = True


@dataclass(frozen=True)
class SourceCheck:
    """What the library says of a source today: `in_force`, `not_in_force`, `no_article`, `no_document`,
    or `elsewhere` for one that was read on a public page and is not loaded."""

    source: SourceRef
    code: str
    document: PolicyDocument | None = None
    article: PolicyArticle | None = None
    status: str = ""


def check_source(source: SourceRef, library: Library, today: date) -> SourceCheck:
    """Look a source up: does the article exist, and is it in force today?"""
    found = library.locate(source, today)
    if found:
        return SourceCheck(source, "in_force", *found, status_on(found[0], today))
    versions = library.by_title.get(title_key(source.document), ())
    for document in sorted(versions, key=lambda d: d.in_force_from, reverse=True):
        for article in library.articles[document.doc_id]:
            if article.article == source.article:
                return SourceCheck(source, "not_in_force", document, article, status_on(document, today))
    if source.checked == PUBLIC_PAGE:
        return SourceCheck(source, "elsewhere")
    return SourceCheck(source, "no_article" if versions else "no_document")


def sources_of(content: Mapping[str, Any]) -> tuple[SourceRef, ...]:
    """The sources of a draft, complete or not."""
    rows = content.get("sources") or []
    return tuple(
        SourceRef(
            row.get("document", ""), row.get("article", ""), row.get("checked", CORPUS), row.get("url", "")
        )
        for row in rows
    )


def entry_of(entry_id: str, content: Mapping[str, Any]) -> HotlineEntry:
    """The entry that a draft holds. Raises: knowledge.errors.BadEntry: it is not complete."""
    return own_entry(dated({**content, "id": entry_id}), entry_id)


def problems_of(entry_id: str, content: Mapping[str, Any], library: Library, today: date) -> list[Problem]:
    """What is to be mended in the draft of an entry, the fields in their order; empty if it is fine."""
    found = [*_missing(content), *_too_long(content), *_days(content, today)]
    found += _of_sources(content, library, today)
    if not any(problem.blocking for problem in found):
        try:
            entry_of(entry_id, content)
        except BadEntry as error:
            found.append(Problem("form", "bad_form", str(error)))
    return [*found, *_asked_elsewhere(entry_id, content, library)]


def _missing(content: Mapping[str, Any]) -> list[Problem]:
    needed = ("title", "category", "questions", "answer", "region", "owner")
    found = [Problem(name, "missing") for name in needed if not content.get(name)]
    if content.get("category") and content["category"] not in CATEGORIES:
        found.append(Problem("category", "bad_category"))
    questions = content.get("questions") or []
    keys = [searchable(question) for question in questions]
    if len(set(keys)) < len(keys):
        found.append(Problem("questions", "repeated"))
    if 0 < len(questions) < FEW_QUESTIONS:
        found.append(Problem("questions", "few", str(FEW_QUESTIONS), blocking=False))
    return found


def _too_long(content: Mapping[str, Any]) -> list[Problem]:
    found = [
        Problem(name, "too_long", str(most))
        for name, most in (SHORT | LONG).items()
        if len(content.get(name) or "") > most
    ]
    for name in LISTS:
        lines = content.get(name) or []
        if len(lines) > MOST_LINES:
            found.append(Problem(name, "too_many", str(MOST_LINES)))
        if any(len(line) > LINE for line in lines):
            found.append(Problem(name, "line_too_long", str(LINE)))
    return found


def _days(content: Mapping[str, Any], today: date) -> list[Problem]:
    reviewed = dated(content)["reviewed_on"]
    if reviewed is None:
        return [Problem("reviewed_on", "bad_date")]
    return [Problem("reviewed_on", "future_date")] if reviewed > today else []


def _of_sources(content: Mapping[str, Any], library: Library, today: date) -> list[Problem]:
    checks = [check_source(source, library, today) for source in sources_of(content)]
    found = [
        Problem("sources", check.code, f"{check.source.document} {check.source.article}".strip())
        for check in checks
        if check.code not in ("in_force", "elsewhere")
    ]
    if len(checks) > MOST_SOURCES:
        found.append(Problem("sources", "too_many", str(MOST_SOURCES)))
    if not any(check.code == "in_force" for check in checks):
        found.append(Problem("sources", "none_in_force"))
    return found


def _asked_elsewhere(entry_id: str, content: Mapping[str, Any], library: Library) -> Sequence[Problem]:
    asked = {searchable(q): e for e in library.entries if e.id != entry_id for q in e.questions}
    return [
        Problem("questions", "asked_elsewhere", f"{question} → {asked[key].title}", blocking=False)
        for question in content.get("questions") or []
        if (key := searchable(question)) in asked
    ]
