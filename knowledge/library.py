"""All texts in one place: what ships with the project, what the office added, and our own entries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from pathlib import Path

from knowledge.asked import asked_of, load_asked
from knowledge.corrections import corrected
from knowledge.derived import NOTHING_KEPT, Derived
from knowledge.entries import load_entries
from knowledge.ingestion import IngestedDocument, files_under, ingest
from knowledge.model import Citation, HotlineEntry, PolicyArticle, PolicyDocument, SourceRef
from knowledge.normalisation import searchable
from knowledge.own_entries import OwnEntry, with_own
from knowledge.readers.part import content_of
from knowledge.store import Catalogue, DocumentStore, ingested_from_json, ingested_to_json
from knowledge.successors import Successors, successors_with
from knowledge.titles import by_title, title_key
from knowledge.validity import resolve

SHIPPED_NAME = "knowledge/corpus/laws"
SHIPPED_CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Library:
    """Documents with their state of validity, their articles in order, and the entries.

    `as_read` gives, by entry and source, the article that the writer of the entry read, where the shipped
    texts hold it. `origins` gives the id under which each document was read from its file, before
    any correction; `notes` what could not be told from it. `asked` gives, by doc_id and article, everyday
    questions that the article decides. `own` are the ids of the entries that are the office's.
    """

    documents: tuple[PolicyDocument, ...]
    articles: Mapping[str, tuple[PolicyArticle, ...]]
    entries: tuple[HotlineEntry, ...]
    successors: Successors
    origins: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    as_read: Mapping[tuple[str, SourceRef], str] = field(default_factory=dict)
    asked: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    own: frozenset[str] = frozenset()

    @cached_property
    def by_title(self) -> Mapping[str, tuple[PolicyDocument, ...]]:
        """All versions and parts of a document, by its title key."""
        return by_title(self.documents)

    def locate(self, source: SourceRef, day: date) -> tuple[PolicyDocument, PolicyArticle] | None:
        """The article that a source names, in the version that applies on a day; None if there is none."""
        for document in self.by_title.get(title_key(source.document), ()):
            if document.applies_on(day):
                for article in self.articles[document.doc_id]:
                    if article.article == source.article:
                        return document, article
        return None

    def supports(self, entry: HotlineEntry, source: SourceRef, article: PolicyArticle) -> bool:
        """True if an article says what the writer of an entry read there; also if that is not known."""
        read = self.as_read.get((entry.id, source))
        # Most are equal as they stand, which needs no second look.
        return read is None or read == article.text or searchable(read) == searchable(article.text)

    def with_own(self, own: Mapping[str, OwnEntry | None]) -> Library:
        """The library with entries of the office, each in place of that of its id; None leaves that out."""
        as_read = {key: text for key, text in self.as_read.items() if key[0] not in own}
        for entry_id, one in own.items():
            as_read |= {(entry_id, source): text for source, text in (one.read if one else {}).items()}
        ids = (self.own - own.keys()) | {entry_id for entry_id, one in own.items() if one}
        return replace(self, entries=with_own(self.entries, own), as_read=as_read, own=ids)

    def fingerprint(self) -> str:
        """A hash that changes with any document, any article or any entry; not with the day it is taken."""
        digest = hashlib.sha256()
        for document in self.documents:
            undated = replace(document, status="")
            asked = self.asked.get(document.doc_id, {})
            digest.update(repr((undated, self.articles[document.doc_id], asked)).encode())
        for entry in self.entries:
            digest.update(repr(entry).encode())
            if entry.id in self.own:
                digest.update(repr([self.as_read.get((entry.id, s)) for s in entry.sources]).encode())
        digest.update(repr(self.successors).encode())
        return digest.hexdigest()


def cite(document: PolicyDocument, article: PolicyArticle, status: str) -> Citation:
    """Quote an article exactly as stored, with the document's state on the day that is asked about."""
    return Citation(
        document.doc_id, document.title, document.document_no, article.article, article.text,
        document.effective_from, document.region, document.source_file, document.url,
        status=status, repealed_on=document.repealed_on, superseded_by=document.superseded_by,
        revised_on=document.revised_on,
    )  # fmt: skip


