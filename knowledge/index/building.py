"""Writes an index generation: rows of what has not changed are taken over, only the others are made."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.chunking import Block, asked_about, blocks
from knowledge.index.generation import FORMAT, Generation
from knowledge.index.rows import Rows, encode_rows, joined
from knowledge.lexical import LexicalIndex, terms_fingerprint
from knowledge.library import Library
from knowledge.model import PolicyArticle
from knowledge.ports import Embedder, VectorStore
from knowledge.store import Catalogue, document_to_json
from knowledge.titles import title_key

Progress = Callable[[str, int, int], None]

_to_json = json.JSONEncoder(ensure_ascii=False).encode  # without indentation, which Python alone would do

_SCHEMA = """
CREATE TABLE article
    (row INTEGER PRIMARY KEY, document INTEGER, name TEXT, ordinal INTEGER, path TEXT, text TEXT);
"""
_INDEX = "CREATE INDEX by_name ON article (document, name)"  # made at once, when all rows are there


def write_generation(
    folder: Path,
    library: Library,
    catalogue: Catalogue,
    embedder: Embedder,
    vectors: VectorStore,
    *,
    previous: Generation | None,
    replaces: str | None,
    cause: str,
    progress: Progress,
) -> None:
    """Write all files of a generation into an empty folder; the manifest last.

    Args:
        previous: a generation whose rows may be taken over; None makes every row anew.
        replaces: name of the generation in use until now, to go back to.
        cause: why it is built, in words, for the list of generations.
    """
    planned = blocks(library)
    rows, vocabulary = make_rows(planned, embedder, previous, progress)
    _write_json(folder / "catalogue.json", json.loads(catalogue.to_json()))
    _write_contents(folder, library)
    _write_rows(folder / "rows.npz", planned, library, rows)
    progress("index", 0, len(rows))
    _write_json(folder / "vocabulary.json", vocabulary)
    LexicalIndex.build(rows.starts, rows.words, vocabulary).save(folder / "lexical")
    vectors.write(folder, rows.vectors)
    progress("index", len(rows), len(rows))
    manifest = {
        "format": FORMAT,
        "cause": cause,
        "replaces": replaces,
        "documents": len(library.documents),
        "articles": sum(block.rows for block in planned[: len(library.documents)]),
        "entries": len(library.entries),
        "rows": len(rows),
        "blocks": [[block.digest, block.rows] for block in planned],
        "outranked": sorted(library.successors.outranked_articles),
        "library": library.fingerprint(),
        "terms": terms_fingerprint(),
        "embedder": embedder.fingerprint,
        "dimension": embedder.dimension,
        "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    _write_json(folder / "manifest.json", manifest)


def make_rows(
    planned: Sequence[Block], embedder: Embedder, previous: Generation | None, progress: Progress
) -> tuple[Rows, list[str]]:
    """The rows of all blocks in order, and their words in the order of their numbers."""
    kept, vocabulary = _kept_rows(previous, embedder)
    new = [block for block in planned if block.digest not in kept]
    texts = [text for block in new for text in block.texts()]
    made = encode_rows(texts, embedder, vocabulary, lambda done: progress("rows", done, len(texts)))
    first = 0
    for block in new:
        kept[block.digest] = made.part(first, first + block.rows)
        first += block.rows
    return joined([kept[block.digest] for block in planned], embedder.dimension), list(vocabulary)


def _kept_rows(previous: Generation | None, embedder: Embedder) -> tuple[dict[str, Rows], dict[str, int]]:
    """The rows of a generation by the digest of their block; none if it was made with other means."""
    made_with = previous.manifest if previous else {}
    if (
        previous is None
        or made_with["embedder"] != embedder.fingerprint
        or made_with["terms"] != terms_fingerprint()
    ):
        return {}, {}
    rows, first = previous.row_words(), 0
    kept: dict[str, Rows] = {}
    for digest, count in made_with["blocks"]:
        kept[digest] = rows.part(first, first + count)
        first += count
    return kept, {word: number for number, word in enumerate(previous.vocabulary())}


def _write_contents(folder: Path, library: Library) -> None:
    documents = [
        {"document": document_to_json(d), "origin": library.origins[d.doc_id]} for d in library.documents
    ]
    # One a line and without "\u2028" and the like, at which a reader might cut too.
    lines = (json.dumps(document) for document in documents)
    (folder / "documents.jsonl").write_text("\n".join(lines), "utf-8")
    _write_json(
        folder / "entries.json",
        [
            vars(e) | {"sources": [vars(s) for s in e.sources], "reviewed_on": str(e.reviewed_on)}
            for e in library.entries
        ],
    )
    with closing(sqlite3.connect(folder / "articles.sqlite")) as database, database:
        database.executescript(_SCHEMA)
        database.executemany("INSERT INTO article VALUES (?, ?, ?, ?, ?, ?)", _article_rows(library))
        database.execute(_INDEX)


def _article_rows(library: Library):
    row = 0
    for number, document in enumerate(library.documents):
        for a in library.articles[document.doc_id]:
            yield row, number, a.article, a.ordinal, _to_json(a.path), a.text
            row += 1


def _write_rows(path: Path, planned: Sequence[Block], library: Library, rows: Rows) -> None:
    def numbers(part: Sequence[Block]) -> np.ndarray:
        counts = np.array([block.rows for block in part], dtype=np.int64)
        return np.repeat(np.arange(len(part), dtype=np.int32), counts)

    documents, entries = len(library.documents), len(library.documents) + len(library.entries)
    sources = list(_source_rows(library))
    np.savez(
        path,
        document_of_row=numbers(planned[:documents]),
        entry_of_row=numbers(planned[documents:entries]),
        article_of_asked=np.array(list(_asked_articles(library)), dtype=np.int32),
        sources=np.array([row for found in sources for row in found], dtype=np.int32),
        source_ends=np.cumsum([len(found) for found in sources], dtype=np.int64),
        starts=rows.starts,
        words=rows.words,
    )


def _asked_articles(library: Library) -> Iterator[int]:
    """The row of the article that each asked question is about, in the order of the blocks."""
    first = 0
    for document in library.documents:
        yield from (first + place for place, _ in asked_about(library, document))
        first += len(library.articles[document.doc_id])


def _source_rows(library: Library) -> Iterator[list[int]]:
    """Rows of the articles that each entry rests on, in all versions.

    What is not loaded is left out, and what reads differently from what the writer of the entry read: words
    written for an article must not stand beside another one.
    """
    wanted = {(title_key(s.document), s.article) for entry in library.entries for s in entry.sources}
    rows: dict[tuple[str, str], list[tuple[int, PolicyArticle]]] = {}
    row = 0
    for document in library.documents:
        key = title_key(document.title)
        for article in library.articles[document.doc_id]:
            if (key, article.article) in wanted:
                rows.setdefault((key, article.article), []).append((row, article))
            row += 1
    for entry in library.entries:
        found = (
            row
            for source in entry.sources
            for row, article in rows.get((title_key(source.document), source.article), [])
            if library.supports(entry, source, article)
        )
        yield list(dict.fromkeys(found))


def _write_json(path: Path, data: Any) -> None:
    path.write_text(_to_json(data), "utf-8")
