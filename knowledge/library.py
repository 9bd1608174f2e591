"""All texts in one place: what ships with the project, what the office added, and our own entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib import resources
from pathlib import Path

from knowledge.entries import load_entries
from knowledge.ingestion import IngestedDocument, files_under, ingest
from knowledge.model import Citation, HotlineEntry, PolicyArticle, PolicyDocument, SourceRef
from knowledge.store import DocumentStore
from knowledge.titles import title_key
from knowledge.validity import load_successors, resolve

SHIPPED_NAME = "knowledge/corpus/laws"


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


def cite(document: PolicyDocument, article: PolicyArticle) -> Citation:
    """Quote an article exactly as stored."""
    return Citation(
        document.doc_id, document.title, document.document_no, article.article, article.text,
        document.effective_from, document.region, document.source_file, document.url,
    )  # fmt: skip


def load_library(store: DocumentStore, today: date, entries_folder: Path | None = None) -> Library:
    """Read everything; a document the office added takes the place of a shipped one of the same doc_id.

    Raises:
        BadEntry: an entry file breaks the format.
    """
    loaded = {ingested.document.doc_id: ingested for ingested in (*shipped_documents(), *store.all())}
    documents = resolve((i.document for i in loaded.values()), load_successors(), today)
    articles = {doc_id: ingested.articles for doc_id, ingested in loaded.items()}
    folder = entries_folder or resources.files("knowledge") / "corpus" / "entries"
    return Library(tuple(documents), articles, load_entries(folder))


@cache
def shipped_documents() -> tuple[IngestedDocument, ...]:
    """The public law texts that ship with the project."""
    return tuple(_read_shipped())


def _read_shipped() -> Iterator[IngestedDocument]:
    with resources.as_file(resources.files("knowledge") / "corpus" / "laws") as folder:
        for path in files_under([folder]):
            yield ingest(path, f"{SHIPPED_NAME}/{path.relative_to(folder).as_posix()}")