def load_texts(
    store: DocumentStore,
    catalogue: Catalogue,
    today: date,
    corpus: Path = SHIPPED_CORPUS,
    beside: Iterable[IngestedDocument] = (),
) -> Library:
    """The documents of `corpus`/laws and what the office added and corrected; no entries.

    A document the office added takes the place of a shipped one of the same id.

    Args:
        beside: documents that are not taken in yet, to see them beside the others.

    Raises:
        BadSuccessors: the office's own successors.yml breaks the form.
    """
    in_use = {i.document.doc_id: i for i in shipped_documents(corpus, store.derived)}
    in_use |= {i.document.doc_id: i for i in store.load(catalogue)}
    new = {i.document.doc_id: i for i in beside}
    in_use |= new
    by_id: dict[str, tuple[str, IngestedDocument]] = {}
    # Uncorrected ones last: a text that states its title and date itself wins over one that was given them.
    for origin in sorted(
        in_use.keys() - (catalogue.removed - new.keys()), key=lambda o: (o not in catalogue.corrections, o)
    ):
        ingested = corrected(in_use[origin], catalogue.corrections.get(origin, ()))
        by_id[ingested.document.doc_id] = origin, ingested
    successors = successors_with(store.successors_path)
    return Library(
        documents=tuple(resolve((i.document for _, i in by_id.values()), successors, today)),
        articles={doc_id: i.articles for doc_id, (_, i) in by_id.items()},
        entries=(),
        successors=successors,
        origins={doc_id: origin for doc_id, (origin, _) in by_id.items()},
        notes={doc_id: i.notes for doc_id, (_, i) in by_id.items()},
    )


def load_library(
    store: DocumentStore, catalogue: Catalogue, today: date, corpus: Path = SHIPPED_CORPUS
) -> Library:
    """Read everything: the documents as `load_texts` does, `corpus`/entries and `corpus`/asked, own entries.

    Raises:
        BadEntry: an entry breaks the format. BadSuccessors: the office's own successors.yml does.
    """
    texts = load_texts(store, catalogue, today, corpus)
    entries = load_entries(corpus / "entries", store.derived)
    asked = load_asked(corpus / "asked", store.derived)
    # With nothing but the shipped texts every article is the one that was read.
    shipped = load_texts(store, Catalogue(), today, corpus) if catalogue != Catalogue() else None
    return replace(
        texts,
        entries=entries,
        as_read=_as_read(entries, shipped) if shipped else {},
        asked=asked_of(asked, texts.by_title, texts.articles),
    ).with_own(store.own_entries(catalogue))


def _as_read(entries: Iterable[HotlineEntry], shipped: Library) -> dict[tuple[str, SourceRef], str]:
    found = {(e.id, s): shipped.locate(s, e.reviewed_on) for e in entries for s in e.sources}
    return {key: read[1].text for key, read in found.items() if read}


@cache
def shipped_documents(corpus: Path, derived: Derived = NOTHING_KEPT) -> tuple[IngestedDocument, ...]:
    """The public law texts of a corpus folder, read once per process."""
    laws = corpus / "laws"
    paths = {f"{SHIPPED_NAME}/{path.relative_to(laws).as_posix()}": path for path in files_under([laws])}
    kept = derived.content("laws", _named_contents(paths), lambda: _parsed(paths))
    return tuple(map(ingested_from_json, json.loads(kept)))


def _named_contents(paths: Mapping[str, Path]) -> Iterator[bytes]:
    for name, path in paths.items():
        yield name.encode()
        yield content_of(path, name)


def _parsed(paths: Mapping[str, Path]) -> bytes:
    documents = [ingested_to_json(ingest(path, name)) for name, path in paths.items()]
    return json.dumps(documents, ensure_ascii=False).encode()
