import json
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.errors import BadQuestions
from knowledge.evaluation import averages, read_questions, report, says, score_question
from knowledge.model import Answer, Citation, RetrievalHit

ROW = {
    "id": "Q1",
    "question": "低保几天公示",
    "style": "short",
    "topic": "低保",
    "jurisdiction": "全国",
    "needs": [],
    "gold": [{"doc": "行政法规/甲.md", "article": "第二条"}],
    "key_facts": ["三十日|一个月", "乡镇"],
    "superseded": ["行政法规/旧.md"],
}


def cited(source: str, article: str, region: str = "000000") -> Citation:
    return Citation("d", "t", "", article, "…", None, region, source, None)


def hit(citation: Citation, *sources: Citation) -> RetrievalHit:
    return RetrievalHit("c", 1.0, citation, "e" if sources else None, sources)


def answer(*hits: RetrievalHit, text: str = "", citations: tuple[Citation, ...] = ()) -> Answer:
    return Answer("answered", text, citations, hits, 0.9, None)


def question(tmp_path: Path, **fields: object):
    (tmp_path / "q.jsonl").write_text(json.dumps(ROW | fields, ensure_ascii=False) + "\n\n", "utf-8")
    return read_questions(tmp_path / "q.jsonl")[0]


def test_a_gold_article_is_known_by_the_end_of_its_path(tmp_path: Path):
    found = answer(hit(cited("/data/laws/行政法规/甲.md", "第二条")))

    assert score_question(question(tmp_path), found).recall_at_1 == 1


def test_another_file_whose_name_ends_alike_is_not_the_gold(tmp_path: Path):
    found = answer(hit(cited("/data/非行政法规/甲.md", "第二条")))

    assert score_question(question(tmp_path), found).recall_at_5 == 0


def test_an_entry_counts_as_its_articles_in_order(tmp_path: Path):
    entry = hit(cited("", ""), cited("行政法规/甲.md", "第九条"), cited("行政法规/甲.md", "第二条"))

    score = score_question(question(tmp_path), answer(entry))

    assert (score.recall_at_1, score.recall_at_5, score.reciprocal_rank) == (0, 1, 0.5)


def test_of_several_matters_the_share_found_counts(tmp_path: Path):
    gold = [{"doc": "行政法规/甲.md", "article": name} for name in ("第二条", "第三条")]

    score = score_question(
        question(tmp_path, style="multi", gold=gold), answer(hit(cited("行政法规/甲.md", "第二条")))
    )

    assert score.full_recall_at_5 == 0.5


def test_citations_are_counted_against_the_gold_the_old_law_and_other_provinces(tmp_path: Path):
    right, old = cited("行政法规/甲.md", "第二条"), cited("x/行政法规/旧.md", "第一条", "330000")

    score = score_question(question(tmp_path), answer(citations=(right, old)))

    assert score.citation_precision == 0.5
    assert score.cites_superseded == 1
    assert score.cites_other_province == 1


def test_a_text_of_the_callers_own_province_is_no_foreign_one(tmp_path: Path):
    own = answer(citations=(cited("a", "第一条", "330100"),))

    assert score_question(question(tmp_path, jurisdiction="浙江"), own).cites_other_province == 0


@pytest.mark.parametrize("text", ["要在30日内办结", "要在三十日内办结", "要在１个月内", "一個月"])
def test_a_fact_is_recognised_however_its_numbers_are_written(text: str):
    assert says(text, "三十日|一个月")


def test_an_answer_that_was_refused_counts_as_refused(tmp_path: Path):
    refused = replace(answer(), outcome="no_evidence")

    assert score_question(question(tmp_path), refused).refused == 1


def test_measures_that_do_not_apply_are_left_out_of_the_mean(tmp_path: Path):
    asked = question(tmp_path)
    scores = [score_question(asked, answer()), score_question(asked, answer(text="30日 乡镇"))]

    figures = report([asked, asked], scores)

    assert averages(scores)["citation_precision"] is None
    assert figures["total"]["key_fact_coverage"] == 0.5
    assert figures["by"]["style"]["short"]["questions"] == 2
    assert len(figures["misses"]) == 2


def test_a_broken_line_is_named(tmp_path: Path):
    (tmp_path / "q.jsonl").write_text('{"id": 1}\n', "utf-8")

    with pytest.raises(BadQuestions, match="line 1"):
        read_questions(tmp_path / "q.jsonl")
