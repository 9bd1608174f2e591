"""What a person set right about a document; kept apart from the text, so it survives reading it again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from knowledge import region
from knowledge.errors import BadCorrection
from knowledge.ingestion import IngestedDocument
from knowledge.model import Level, PolicyDocument
from knowledge.titles import UNDATED

TEXTS = ("title", "document_no", "issuer", "url")
DATES = ("promulgated_on", "version_date", "effective_from", "repealed_on")
FIELDS = (*TEXTS, "level", "region", *DATES)


@dataclass(frozen=True)
class Correction:
    """One field set right: `value` as text, "" for "this is not known"; who did it, when, and why."""

    field: str
    value: str
    by: str
    on: date
    reason: str

    def to_json(self) -> dict[str, str]:
        """All fields as text."""
        return {**vars(self), "on": self.on.isoformat()}

    @classmethod
    def from_json(cls, data: dict[str, str]) -> Correction:
        """The inverse of to_json."""
        return cls(**{**data, "on": date.fromisoformat(data["on"])})  # pyright: ignore[reportArgumentType]


def checked(field: str, value: str) -> str:
    """Return the value of a correction as it is kept.

    Raises:
        BadCorrection: there is no such field, or the value is not one it can have; the message says which.
    """
    value = value.strip()
    if field not in FIELDS:
        raise BadCorrection(f"{field!r} cannot be corrected; these can: {', '.join(FIELDS)}")
    if field == "title" and not value:
        raise BadCorrection("a document needs a title")
    if field == "title" and re.search(r"[@#\n]", value):
        raise BadCorrection(f"title {value!r}: @, # and line breaks are not allowed")
    if field == "level" and value not in list(Level):
        raise BadCorrection(f"level {value!r}: expected one of {'、'.join(Level)}")
    if field == "region" and not re.fullmatch(r"\d{6}", value):
        raise BadCorrection(f"region {value!r}: expected a 6-digit adcode such as 430000")
    if field in DATES and value:
        _date(field, value)
    return value


def corrected(ingested: IngestedDocument, corrections: Iterable[Correction]) -> IngestedDocument:
    """The document with its corrections; its id follows its title and version date."""
    values: dict[str, Any] = {}
    for correction in corrections:
        values[correction.field] = _value(correction)
    if not values:
        return ingested
    if "region" in values and "level" not in values:
        values["level"] = region.level_of(values["region"]).value
    document = replace(ingested.document, **values)
    document = replace(document, doc_id=_doc_id(ingested.document, document))
    articles = tuple(replace(article, doc_id=document.doc_id) for article in ingested.articles)
    return replace(ingested, document=document, articles=articles)


def _value(correction: Correction) -> Any:
    if correction.field in DATES:
        return _date(correction.field, correction.value) if correction.value else None
    if correction.field == "url":
        return correction.value or None
    return correction.value


def _doc_id(before: PolicyDocument, after: PolicyDocument) -> str:
    name, _, version = before.doc_id.rpartition("@")
    if after.title != before.title:
        name = after.title + name.removeprefix(before.title)
    if after.version_date != before.version_date:
        version = str(after.version_date or UNDATED)
    return f"{name}@{version}"


def _date(field: str, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise BadCorrection(f"{field} {value!r}: expected a date such as 2024-05-01") from error
