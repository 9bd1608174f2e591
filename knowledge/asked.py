"""Loads the questions that citizens ask about single articles (data), and finds the articles they are about.

They are nobody's answer and are never shown: they teach the search which article decides which everyday
question, much as the ways of asking of an entry do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from knowledge.derived import NOTHING_KEPT, Derived
from knowledge.errors import BadEntry
from knowledge.model import PolicyArticle, PolicyDocument
from knowledge.normalisation import searchable
from knowledge.titles import title_key
from knowledge.yaml_files import data_of, yaml_texts

_KEYS = {"document", "version", "ours", "articles"}


@dataclass(frozen=True)
class AskedQuestions:
    """Questions by article of one document, as its version of some day reads; None: it has no versions.

    `ours` is False where they are answered when asked, but such matters are mostly for other offices.
    """

    document: str
    version: date | None
    articles: Mapping[str, tuple[str, ...]]
    ours: bool = True


def load_asked(folder: Path | Traversable, derived: Derived = NOTHING_KEPT) -> tuple[AskedQuestions, ...]:
    """Read all *.yml of a folder, in file order; none if there is no such folder.

    Args:
        derived: where what the YAML holds is kept; its form is checked every time.

    Raises:
        BadEntry: a file is not YAML, or not {document, version, articles: {第X条: [questions]}}.
    """
    return _asked(tuple(yaml_texts(folder).items()), derived) if folder.is_dir() else ()


@lru_cache(maxsize=4)
def _asked(texts: tuple[tuple[str, str], ...], derived: Derived) -> tuple[AskedQuestions, ...]:
    return tuple(_one(name, data) for name, data in data_of(dict(texts), derived, "asked").items())


def _one(name: str, data: Any) -> AskedQuestions:
    if not isinstance(data, dict) or set(data) - _KEYS or not isinstance(data.get("document"), str):
        raise BadEntry(f"{name}: expected document, version and articles")
    if not isinstance(data.get("version"), date | None):
        raise BadEntry(f"{name}: version must be a date such as 2019-03-02")
    if not isinstance(data.get("articles"), dict):
        raise BadEntry(f"{name}: expected articles with their questions")
    articles = {article: _questions(name, article, found) for article, found in data["articles"].items()}
    return AskedQuestions(data["document"], data.get("version"), articles, data.get("ours", True))


def _questions(name: str, article: Any, found: Any) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(q, str) and q.strip() for q in found):
        raise BadEntry(f"{name}, {article}: expected a list of questions")
    return tuple(question.strip() for question in found)


def asked_of(
    asked: Iterable[AskedQuestions],
    documents: Mapping[str, tuple[PolicyDocument, ...]],
    articles: Mapping[str, tuple[PolicyArticle, ...]],
) -> dict[str, dict[str, tuple[str, ...]]]:
    """The questions of loaded documents (given by title key): by doc_id, then by article.

    They hold for the version they were written for, and for the articles of other versions that read the
    same. Of a rewritten article nobody knows whether it still decides them: it has none until somebody looks.
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for one in asked:
        versions = documents.get(title_key(one.document), ())
        read = [d for d in versions if one.version is None or d.version_date == one.version]
        texts = {a.article: a.text for d in read for a in articles[d.doc_id]}
        for document in versions:
            for article in articles[document.doc_id]:
                questions = one.articles.get(article.article)
                if questions and _reads_as(article.text, texts.get(article.article)):
                    held = found.setdefault(document.doc_id, {})
                    held[article.article] = held.get(article.article, ()) + questions
    return found


def _reads_as(text: str, read: str | None) -> bool:
    """True if two texts differ in nothing that is read; what is equal as it stands needs no second look."""
    return read is not None and (text == read or searchable(text) == searchable(read))
