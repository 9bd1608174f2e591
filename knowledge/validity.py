"""Which version of which document is the law on a given day: links versions, successors and repeals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib import resources
from itertools import pairwise

import yaml

from knowledge.model import IN_FORCE, NOT_YET_IN_FORCE, REPEALED, SUPERSEDED, PolicyDocument
from knowledge.titles import family_key, title_key


@dataclass(frozen=True)
class Succession:
    """A document replaced under another name from a day on, or repealed (`new` is None)."""

    old: str
    new: str | None
    since: date
    reason: str


@dataclass(frozen=True)
class Successors:
    """What no title tells: renamed successors, and single articles that give way to later or higher law."""

    documents: tuple[Succession, ...]
    outranked_articles: frozenset[tuple[str, str]]  # (title key, 第X条)


@cache
def load_successors() -> Successors:
    """Read successors.yml, which also gives the reason of each line."""
    data = yaml.safe_load((resources.files("knowledge") / "successors.yml").read_text("utf-8"))
    documents = tuple(Succession(r["old"], r.get("new"), r["since"], r["reason"]) for r in data["documents"])
    articles = frozenset((title_key(r["document"]), name) for r in data["articles"] for name in r["articles"])
    return Successors(documents, articles)


def resolve(documents: Iterable[PolicyDocument], successors: Successors, today: date) -> list[PolicyDocument]:
    """Fill in `status`, `superseded_by` and `repealed_on` of all documents, as of today."""
    families: dict[str, list[PolicyDocument]] = defaultdict(list)
    for document in _share_dates(list(documents)):
        families[family_key(document)].append(document)
    for key, versions in families.items():
        families[key] = _link_versions(versions)
    for succession in successors.documents:
        _apply(succession, families)
    return [_with_status(document, today) for versions in families.values() for document in versions]


def _share_dates(documents: list[PolicyDocument]) -> list[PolicyDocument]:
    """A part of a code that does not state its day took effect with the other parts (民法典)."""
    stated: dict[tuple[str, date | None], date] = {
        (d.title, d.version_date): d.effective_from
        for d in documents
        if d.effective_from and not d.version_date
    }
    return [
        replace(d, effective_from=stated.get((d.title, d.version_date))) if d.effective_from is None else d
        for d in documents
    ]


def _age(document: PolicyDocument) -> tuple[date, bool, str]:
    """Order versions by their own date; one without any is taken for the oldest, never for the newest."""
    when = document.version_date or document.amended_on
    return (when or document.effective_from or date.min, document.version_date is not None, document.doc_id)


def _link_versions(versions: Sequence[PolicyDocument]) -> list[PolicyDocument]:
    ordered = sorted(versions, key=_age)
    linked = [
        replace(older, superseded_by=newer.doc_id, repealed_on=newer.in_force_from)
        for older, newer in pairwise(ordered)
    ]
    return [*linked, *ordered[-1:]]


def _apply(succession: Succession, families: dict[str, list[PolicyDocument]]) -> None:
    key = title_key(succession.old)
    successor = families.get(title_key(succession.new), []) if succession.new else []
    name = successor[-1].doc_id if successor else succession.new
    families[key] = [
        document
        if document.repealed_on and document.repealed_on <= succession.since
        else replace(document, superseded_by=name, repealed_on=succession.since)
        for document in families.get(key, [])
    ]


def _with_status(document: PolicyDocument, today: date) -> PolicyDocument:
    if document.repealed_on and document.repealed_on <= today:
        status = SUPERSEDED if document.superseded_by else REPEALED
    else:
        status = IN_FORCE if document.in_force_from <= today else NOT_YET_IN_FORCE
    return replace(document, status=status)
