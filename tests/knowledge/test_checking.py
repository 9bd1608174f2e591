from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from knowledge.checking import check_library
from knowledge.library import Library
from knowledge.model import Finding
from knowledge.service import KnowledgeBase
from knowledge.successors import Precedence, Succession, Successors
from knowledge.texts import keys, say
from knowledge.validity import resolve
from tests.knowledge.conftest import ENTRIES, RELIEF_NEW, TODAY, ZHEJIANG, WriteLaw, publish

OpenBase = Callable[[], KnowledgeBase]

RENAMED = """# 互助救助条例

2026年6月1日 中华人民共和国国务院令第900号公布

<!-- INFO END -->

第一条 为了帮助困难群众，制定本条例。

第二条 过冬取暖补助由县级人民政府民政部门发放。

第三条 本条例自2026年7月1日起施行。《互助救济办法》同时废止。
"""

HEATING = RENAMED.replace("《互助救济办法》同时废止。", "").replace("# 互助救助条例", "# 取暖条例")


def found(base: KnowledgeBase, shipped: Library | None = None) -> list[Finding]:
    library = base.curator.library()
    corrections = {o: base.curator.corrections(doc_id) for doc_id, o in library.origins.items()}
    return check_library(library, TODAY, shipped, corrections)


def kinds(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.kind, finding.subject) for finding in findings]


def message(findings: list[Finding], kind: str) -> str:
    return next(finding.message for finding in findings if finding.kind == kind)


def with_entries(corpus: Path, text: str) -> None:
    (corpus / "entries" / "grain.yml").write_text(text, "utf-8")


def with_table(library: Library, table: Successors) -> Library:
    """The library as it would be with another table of successors."""
    documents = [replace(d, repealed_on=None, superseded_by=None) for d in library.documents]
    return replace(library, documents=tuple(resolve(documents, table, TODAY)), successors=table)


def with_document(library: Library, doc_id: str, **fields: Any) -> Library:
    """The library as it would be if one document had been read with other fields."""
    fresh = [replace(d, repealed_on=None, superseded_by=None) for d in library.documents]
    documents = [replace(d, **fields) if d.doc_id == doc_id else d for d in fresh]
    return replace(library, documents=tuple(resolve(documents, library.successors, TODAY)))


def test_a_library_in_order_has_no_findings(open_base: OpenBase):
    assert found(open_base()) == []


def test_a_citation_that_is_not_loaded_is_found_and_its_entry_stays_silent(open_base: OpenBase, corpus: Path):
    with_entries(corpus, ENTRIES.replace("article: 第三条", "article: 第三十条"))
    base = open_base()

    publish(base)

    findings = kinds(found(base))
    assert findings == [("broken_citation", "winter-heating"), ("no_valid_source", "winter-heating")]
    assert all(hit.entry_id != "winter-heating" for hit in base.search("冬天太冷没钱烧煤有补助吗"))


def test_a_citation_that_the_newer_text_no_longer_holds_is_found(open_base: OpenBase, write_law: WriteLaw):
    base = open_base()
    base.curator.add([write_law("互助救济办法(2025-01-01).md", RELIEF_NEW.replace("第三条 ", "第三条之一 "))])

    findings = found(base)

    assert ("citation_not_in_force", "winter-heating") in kinds(findings)
    assert "“互助救济办法@2025-01-01”（自 2025-01-01 起施行）里没有这一条" in message(
        findings, "citation_not_in_force"
    )


def test_a_citation_of_a_renamed_document_names_the_successor_and_the_reason(
    open_base: OpenBase, write_law: WriteLaw
):
    base = open_base()
    base.curator.add([write_law("互助救助条例(2026-06-01).md", RENAMED)])
    line = Succession("互助救济办法", "互助救助条例", date(2026, 7, 1), "条例第三条规定同时废止。")

    findings = check_library(with_table(base.curator.library(), Successors((line,))), TODAY)

    told = message(findings, "citation_not_in_force")
    assert "已于 2026-07-01 由“互助救助条例@2026-06-01”取代（条例第三条规定同时废止。）" in told


def test_a_citation_of_a_repealed_document_names_the_article_that_repeals_it(
    open_base: OpenBase, write_law: WriteLaw
):
    base = open_base()
    base.curator.add([write_law("互助救助条例(2026-06-01).md", RENAMED)])
    library = with_document(base.curator.library(), "互助救助条例@2026-06-01", repeals=("互助救济办法",))

    told = message(check_library(library, TODAY), "citation_not_in_force")

    assert "由“互助救助条例@2026-06-01”取代（见《互助救助条例》第三条）" in told


