"""What is indexed: a row per article, several per hotline entry, one per question asked about an article.

A block has a digest of all that its rows are made from, so that a build can take over the rows of whatever
has not changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from knowledge.library import Library
from knowledge.model import HotlineEntry, PolicyArticle, PolicyDocument
from knowledge.normalisation import searchable

MAX_CHARS = 2_000  # a list of place names in an annex would drown the article it hangs on


@dataclass(frozen=True)
class Block:
    """Consecutive rows of one document, one entry or one document's questions; same digest, same rows."""

    digest: str
    rows: int
    texts: Callable[[], list[str]]


def blocks(library: Library) -> list[Block]:
    """A block for each document, then one for each entry, then one for each document's questions."""
    documents = [_document_block(d, library.articles[d.doc_id]) for d in library.documents]
    asked = [_asked_block(list(asked_about(library, d))) for d in library.documents]
    return documents + [_entry_block(entry) for entry in library.entries] + asked


def asked_about(library: Library, document: PolicyDocument) -> Iterator[tuple[int, str]]:
    """The questions asked about a document's articles, each with the place of the article in the document."""
    asked = library.asked.get(document.doc_id, {})
    for place, article in enumerate(library.articles[document.doc_id] if asked else ()):
        for question in asked.get(article.article, ()):
            yield place, question


def _document_block(document: PolicyDocument, articles: tuple[PolicyArticle, ...]) -> Block:
    raw = (f"{'/'.join(a.path)}\n{a.text[:MAX_CHARS]}" for a in articles)
    return Block(
        _digest([document.title, *raw]),
        len(articles),
        lambda: [article_text(document, article) for article in articles],
    )


def _entry_block(entry: HotlineEntry) -> Block:
    raw = [entry.title, *entry.questions, entry.answer, *entry.conditions]
    return Block(_digest(raw), len(entry.questions) + 1, lambda: entry_texts(entry))


def _asked_block(asked: list[tuple[int, str]]) -> Block:
    questions = [question for _, question in asked]
    return Block(_digest(questions), len(questions), lambda: [searchable(q) for q in questions])


def article_text(document: PolicyDocument, article: PolicyArticle) -> str:
    """Title, headings and words of an article: headings name the topic that articles take for granted."""
    title = document.title.removeprefix("中华人民共和国")
    return searchable(f"{title} {' '.join(article.path)} {article.text[:MAX_CHARS]}")


def entry_texts(entry: HotlineEntry) -> list[str]:
    """One text per way of asking, and one with the answer; the best one counts."""
    asked = [f"{entry.title} {question}" for question in entry.questions]
    body = " ".join((entry.title, entry.answer, *entry.conditions))
    return [searchable(text) for text in (*asked, body)]


def _digest(texts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:24]
