"""Names of documents: the same law is written with and without 中华人民共和国, book marks and its date."""

from __future__ import annotations

import re
from collections.abc import Iterable

from knowledge.model import PolicyDocument
from knowledge.normalisation import searchable

UNDATED = "undated"
_DECORATION = re.compile(r"中华人民共和国|[《》〈〉<>\s]")
_PART_SIGN = "·"


def title_key(title: str) -> str:
    """One spelling of a title: 中华人民共和国慈善法, 《慈善法》 and 慈善法 are the same document."""
    return _DECORATION.sub("", searchable(title))


def document_id(title: str, part: str | None, version_date: object) -> str:
    """Build a doc_id: title@2019-03-02, title@undated, title·part@undated."""
    name = f"{title}{_PART_SIGN}{part}" if part else title
    return f"{name}@{version_date or UNDATED}"


def family_key(document: PolicyDocument) -> str:
    """What all versions of one document share; each part of a code is a family of its own."""
    return title_key(document.doc_id.rpartition("@")[0])


def by_title(documents: Iterable[PolicyDocument]) -> dict[str, tuple[PolicyDocument, ...]]:
    """All versions and parts of each document, by its title key."""
    found: dict[str, list[PolicyDocument]] = {}
    for document in documents:
        found.setdefault(title_key(document.title), []).append(document)
    return {key: tuple(versions) for key, versions in found.items()}
