"""All texts in one place: what ships with the project, what the office added, and our own entries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from pathlib import Path

from knowledge.asked import asked_of, load_asked
from knowledge.corrections import corrected
from knowledge.entries import load_entries
from knowledge.ingestion import IngestedDocument, files_under, ingest
from knowledge.model import Citation, HotlineEntry, PolicyArticle, PolicyDocument, SourceRef
from knowledge.normalisation import searchable
from knowledge.store import Catalogue, DocumentStore
from knowledge.successors import Successors, successors_with
from knowledge.titles import by_title, title_key
from knowledge.validity import resolve

SHIPPED_NAME = "knowledge/corpus/laws"
SHIPPED_CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Library:
    """Documents with their state of validity, their articles in order, and the entries.

    `as_read` gives, by entry and source, the searchable words that the writer of the entry read, where the
    shipped texts hold them. `origins` gives the id under which each document was read from its file, before
    any correction; `notes` what could not be told from it. `asked` gives, by doc_id and article, everyday
    questions that the article decides.
    """

    documents: tuple[PolicyDocument, ...]
    articles: Mapping[str, tuple[PolicyArticle, ...]]
    entries: tuple[HotlineEntry, ...]
    successors: Successors
    origins: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    as_read: Mapping[tuple[str, SourceRef], str] = field(default_factory=dict)
    asked: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

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
        return read is None or read == searchable(article.text)

    def fingerprint(self) -> str:
        """A hash that changes with any document, any article or any entry; not with the day it is taken."""
        digest = hashlib.sha256()
        for document in self.documents:
            undated = replace(document, status="")
            asked = self.asked.get(document.doc_id, {})
            digest.update(repr((undated, self.articles[document.doc_id], asked)).encode())
        for entry in self.entries:
            digest.update(repr(entry).encode())
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


def load_library(
    store: DocumentStore, catalogue: Catalogue, today: date, corpus: Path = SHIPPED_CORPUS
) -> Library:
    """Read everything: `corpus`/laws and `corpus`/entries, and what the office added and corrected.

    A document the office added takes the place of a shipped one of the same id.

    Raises:
        BadEntry: an entry file breaks the format. BadSuccessors: the office's own successors.yml does.
    """
    in_use = {i.document.doc_id: i for i in shipped_documents(corpus)}
    in_use |= {i.document.doc_id: i for i in store.load(catalogue)}
    by_id: dict[str, tuple[str, IngestedDocument]] = {}
    # Uncorrected ones last: a text that states its title and date itself wins over one that was given them.
    for origin in sorted(
        in_use.keys() - catalogue.removed, key=lambda o: (o not in catalogue.corrections, o)
    ):
        ingested = corrected(in_use[origin], catalogue.corrections.get(origin, ()))
        by_id[ingested.document.doc_id] = origin, ingested
    successors = successors_with(store.successors_path)
    entries = load_entries(corpus / "entries")
    documents = tuple(resolve((i.document for _, i in by_id.values()), successors, today))
    articles = {doc_id: i.articles for doc_id, (_, i) in by_id.items()}
    return Library(
        documents=documents,
        articles=articles,
        entries=entries,
        successors=successors,
        origins={doc_id: origin for doc_id, (origin, _) in by_id.items()},
        notes={doc_id: i.notes for doc_id, (_, i) in by_id.items()},
        # With nothing but the shipped texts every article is the one that was read.
        as_read=_as_read(entries, corpus, successors, today) if catalogue != Catalogue() else {},
        asked=asked_of(load_asked(corpus / "asked"), by_title(documents), articles),
    )


def _as_read(
    entries: Iterable[HotlineEntry], corpus: Path, successors: Successors, today: date
) -> dict[tuple[str, SourceRef], str]:
    shipped = shipped_documents(corpus)
    texts = Library(
        tuple(resolve((i.document for i in shipped), successors, today)),
        {i.document.doc_id: i.articles for i in shipped},
        (),
        successors,
    )
    found = {(e.id, s): texts.locate(s, e.reviewed_on) for e in entries for s in e.sources}
    return {key: searchable(read[1].text) for key, read in found.items() if read}


@cache
def shipped_documents(corpus: Path = SHIPPED_CORPUS) -> tuple[IngestedDocument, ...]:
    """The public law texts of a corpus folder, read once per process."""
    laws = corpus / "laws"
    return tuple(ingest(p, f"{SHIPPED_NAME}/{p.relative_to(laws).as_posix()}") for p in files_under([laws]))
