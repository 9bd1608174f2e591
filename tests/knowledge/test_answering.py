import re
from dataclasses import replace
from datetime import date

import pytest

from knowledge.answering import answer_to_several, choose, compose_answer
from knowledge.judgement import answer_floor, clarify_floor, confidence
from knowledge.model import Citation, HotlineEntry, RetrievalHit, SourceRef
from knowledge.query import Signals
from knowledge.retrieval import Evidence, Retrieval
from knowledge.service import KnowledgeBase
from knowledge.wire import reply_to_json
from tests.knowledge.conftest import RELIEF_NEW, WriteLaw, publish

SURE, LOST = Signals(0.9, 3, 0.8, 0.3, 4.0), Signals(0.1, 0, 0.05, -0.3, -6.0)
UNSURE = next(
    signals
    for odds in range(-80, 80)
    if clarify_floor() <= confidence(signals := Signals(0.4, 1, 0.2, 0.0, odds / 10)) < answer_floor()
)


def citation(title: str, article: str, text: str = "第一条 略。", region: str = "000000") -> Citation:
    return Citation(f"{title}@2019-03-02", title, "", article, text, date(2014, 5, 1), region, "a.md", None)


def article_hit(score: float, article: str = "第三条", **fields: str) -> Evidence:
    cited = citation("互助救济办法", article, **fields)
    return Evidence(RetrievalHit(f"{cited.doc_id}#{article}", score, cited, None, ()))


def entry_hit(score: float, entry_id: str, *articles: str) -> Evidence:
    own = Citation(f"entry:{entry_id}", entry_id, "", "", "…", None, "000000", "", None)
    sources = tuple(citation("互助救济办法", article) for article in articles)
    return Evidence(
        RetrievalHit(f"entry:{entry_id}", score, own, entry_id, sources), entry=an_entry(entry_id)
    )


def an_entry(name: str) -> HotlineEntry:
    return HotlineEntry(
        name, "临时救助", name, (name,), f"{name}的答复。", (), (), (), "", "", "", "", (), "测试组",
        date(2026, 11, 1), "000000",
    )  # fmt: skip


def test_an_entry_answers_in_plain_words_with_its_articles(base: KnowledgeBase):
    answer = base.answer("家里没米没油了找谁要")

    assert answer.outcome == "answered"
    assert answer.entry_id == "grain-apply"
    assert answer.text.startswith("去哪里：乡镇政府、街道办。\n\n向乡镇政府、街道办提出书面申请")
    assert "身份证" in answer.text
    assert "《互助救济办法》第二条规定：“申请粮油补助的" in answer.text
    assert [c.article for c in answer.citations] == ["第二条"]


def test_every_answer_names_its_basis_its_date_and_who_decides(base: KnowledgeBase):
    for question in ("家里没米没油了找谁要", "互助救济办法第三条"):
        text = base.answer(question).text
        assert "《互助救济办法》" in text
        assert "自2014年5月1日起施行" in text
        assert text.endswith("具体以当地民政部门审核为准。")


def test_an_article_named_outright_is_quoted_word_for_word(base: KnowledgeBase):
    answer = base.answer("互助救济办法第三条怎么说")

    quoted = re.search("“(.+)”", answer.text)
    assert quoted and quoted[1] in answer.citations[0].text
    assert answer.confidence == 1.0


def test_what_is_cited_stands_in_the_library(base: KnowledgeBase):
    answer = base.answer("过冬取暖补助")

    for cited in answer.citations:
        assert base.search(f"{cited.title}{cited.article}")[0].citation == cited


def test_without_evidence_it_says_so_and_offers_topics_and_a_person():
    answer = compose_answer("比特币行情", Retrieval((entry_hit(0.9, "粮油"),), LOST, ("粮油",)))

    assert answer.outcome == "no_evidence"
    assert answer.choices == ("粮油",)
    assert answer.citations == ()
    assert "粮油" in answer.text
    assert "转人工" in answer.text


def test_in_doubt_it_asks_which_matter_is_meant():
    found = Retrieval((entry_hit(0.9, "粮油", "第二条"),), UNSURE, ("粮油", "取暖"))

    answer = compose_answer("补助的事怎么说", found)

    assert answer.outcome == "clarify"
    assert "· 粮油" in answer.text
    assert answer.choices == ("粮油", "取暖")


def test_a_matter_that_is_only_named_is_asked_back_with_what_could_be_meant():
    found = Retrieval((entry_hit(1.0, "粮油", "第二条"), article_hit(0.8)), SURE, ("粮油", "取暖"))

    assert compose_answer("补助", found).outcome == "clarify"
    assert compose_answer("补助怎么领", found).outcome == "answered"


