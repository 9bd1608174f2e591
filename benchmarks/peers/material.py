"""What every system of retrieval_peers.py is given: one set of texts and questions, in files they all read.

`prepare` takes the laws in with our own parser and writes them down, so that a peer holds nothing of ours in
memory, and no system reads a text that another one does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from knowledge import open_knowledge
from knowledge.chunking import article_text
from knowledge.embedders import ShippedEmbedder
from knowledge.evaluation import PolicyQuestion, read_questions, region_of
from knowledge.library import SHIPPED_CORPUS, Library
from knowledge.normalisation import searchable
from knowledge.region import applies
from knowledge.retrieval import places_for
from knowledge.service import KnowledgeBase


@dataclass(frozen=True)
class Article:
    """An article as it is indexed; `in_force` on the day of the run, in the place its text is made for."""

    text: str
    source_file: str
    article: str
    region: str
    in_force: bool


@dataclass(frozen=True)
class Asked:
    """A question as asked, as peers search for it, and the regions whose texts bind this caller."""

    question: str
    searched: str
    region: str | None
    binding: tuple[str, ...]


@dataclass(frozen=True)
class Job:
    """A run: where its files lie, what is taken in, and when and where its callers are."""

    work: Path
    folders: tuple[Path, ...]
    questions: Path
    day: date
    region: str
    cap: int | None

    def save(self) -> None:
        """Write the job down for the processes of its systems."""
        (self.work / "job.json").write_text(json.dumps(asdict(self), default=str), "utf-8")

    @classmethod
    def load(cls, work: Path) -> Job:
        """The inverse of save."""
        data = json.loads((work / "job.json").read_text("utf-8"))
        folders = tuple(map(Path, data["folders"]))
        day = date.fromisoformat(data["day"])
        return cls(work, folders, Path(data["questions"]), day, data["region"], data["cap"])


def whole_base(job: Job) -> KnowledgeBase:
    """Our knowledge base as an installation has it, with the hotline entries and the questions asked."""
    return open_knowledge(job.work / "whole", default_region=job.region)


def bare_base(job: Job) -> KnowledgeBase:
    """The same search over the articles alone: nothing of ours but the way of searching."""
    nothing = job.work / "nothing"
    for folder in ("laws", "entries"):
        (nothing / folder).mkdir(parents=True, exist_ok=True)
    return KnowledgeBase(job.work / "bare", ShippedEmbedder(), job.region, corpus=nothing)


def fill_bare(job: Job) -> None:
    """Take the same laws into the bare base as the whole one holds, those that ship among them."""
    bare_base(job).curator.add([SHIPPED_CORPUS / "laws", *job.folders])


def prepare(job: Job) -> dict[str, Any]:
    """Take the laws in and write articles and questions; gives how many, and what does not fit together."""
    base = whole_base(job)
    refused = [r.source_file for r in base.curator.add(job.folders) if r.refused]
    library = base.curator.library()
    articles = list(_articles(library, job.day))
    questions = read_questions(job.questions)
    _write(job.work / "articles.jsonl", articles)
    _write(job.work / "asked.jsonl", _asked(questions, library, job.region))
    return {
        "documents": len(library.documents),
        "articles": len(articles),
        "articles_in_force": sum(article.in_force for article in articles),
        "questions": len(questions),
        "refused_files": refused,
        "gold_not_loaded": _not_loaded(questions, articles),
    }


def read_articles(job: Job) -> list[Article]:
    """The articles, in the order of the rows that peers answer with."""
    return [Article(**line) for line in _lines(job.work / "articles.jsonl")]


def read_asked(job: Job) -> list[Asked]:
    """The questions, in the order of their file."""
    return [
        Asked(line["question"], line["searched"], line["region"], tuple(line["binding"]))
        for line in _lines(job.work / "asked.jsonl")
    ]


def _articles(library: Library, day: date) -> Iterator[Article]:
    for document in library.documents:
        in_force = document.applies_on(day)
        for article in library.articles[document.doc_id]:
            text = article_text(document, article)
            yield Article(text, document.source_file, article.article, document.region, in_force)


def _asked(questions: Sequence[PolicyQuestion], library: Library, default: str) -> Iterator[Asked]:
    regions = sorted({document.region for document in library.documents})
    for question in questions:
        caller = region_of(question.jurisdiction)
        places = places_for(question.question, caller, default).adcodes
        binding = tuple(region for region in regions if applies(region, places))
        yield Asked(question.question, searchable(question.question), caller, binding)


def _not_loaded(questions: Iterable[PolicyQuestion], articles: Iterable[Article]) -> list[str]:
    """Right articles that are not among the texts: no system can find them."""
    missing = {gold for question in questions for gold in question.gold}
    for article in articles:
        parts = article.source_file.split("/")
        missing -= {("/".join(parts[start:]), article.article) for start in range(len(parts))}
    return sorted(f"{document}#{article}" for document, article in missing)


def _write(path: Path, rows: Iterable[Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
