"""One built index, open for reading.

<generation>/manifest.json     what it holds and what it was built with
            /catalogue.json    the documents it was built from, to go back to
            /documents.jsonl  /entries.json
            /articles.sqlite   the texts, one row per article
            /rows.npz          which document, entry or article each row belongs to, and its words
            /vocabulary.json   the words by their numbers
            /lexical/          BM25
            /dense.faiss       vectors, if they are not in a database
"""

from __future__ import annotations

import json
import sqlite3
import threading
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

FORMAT = 7


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

    def row_words(self) -> Rows:
        """The words and vectors of all rows, for a build to take over."""
        with np.load(self._folder / "rows.npz") as rows:
            return Rows(rows["starts"], rows["words"], self.dense.all())

    def vocabulary(self) -> list[str]:
        """All words that rows hold or held, in the order of their numbers."""
        return _read_json(self._folder / "vocabulary.json")

    def article(self, row: int) -> tuple[PolicyDocument, PolicyArticle]:
        """The article of a row with its document."""
        found = self._one(
            "SELECT document, name, ordinal, path, text FROM article WHERE row = ?", (int(row),)
        )
        if found is None:
            raise BadIndex(f"generation {self.name}: no article in row {row}")
        document = self.documents[found[0]]
        return document, PolicyArticle(
            document.doc_id, found[1], found[2], tuple(json.loads(found[3])), found[4]
        )

    def row_of(self, document: int, article: str) -> int | None:
        """The row of an article of a document (by position), or None."""
        found = self._one("SELECT row FROM article WHERE document = ? AND name = ?", (document, article))
        return found[0] if found else None

    def _one(self, query: str, values: tuple[object, ...]) -> tuple[Any, ...] | None:
        with self._lock:
            return self._texts.execute(query, values).fetchone()


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
