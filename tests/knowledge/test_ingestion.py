from datetime import date
from pathlib import Path

import pytest

from knowledge.errors import UnreadableDocument
from knowledge.ingestion import IngestedDocument, ingest, ingest_all
from knowledge.model import IngestionReport
from tests.knowledge.conftest import RELIEF_NEW, ZHEJIANG, WriteLaw


def law(title: str, *articles: str, info: str = "") -> str:
    return "\n\n".join([f"# {title}", info, "<!-- INFO END -->", *articles])


def test_a_national_regulation_is_described(write_law: WriteLaw):
    path = write_law("行政法规/互助救济办法(2019-03-02).md", RELIEF_NEW)

    document = ingest(path).document

    assert document.doc_id == "互助救济办法@2019-03-02"
    assert (document.document_no, document.issuer) == ("国务院令第649号", "国务院")
    assert (document.level, document.region) == ("国家", "000000")
    assert document.promulgated_on == date(2014, 2, 21)
    assert document.effective_from == date(2014, 5, 1)
    assert document.source_file == str(path)


def test_an_amended_version_applies_from_its_own_date(write_law: WriteLaw):
    """最后一条写的是首次施行日期；2019年修订的文本不能拿来说2015年的事。"""
    document = ingest(write_law("互助救济办法(2019-03-02).md", RELIEF_NEW)).document

    assert not document.applies_on(date(2015, 1, 1))
    assert document.applies_on(date(2019, 3, 2))


def test_a_provincial_text_is_placed_and_effective_from_its_publication(write_law: WriteLaw):
    path = write_law("地方性法规/浙江/浙江省互助救济条例(2020-09-24).md", ZHEJIANG)

    document = ingest(path).document

    assert (document.level, document.region) == ("省", "330000")
    assert document.issuer == "浙江省人民代表大会常务委员会"
    assert document.effective_from == date(2020, 9, 24)


@pytest.mark.parametrize(
    ("name", "title", "region", "level"),
    [
        ("地方性法规/山东/a.md", "青岛市养老条例", "370200", "市"),
        ("地方性法规/浙江/a.md", "互助条例", "330000", "省"),
        ("a.md", "湖南省实施办法", "430000", "省"),
        ("a.md", "中华人民共和国某法", "000000", "国家"),
    ],
)
def test_the_place_is_the_more_exact_of_title_and_folder(
    write_law: WriteLaw, name: str, title: str, region: str, level: str
):
    document = ingest(write_law(name, law(title, "第一条 一。"))).document

    assert (document.region, document.level) == (region, level)


@pytest.mark.parametrize(
    ("closing", "expected"),
    [
        ("本办法自一九九五年一月一日起执行。", date(1995, 1, 1)),
        ("本条例自2016年5月1 日起施行。", date(2016, 5, 1)),
        ("本办法自发布之日起施行。", date(2003, 6, 20)),
    ],
)
def test_the_day_it_took_effect_is_read_in_its_many_spellings(
    write_law: WriteLaw, closing: str, expected: date
):
    text = law("某办法", f"第一条 {closing}", info="2003年6月20日 中华人民共和国国务院令第381号公布")

    assert ingest(write_law("某办法(2003-06-20).md", text)).document.effective_from == expected


def test_the_parts_of_a_code_are_cited_by_the_name_of_the_code(write_law: WriteLaw):
    text = law("中华人民共和国民法典", "## 第一章 一般规定", "第一千一百一十九条 一。", info="# 继承编")

    ingested = ingest(write_law("民法典/继承编.md", text))

    assert ingested.document.title == "中华人民共和国民法典"
    assert ingested.document.doc_id == "中华人民共和国民法典·继承编@undated"
    assert ingested.articles[0].path == ("继承编", "第一章 一般规定")


def test_what_could_not_be_told_is_said(write_law: WriteLaw):
    ingested = ingest(write_law("某办法.md", law("某办法", "第一条 一。", "第三条 三。")))

    assert set(ingested.notes) >= {"unknown_version_date", "unknown_document_no", "missing_articles:2"}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.md", b"\xff\xfe\x2c\x7b\x00", "cut_off"),
        ("a.md", b"  \n", "empty"),
        ("a.md", "# 通知\n\n没有条文".encode(), "no_articles"),
        ("a.xyz", b"abc", "unknown_format"),
    ],
)
def test_a_file_that_cannot_be_cited_is_refused_with_its_reason(
    tmp_path: Path, name: str, content: bytes, reason: str
):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(UnreadableDocument) as refusal:
        ingest(tmp_path / name)

    assert refusal.value.reason == reason


def test_one_bad_file_does_not_stop_the_rest(write_law: WriteLaw):
    folder = write_law("好(2020-01-01).md", law("好", "第一条 一。")).parent
    (folder / "坏.md").write_bytes(b"\xff\xfe\x00")

    good, bad = sorted(ingest_all([folder]), key=lambda r: isinstance(r, IngestionReport))

    assert isinstance(good, IngestedDocument)
    assert isinstance(bad, IngestionReport)
    assert bad.refused == "cut_off"


def test_plain_text_in_an_old_encoding_is_read(tmp_path: Path):
    path = tmp_path / "某办法(2006-01-21).txt"
    path.write_bytes("某办法\n第一条 五保供养。\n".encode("gb18030"))

    assert ingest(path).articles[0].text == "第一条 五保供养。"
