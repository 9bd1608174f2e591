"""Every document of the corpus against a table that was checked by reading its head and its closing article.

`articles` counts the numbered ones; it is that of laws_index.tsv for every document.
"""

import csv
from datetime import date
from pathlib import Path

import pytest

from knowledge.ingestion import IngestedDocument, ingest
from knowledge.library import SHIPPED_CORPUS
from knowledge.parsing.pieces import as_read
from knowledge.parsing.structure import parse
from knowledge.readers import read
from knowledge.validity import load_successors, resolve

TODAY = date(2026, 11, 22)
LAWS = SHIPPED_CORPUS / "laws"
with (Path(__file__).parent / "data" / "corpus_table.tsv").open(encoding="utf-8") as table:
    EXPECTED = {row["path"]: row for row in csv.DictReader(table, delimiter="\t")}

# What is missing or repeated in the files themselves (README of the corpus, irregularities 11 and 9).
NUMBERING = {
    "地方性法规/山东/山东省突发事件应对条例(2012-05-31).md": "missing_articles:12",
}
ANNEXES = {
    "法律/个人所得税法(2018-08-31).md": ["个人所得税税率表一（综合所得适用）"],
    "行政法规/女职工劳动保护特别规定(2012-04-28).md": ["附录"],
    "行政法规/蓄滞洪区运用补偿暂行办法(2000-05-27).md": ["附录"],
}


def as_row(ingested: IngestedDocument, status: str) -> dict[str, str]:
    document = ingested.document
    numbered = sum(article.article.startswith("第") for article in ingested.articles)
    values = {
        "path": document.source_file,
        "title": document.title,
        "document_no": document.document_no,
        "issuer": document.issuer,
        "level": document.level,
        "region": document.region,
        "promulgated_on": document.promulgated_on,
        "version_date": document.version_date,
        "effective_from": document.effective_from,
        "articles": numbered,
        "annexes": len(ingested.articles) - numbered,
        "status": status,
    }
    return {name: "" if value is None else str(value) for name, value in values.items()}


def taken_in(root: Path) -> list[IngestedDocument]:
    return [ingest(path, str(path.relative_to(root))) for path in sorted(root.rglob("*.md"))]


def test_every_shipped_law_is_described_as_its_text_says():
    ingested = taken_in(LAWS)

    assert len(ingested) == 91
    for found in ingested:
        expected = EXPECTED[found.document.source_file]
        assert as_row(found, expected["status"]) == expected


def test_every_law_of_the_corpus_is_described_as_its_text_says(shared_corpus: Path):
    ingested = taken_in(shared_corpus / "laws")
    resolved = resolve([found.document for found in ingested], load_successors(), TODAY)
    status = {document.source_file: document.status for document in resolved}

    rows = {
        found.document.source_file: as_row(found, status[found.document.source_file]) for found in ingested
    }

    assert rows.keys() == EXPECTED.keys()
    assert [row for path, row in rows.items() if row != EXPECTED[path]] == []


def test_the_numbers_of_articles_are_those_of_the_index(shared_corpus: Path):
    with (shared_corpus / "laws_index.tsv").open(encoding="utf-8") as index:
        counted = {row["path"]: row["articles"] for row in csv.DictReader(index, delimiter="\t")}

    assert {path: row["articles"] for path, row in EXPECTED.items()} == counted


def test_what_is_missing_or_hangs_behind_the_last_article_is_said(shared_corpus: Path):
    root = shared_corpus / "laws"
    ingested = taken_in(root)

    gaps = {
        found.document.source_file: note
        for found in ingested
        for note in found.notes
        if note.startswith(("missing_articles", "repeated_articles"))
    }
    annexes = {
        found.document.source_file: names
        for found in ingested
        if (names := [a.article for a in found.articles if not a.article.startswith("第")])
    }

    assert gaps == NUMBERING
    assert annexes == ANNEXES


@pytest.mark.parametrize("path", sorted(LAWS.rglob("*.md")), ids=lambda path: path.stem)
def test_the_pieces_of_a_law_are_its_file_again(path: Path):
    lines = read(path).lines

    assert as_read(parse(lines).pieces) == "\n".join(lines)
