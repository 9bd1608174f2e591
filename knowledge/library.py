"""All texts in one place: what ships with the project, what the office added, and our own entries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path

from knowledge.entries import load_entries
from knowledge.ingestion import IngestedDocument, files_under, ingest
from knowledge.model import Citation, HotlineEntry, PolicyArticle, PolicyDocument, SourceRef
from knowledge.store import DocumentStore
from knowledge.titles import title_key
from knowledge.validity import load_successors, resolve

SHIPPED_NAME = "knowledge/corpus/laws"
SHIPPED_CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Library:
    """Documents with their state of validity, their articles in order, and the entries."""

    documents: tuple[PolicyDocument, ...]
    articles: Mapping[str, tuple[PolicyArticle, ...]]
    entries: tuple[HotlineEntry, ...]

    @cached_property
    def by_title(self) -> Mapping[str, tuple[PolicyDocument, ...]]:
        """All versions and parts of a document, by its title key."""
        found: dict[str, list[PolicyDocument]] = {}
        for document in self.documents:
            found.setdefault(title_key(document.title), []).append(document)
        return {key: tuple(versions) for key, versions in found.items()}

    def locate(self, source: SourceRef, day: date) -> tuple[PolicyDocument, PolicyArticle] | None:
        """The article that a source names, in the version that applies on a day; None if there is none."""
        for document in self.by_title.get(title_key(source.document), ()):
            if document.applies_on(day):
                for article in self.articles[document.doc_id]:
                    if article.article == source.article:
                        return document, article
        return None

    def fingerprint(self) -> str:
        """A hash that changes with any document, its state, any article or any entry."""
        digest = hashlib.sha256()
        for document in self.documents:
            digest.update(repr((document, self.articles[document.doc_id])).encode())
        for entry in self.entries:
            digest.update(repr(entry).encode())
        return digest.hexdigest()


def cite(document: PolicyDocument, article: PolicyArticle) -> Citation:
    """Quote an article exactly as stored."""
    return Citation(
        document.doc_id, document.title, document.document_no, article.article, article.text,
        document.effective_from, document.region, document.source_file, document.url,
    )  # fmt: skip


def load_library(store: DocumentStore, today: date, corpus: Path = SHIPPED_CORPUS) -> Library:
    """Read everything: `corpus`/laws and `corpus`/entries, and what the office added.

    A document the office added takes the place of a shipped one of the same doc_id.

    Raises:
        BadEntry: an entry file breaks the format.
    """
    withdrawn = store.withdrawn()
    loaded = {i.document.doc_id: i for i in corpus_documents(corpus) if i.document.doc_id not in withdrawn}
    loaded |= {i.document.doc_id: i for i in store.all()}
    documents = resolve((i.document for i in loaded.values()), load_successors(), today)
    articles = {doc_id: ingested.articles for doc_id, ingested in loaded.items()}
    return Library(tuple(documents), articles, load_entries(corpus / "entries"))


@cache
def corpus_documents(corpus: Path = SHIPPED_CORPUS) -> tuple[IngestedDocument, ...]:
    """The public law texts of a corpus folder, read once per process."""
    laws = corpus / "laws"
    return tuple(ingest(p, f"{SHIPPED_NAME}/{p.relative_to(laws).as_posix()}") for p in files_under([laws]))
