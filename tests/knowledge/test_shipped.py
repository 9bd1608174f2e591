"""What ships with the project, as a fresh installation finds it: real model, real laws, real entries."""

from pathlib import Path

import pytest
import yaml

from knowledge import open_knowledge
from knowledge.entries import CATEGORIES, load_entries
from knowledge.judgement import ANSWER_FLOOR, CLARIFY_FLOOR, confidence
from knowledge.library import SHIPPED_CORPUS
from knowledge.retrieval import places_for
from knowledge.service import KnowledgeBase

SCOPE = yaml.safe_load((Path(__file__).parent / "data" / "scope.yml").read_text("utf-8"))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    base = open_knowledge(tmp_path_factory.mktemp("var"))
    base.build()
    return base


def test_it_has_no_findings(shipped: KnowledgeBase):
    """每个条目引用的条文都在库里、都是现行有效的。"""
    assert shipped.check() == []


def test_it_has_entries_for_every_category_of_tickets():
    entries = load_entries(SHIPPED_CORPUS / "entries")

    assert {entry.category for entry in entries} == set(CATEGORIES)
    assert len(entries) >= 40


@pytest.mark.parametrize(
    ("question", "title", "article"),
    [
        ("老人腿脚不便，申请低保能托居委会去交材料不", "社会救助暂行办法", "第十一条"),
        ("昨天屋里起火烧光了，能马上给点救急的钱吗", "社会救助暂行办法", "第四十七条"),
        ("崽女都不肯出钱养老，做爷娘的怎么办", "中华人民共和国老年人权益保障法", "第十四条"),
        ("在街上流浪没饭吃，救助站给什么帮助", "城市生活无着的流浪乞讨人员救助管理办法", "第七条"),
    ],
)
def test_everyday_questions_reach_the_article_they_rest_on(
    shipped: KnowledgeBase, question: str, title: str, article: str
):
    found = shipped.search(question, k=10)

    reached = {(c.title, c.article) for hit in found for c in (hit.sources or (hit.citation,))}
    assert (title, article) in reached


def test_the_floor_keeps_the_hotlines_questions_and_turns_most_others_away(shipped: KnowledgeBase):
    """The weights were fitted on this set, so these are floors against decay and no estimate of quality."""

    def share(questions: list[str], floor: float) -> float:
        return sum(sure(question) >= floor for question in questions) / len(questions)

    def sure(question: str) -> float:
        places = places_for(question, None, "430000")
        assert shipped._retriever
        return confidence(shipped._retriever.search(question, places, shipped._today(), 3).signals)

    assert share(SCOPE["in_scope"], ANSWER_FLOOR) >= 0.9
    assert share(SCOPE["in_scope"], CLARIFY_FLOOR) >= 0.95
    assert share(SCOPE["out_of_scope"], ANSWER_FLOOR) <= 0.3


def test_no_shipped_entry_promises_or_denies():
    for entry in load_entries(SHIPPED_CORPUS / "entries"):
        for phrase in ("一定能领", "保证发放", "肯定能批", "你不符合", "您不符合", "不能领"):
            assert phrase not in entry.answer, f"{entry.id}: {phrase}"
