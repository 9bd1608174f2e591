from datetime import date

import pytest

from knowledge.errors import BadRegion
from knowledge.model import RetrievalHit
from knowledge.service import KnowledgeBase
from tests.knowledge.conftest import WriteLaw, publish

NEW, OLD, LOCAL = "互助救济办法@2019-03-02", "互助救济办法@2014-02-21", "浙江省互助救济条例@2020-09-24"


def documents(hits: list[RetrievalHit]) -> set[str]:
    return {citation.doc_id for hit in hits for citation in (hit.sources or (hit.citation,))}


def test_the_article_that_answers_comes_first(base: KnowledgeBase):
    hits = [hit for hit in base.search("过冬取暖补助谁发放") if not hit.entry_id]

    assert hits[0].chunk_id == f"{NEW}#第三条"


def test_superseded_text_is_never_among_the_hits(base: KnowledgeBase):
    assert OLD not in documents(base.search("粮油补助二十日内办结", k=50))


def test_a_past_day_finds_what_was_in_force_then(base: KnowledgeBase):
    found = documents(base.search("粮油补助", as_of=date(2016, 1, 1), k=50))

    assert OLD in found
    assert NEW not in found


def test_before_anything_was_in_force_nothing_is_found(base: KnowledgeBase):
    assert base.search("粮油补助", as_of=date(2010, 1, 1)) == []


@pytest.mark.parametrize(
    ("question", "region", "offered"),
    [
        ("粮油补助几天办结", None, False),
        ("粮油补助几天办结", "430000", False),
        ("在浙江，粮油补助几天办结", None, True),
        ("粮油补助几天办结", "330000", True),
    ],
)
def test_another_province_counts_only_where_it_is_named(
    base: KnowledgeBase, question: str, region: str | None, offered: bool
):
    """湖南人问不能拿浙江的规定来答；说了浙江才用。"""
    assert (LOCAL in documents(base.search(question, region=region, k=50))) is offered


@pytest.mark.parametrize("question", ["互助救济办法第三条", "互助救济办法第3条是什么", "《互助救济办法》3条"])
def test_an_article_named_outright_is_found(base: KnowledgeBase, question: str):
    assert base.search(question)[0].chunk_id == f"{NEW}#第三条"


def test_an_entry_is_found_by_a_way_of_asking_and_brings_its_sources(base: KnowledgeBase):
    hit = next(hit for hit in base.search("屋里没米没油了，找谁要") if hit.entry_id)

    assert hit.chunk_id == "entry:grain-apply"
    assert [source.article for source in hit.sources] == ["第二条"]
    assert hit.citation.text.startswith("向乡镇政府")


def test_an_article_gains_from_the_entry_that_cites_it(base: KnowledgeBase):
    """问法里的口语和条文没有共同的词，靠条目把条文带上来。"""
    articles = [hit.chunk_id for hit in base.search("冬天太冷没钱烧煤") if not hit.entry_id]

    assert articles[0] == f"{NEW}#第三条"


def test_the_quoted_text_is_the_published_one(base: KnowledgeBase):
    hit = next(hit for hit in base.search("粮油补助委托村民委员会") if hit.chunk_id == f"{NEW}#第二条")

    assert hit.citation.text.startswith("第二条 申请粮油补助的")
    assert hit.citation.text.endswith("（二）本人不识字的。")
    assert hit.citation.effective_from == date(2014, 5, 1)


def test_scores_fall_and_k_is_kept(base: KnowledgeBase):
    hits = base.search("粮油补助", k=3)

    assert len(hits) == 3
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_question_of_blanks_finds_nothing(base: KnowledgeBase):
    assert base.search(" \u200b ") == []


def test_a_region_that_is_no_adcode_is_refused(base: KnowledgeBase):
    with pytest.raises(BadRegion):
        base.search("粮油补助", region="43")


def test_an_old_version_is_found_when_its_year_is_named_and_is_marked(base: KnowledgeBase):
    """点名要旧文本的人能看到，但一定标明它不是现行的。"""
    hit = base.search("2014年的互助救济办法第二条")[0]

    assert hit.chunk_id == f"{OLD}#第二条"
    assert (hit.citation.status, hit.citation.superseded_by) == ("已被取代", NEW)


def test_a_title_without_a_year_means_the_version_in_force(base: KnowledgeBase):
    hit = base.search("互助救济办法第二条")[0]

    assert (hit.chunk_id, hit.citation.status) == (f"{NEW}#第二条", "现行")


def test_another_provinces_text_is_found_when_it_is_asked_for_by_name(base: KnowledgeBase):
    assert base.search("浙江省互助救济条例第一条", region="430000")[0].chunk_id == f"{LOCAL}#第一条"


def test_a_repealed_text_named_without_an_article_comes_after_the_law_of_the_day(
    base: KnowledgeBase, write_law: WriteLaw
):
    text = (
        "# 冬令炭火办法\n\n<!-- INFO END -->\n\n第一条 炭火由乡镇人民政府发放。\n\n第二条 自发布之日起施行。"
    )
    base.curator.add([write_law("冬令炭火办法(1990-01-01).md", text)])
    base.curator.correct("冬令炭火办法@1990-01-01", {"repealed_on": "2001-01-01"}, by="", reason="")
    publish(base)

    hits = base.search("冬令炭火办法说过冬取暖补助谁发放")

    assert hits[0].citation.status == "现行"
    assert [h.citation.status for h in hits if h.citation.title == "冬令炭火办法"] == ["已废止", "已废止"]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert not any(h.citation.title == "冬令炭火办法" for h in base.search("过冬取暖补助谁发放", k=50))


def test_the_state_of_a_text_is_that_of_the_day_asked_about(base: KnowledgeBase):
    hit = base.search("互助救济办法第二条", as_of=date(2016, 1, 1))[0]

    assert (hit.chunk_id, hit.citation.status) == (f"{OLD}#第二条", "现行")
    assert hit.citation.repealed_on == date(2019, 3, 2)