def test_an_entry_is_found_whose_article_has_other_words_since_its_review(
    open_base: OpenBase, write_law: WriteLaw
):
    base = open_base()
    base.curator.add(
        [write_law("互助救济办法(2026-11-10).md", RELIEF_NEW.replace("十日内办结", "五日内办结"))]
    )

    assert kinds(found(base)) == [("citation_changed", "grain-apply")]


def test_a_text_loaded_after_the_review_is_compared_with_what_shipped(
    open_base: OpenBase, write_law: WriteLaw
):
    """审核时只看过随项目发布的旧文本；后来补录的新文本虽然施行得早，也要提醒。"""
    shipped, base = open_base().curator.library(), open_base()
    base.curator.add(
        [write_law("互助救济办法(2025-05-10).md", RELIEF_NEW.replace("十日内办结", "五日内办结"))]
    )

    assert kinds(found(base, shipped)) == [("citation_changed", "grain-apply")]


def test_a_new_version_with_the_same_words_needs_no_review(open_base: OpenBase, write_law: WriteLaw):
    shipped, base = open_base().curator.library(), open_base()
    respaced = RELIEF_NEW.replace("十日内办结", "十日内\u200b办结").replace("为了帮助", "为帮助")
    base.curator.add([write_law("互助救济办法(2025-05-10).md", respaced)])

    assert found(base, shipped) == []


def test_an_entry_on_an_article_that_gives_way_to_higher_law_is_found(
    open_base: OpenBase, write_law: WriteLaw
):
    base = open_base()
    base.curator.add([write_law("取暖条例(2020-01-01).md", HEATING)])
    line = Precedence("互助救济办法", ("第三条",), "取暖条例", ("第二条",), "条例是后法。")

    findings = check_library(with_table(base.curator.library(), Successors(articles=(line,))), TODAY)

    assert kinds(findings) == [("citation_gives_way", "winter-heating")]
    assert "《取暖条例》第二条：条例是后法。" in findings[0].message


@pytest.mark.parametrize(("cited_too", "loaded"), [(True, True), (False, False)])
def test_an_entry_that_rests_on_the_higher_law_too_or_has_none_to_turn_to_is_in_order(
    open_base: OpenBase, write_law: WriteLaw, corpus: Path, cited_too: bool, loaded: bool
):
    base = open_base()
    if cited_too:
        second = "article: 第三条}\n  - {document: 取暖条例, article: 第二条}"
        with_entries(corpus, ENTRIES.replace("article: 第三条}", second))
    if loaded:
        base.curator.add([write_law("取暖条例(2020-01-01).md", HEATING)])
    line = Precedence("互助救济办法", ("第三条",), "取暖条例", ("第二条",), "条例是后法。")

    assert check_library(with_table(base.curator.library(), Successors(articles=(line,))), TODAY) == []


def test_an_entry_not_reviewed_for_a_year_is_found(open_base: OpenBase, corpus: Path):
    with_entries(corpus, ENTRIES.replace("2026-11-01", "2025-11-01", 1))

    assert kinds(found(open_base())) == [("expired_entry", "grain-apply")]


def test_the_same_question_in_two_entries_is_found(open_base: OpenBase, corpus: Path):
    with_entries(corpus, ENTRIES.replace("[冬天太冷没钱烧煤有补助吗]", "[粮油補助去哪里办？]"))

    assert kinds(found(open_base())) == [("duplicate_question", "winter-heating")]


def test_the_same_text_under_two_names_is_found(open_base: OpenBase, write_law: WriteLaw):
    base = open_base()
    base.curator.add([write_law("抄本.md", RELIEF_NEW.replace("# 互助救济办法", "# 抄本"))])

    assert kinds(found(base)) == [("duplicate_document", "抄本@undated")]


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2026-11-22", "document_ended"),
        ("2026-11-23", "document_ends_soon"),
        ("2027-02-20", "document_ends_soon"),
    ],
)
def test_a_document_that_ended_or_ends_within_ninety_days_is_found(
    open_base: OpenBase, write_law: WriteLaw, day: str, kind: str
):
    base = open_base()
    base.curator.add([write_law("地方性法规/浙江/浙江省互助救济条例(2020-09-24).md", ZHEJIANG)])
    ends = {"repealed_on": date.fromisoformat(day)}

    library = with_document(base.curator.library(), "浙江省互助救济条例@2020-09-24", **ends)

    assert kinds(check_library(library, TODAY)) == [(kind, "浙江省互助救济条例@2020-09-24")]


