"""One built index, open for reading.

<generation>/manifest.json     what it holds and what it was built with
            /catalogue.json    the documents it was built from, to go back to
            /documents.jsonl  /entries.json
            /articles.sqlite   the texts, one row per article
            /rows.npz          which document, entry or article each row belongs to, and its words
            /vocabulary.json   the words by their numbers
            /lexical/          BM25
            /dense/            vectors, if they are not in a database
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.errors import BadIndex
from knowledge.index.rows import Rows
from knowledge.lexical import LexicalIndex
from knowledge.model import HotlineEntry, PolicyArticle, PolicyDocument, SourceRef
from knowledge.ports import VectorStore
from knowledge.store import Catalogue, document_from_json
from knowledge.titles import title_key

FORMAT = 8
_MAPPED_BYTES = 1 << 30
_HEAD = 2  # characters of a title by which it is looked up
_ARTICLES = "SELECT row, document, name, ordinal, path, text FROM article WHERE row IN"


class Generation:
    """Rows 0 … articles-1 are articles; then come those of entries, then questions asked about articles."""

    def __init__(self, folder: Path, vectors: VectorStore) -> None:
        """Open a generation.

        Raises:
            BadIndex: a file is missing, damaged, or of another format.
        """
        self._folder = folder
        try:
            self.manifest = read_manifest(folder)
            lines = (folder / "documents.jsonl").read_text("utf-8").splitlines()
            documents = [_document_from(line) for line in lines]
            self.documents = [document for document, _ in documents]
            self.origins = [origin for _, origin in documents]
            self.outranked = [(key, name) for key, name in self.manifest["outranked"]]
            self.entries = _entries_from((folder / "entries.json").read_text("utf-8"))
            with np.load(folder / "rows.npz") as rows:
                self.document_of_row: np.ndarray = rows["document_of_row"]
                self.entry_of_row: np.ndarray = rows["entry_of_row"]
                self.article_of_asked: np.ndarray = rows["article_of_asked"]
                # Rows of the articles that each entry rests on, the main one first, in all versions.
                parts = np.split(rows["sources"], rows["source_ends"])[: len(self.entries)]
                self.sources = [tuple(part.tolist()) for part in parts]
            # How many articles; also the first row of the entries.
            self.articles = len(self.document_of_row)
            self.first_asked = self.articles + len(self.entry_of_row)
            self.lexical = LexicalIndex.load(folder / "lexical", self.rows)
            self.dense = vectors.open(folder)
            self._texts = sqlite3.connect(
                f"file:{folder / 'articles.sqlite'}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            # Mapped, rows are read where they lie instead of page by page: a third of the time.
            self._texts.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")
        except (OSError, KeyError, ValueError, TypeError, sqlite3.Error) as error:
            raise BadIndex(f"{folder}: {error}") from error
        self.name = folder.name
        self._lock = threading.Lock()
        if self.dense.rows != self.rows:
            raise BadIndex(f"{folder}: {self.dense.rows} vectors for {self.rows} rows")

    @property
    def rows(self) -> int:
        return self.first_asked + len(self.article_of_asked)

    @cached_property
    def document_numbers(self) -> dict[str, list[int]]:
        """Positions of documents by title key, all versions and parts."""
        found: dict[str, list[int]] = {}
        for number, document in enumerate(self.documents):
            found.setdefault(title_key(document.title), []).append(number)
        return found

    def entry(self, entry_id: str) -> HotlineEntry | None:
        """The entry of this id."""
        return next((entry for entry in self.entries if entry.id == entry_id), None)

    def entry_number(self, row: int) -> int:
        """The position of the entry that a row belongs to."""
        return int(self.entry_of_row[row - self.articles])

    def titles_perhaps_in(self, text: str) -> list[str]:
        """The title keys that may stand in a title key: those whose first characters do."""
        heads = {text[at : at + _HEAD] for at in range(len(text))}
        return [key for head in self._titles_by_head.keys() & heads for key in self._titles_by_head[head]]

    @cached_property
    def _titles_by_head(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for key in filter(None, self.document_numbers):
            found.setdefault(key[:_HEAD], []).append(key)
        return found

    def row_words(self) -> Rows:
        """The words and vectors of all rows, for a build to take over."""
        with np.load(self._folder / "rows.npz") as rows:
            return Rows(rows["starts"], rows["words"], self.dense.all())

    def vocabulary(self) -> list[str]:
        """All words that rows hold or held, in the order of their numbers."""
        return _read_json(self._folder / "vocabulary.json")

    def article(self, row: int) -> tuple[PolicyDocument, PolicyArticle]:
        """The article of a row with its document."""
        return self.articles_of([row])[row]

    def articles_of(self, rows: Collection[int]) -> dict[int, tuple[PolicyDocument, PolicyArticle]]:
        """The articles of some rows with their documents; read at once, which takes a third of the time."""
        query = f"{_ARTICLES} ({','.join('?' * len(rows))})"
        with self._lock:
            found = self._texts.execute(query, tuple(rows)).fetchall()
        if len(found) != len(set(rows)):
            raise BadIndex(f"generation {self.name}: no article in one of the rows {sorted(rows)}")
        articles: dict[int, tuple[PolicyDocument, PolicyArticle]] = {}
        for row, number, name, ordinal, path, text in found:
            document = self.documents[number]
            article = PolicyArticle(document.doc_id, name, ordinal, tuple(json.loads(path)), text)
            articles[row] = document, article
        return articles

    def row_of(self, document: int, article: str) -> int | None:
        """The row of an article of a document (by position), or None."""
        with self._lock:
            found = self._texts.execute(
                "SELECT row FROM article WHERE document = ? AND name = ?", (document, article)
            ).fetchone()
        return found[0] if found else None


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a generation holds and what it was built with.

    Raises:
        BadIndex: it is missing, damaged, or of another format.
    """
    try:
        manifest = _read_json(folder / "manifest.json")
        if manifest["format"] != FORMAT:
            raise BadIndex(f"{folder}: format {manifest['format']}, expected {FORMAT}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadIndex(f"{folder}: {error}") from error
    return manifest


def read_catalogue(folder: Path) -> Catalogue:
    """The documents a generation was built from.

    Raises:
        BadIndex: the list is missing or damaged.
    """
    try:
        return Catalogue.from_json((folder / "catalogue.json").read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadIndex(f"{folder}: {error}") from error


@lru_cache(maxsize=8192)
def _document_from(line: str) -> tuple[PolicyDocument, str]:
    """A document and its origin; most generations have those of the one before."""
    stored = json.loads(line)
    return document_from_json(stored["document"]), stored["origin"]


@lru_cache(maxsize=2)
def _entries_from(text: str) -> tuple[HotlineEntry, ...]:
    """The entries of a generation; most generations have those of the one before."""
    return tuple(_entry_from_json(data) for data in json.loads(text))


def _entry_from_json(data: dict[str, Any]) -> HotlineEntry:
    lists: dict[str, Any] = {
        key: tuple(value) for key, value in data.items() if isinstance(value, list) and key != "sources"
    }
    sources = tuple(SourceRef(**source) for source in data["sources"])
    return HotlineEntry(
        **(data | lists | {"sources": sources, "reviewed_on": date.fromisoformat(data["reviewed_on"])})
    )


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))
