"""The irregularities of the corpus of laws, each on the file that shows it or on one made like it."""

from datetime import date
from pathlib import Path

import pytest

from knowledge.errors import UnreadableDocument
from knowledge.ingestion import ingest
from knowledge.library import SHIPPED_CORPUS
from knowledge.parsing.clauses import clauses
from knowledge.references import named_articles
from tests.knowledge.conftest import WriteLaw

LAWS = SHIPPED_CORPUS / "laws"
RELIEF = "第四十七条 国家对因火灾等意外事件导致生活困难的家庭给予临时救助。"


def named(title: str) -> Path:
    return next(LAWS.rglob(f"{title}*.md"))


@pytest.mark.parametrize(
    "spelling", ["第1077条", "一零七七条", "第１０７７条", "第一〇七七条", "第一千零七十七条"]
)
def test_an_article_is_found_by_its_number_in_either_spelling(spelling: str):
    assert named_articles(f"民法典{spelling}") == ["第一千零七十七条"]


def test_the_parts_of_the_civil_code_bear_the_name_of_the_code():
    ingested = ingest(named("婚姻家庭编"))

    assert ingested.document.title == "中华人民共和国民法典"
    assert ingested.articles[0].article == "第一千零四十条"
    assert not any(note.startswith("missing_articles") for note in ingested.notes)


def test_what_women_may_not_be_made_to_do_is_an_annex_of_its_own():
    ingested = ingest(named("女职工劳动保护特别规定"))

    assert [a.article for a in ingested.articles][-2:] == ["第十六条", "附录"]
    assert ingested.articles[-2].text.endswith("《女职工劳动保护规定》同时废止。")
    assert ingested.articles[-1].path == ("女职工禁忌从事的劳动范围",)
    assert "矿山井下作业" in ingested.articles[-1].text


def test_the_list_of_flood_basins_is_an_annex_of_its_own(shared_corpus: Path):
    ingested = ingest(next(shared_corpus.rglob("蓄滞洪区运用补偿暂行办法*")))

    assert ingested.articles[-2].text.endswith("本办法自发布之日起施行。")
    assert "围堤湖" in ingested.articles[-1].text


def test_a_repeated_title_before_the_first_chapter_belongs_to_no_article(shared_corpus: Path):
    ingested = ingest(next(shared_corpus.rglob("慈善法(2023*")))

    assert ingested.articles[0].text.startswith("第一条 为了发展慈善事业")
    assert ingested.articles[0].path == ("第一章 总 则",)


def test_the_version_date_is_that_of_the_file_name_where_the_history_does_not_have_it():
    document = ingest(named("社会救助暂行办法")).document

    assert document.version_date == date(2019, 3, 2)
    assert document.promulgated_on == date(2014, 2, 21)


def test_chapter_titles_that_lost_their_mark_are_no_part_of_an_article(shared_corpus: Path):
    ingested = ingest(next(shared_corpus.rglob("未成年人网络保护条例*")))

    assert not any(a.text.endswith(("法律责任", "附则", "附 则")) for a in ingested.articles)
    assert ingested.articles[-1].path[-1] == "附则"


def test_invisible_characters_are_quoted_but_not_in_the_way(shared_corpus: Path):
    ingested = ingest(next(shared_corpus.rglob("民事诉讼法(2023*")))

    assert len(ingested.articles) == 306
    assert sum(a.text.count("\u200b") for a in ingested.articles) > 0


def test_the_reasons_for_an_injury_at_work_can_be_cited_one_by_one():
    article = next(a for a in ingest(named("工伤保险条例")).articles if a.article == "第十四条")

    assert [c.address for c in clauses(article.text)][1] == "第一款第（一）项"


EXCERPTS = {
    "a page": [
        "怎样申请临时救助？",
        "现将《社会救助暂行办法》有关条文摘录如下：",
        RELIEF,
        "第四十八条 向乡镇人民政府提出。",
    ],
    "a table": [
        "窗口问答",
        "序号｜问题｜依据（社会救助暂行办法）",
        "第四十八条 向乡镇人民政府提出。",
        RELIEF,
    ],
    "a marked title": ["社会救助暂行办法（节录）", "第一条 为了保障基本生活。", RELIEF],
    "a source": ["临时救助须知", RELIEF, "第四十八条 向乡镇人民政府提出。", "（摘自《社会救助暂行办法》）"],
}


@pytest.mark.parametrize("kind", EXCERPTS)
def test_what_quotes_some_articles_of_a_law_is_no_version_of_it(tmp_path: Path, kind: str):
    """门户网页和窗口问答表只摘几条，不能当成最新的一部法规。"""
    path = tmp_path / "网页.txt"
    path.write_text("\n".join(EXCERPTS[kind]), "utf-8")

    ingested = ingest(path)

    assert ingested.document.excerpt_of == ingested.document.title == "社会救助暂行办法"
    assert ingested.document.doc_id.startswith("社会救助暂行办法（摘录：")
    assert "excerpt_of:社会救助暂行办法" in ingested.notes


def test_a_page_that_quotes_several_laws_is_refused(tmp_path: Path):
    path = tmp_path / "网页.txt"
    path.write_text(
        f"须知\n摘自《社会救助暂行办法》\n{RELIEF}\n摘自《工伤保险条例》\n第十四条 工伤。", "utf-8"
    )

    with pytest.raises(UnreadableDocument) as refusal:
        ingest(path)

    assert refusal.value.reason == "mixed_excerpt"


def test_a_law_that_rests_on_another_is_no_excerpt_of_it(write_law: WriteLaw):
    path = write_law("甲办法.md", "# 甲办法\n\n根据《乙法》，制定本办法。\n\n第一条 一。\n\n第二条 二。")

    assert ingest(path).document.excerpt_of is None


def test_no_law_of_the_corpus_is_taken_for_an_excerpt(shared_corpus: Path):
    found = [ingest(path).document for path in (shared_corpus / "laws").rglob("*.md")]

    assert [document.doc_id for document in found if document.excerpt_of] == []
