"""Entries as training questions."""

from datetime import date

from knowledge.asked import AskedQuestions
from knowledge.embedding.law_text import LawArticle
from knowledge.embedding.questions import paraphrases
from knowledge.model import HotlineEntry, SourceRef

ENTRY = HotlineEntry(
    id="dibao-apply", category="低保", title="怎么申请低保", questions=("低保怎么办", "想吃低保"),
    answer="向户籍所在地的乡镇人民政府申请。", conditions=(), materials=(), steps=(), where="", time_limit="",
    fee="", if_refused="", owner="知识管理组", reviewed_on=date(2026, 1, 1), region="000000",
    sources=(SourceRef("社会救助暂行办法", "第十一条"), SourceRef("没有的办法", "第一条")),
)  # fmt: skip
OLD = LawArticle("社会救助暂行办法", "社会救助暂行办法 第二章", "第十一条", "旧的条文")
NEW = LawArticle("社会救助暂行办法", "社会救助暂行办法 第二章", "第十一条", "现在的条文")


def test_every_question_leads_to_the_answer_and_to_the_cited_articles_that_are_there():
    asked = paraphrases([ENTRY], [], [OLD, NEW])

    assert [item.question for item in asked] == ["低保怎么办", "想吃低保"]
    assert {item.entry_id for item in asked} == {"dibao-apply"}
    assert asked[0].answers == (
        "怎么申请低保 向户籍所在地的乡镇人民政府申请。",
        "社会救助暂行办法 第二章 现在的条文",
    )


def test_a_question_about_an_article_leads_to_that_article():
    about = AskedQuestions(
        "社会救助暂行办法", None, {"第十一条": ("低保去哪里申请",), "第九十条": ("没有这一条",)}
    )

    asked = paraphrases([], [about], [OLD, NEW])

    assert [(item.question, item.answers, item.article) for item in asked] == [
        ("低保去哪里申请", ("社会救助暂行办法 第二章 现在的条文",), 1)
    ]