def test_a_document_that_ends_later_is_left_alone(open_base: OpenBase, write_law: WriteLaw):
    base = open_base()
    base.curator.add([write_law("地方性法规/浙江/浙江省互助救济条例(2020-09-24).md", ZHEJIANG)])
    ends = {"repealed_on": date(2027, 2, 21)}

    library = with_document(base.curator.library(), "浙江省互助救济条例@2020-09-24", **ends)

    assert check_library(library, TODAY) == []


def test_a_version_that_is_about_to_take_over_is_found_on_both_sides(
    open_base: OpenBase, write_law: WriteLaw
):
    base = open_base()
    later = RELIEF_NEW.replace("2014年5月1日起施行", "2027年1月1日起施行")
    base.curator.add([write_law("互助救济办法(2026-11-10).md", later)])

    assert sorted(kinds(found(base))) == [
        ("document_not_yet_in_force", "互助救济办法@2026-11-10"),
        ("document_replaced_soon", "互助救济办法@2019-03-02"),
    ]


def test_a_text_whose_successor_is_not_loaded_is_found(open_base: OpenBase):
    line = Succession("互助救济办法", "互助救助条例", date(2026, 7, 1), "条例第三条。")

    findings = check_library(with_table(open_base().curator.library(), Successors((line,))), TODAY)

    assert ("successor_missing", "互助救济办法@2019-03-02") in kinds(findings)


def test_a_draft_is_found(open_base: OpenBase, write_law: WriteLaw):
    base = open_base()
    draft = HEATING.replace("# 取暖条例", "# 取暖条例（征求意见稿）")
    base.curator.add([write_law("条例.md", draft)])

    assert [finding.kind for finding in found(base)] == ["draft_document"]


@pytest.mark.parametrize(
    ("law", "kind"), [("互助救济办法", "excerpt_not_in_use"), ("没有入库的办法", "excerpt_in_use")]
)
def test_an_excerpt_is_found_and_whether_it_is_used(
    open_base: OpenBase, write_law: WriteLaw, law: str, kind: str
):
    base = open_base()
    base.curator.add([write_law("摘编(2026-06-01).md", HEATING.replace("# 取暖条例", "# 摘编"))])

    library = with_document(base.curator.library(), "摘编@2026-06-01", excerpt_of=law)

    assert kinds(check_library(library, TODAY)) == [(kind, "摘编@2026-06-01")]


def test_a_document_of_unknown_place_is_found_until_a_person_sets_it_right(
    open_base: OpenBase, write_law: WriteLaw
):
    base = open_base()
    base.curator.add([write_law("摘编(2026-06-01).md", HEATING.replace("# 取暖条例", "# 摘编"))])
    doubtful = {"摘编@2026-06-01": ("unknown_region",)}

    before = check_library(replace(base.curator.library(), notes=doubtful), TODAY)
    base.curator.correct("摘编@2026-06-01", {"region": "430000"}, by="张三", reason="长沙发来的")
    made = base.curator.corrections("摘编@2026-06-01")
    after = check_library(
        replace(base.curator.library(), notes=doubtful), TODAY, corrections={"摘编@2026-06-01": made}
    )

    assert kinds(before) == [("unknown_region", "摘编@2026-06-01")]
    assert kinds(after) == [("document_corrected", "摘编@2026-06-01")]
    assert "地区 改为“430000”（张三，2026-11-22，长沙发来的）" in after[0].message


def test_an_undated_text_beside_a_dated_one_is_found(open_base: OpenBase, write_law: WriteLaw):
    base = open_base()
    base.curator.add([write_law("互助救济办法.md", RELIEF_NEW)])

    assert ("undated_beside_dated", "互助救济办法@undated") in kinds(found(base))


def test_one_title_in_use_for_two_places_is_found(open_base: OpenBase, write_law: WriteLaw):
    base = open_base()
    local = ZHEJIANG.replace("# 浙江省互助救济条例", "# 互助救济办法")
    base.curator.add([write_law("地方性法规/浙江/互助救济办法(2020-09-24).md", local)])

    findings = found(base)

    assert [finding.kind for finding in findings] == ["same_title_elsewhere"]
    assert "浙江省" in findings[0].message


def test_every_finding_says_what_to_do():
    for kind in keys("reports", "findings"):
        sentence = say("reports", f"findings.{kind}", **dict.fromkeys(FIELDS, "某"))
        assert "请" in sentence and sentence.endswith("。"), kind


FIELDS = (
    "document", "article", "cause", "date", "day", "days", "by", "by_articles", "reason", "other", "question",
    "law", "region", "other_region", "field", "value", "on",
)  # fmt: skip
