"""Takes policy files in: read, cut into articles, describe, and say per file what was understood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePath

from knowledge import readers, region, structure
from knowledge.errors import UnreadableDocument
from knowledge.metadata import Metadata, describe
from knowledge.model import IN_FORCE, IngestionReport, PolicyArticle, PolicyDocument
from knowledge.structure import ArticleText
from knowledge.titles import document_id


@dataclass(frozen=True)
class IngestedDocument:
    """A document with its articles, ready to be stored."""

    document: PolicyDocument
    articles: tuple[PolicyArticle, ...]
    notes: tuple[str, ...]

    def report(self) -> IngestionReport:
        """Say what was understood of it."""
        return IngestionReport(self.document.source_file, self.document, len(self.articles), self.notes)


def files_under(paths: Sequence[Path]) -> Iterator[Path]:
    """All files to take in: files as named, folders with all that is not hidden below them."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for child in sorted(path.rglob("*")):
            if child.is_file() and not any(part.startswith(".") for part in child.relative_to(path).parts):
                yield child


def ingest(path: Path, source_file: str | None = None) -> IngestedDocument:
    """Read one file. Its status is settled later, beside the other documents (validity.resolve).

    Args:
        source_file: how citations name the file; the path itself by default.

    Raises:
        UnreadableDocument: it cannot be read, or holds no numbered article.
    """
    source_file = source_file or str(path)
    parsed = structure.parse(readers.read(path).lines)
    if not parsed.articles:
        raise UnreadableDocument(source_file, "no_articles")
    about = describe(PurePath(source_file), parsed)
    document = _document(about, source_file)
    head = (about.part,) if about.part else ()
    articles = tuple(
        PolicyArticle(document.doc_id, found.article, ordinal, head + found.path, found.text)
        for ordinal, found in enumerate(parsed.articles, start=1)
    )
    notes = tuple(f"unknown_{field}" for field in about.unknown) + tuple(_numbering_notes(parsed.articles))
    if parsed.stray_titles:
        notes += ("stray_titles:" + "、".join(parsed.stray_titles),)
    return IngestedDocument(document, articles, notes)


def _document(about: Metadata, source_file: str) -> PolicyDocument:
    return PolicyDocument(
        doc_id=document_id(about.title, about.part, about.version_date),
        title=about.title,
        document_no=about.document_no,
        issuer=about.issuer,
        level=region.level_of(about.region).value,
        region=about.region,
        promulgated_on=about.promulgated_on,
        version_date=about.version_date,
        effective_from=about.effective_from,
        status=IN_FORCE,
        superseded_by=None,
        source_file=source_file,
        url=None,
        amended_on=about.amended_on,
    )


def ingest_all(paths: Sequence[Path]) -> Iterator[IngestedDocument | IngestionReport]:
    """Read many files; one that cannot be taken in gives its refusal and the rest go on."""
    for path in files_under(paths):
        try:
            yield ingest(path)
        except UnreadableDocument as error:
            yield IngestionReport(str(path), None, 0, (), refused=error.reason)


def _numbering_notes(articles: Iterable[ArticleText]) -> Iterator[str]:
    """Missing or repeated numbers: the file may be incomplete, so whoever loads it should look."""
    numbers = [article.number for article in articles]
    missing = [n for low, high in pairwise(numbers) for n in range(low + 1, high)]
    if 0 < len(missing) <= 20:
        yield "missing_articles:" + "、".join(map(str, missing))
    elif missing:
        yield f"missing_articles:{len(missing)}"
    labels = [article.article for article in articles]
    repeated = sorted({label for label in labels if labels.count(label) > 1})
    if repeated:
        yield "repeated_articles:" + "、".join(repeated)


def split_note(note: str) -> tuple[str, str]:
    """Part a note into its code and its detail: "missing_articles:12" -> ("missing_articles", "12")."""
    code, _, detail = re.sub(r"\s+", " ", note).partition(":")
    return code, detail
