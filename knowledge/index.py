"""Index generations: an immutable folder each, and a pointer that readers follow.

index/current                 name of the generation in use, replaced in one step
index/<generation>/manifest.json   what it holds and what it was built with
                  /documents.json  /entries.json
                  /articles.sqlite the texts, one row per article
                  /rows.npz        which document or entry each index row belongs to
                  /lexical/        BM25
                  /dense.faiss     vectors
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.chunking import article_text, entry_texts
from knowledge.dense import DenseIndex
from knowledge.errors import BadIndex, Busy
from knowledge.lexical import LexicalIndex
from knowledge.library import Library
from knowledge.model import HotlineEntry, PolicyArticle, PolicyDocument, SourceRef
from knowledge.ports import Embedder
from knowledge.store import document_from_json, document_to_json, write_atomically
from knowledge.titles import title_key

FORMAT = 2
KEPT = 3
Progress = Callable[[str, int, int], None]

_SCHEMA = """
CREATE TABLE article
    (row INTEGER PRIMARY KEY, document INTEGER, name TEXT, ordinal INTEGER, path TEXT, text TEXT);
CREATE INDEX by_name ON article (document, name);
"""


class Generation:
    """One built index, open for reading. Rows 0 … articles-1 are articles, the rest belong to entries."""

    def __init__(self, folder: Path) -> None:
        """Open a generation.

        Raises:
            BadIndex: a file is missing, damaged, or of another format.
        """
        try:
            self.manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
            if self.manifest["format"] != FORMAT:
                raise BadIndex(f"{folder}: format {self.manifest['format']}, expected {FORMAT}")
            self.documents = [document_from_json(d) for d in _read_json(folder / "documents.json")]
            self.entries = [_entry_from_json(e) for e in _read_json(folder / "entries.json")]
            with np.load(folder / "rows.npz") as rows:
                self.document_of_row: np.ndarray = rows["document_of_row"]
                self.entry_of_row: np.ndarray = rows["entry_of_row"]
            self.lexical = LexicalIndex.load(folder / "lexical")
            self.dense = DenseIndex.load(folder / "dense.faiss")
            self._texts = sqlite3.connect(
                f"file:{folder / 'articles.sqlite'}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
        except (OSError, KeyError, ValueError, sqlite3.Error) as error:
            raise BadIndex(f"{folder}: {error}") from error
        self.name = folder.name
        self._lock = threading.Lock()
        if self.dense.rows != self.rows:
            raise BadIndex(f"{folder}: {self.dense.rows} vectors for {self.rows} rows")

    @property
    def articles(self) -> int:
        """How many articles; also the first row of the entries."""
        return len(self.document_of_row)

    @property
    def rows(self) -> int:
        return self.articles + len(self.entry_of_row)

    @cached_property
    def document_numbers(self) -> dict[str, list[int]]:
        """Positions of documents by title key, all versions and parts."""
        found: dict[str, list[int]] = {}
        for number, document in enumerate(self.documents):
            found.setdefault(title_key(document.title), []).append(number)
        return found

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


class Generations:
    """The folder of all generations and the pointer to the current one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pointer = folder / "current"

    def stamp(self) -> tuple[int, int] | None:
        """Changes whenever another generation is published; None if none ever was. Costs one stat call."""
        try:
            found = self._pointer.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    def open_current(self) -> Generation | None:
        """Open the generation in use; None if none was ever built.

        Raises:
            BadIndex: it cannot be opened.
        """
        try:
            name = self._pointer.read_text("utf-8").strip()
        except FileNotFoundError:
            return None
        return Generation(self.folder / name)

    def build(self, library: Library, embedder: Embedder, progress: Progress) -> Generation:
        """Build a generation beside the others, open it as a reader would, then point to it.

        A build that fails or is killed leaves the current one in use.

        Raises:
            Busy: another build is running.
            BadIndex: what was built cannot be opened.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._only_builder():
            name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
            draft = self.folder / f".draft-{name}"
            try:
                draft.mkdir()
                write_generation(draft, library, embedder, progress)
                Generation(draft)
                os.replace(draft, self.folder / name)
            except BaseException:
                shutil.rmtree(draft, ignore_errors=True)
                raise
            built = Generation(self.folder / name)
            write_atomically(self._pointer, name)
            self._prune(name)
            return built

    @contextmanager
    def _only_builder(self) -> Iterator[None]:
        with (self.folder / ".building").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Busy(f"{self.folder}: another build is running") from error
            yield

    def _prune(self, current: str) -> None:
        """Keep the last three, so that an operator can go back; drop what a killed build left."""
        names = sorted(p.name for p in self.folder.iterdir() if p.is_dir() and not p.name.startswith("."))
        old = [name for name in names if name != current][: max(0, len(names) - KEPT)]
        left = [p.name for p in self.folder.glob(".draft-*")]
        for name in (*old, *left):
            shutil.rmtree(self.folder / name, ignore_errors=True)


def write_generation(folder: Path, library: Library, embedder: Embedder, progress: Progress) -> None:
    """Write all files of a generation into an empty folder; the manifest last."""
    document_of_row = _write_articles(folder / "articles.sqlite", library)
    entry_of_row = [number for number, entry in enumerate(library.entries) for _ in entry_texts(entry)]
    total = len(document_of_row) + len(entry_of_row)
    np.savez(
        folder / "rows.npz",
        document_of_row=np.array(document_of_row, dtype=np.int32),
        entry_of_row=np.array(entry_of_row, dtype=np.int32),
    )
    _write_json(folder / "documents.json", [document_to_json(d) for d in library.documents])
    _write_json(
        folder / "entries.json", [asdict(e) | {"reviewed_on": str(e.reviewed_on)} for e in library.entries]
    )
    LexicalIndex.build(_counted(row_texts(library), "words", total, progress)).save(folder / "lexical")
    DenseIndex.build(_counted(row_texts(library), "vectors", total, progress), embedder).save(
        folder / "dense.faiss"
    )
    manifest = {
        "format": FORMAT,
        "documents": len(library.documents),
        "articles": len(document_of_row),
        "entries": len(library.entries),
        "rows": total,
        "library": library.fingerprint(),
        "embedder": embedder.fingerprint,
        "dimension": embedder.dimension,
        "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "bytes": {
            p.relative_to(folder).as_posix(): p.stat().st_size
            for p in sorted(folder.rglob("*"))
            if p.is_file()
        },
    }
    _write_json(folder / "manifest.json", manifest)


def row_texts(library: Library) -> Iterator[str]:
    """The text of every row, in the order of the rows."""
    for document in library.documents:
        for article in library.articles[document.doc_id]:
            yield article_text(document, article)
    for entry in library.entries:
        yield from entry_texts(entry)


def _write_articles(path: Path, library: Library) -> list[int]:
    document_of_row: list[int] = []
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(_SCHEMA)
        for number, document in enumerate(library.documents):
            for article in library.articles[document.doc_id]:
                where = json.dumps(article.path, ensure_ascii=False)
                values = (len(document_of_row), number, article.article, article.ordinal, where, article.text)
                database.execute("INSERT INTO article VALUES (?, ?, ?, ?, ?, ?)", values)
                document_of_row.append(number)
    return document_of_row


def _counted(texts: Iterator[str], stage: str, total: int, progress: Progress) -> Iterator[str]:
    for done, text in enumerate(texts, start=1):
        if done % 500 == 0 or done == total:
            progress(stage, done, total)
        yield text


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


def _write_json(path: Path, data: Sequence[Any] | dict[str, Any]) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1), "utf-8")
