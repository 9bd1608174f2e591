"""The table that ships, line by line against the texts it speaks of, and the file an office adds."""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from knowledge.errors import BadSuccessors
from knowledge.ingestion import IngestedDocument, ingest_all
from knowledge.library import SHIPPED_CORPUS
from knowledge.normalisation import searchable
from knowledge.successors import Precedence, load_successors, successors_with
from knowledge.titles import title_key

QUOTED = re.compile("“([^”]+)”")

OWN = """
documents:
  - old: 湖南省老年人优待办法
    new: 湖南省老年人优待条例
    since: 2025-01-01
    reason: 条例第四十条。
articles:
  - document: 湖南省老年人优待条例
    articles: [第三条]
    by: {document: 中华人民共和国老年人权益保障法, articles: [第二条]}
    reason: 年龄不同。
effective:
  - document: 湖南省老年人优待条例
    version: 2024-11-20
    since: 2025-01-01
    reason: 公告。
"""


@cache
def articles_in(laws: Path) -> dict[str, dict[str, str]]:
    """The words of every article, by title key and number; of several versions all words together."""
    found: dict[str, dict[str, str]] = {}
    for taken in ingest_all([laws]):
        if isinstance(taken, IngestedDocument):
            articles = found.setdefault(title_key(taken.document.title), {})
            for article in taken.articles:
                articles[article.article] = articles.get(article.article, "") + searchable(article.text)
    return found


def mistakes(line: Precedence, articles: dict[str, dict[str, str]]) -> Iterator[str]:
    """What is wrong with a line: an article that is not there, a quoted word that stands on neither side."""
    sides = []
    for title, names in ((line.document, line.articles), (line.by_document, line.by_articles)):
        known = articles.get(title_key(title), {})
        yield from (f"{title}{name} is not there" for name in names if name not in known)
        sides.append("".join(known.get(name, "") for name in names))
    quoted = [searchable(words) for words in QUOTED.findall(line.reason)]
    yield from (f"{words} stands nowhere" for words in quoted if not any(words in side for side in sides))
    yield from (f"nothing quoted of side {n}" for n, s in enumerate(sides) if not any(q in s for q in quoted))


def test_what_the_shipped_table_says_of_articles_stands_in_them(shared_corpus: Path):
    """每一行所举的条文都存在，理由里“”中的字样确实写在条文里，两边都有。"""
    articles = articles_in(shared_corpus / "laws")

    found = {
        (line.document, line.articles): wrong
        for line in load_successors().articles
        if (wrong := list(mistakes(line, articles)))
    }

    assert found == {}


def test_the_lines_about_shipped_documents_stand_in_them_too():
    articles = articles_in(SHIPPED_CORPUS / "laws")
    lines = [
        line
        for line in load_successors().articles
        if {title_key(line.document), title_key(line.by_document)} <= articles.keys()
    ]

    assert len(lines) >= 10
    assert [wrong for line in lines for wrong in mistakes(line, articles)] == []


def test_every_document_and_version_the_shipped_table_names_exists(shared_corpus: Path):
    taken = [i.document for i in ingest_all([shared_corpus / "laws"]) if isinstance(i, IngestedDocument)]
    titles = {title_key(d.title) for d in taken}
    versions = {(title_key(d.title), d.version_date) for d in taken}
    table = load_successors()

    assert {title_key(t) for line in table.documents for t in (line.old, line.new or line.old)} <= titles
    assert {(title_key(line.document), line.version) for line in table.effective} <= versions


def test_every_day_of_effect_lies_after_the_decision_and_stands_in_its_reason():
    for line in load_successors().effective:
        spoken = f"自{line.since.year}年{line.since.month}月{line.since.day}日起施行"
        assert line.since > line.version
        assert spoken in line.reason


def test_an_office_adds_lines_of_its_own(tmp_path: Path):
    (tmp_path / "successors.yml").write_text(OWN, "utf-8")

    table = successors_with(tmp_path / "successors.yml")

    assert len(table.documents) == len(load_successors().documents) + 1
    assert ("湖南省老年人优待条例", "第三条") in table.outranked_articles
    assert ("失业保险条例", "第十六条") in table.outranked_articles
    assert any(line.document == "湖南省老年人优待条例" for line in table.effective)


def test_an_office_without_a_file_has_the_shipped_table(tmp_path: Path):
    assert successors_with(tmp_path / "successors.yml") == load_successors()


def test_an_empty_file_adds_nothing(tmp_path: Path):
    (tmp_path / "successors.yml").write_text("# 还没有内容\n", "utf-8")

    assert successors_with(tmp_path / "successors.yml") == load_successors()


def test_the_line_of_an_office_takes_the_place_of_a_shipped_one(tmp_path: Path):
    own = "documents:\n  - {old: 《信访条例》, since: 2022-06-01, reason: 本地另有规定。}\n"
    (tmp_path / "successors.yml").write_text(own, "utf-8")

    lines = [d for d in successors_with(tmp_path / "successors.yml").documents if "信访条例" in d.old]

    assert [(line.new, line.since) for line in lines] == [(None, date(2022, 6, 1))]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "since: 2025-01-01\n    reason: 条例",
            "since: 去年\n    reason: 条例",
            "line 3, documents: since must",
        ),
        ("    reason: 条例第四十条。\n", "", "line 3, documents: reason must be a text"),
        ("new: 湖南省老年人优待条例", "news: x", "line 3, documents: unknown field 'news'"),
        ("articles: [第三条]", "articles: 第三条", "line 8, articles: articles must be a list"),
        ("articles: [第二条]}", "article: [第二条]}", "line 8, articles, by: unknown field 'article'"),
        (
            "by: {document: 中华人民共和国老年人权益保障法, articles: [第二条]}",
            "by: x",
            "line 8, articles, by:",
        ),
        ("version: 2024-11-20", "version: 2024-13-45", "not valid YAML"),
        ("effective:", "efective:", "unknown section 'efective'"),
        ("documents:\n", "documents: [\n", "not valid YAML"),
    ],
)
def test_a_file_that_breaks_the_form_is_refused_by_line_and_field(
    tmp_path: Path, old: str, new: str, complaint: str
):
    path = tmp_path / "successors.yml"
    path.write_text(OWN.replace(old, new, 1), "utf-8")

    with pytest.raises(BadSuccessors, match=re.escape(complaint)) as refused:
        successors_with(path)

    assert str(refused.value).startswith("successors.yml")


@pytest.mark.parametrize("text", ["- 信访条例", "documents: 信访条例", "documents: [信访条例]", "信访条例"])
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str):
    (tmp_path / "successors.yml").write_text(text, "utf-8")

    with pytest.raises(BadSuccessors):
        successors_with(tmp_path / "successors.yml")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path):
    (tmp_path / "successors.yml").write_bytes("documents: 信访".encode("gbk"))

    with pytest.raises(BadSuccessors, match="UTF-8"):
        successors_with(tmp_path / "successors.yml")
