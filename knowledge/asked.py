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

import yaml

from knowledge.errors import BadEntry
from knowledge.model import PolicyArticle, PolicyDocument
from knowledge.normalisation import searchable
from knowledge.titles import title_key

_KEYS = {"document", "version", "ours", "articles"}
# The parser written in C, ten times as fast, where the platform has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class AskedQuestions:
    """Questions by article of one document, as its version of some day reads; None: it has no versions.

    `ours` is False where they are answered when asked, but such matters are mostly for other offices.
    """

    document: str
    version: date | None
    articles: Mapping[str, tuple[str, ...]]
    ours: bool = True


def load_asked(folder: Path | Traversable) -> tuple[AskedQuestions, ...]:
    """Read all *.yml of a folder, in file order.

    Raises:
        BadEntry: a file is not YAML, or not {document, version, articles: {第X条: [questions]}}.
    """
    if not folder.is_dir():
        return ()
    paths = sorted(folder.iterdir(), key=lambda path: path.name)
    return tuple(_read(p.name, p.read_text("utf-8")) for p in paths if p.name.endswith((".yml", ".yaml")))


@lru_cache(maxsize=512)
def _read(name: str, text: str) -> AskedQuestions:
    try:
        data = yaml.load(text, Loader=_LOADER)
    except (yaml.YAMLError, ValueError) as error:
        raise BadEntry(f"{name}: not valid YAML: {error}") from error
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