def test_what_is_surely_another_offices_matter_is_sent_there():
    elsewhere = replace(LOST, other="consumer", other_share=0.9)

    answer = compose_answer("买的鞋开胶了商家不退", Retrieval((article_hit(0.9),), elsewhere))

    assert answer.outcome == "out_of_scope"
    assert "12315" in answer.text
    assert answer.citations == ()


def test_talk_without_any_matter_is_asked_again():
    assert compose_answer("喂 你好啊", Retrieval((), LOST)).outcome == "out_of_scope"


def test_a_local_text_says_whose_it_is():
    found = article_hit(1.0, text="第三条 五日内办结。", region="330000")

    answer = compose_answer("浙江几天办结", Retrieval((found,), SURE))

    assert "浙江省规定" in answer.text


def test_an_article_without_an_entry_is_told_as_the_nearest_that_was_found():
    """没有知识条目、只找到一条条文：说明是最接近的，不当成定论；点名问的条文不用说。"""
    found = article_hit(1.0, text="第三条 五日内办结。")

    guessed = compose_answer("几天办结", Retrieval((found,), SURE))
    named = compose_answer("互助救济办法第三条", Retrieval((replace(found, named=True),), SURE))

    assert guessed.first.startswith("我查到最接近的规定是下面这条")
    assert named.first.startswith("《互助救济办法》第三条规定")


@pytest.mark.parametrize(
    ("evidence", "chosen"),
    [
        ([entry_hit(1.0, "a", "第九条"), article_hit(0.9)], "entry:a"),
        ([article_hit(1.0), entry_hit(0.8, "a", "第三条")], "entry:a"),
        ([article_hit(1.0), entry_hit(0.9, "a", "第九条")], "互助救济办法@2019-03-02#第三条"),
    ],
)
def test_an_entry_answers_if_it_leads_or_agrees_with_the_leading_articles(
    evidence: list[Evidence], chosen: str
):
    assert choose(evidence).hit.chunk_id == chosen


def test_the_local_rule_comes_before_what_holds_everywhere():
    """条目讲的是全国的规定；来电人说了省份，先说当地的规定，再说全国的。"""
    local = article_hit(1.0, "第九条", text="第九条 五日内办结。", region="330000")
    evidence = (local, entry_hit(0.9, "粮油", "第三条"), article_hit(0.8, "第三条"))

    answer = compose_answer("在浙江，粮油补助几天办结", Retrieval(evidence, SURE))

    assert answer.first.index("五日内办结") < answer.first.index("全国的一般规定：粮油的答复。")
    assert [c.region for c in answer.citations] == ["330000", "000000"]


def test_two_questions_get_two_answers_each_with_its_basis(base: KnowledgeBase):
    answer = base.answer("粮油补助去哪里办？还有过冬取暖补助由谁发？")

    assert answer.text.index("1. 您问“粮油补助去哪里办") < answer.text.index("2. 您问“过冬取暖补助由谁发")
    assert [c.article for c in answer.citations] == ["第二条", "第三条"]


def test_two_questions_about_one_article_get_one_answer():
    found = Retrieval((article_hit(1.0),), SURE)

    assert answer_to_several([("粮油补助找谁", found), ("粮油补助去哪", found)]) is None


def test_no_part_is_searched_for_after_one_that_shows_that_they_are_one_matter():
    searched = []

    def parts():
        for question, signals in (("粮油补助找谁", SURE), ("比特币行情", LOST), ("冬天取暖找谁", SURE)):
            searched.append(question)
            yield question, Retrieval((article_hit(0.9),), signals)

    assert answer_to_several(parts()) is None
    assert searched == ["粮油补助找谁", "比特币行情"]


def test_the_short_answer_comes_first_and_the_rest_is_there_to_be_asked_for(base: KnowledgeBase):
    answer = base.answer("家里没米没油了找谁要")

    assert "身份证" not in answer.first
    assert "依据：《互助救济办法》第二条" in answer.first
    assert answer.first.startswith("去哪里：乡镇政府、街道办。\n\n向乡镇政府、街道办提出书面申请")
    assert "身份证" in answer.text


def test_what_is_asked_after_an_answer_is_answered_about_the_same_matter(base: KnowledgeBase):
    answer = base.answer("那要带什么", earlier=["粮油补助去哪里办"])

    assert answer.entry_id == "grain-apply"
    assert answer.first.startswith("要带什么：身份证。")


def test_one_side_of_a_matter_that_nobody_named_is_asked_back(base: KnowledgeBase):
    answer = base.answer("那要带什么")

    assert answer.outcome == "clarify"
    assert answer.text.startswith("您问的是哪一件事")


