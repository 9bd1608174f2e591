"""Time limits of official procedures: counted by law, and quoted as the law has them."""

import re
from pathlib import Path

import pytest

from tests.tickets.counted_by_hand import beijing, cases
from tickets.errors import BadRequest
from tickets.limits import Limits, load_limits

LAWS = Path(__file__).parents[2] / "knowledge" / "corpus" / "laws"


@pytest.fixture(scope="module")
def limits() -> Limits:
    return load_limits()


def test_an_official_period_is_what_counting_by_hand_gives(limits: Limits):
    """按日计算的期间，最后一日休息的顺延，调休上班的不顺延（民法典第二百零三条）。"""
    table = cases("deadlines_procedures.tsv")

    wrong = [
        row
        for row in table
        if limits.procedure_due_at(row["name"], beijing(row["start"])) != beijing(row["expected"])
    ]

    assert len(table) >= 25
    assert not wrong


def test_an_unknown_procedure_names_the_known_ones(limits: Limits):
    with pytest.raises(BadRequest, match="petition_whole"):
        limits.procedure("nonsense")


def test_a_petition_ends_within_60_days_and_at_the_very_longest_90(limits: Limits):
    """信访工作条例第三十四条。"""
    procedure = limits.procedure("petition_whole")

    assert procedure.limit.days == 60
    assert procedure.longest and procedure.longest.days == 90


def test_the_words_of_a_procedure_stand_in_the_article_it_names(limits: Limits):
    """标为已核对原文的时限，引文要在随项目发布的法规那一条里找得到。"""
    texts = {path.stem.split("(")[0]: path.read_text(encoding="utf-8") for path in LAWS.rglob("*.md")}
    checked = [row for row in limits.procedures if row.checked == "corpus"]

    missing = [row.name for row in checked if row.words not in article(texts[row.document], row.article)]

    assert len(checked) >= 10
    assert not missing


@pytest.mark.parametrize("number", ["days", "working_days"])
def test_the_figure_of_a_procedure_stands_in_its_words(limits: Limits, number: str):
    """时限数字与引文一致（7天、15日、六十日、20个工作日）。"""
    spelled = {5: "五", 30: "三十", 60: "六十"}
    for row in limits.procedures:
        value = getattr(row.limit, number)
        if value is not None:
            assert re.search(rf"({value}|{spelled.get(value, value)})(个工作)?[日天]", row.words), row.name


def article(text: str, name: str) -> str:
    """The whole of one article, up to the next one."""
    found = re.search(
        rf"^{name}\s.*?(?=^第[零一二三四五六七八九十百]+条\s|\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert found, name
    return found.group()
