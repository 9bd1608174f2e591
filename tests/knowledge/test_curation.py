"""What a knowledge editor does, seen from what callers get."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from knowledge.errors import BadCorrection, BadIndex, NothingToReturnTo, UnknownDocument, UnknownGeneration
from knowledge.service import KnowledgeBase
from tests.knowledge.conftest import RELIEF_NEW, WriteLaw, publish

OpenBase = Callable[[], KnowledgeBase]
DOC = "互助救济办法@2019-03-02"
LOCAL = "浙江省互助救济条例@2020-09-24"
BY = {"by": "李编辑", "reason": "核对公报"}


def document(base: KnowledgeBase, doc_id: str):
    return next(d for d in base.curator.documents() if d.doc_id == doc_id)


def ids(base: KnowledgeBase) -> set[str]:
    return {d.doc_id for d in base.curator.documents()}


def cited(base: KnowledgeBase, question: str, **how: str) -> set[str]:
    hits = base.search(question, k=50, **how)  # type: ignore[arg-type]
    return {c.doc_id for hit in hits for c in (hit.sources or (hit.citation,))}


def test_a_report_says_per_file_what_was_understood(open_base: OpenBase, write_law: WriteLaw):
    good = write_law("互助救济办法(2024-01-01).md", RELIEF_NEW)
    bad = write_law("坏.md", "没有条文")

    understood, refused = open_base().curator.add([good, bad])

    assert understood.document and understood.document.doc_id == "互助救济办法@2024-01-01"
    assert understood.articles == 4
    assert refused.refused == "no_articles"


def test_a_document_of_the_office_takes_the_place_of_the_shipped_one(
    open_base: OpenBase, write_law: WriteLaw
):
    base = open_base()
    path = write_law("互助救济办法(2019-03-02).md", RELIEF_NEW)

    base.curator.add([path])

    assert document(base, DOC).source_file == str(path)


def test_a_removed_document_stops_answering_before_any_index_is_built(
    base: KnowledgeBase, open_base: OpenBase
):
    """下架立即生效：别的进程也不再引用，即使索引还没有重建。"""
    reader = open_base()
    assert DOC in cited(reader, "粮油补助")

    base.curator.remove(DOC)
    reader.refresh()

    assert DOC not in cited(reader, "粮油补助")
    assert all(hit.entry_id != "winter-heating" for hit in reader.search("冬天太冷没钱烧煤有补助吗"))


def test_a_removed_document_is_gone_from_the_next_index_too(base: KnowledgeBase):
    base.curator.remove(DOC)
    publish(base)

    assert DOC not in ids(base)
    assert DOC not in cited(base, "粮油补助")


def test_a_removed_document_comes_back_when_it_is_added_again(base: KnowledgeBase, write_law: WriteLaw):
    base.curator.remove(DOC)
    publish(base)

    base.curator.add([write_law("互助救济办法(2019-03-02).md", RELIEF_NEW)])
    publish(base)

    assert DOC in cited(base, "粮油补助")


@pytest.mark.parametrize("doc_id", ["没有这份@undated", "../../etc/passwd"])
def test_removing_what_is_not_there_is_refused(base: KnowledgeBase, doc_id: str):
    with pytest.raises(UnknownDocument):
        base.curator.remove(doc_id)


def test_removing_twice_is_refused(base: KnowledgeBase):
    base.curator.remove(DOC)

    with pytest.raises(UnknownDocument):
        base.curator.remove(DOC)


def test_a_correction_changes_what_callers_get(base: KnowledgeBase):
    """浙江的条例原来是杭州的：改了地区，别处说“浙江”的人就不再得到它。"""
    base.curator.correct(LOCAL, {"region": "330100"}, **BY)
    publish(base)

    assert document(base, LOCAL).level == "市"
    assert LOCAL not in cited(base, "在浙江，粮油补助几天办结")
    assert LOCAL in cited(base, "在杭州，粮油补助几天办结")


def test_a_correction_survives_taking_the_file_in_again(base: KnowledgeBase, write_law: WriteLaw):
    base.curator.correct(DOC, {"document_no": "国令第700号", "effective_from": "2019-04-01"}, **BY)

    report = base.curator.add([write_law("互助救济办法(2019-03-02).md", RELIEF_NEW)])[0]

    found = document(base, DOC)
    assert (found.document_no, found.effective_from) == ("国令第700号", date(2019, 4, 1))
    assert report.corrected == ("document_no", "effective_from")
    assert report.document and report.document.document_no == "国令第700号"


def test_a_corrected_title_and_date_give_the_document_its_new_id(base: KnowledgeBase, write_law: WriteLaw):
    base.curator.add([write_law("无题.md", "# 通知\n\n<!-- INFO END -->\n\n第一条 发放口罩消毒液。")])

    after = base.curator.correct(
        "通知@undated", {"title": "口罩发放办法", "version_date": "2026-05-01"}, **BY
    )
    publish(base)

    assert after.doc_id == "口罩发放办法@2026-05-01"
    assert "通知@undated" not in ids(base)
    assert base.search("口罩发放办法第一条")[0].citation.doc_id == after.doc_id


def test_a_correction_can_be_corrected_and_taken_back(base: KnowledgeBase):
    base.curator.correct(DOC, {"issuer": "甲"}, **BY)
    base.curator.correct(DOC, {"issuer": "乙", "url": "https://example.gov.cn/1"}, **BY)
    assert document(base, DOC).issuer == "乙"

    base.curator.drop_corrections(DOC, ["issuer"])

    assert document(base, DOC).issuer == "国务院"
    assert [c.field for c in base.curator.corrections(DOC)] == ["url"]


def test_who_corrected_and_why_is_kept(base: KnowledgeBase):
    base.curator.correct(DOC, {"issuer": "甲"}, **BY)

    (correction,) = base.curator.corrections(DOC)

    assert (correction.by, correction.reason, correction.on) == ("李编辑", "核对公报", date(2026, 11, 22))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("region", "湖南"),
        ("level", "乡"),
        ("effective_from", "2024年5月1日"),
        ("effective_from", "2024-13-01"),
        ("title", ""),
        ("title", "甲@乙"),
        ("status", "现行"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_and_changes_nothing(
    base: KnowledgeBase, field: str, value: str
):
    before = document(base, DOC)

    with pytest.raises(BadCorrection):
        base.curator.correct(DOC, {field: value}, **BY)

    assert document(base, DOC) == before


def test_two_documents_cannot_be_given_the_same_title_and_date(base: KnowledgeBase):
    with pytest.raises(BadCorrection, match="another document"):
        base.curator.correct(LOCAL, {"title": "互助救济办法", "version_date": "2019-03-02"}, **BY)

    assert {LOCAL, DOC} <= ids(base)


def test_a_repeal_date_ends_a_document(base: KnowledgeBase):
    base.curator.correct(LOCAL, {"repealed_on": "2025-01-01"}, **BY)
    publish(base)

    assert document(base, LOCAL).status == "已废止"
    assert LOCAL not in cited(base, "在浙江，粮油补助几天办结")
    hits = base.search("在浙江，粮油补助几天办结", as_of=date(2024, 6, 1), k=50)
    assert LOCAL in {hit.citation.doc_id for hit in hits}


def test_going_back_brings_back_the_documents_too(base: KnowledgeBase, write_law: WriteLaw):
    """退回一步：索引、文件、更正一起回到从前，之后再建也不会把坏文件带回来。"""
    first = base.generation
    bad = RELIEF_NEW.replace("十日内办结", "一百日内办结")
    base.curator.add([write_law("互助救济办法(2019-03-02).md", bad)])
    base.curator.correct(LOCAL, {"region": "330100"}, **BY)
    publish(base)
    assert "一百日" in base.search("互助救济办法第二条")[0].citation.text

    report = base.curator.roll_back()
    base.refresh()

    assert report.name == base.generation == first
    assert "一百日" not in base.search("互助救济办法第二条")[0].citation.text
    assert base.curator.is_current()
    publish(base)
    assert "一百日" not in base.search("互助救济办法第二条")[0].citation.text
    assert document(base, LOCAL).region == "330000"


def test_a_document_that_a_rollback_took_away_can_be_returned_to(base: KnowledgeBase, write_law: WriteLaw):
    base.curator.add([write_law("新办法(2026-01-01).md", "# 新办法\n\n<!-- INFO END -->\n\n第一条 口罩。")])
    publish(base)
    newest = str(base.generation)

    base.curator.roll_back()
    base.curator.roll_back(newest)
    base.refresh()

    assert "新办法@2026-01-01" in ids(base)
    assert base.search("新办法第一条")[0].citation.title == "新办法"


def test_there_is_nothing_before_the_first_generation(base: KnowledgeBase):
    with pytest.raises(NothingToReturnTo):
        base.curator.roll_back()
    with pytest.raises(UnknownGeneration):
        base.curator.roll_back("20200101T000000")


def test_a_damaged_generation_is_not_returned_to(base: KnowledgeBase, tmp_path: Path):
    first = str(base.generation)
    publish(base)
    (tmp_path / "var/knowledge/index" / first / "articles.sqlite").unlink()
    before = base.generation

    with pytest.raises(BadIndex):
        base.curator.roll_back(first)

    base.refresh()
    assert base.generation == before


def test_the_generations_are_listed_newest_first_with_their_cause(base: KnowledgeBase):
    base.curator.publish(cause="add 新办法@2026-01-01")

    listed = base.curator.generations()

    assert [(g.current, g.cause) for g in listed] == [(True, "add 新办法@2026-01-01"), (False, "")]
    assert listed[0].documents == 3


def test_the_day_that_passes_does_not_make_an_index_stale(
    base: KnowledgeBase, tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
):
    later = KnowledgeBase(
        tmp_path / "var", base._embedder, "430000", today=lambda: date(2031, 1, 1), corpus=corpus
    )

    assert later.curator.is_current()


def test_an_entry_whose_article_was_rewritten_falls_silent_until_it_is_reviewed(
    base: KnowledgeBase, write_law: WriteLaw
):
    """条文改了，照旧条文写的答复就不能再用；没改的那条照用。"""
    newer = RELIEF_NEW.replace("由县级人民政府民政部门发放", "由乡镇人民政府发放")
    base.curator.add([write_law("行政法规/互助救济办法(2026-05-01).md", newer)])
    publish(base)

    answers = [base.answer(q) for q in ("冬天太冷没钱烧煤有补助吗", "家里没米没油了找谁要")]

    assert answers[0].entry_id != "winter-heating"
    assert answers[1].entry_id == "grain-apply"
    assert ("citation_changed", "winter-heating") in {(f.kind, f.subject) for f in base.curator.check()}


def test_going_back_skips_what_was_gone_back_from_before(base: KnowledgeBase, write_law: WriteLaw):
    """退回过的坏索引，以后再退也不会退到它。"""
    good = str(base.generation)
    base.curator.add([write_law("坏办法(2026-01-01).md", "# 坏办法\n\n<!-- INFO END -->\n\n第一条 错。")])
    publish(base)
    base.curator.roll_back()
    publish(base)

    report = base.curator.roll_back()

    assert report.name == good
    assert "坏办法@2026-01-01" not in ids(base)


def test_a_damaged_index_in_use_can_be_left(base: KnowledgeBase, tmp_path: Path):
    first = base.generation
    publish(base)
    (tmp_path / "var/knowledge/index" / str(base.generation) / "manifest.json").unlink()

    assert base.curator.roll_back().name == first