def test_nobody_with_a_question_like_ours_is_sent_away_or_suspected():
    """低保怎么弄：和“假证怎么弄”只差两个字，也不能当成想骗保。"""
    suspected = replace(LOST, entry_cosine=0.8, other="legal_abuse", other_share=0.99)

    assert compose_answer("低保怎么弄", Retrieval((article_hit(0.9),), suspected)).outcome != "out_of_scope"


def test_details_are_told_on_request(base: KnowledgeBase):
    answer = base.answer("详细说说", earlier=["粮油补助去哪里办"])

    assert answer.first == answer.text
    assert "身份证" in answer.first


def test_a_misspelt_term_is_understood_and_the_caller_is_told_how(base: KnowledgeBase):
    answer = base.answer("粮油补住去哪里伸请")

    assert answer.entry_id == "grain-apply"
    assert "“伸请”我按“申请”" in answer.first


def test_sources_that_are_not_kept_here_are_named_as_such():
    source = SourceRef("粮油供应细则", "第四条", "public_page", "https://example.org/x")
    doubtful = SourceRef("炭火通知", "第一项", "unchecked")
    entry = replace(an_entry("粮油"), sources=(source, doubtful))
    hit = replace(entry_hit(1.0, "粮油", "第二条"), entry=entry)

    answer = compose_answer("粮油补助怎么领", Retrieval((hit,), SURE))

    assert "按公开网页核对，这里没有收录原文）：《粮油供应细则》第四条" in answer.text
    assert "《炭火通知》第一项的内容没有核对过原文" in answer.text
    assert [c.title for c in answer.citations] == ["互助救济办法"]


def test_an_old_text_asked_for_is_quoted_with_a_warning(base: KnowledgeBase):
    answer = base.answer("2014年的互助救济办法第二条怎么写的")

    assert "二十日内办结" in answer.text
    assert "这是《互助救济办法》修订前的文本，自2019年3月2日起已由新的文本取代" in answer.text
    assert answer.citations[0].status == "已被取代"


def test_a_text_not_in_force_is_never_the_basis_when_only_its_name_is_mentioned(
    base: KnowledgeBase, write_law: WriteLaw
):
    """来电人提到旧文件名，按现行规定答，并告诉他旧文件已经不能用。"""
    text = (
        "# 冬令炭火办法\n\n<!-- INFO END -->\n\n第一条 炭火由乡镇人民政府发放。\n\n第二条 自发布之日起施行。"
    )
    base.curator.add([write_law("冬令炭火办法(1990-01-01).md", text)])
    base.curator.correct("冬令炭火办法@1990-01-01", {"repealed_on": "2001-01-01"}, by="", reason="")
    publish(base)

    answer = base.answer("按冬令炭火办法，过冬取暖补助由谁发")

    assert all(citation.status == "现行" for citation in answer.citations)
    assert "《冬令炭火办法》自2001年1月1日起已经废止" in answer.text


def test_a_text_that_is_not_in_force_yet_is_said_to_be_so(base: KnowledgeBase, write_law: WriteLaw):
    text = RELIEF_NEW.replace("2014年5月1日", "2027年1月1日").replace("十日内", "三日内")
    base.curator.add([write_law("互助救济办法(2026-11-01).md", text)])
    publish(base)

    answer = base.answer("2026年的互助救济办法第二条")

    assert "自2027年1月1日起施行，现在还没有生效" in answer.text
    assert "三日内" not in base.answer("互助救济办法第二条").text


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("互助救济办法第二条第二款", "第二条第二款规定：“申请有困难的，可以委托村民委员会代为提出。\n"),
        ("互助救济办法第2条第2款第（2）项", "第二条第二款第（二）项规定：“（二）本人不识字的。”"),
    ],
)
def test_the_very_part_of_an_article_that_is_named_is_quoted(base: KnowledgeBase, question: str, quoted: str):
    """问到款、项，就引那一款那一项，中文数字和阿拉伯数字都行。"""
    text = base.answer(question).text

    assert quoted in text
    assert "十日内办结" not in text


def test_a_part_that_an_article_does_not_have_is_said_to_be_missing(base: KnowledgeBase):
    text = base.answer("互助救济办法第二条第九款").text

    assert text.startswith("《互助救济办法》第二条没有第九款。")
    assert "十日内办结" in text


def test_a_chat_shows_what_may_be_meant_as_buttons_and_not_once_more_as_text():
    found = Retrieval((entry_hit(0.9, "粮油", "第二条"),), UNSURE, ("粮油", "取暖"))

    answer = compose_answer("补助的事怎么说", found)
    reply = reply_to_json(answer)

    assert all(topic in answer.text for topic in answer.choices)
    assert [button["payload"] for button in reply["buttons"]] == ["粮油？", "取暖？"]
    assert not any(topic in reply["text"] for topic in answer.choices)
