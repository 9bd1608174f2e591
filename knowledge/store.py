"""Keeps ingested documents on disk, one JSON file each, written so that a crash leaves the old one whole."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from knowledge.ingestion import IngestedDocument
from knowledge.model import PolicyArticle, PolicyDocument

DATE_FIELDS = ("promulgated_on", "version_date", "effective_from", "amended_on", "repealed_on")


class DocumentStore:
    """A folder of documents; adding one again replaces it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._withdrawn = folder.parent / "withdrawn.json"

    def put(self, ingested: IngestedDocument) -> None:
        """Write a document durably under its doc_id."""
        data = {
            "document": document_to_json(ingested.document),
            "articles": [
                {"article": a.article, "ordinal": a.ordinal, "path": a.path, "text": a.text}
                for a in ingested.articles
            ],
            "notes": ingested.notes,
        }
        doc_id = ingested.document.doc_id
        write_atomically(self._path(doc_id), json.dumps(data, ensure_ascii=False, indent=1))
        if doc_id in (withdrawn := self.withdrawn()):
            self._save_withdrawn(withdrawn - {doc_id})

    def remove(self, doc_id: str) -> bool:
        """Delete a document; False if none of that id is stored."""
        try:
            self._path(doc_id).unlink()
        except FileNotFoundError:
            return False
        return True

    def withdraw(self, doc_id: str) -> None:
        """Remember that a shipped document is not to be used; adding it again undoes this."""
        self._save_withdrawn(self.withdrawn() | {doc_id})

    def withdrawn(self) -> frozenset[str]:
        """Ids of the shipped documents that are not to be used."""
        try:
            return frozenset(json.loads(self._withdrawn.read_text("utf-8")))
        except FileNotFoundError:
            return frozenset()

    def _save_withdrawn(self, doc_ids: frozenset[str]) -> None:
        write_atomically(self._withdrawn, json.dumps(sorted(doc_ids), ensure_ascii=False, indent=1))

    def all(self) -> Iterator[IngestedDocument]:
        """All stored documents, by file name."""
        for path in sorted(self._folder.glob("*.json")):
            data = json.loads(path.read_text("utf-8"))
            document = document_from_json(data["document"])
            articles = tuple(
                PolicyArticle(document.doc_id, a["article"], a["ordinal"], tuple(a["path"]), a["text"])
                for a in data["articles"]
            )
            yield IngestedDocument(document, articles, tuple(data["notes"]))

    def _path(self, doc_id: str) -> Path:
        readable = re.sub(r"[^\w@.-]", "_", doc_id)[:50]
        return self._folder / f"{readable}.{hashlib.sha256(doc_id.encode()).hexdigest()[:12]}.json"


def document_to_json(document: PolicyDocument) -> dict[str, Any]:
    """Spell the dates as ISO strings."""
    data = asdict(document)
    return data | {field: data[field].isoformat() for field in DATE_FIELDS if data[field]}


def document_from_json(data: dict[str, Any]) -> PolicyDocument:
    """The inverse of document_to_json."""
    dates: dict[str, Any] = {field: date.fromisoformat(data[field]) for field in DATE_FIELDS if data[field]}
    return PolicyDocument(**(data | dates))


def write_atomically(path: Path, text: str) -> None:
    """Replace a file in one step: readers see the old text or the new one, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
