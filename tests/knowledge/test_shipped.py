"""What ships with the project, as a fresh installation finds it: real model, real laws, real entries."""

from pathlib import Path

import pytest
import yaml

from knowledge import open_knowledge
from knowledge.entries import CATEGORIES, load_entries
from knowledge.judgement import answer_floor, clarify_floor, confidence
from knowledge.library import SHIPPED_CORPUS
from knowledge.model import CORPUS
from knowledge.service import KnowledgeBase
from tests.knowledge.conftest import publish

SCOPE = yaml.safe_load((Path(__file__).parent / "data" / "scope.yml").read_text("utf-8"))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    base = open_knowledge(tmp_path_factory.mktemp("var"))
    publish(base)
    return base


def test_it_has_no_findings(shipped: KnowledgeBase):
    """每个条目引用的条文都在库里、都是现行有效的；没核对过的来源、已知修订而新文本还没有的，只有这几件。"""
    findings = shipped.curator.check()

    assert {f.kind for f in findings} == {"revised_text_missing", "unchecked_source"}
    assert {f.subject.partition("@")[0] for f in findings if f.kind == "revised_text_missing"} == {
        "婚姻登记条例", "殡葬管理条例", "中华人民共和国村民委员会组织法",
    }  # fmt: skip
    assert sum(f.kind == "unchecked_source" for f in findings) == 5


def test_it_has_entries_for_every_category_of_tickets():
    entries = load_entries(SHIPPED_CORPUS / "entries")

    assert {entry.category for entry in entries} == set(CATEGORIES)
    assert len(entries) >= 300
    assert all(len(entry.questions) >= 6 and len(entry.answer) <= 200 for entry in entries)
    assert all(entry.sources[0].checked == CORPUS for entry in entries)


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


@pytest.mark.parametrize(
    ("matter", "laws"),
    [
        ("低保", {"社会救助暂行办法", "城市居民最低生活保障条例"}),
        ("特困供养", {"社会救助暂行办法"}),
        ("临时救助", {"社会救助暂行办法"}),
        ("医疗救助", {"社会救助暂行办法"}),
        ("高龄津贴", {"中华人民共和国老年人权益保障法"}),
        ("残疾证", {"中华人民共和国残疾人保障法"}),
        ("工伤认定", {"工伤保险条例"}),
        ("法律援助", {"中华人民共和国法律援助法"}),
        ("离婚", {"中华人民共和国民法典", "婚姻登记条例"}),
    ],
)
@pytest.mark.parametrize(
    "side", ["{}要带什么材料", "{}去哪里办", "{}多久能批下来", "{}要交钱吗", "{}没批怎么办"]
)
def test_one_side_of_a_matter_is_answered_from_the_law_of_that_matter(
    shipped: KnowledgeBase, matter: str, laws: set[str], side: str
):
    """“材料”“多久”“交钱”哪部法里都有；问的是低保，就不能拿公证法来答。"""
    answer = shipped.answer(side.format(matter))

    assert answer.outcome == "answered"
    assert answer.citations[0].title in laws


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("低保要带什么材料", "要带什么："),
        ("低保要交钱吗", "收不收费：不收费。"),
        ("临时救助要带什么材料", "要带什么："),
        ("高龄津贴要带什么材料", "要带什么："),
    ],
)
def test_the_side_that_is_asked_is_told_first(shipped: KnowledgeBase, question: str, begins: str):
    assert shipped.answer(question).first.startswith(begins)


def test_the_floors_keep_the_hotlines_questions_and_turn_most_others_away(shipped: KnowledgeBase):
    """这一套话没有用来定门槛。"""

    def share(messages: list[str], floor: float) -> float:
        return sum(confidence(shipped.signals(message)) >= floor for message in messages) / len(messages)

    assert share(SCOPE["in_scope"], answer_floor()) >= 0.9
    assert share(SCOPE["in_scope"], clarify_floor()) >= 0.95
    assert share(SCOPE["out_of_scope"], answer_floor()) <= 0.2


def test_no_shipped_entry_promises_or_denies():
    for entry in load_entries(SHIPPED_CORPUS / "entries"):
        for phrase in ("一定能领", "保证发放", "肯定能批", "你不符合", "您不符合", "不能领"):
            assert phrase not in entry.answer, f"{entry.id}: {phrase}"


def test_an_answer_from_a_text_that_has_been_revised_begins_with_a_warning(shipped: KnowledgeBase):
    """殡葬管理条例2026年3月30日起已换新文本，库里还是旧的：先提醒，再回答。"""
    answer = shipped.answer("殡葬管理条例第十三条")

    assert answer.text.startswith("请注意：《殡葬管理条例》已经修订，新的规定自2026年3月30日起施行")
    assert answer.citations[0].status == "已修订"
