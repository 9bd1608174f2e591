"""Takes policy files in: read, cut into articles, describe, and say per file what was understood."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePath

from knowledge import readers, region
from knowledge.errors import UnreadableDocument
from knowledge.model import IN_FORCE, REPEALED, IngestionReport, PolicyArticle, PolicyDocument
from knowledge.parsing import structure
from knowledge.parsing.metadata import Metadata, describe
from knowledge.parsing.structure import Structure
from knowledge.readers import SourceText
from knowledge.readers.folders import files_under
from knowledge.readers.unwrapping import ends_sentence
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


def ingest(path: Path, source_file: str | None = None) -> IngestedDocument:
    """Read one file. Its status is settled later, beside the other documents (validity.resolve).

    Args:
        source_file: how citations name the file; the path itself by default.

    Raises:
        UnreadableDocument: it cannot be read, or holds no numbered article.
    """
    source_file = source_file or str(path)
    return _understood(readers.read(path, source_file), source_file)


def _understood(source: SourceText, source_file: str) -> IngestedDocument:
    parsed = structure.parse(source.lines)
    if not parsed.articles:
        raise UnreadableDocument(source_file, "no_articles")
    about = describe(PurePath(source_file), parsed, source.hints)
    document = _document(about, source_file)
    head = (about.part,) if about.part else ()
    articles = tuple(
        PolicyArticle(document.doc_id, found.article, ordinal, head + found.path, found.text)
        for ordinal, found in enumerate(parsed.units, start=1)
    )
    notes = (*source.notes, *about.notes(), *_numbering_notes(parsed, about))
    if not ends_sentence(articles[-1].text):
        notes += ("open_end",)
    return IngestedDocument(document, articles, notes)


def _document(about: Metadata, source_file: str) -> PolicyDocument:
    """Describe a document; one that quotes articles of a law bears the law's name, and an id of its own.

    Raises:
        UnreadableDocument: it quotes several laws, so that no article can be cited safely.
    """
    if about.excerpt_of == "":
        raise UnreadableDocument(source_file, "mixed_excerpt")
    title = about.excerpt_of or about.title
    name = f"{title}（摘录：{about.title}）" if about.excerpt_of else title
    return PolicyDocument(
        doc_id=document_id(name, about.part, about.version_date),
        title=title,
        document_no=about.document_no,
        issuer=about.issuer,
        level=region.level_of(about.region).value,
        region=about.region,
        promulgated_on=about.promulgated_on,
        version_date=about.version_date,
        effective_from=about.effective_from,
        status=REPEALED if about.said_repealed else IN_FORCE,
        superseded_by=None,
        source_file=source_file,
        url=about.url,
        amended_on=about.amended_on,
        repealed_on=about.repealed_on,
        excerpt_of=about.excerpt_of,
        repeals=about.repeals,
    )


def ingest_all(
    paths: Sequence[Path], named: Callable[[Path], str] = str
) -> Iterator[IngestedDocument | IngestionReport]:
    """Read many files and the members of archives; what cannot be taken in gives its refusal.

    Args:
        named: how citations name a file.
    """
    for path in paths:
        is_empty = True
        for file in files_under([path]):
            is_empty = False
            yield from _parts_taken_in(file, named(file))
        if is_empty:
            yield _refusal(UnreadableDocument(str(path), "empty_folder"))


def _parts_taken_in(path: Path, source_file: str) -> Iterator[IngestedDocument | IngestionReport]:
    for part in readers.parts_of(path, source_file):
        try:
            yield _understood(readers.read_part(part), part.source_file)
        except UnreadableDocument as error:
            yield _refusal(error)


def _refusal(error: UnreadableDocument) -> IngestionReport:
    """The report of a refused file; a reason with a detail ("scanned_pages:2") leaves it as a note."""
    code, detail = split_note(error.reason)
    notes = (error.reason,) if detail else ()
    return IngestionReport(error.source_file, None, 0, notes, refused=code)


def _numbering_notes(parsed: Structure, about: Metadata) -> Iterator[str]:
    """Missing or repeated numbers: the file may be incomplete, so whoever loads it should look."""
    numbers = [article.number for article in parsed.articles if article.number]
    if not numbers:
        yield "cut_at_sections"
    first = [1] if numbers and not about.part else []
    missing = [n for low, high in pairwise([*first, *numbers]) for n in range(low + 1, high)]
    if about.excerpt_of:
        missing = []
    if 0 < len(missing) <= 20:
        yield "missing_articles:" + "、".join(map(str, missing))
    elif missing:
        yield f"missing_articles:{len(missing)}"
    labels = Counter(unit.article for unit in parsed.units)
    repeated = sorted(label for label, times in labels.items() if times > 1)
    if repeated:
        yield "repeated_articles:" + "、".join(repeated)
    if parsed.stray_titles:
        yield "stray_titles:" + "、".join(parsed.stray_titles)
    if parsed.annexes:
        yield "annexes:" + "、".join(unit.article for unit in parsed.annexes)


def split_note(note: str) -> tuple[str, str]:
    """Part a note into its code and its detail: "missing_articles:12" -> ("missing_articles", "12")."""
    code, _, detail = re.sub(r"\s+", " ", note).partition(":")
    return code, detail
