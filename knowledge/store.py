"""Keeps what the office took in: each text in a file named by its content, and a catalogue of those in use.

documents/<digest>.json    a text with its articles; never changed once written
entries/<digest>.json      an entry of the office, see knowledge/own_entries.py
catalogue.json             which texts are in use, what a person corrected, what was taken out
derived/                   what was computed from files that ship, see knowledge/derived.py

Every index generation keeps a copy of the catalogue it was built from, so that going back to it brings back
the documents too. All writes replace a file in one step: a crash leaves the old one whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from knowledge.atomic import write_atomically
from knowledge.corrections import Correction
from knowledge.derived import Derived
from knowledge.ingestion import IngestedDocument
from knowledge.model import PolicyArticle, PolicyDocument
from knowledge.own_entries import EntryTexts, OwnEntry

__all__ = ["Catalogue", "DocumentStore", "write_atomically"]

DATE_FIELDS = ("promulgated_on", "version_date", "effective_from", "amended_on", "repealed_on", "revised_on")


@dataclass(frozen=True)
class Catalogue:
    """What is in use. Keys are the ids of documents as they were read from their files, before correction.

    `documents` gives the digest of the stored text, `corrections` what a person set right, by field;
    `removed` documents are not to be used, also not those that ship with the project. `entries` gives, by the
    id of an entry, the digest of the office's own one, or "" where that id is switched off.
    """

    documents: Mapping[str, str] = field(default_factory=dict)
    corrections: Mapping[str, tuple[Correction, ...]] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()
    entries: Mapping[str, str] = field(default_factory=dict)

    def with_documents(self, added: Mapping[str, str]) -> Catalogue:
        """These texts in use; one that had been taken out is back. Corrections stay."""
        return replace(self, documents={**self.documents, **added}, removed=self.removed - added.keys())

    def without(self, origin: str) -> Catalogue:
        """One document taken out of use."""
        kept = {key: digest for key, digest in self.documents.items() if key != origin}
        return replace(self, documents=kept, removed=self.removed | {origin})

    def brought_back(self, origin: str, digest: str | None) -> Catalogue:
        """One document in use again; `digest` names its text unless it ships with the project."""
        documents = {**self.documents, origin: digest} if digest else self.documents
        return replace(self, documents=documents, removed=self.removed - {origin})

    def with_entries(self, changed: Mapping[str, str | None]) -> Catalogue:
        """Entries of the office replaced by their digests; None drops one: the shipped one is back."""
        merged = {**self.entries, **changed}
        return replace(self, entries={i: digest for i, digest in merged.items() if digest is not None})

    def corrected(self, origin: str, corrections: tuple[Correction, ...]) -> Catalogue:
        """The corrections of one document replaced."""
        others = {key: value for key, value in self.corrections.items() if key != origin}
        return replace(self, corrections=others | ({origin: corrections} if corrections else {}))

    def to_json(self) -> str:
        """The catalogue as text, the same for the same content."""
        data = {
            "documents": dict(sorted(self.documents.items())),
            "corrections": {key: [c.to_json() for c in v] for key, v in sorted(self.corrections.items())},
            "removed": sorted(self.removed),
            "entries": dict(sorted(self.entries.items())),
        }
        return json.dumps(data, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Catalogue:
        """The inverse of to_json."""
        data = json.loads(text)
        corrections = {
            key: tuple(Correction.from_json(c) for c in value) for key, value in data["corrections"].items()
        }
        return cls(data["documents"], corrections, frozenset(data["removed"]), data.get("entries", {}))


class DocumentStore:
    """The texts and the catalogue under one folder, shared by processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._texts = folder / "documents"
        self._catalogue = folder / "catalogue.json"
        self.derived = Derived(folder / "derived")
        self.entry_texts = EntryTexts(folder / "entries")
        self._read: dict[str, IngestedDocument] = {}  # by digest, so what it names never changes

    @property
    def successors_path(self) -> Path:
        """Where the office may keep lines of its own beside the shipped successors.yml."""
        return self._folder / "successors.yml"

    def catalogue(self) -> Catalogue:
        """What is in use now."""
        try:
            return Catalogue.from_json(self._catalogue.read_text("utf-8"))
        except FileNotFoundError:
            return self._found_without_catalogue()

    def _found_without_catalogue(self) -> Catalogue:
        """All texts that lie here: the first version kept no catalogue, only a list of removals."""
        documents = {
            json.loads(path.read_text("utf-8"))["document"]["doc_id"]: path.stem
            for path in sorted(self._texts.glob("*.json"))
        }
        withdrawn = self._folder / "withdrawn.json"
        removed = json.loads(withdrawn.read_text("utf-8")) if withdrawn.exists() else []
        return Catalogue(documents, {}, frozenset(removed))

    def stamp(self) -> tuple[int, int] | None:
        """Changes whenever the catalogue is replaced; costs one stat call."""
        try:
            found = self._catalogue.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    @contextmanager
    def changing(self) -> Iterator[Catalogue]:
        """The catalogue, locked against other writers until `save` was called and the block is left."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".changing").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self.catalogue()

    def save(self, catalogue: Catalogue) -> None:
        """Replace the catalogue; call it inside `changing`."""
        write_atomically(self._catalogue, catalogue.to_json())

    def put(self, ingested: Iterable[IngestedDocument]) -> None:
        """Store texts one by one as they come, then put them all in use in one step.

        Also when they stop coming half-way with an error: what was read so far is not lost.
        """
        added: dict[str, str] = {}
        try:
            for document in ingested:
                added[document.document.doc_id] = self._write(document)
        finally:
            if added:
                with self.changing() as current:
                    self.save(current.with_documents(added))

    def load(self, catalogue: Catalogue) -> Iterator[IngestedDocument]:
        """The texts of a catalogue, as they were read from their files."""
        for digest in catalogue.documents.values():
            if digest not in self._read:
                text = self._path(digest).read_text("utf-8")
                self._read[digest] = ingested_from_json(json.loads(text))
            yield self._read[digest]

    def own_entries(self, catalogue: Catalogue) -> dict[str, OwnEntry | None]:
        """The office's entries of a catalogue, by id; None for one that is switched off.

        Raises:
            BadEntry: one is damaged.
        """
        return self.entry_texts.load(catalogue.entries)

    def holds(self, catalogue: Catalogue) -> bool:
        """True if every text of a catalogue is still stored."""
        texts = all(self._path(digest).exists() for digest in catalogue.documents.values())
        return texts and self.entry_texts.holds(catalogue.entries.values())

    def discard_unused(self, catalogues: Iterable[Catalogue]) -> None:
        """Delete the texts that none of these catalogues, nor the present one, names."""
        with self.changing() as current:
            used = {d for c in (current, *catalogues) for d in c.documents.values()}
            for path in self._texts.glob("*.json"):
                if path.stem not in used:
                    path.unlink(missing_ok=True)
            self.entry_texts.discard_unused({d for c in (current, *catalogues) for d in c.entries.values()})

    def _write(self, ingested: IngestedDocument) -> str:
        text = json.dumps(ingested_to_json(ingested), ensure_ascii=False, indent=1)
        digest = hashlib.sha256(text.encode()).hexdigest()[:32]
        path = self._path(digest)
        if not path.exists():
            write_atomically(path, text)
        return digest

    def _path(self, digest: str) -> Path:
        return self._texts / f"{digest}.json"


def ingested_to_json(ingested: IngestedDocument) -> dict[str, Any]:
    """A document with its articles as plain data."""
    articles = [
        {"article": a.article, "ordinal": a.ordinal, "path": a.path, "text": a.text}
        for a in ingested.articles
    ]
    return {
        "document": document_to_json(ingested.document),
        "articles": articles,
        "notes": ingested.notes,
    }


def ingested_from_json(data: dict[str, Any]) -> IngestedDocument:
    """The inverse of ingested_to_json."""
    document = document_from_json(data["document"])
    articles = tuple(
        PolicyArticle(document.doc_id, a["article"], a["ordinal"], tuple(a["path"]), a["text"])
        for a in data["articles"]
    )
    return IngestedDocument(document, articles, tuple(data["notes"]))


def document_to_json(document: PolicyDocument) -> dict[str, Any]:
    """Spell the dates as ISO strings."""
    data = vars(document)
    return data | {name: data[name].isoformat() for name in DATE_FIELDS if data[name]}


def document_from_json(data: dict[str, Any]) -> PolicyDocument:
    """The inverse of document_to_json; a field that an earlier version did not write is left as it is."""
    dates: dict[str, Any] = {name: date.fromisoformat(data[name]) for name in DATE_FIELDS if data.get(name)}
    lists: dict[str, Any] = {key: tuple(value) for key, value in data.items() if isinstance(value, list)}
    return PolicyDocument(**(data | dates | lists))
