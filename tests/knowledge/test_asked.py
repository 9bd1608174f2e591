"""Questions that people ask about single articles: loaded, tied to versions, and of use to the search."""

from datetime import date
from pathlib import Path

import pytest

from knowledge.asked import AskedQuestions, load_asked
from knowledge.errors import BadEntry
from knowledge.library import SHIPPED_CORPUS
from knowledge.normalisation import searchable
from knowledge.service import KnowledgeBase
from tests.knowledge.conftest import RELIEF_NEW, WriteLaw, publish

ASKED = """
document: 互助救济办法
version: 2019-03-02
articles:
  第三条:
  - 屋里冷得很，火都生不起
"""
COLD = "屋里冷得很，火也生不起来"


def test_a_file_gives_questions_by_article(tmp_path: Path):
    (tmp_path / "a.yml").write_text(ASKED, "utf-8")

    assert load_asked(tmp_path) == (
        AskedQuestions("互助救济办法", date(2019, 3, 2), {"第三条": ("屋里冷得很，火都生不起",)}),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("document: [", "not valid YAML"),
        ("articles: {}", "expected document"),
        ("document: 某法\nversion: 去年\narticles: {}", "version must be a date"),
        ("document: 某法\narticles: {第一条: 怎么办}", "第一条: expected a list of questions"),
    ],
)
def test_a_file_of_another_form_is_refused_with_its_name(tmp_path: Path, text: str, said: str):
    (tmp_path / "b.yml").write_text(text, "utf-8")

    with pytest.raises(BadEntry, match=f"b.yml.*{said}"):
        load_asked(tmp_path)


@pytest.fixture
def asked_base(base: KnowledgeBase, corpus: Path) -> KnowledgeBase:
    (corpus / "asked").mkdir(exist_ok=True)
    (corpus / "asked" / "a.yml").write_text(ASKED, "utf-8")
    publish(base)
    return base


def first_article(base: KnowledgeBase) -> str:
    return next(hit.citation.article for hit in base.search(COLD) if not hit.entry_id)


def test_an_article_is_found_by_what_people_ask_about_it(asked_base: KnowledgeBase):
    """“火都生不起”和“过冬取暖补助”没有一个相同的词，靠别人这样问过找到。"""
    assert first_article(asked_base) == "第三条"


def test_questions_are_never_shown(asked_base: KnowledgeBase):
    assert "火都生不起" not in asked_base.answer(COLD).text


def test_questions_fall_silent_when_their_article_is_rewritten(
    asked_base: KnowledgeBase, write_law: WriteLaw
):
    newer = RELIEF_NEW.replace("第三条 过冬取暖补助由", "第三条 种子化肥补贴由")
    asked_base.curator.add([write_law("互助救济办法(2026-05-01).md", newer)])

    assert not any(articles for articles in _asked_of_version(asked_base, "2026-05-01"))


def test_questions_hold_for_an_article_that_a_newer_version_left_as_it_was(
    asked_base: KnowledgeBase, write_law: WriteLaw
):
    newer = RELIEF_NEW.replace("十日内办结", "七日内办结")
    asked_base.curator.add([write_law("互助救济办法(2026-05-01).md", newer)])

    assert list(_asked_of_version(asked_base, "2026-05-01")) == ["第三条"]


def _asked_of_version(base: KnowledgeBase, day: str) -> dict[str, tuple[str, ...]]:
    return dict(base.curator.library().asked.get(f"互助救济办法@{day}", {}))


def test_every_shipped_question_is_about_one_article_and_reads_like_a_question():
    """同一句话不能算在两条下面，否则两条会互相抢。"""
    places: dict[str, set[tuple[str, str]]] = {}
    for one in load_asked(SHIPPED_CORPUS / "asked"):
        for article, questions in one.articles.items():
            for question in questions:
                assert 2 <= len(question) <= 140, question
                places.setdefault(searchable(question), set()).add((one.document, article))

    assert len(places) > 10_000
    assert [question for question, where in places.items() if len(where) > 1] == []
