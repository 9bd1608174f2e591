"""Office papers in their usual form; the laws of the corpus are in test_corpus_table.py."""

from datetime import date
from pathlib import PurePath

import pytest

from knowledge.parsing.metadata import Metadata, describe
from knowledge.parsing.structure import parse
from knowledge.readers.source import Hints

PAPER = """湖南省民政厅文件
湘民发〔2023〕12号
湖南省民政厅 湖南省财政厅关于进一步做好
临时救助工作的通知
各市州民政局、财政局：
为贯彻落实《社会救助暂行办法》（国务院令第649号），现就有关事项通知如下：
一、对象范围。因火灾等意外事件导致生活困难的家庭。
二、加强领导。本通知自2024年1月1日起施行，有效期5年。《湖南省临时救助意见》（湘民发〔2018〕5号）同时废止。
附件：1.申请表
湖南省民政厅          湖南省财政厅
2023年12月1日
（此件主动公开）
湖南省民政厅办公室 2023年12月4日印发"""

ISSUED = """长沙市人民政府办公厅
关于印发《长沙市低保实施细则》的通知
长政办发[2021]5号
各区县（市）人民政府：
《长沙市低保实施细则》已经市人民政府同意，现印发给你们。
长沙市人民政府办公厅
2021年3月15日
长沙市低保实施细则
第一条 为了规范低保工作，制定本细则。
第二条 本细则自印发之日起施行，有效期至2026年3月31日。"""


def about(text: str, name: str = "a.txt", hints: Hints | None = None) -> Metadata:
    return describe(PurePath(name), parse(text.splitlines()), hints or Hints())


def closing(words: str, info: str = "") -> Metadata:
    return about(f"# 甲办法\n\n{info}\n\n<!-- INFO END -->\n\n第一条 一。\n\n第二条 {words}", "甲办法.md")


def test_a_joint_paper_is_described_from_its_head_and_its_close():
    found = about(PAPER)

    assert found.title == "湖南省民政厅 湖南省财政厅关于进一步做好临时救助工作的通知"
    assert found.document_no == "湘民发〔2023〕12号"
    assert found.issuer == "湖南省民政厅、湖南省财政厅"
    assert found.region == "430000"
    assert found.promulgated_on == date(2023, 12, 1)
    assert found.effective_from == date(2024, 1, 1)
    assert found.repealed_on == date(2029, 1, 1)
    assert found.repeals == ("湖南省临时救助意见",)


def test_a_text_issued_with_a_notice_goes_by_its_own_title():
    found = about(ISSUED)

    assert found.title == "长沙市低保实施细则"
    assert found.notice == "长沙市人民政府办公厅关于印发《长沙市低保实施细则》的通知"
    assert (found.document_no, found.issuer) == ("长政办发[2021]5号", "长沙市人民政府办公厅")
    assert (found.effective_from, found.repealed_on) == (date(2021, 3, 15), date(2026, 4, 1))


def test_an_office_of_a_county_is_told():
    found = about(
        "浏阳市民政局\n关于发放高龄津贴的公告\n浏民公告〔2022〕3号\n一、对象。八十岁以上。\n二、标准。另行公布。\n浏阳市民政局\n二〇二二年五月十日"
    )

    assert (found.issuer, found.region) == ("浏阳市民政局", "430181")
    assert found.promulgated_on == date(2022, 5, 10)


@pytest.mark.parametrize(
    "number",
    [
        "湘民发〔2023〕12号",
        "长政办发[2021]5号",
        "民发（2021）43号",
        "国发〔2014〕47号",
        "国办发〔2016〕3号",
        "民政部令第70号",
        "民政部公告第519号",
    ],
)
def test_a_number_in_a_line_of_its_own_is_the_documents(number: str):
    assert about(f"甲办法\n{number}\n第一条 一。").document_no == number


def test_the_number_of_an_order_may_stand_below_its_name():
    text = "中华人民共和国民政部令\n第70号\n某登记办法\n第一条 一。"

    found = about(text)

    assert (found.document_no, found.issuer) == ("民政部令第70号", "民政部")


def test_a_number_quoted_in_a_sentence_is_not_the_documents():
    found = about("甲通知\n各局：\n根据《乙办法》（国发〔2014〕47号），通知如下：\n一、甲。\n二、乙。")

    assert found.document_no == ""
    assert "document_no" in found.unknown


@pytest.mark.parametrize(
    ("words", "starts", "ends"),
    [
        ("本办法自2024年1月1日起施行。", date(2024, 1, 1), None),
        ("本办法自二〇二四年一月一日起施行。", date(2024, 1, 1), None),
        ("本办法从2024年1月1日起执行。", date(2024, 1, 1), None),
        ("本办法自 2024年 1月1 日起正式实施。", date(2024, 1, 1), None),
        ("本办法自2024年1月起施行。", date(2024, 1, 1), None),
        ("本办法自2024年1月1日起施行，有效期为五年。", date(2024, 1, 1), date(2029, 1, 1)),
        ("本办法自2024年1月1日起施行，有效期至2026年12月31日。", date(2024, 1, 1), date(2027, 1, 1)),
        ("本办法自2024年1月1日起施行，至2026年12月31日止。", date(2024, 1, 1), date(2027, 1, 1)),
        ("2001年1月1日起施行的《乙办法》同时废止。本办法自2024年1月1日起施行。", date(2024, 1, 1), None),
        ("2001年1月1日起施行的《乙办法》同时废止。", None, None),
        ("本办法自2024年1月1日起施行，试行期两年。", date(2024, 1, 1), None),
    ],
)
def test_the_first_day_and_the_last_are_read_in_their_spellings(
    words: str, starts: date | None, ends: date | None
):
    found = closing(words)

    assert (found.effective_from, found.repealed_on) == (starts, ends)


def test_thirty_days_after_publication_begin_on_the_day_after_it():
    """期间开始的当日不计入（民法典第二百零一条）。"""
    found = closing("本办法自公布之日起30日后施行。", "2024年1月1日 某市人民政府令第1号公布")

    assert found.effective_from == date(2024, 2, 1)


def test_the_day_of_publication_is_that_of_the_last_revision_as_a_whole():
    """村民委员会组织法1998年通过，2010年修订，2018年修正：“自公布之日起施行”说的是2010年。"""
    info = "1998年11月4日 通过\n2010年10月28日 修订\n2018年12月29日 《关于修改甲法的决定》修正"

    assert closing("本法自公布之日起施行。", info).effective_from == date(2010, 10, 28)


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("自2024年1月1日起施行。《乙办法》《丙办法》同时废止。", ("乙办法", "丙办法")),
        ("2001年5月1日国务院发布的《乙〈丙法〉实施办法》同时废止。", ("乙《丙法》实施办法",)),
        ("《乙办法》第三条同时废止。", ()),
        ("《乙办法》与本办法不一致的，以本办法为准。", ()),
        ("根据《丙法》，《乙办法》同时废止。", ("乙办法",)),
    ],
)
def test_only_what_is_repealed_as_a_whole_is_listed(words: str, titles: tuple[str, ...]):
    assert closing(words).repeals == titles


def test_hints_fill_gaps_and_give_way_to_the_text():
    hints = Hints(
        title="别的标题",
        document_no="某发〔2020〕1号",
        issuer="湖南省民政厅",
        promulgated_on=date(2020, 1, 2),
    )

    gaps = about("第一条 一。", "文件.txt", hints)
    stated = about(PAPER, hints=hints)

    assert (gaps.title, gaps.document_no, gaps.issuer) == ("别的标题", "某发〔2020〕1号", "湖南省民政厅")
    assert gaps.region == "430000"
    assert stated.document_no == "湘民发〔2023〕12号"
    assert stated.promulgated_on == date(2023, 12, 1)


def test_what_nobody_says_is_named_unknown_and_not_guessed():
    found = about("高龄津贴通知\n一、对象。八十岁。\n二、标准。另定。")

    assert set(found.unknown) == {
        "version_date",
        "promulgated_on",
        "document_no",
        "issuer",
        "region",
        "effective_from",
    }
    assert found.effective_from is None


@pytest.mark.parametrize("sign", ["【已废止】", "（失效）", "有效性：已废止", "时效性: 失效"])
def test_a_head_that_says_repealed_is_noted(sign: str):
    assert "said_repealed" in about(f"甲办法\n{sign}\n第一条 一。").notes()


def test_a_draft_is_noted():
    assert "draft_text" in about("甲办法（征求意见稿）\n第一条 一。").notes()


@pytest.mark.parametrize("folder", ["地方性法规/浙江", "浙江省"])
def test_a_folder_tells_the_place_where_the_text_does_not(folder: str):
    assert about("互助条例\n第一条 一。", f"{folder}/a.txt").region == "330000"


def test_a_national_law_keeps_its_rank_in_the_folder_of_a_province():
    assert about("中华人民共和国某法\n第一条 一。", "湖南省/a.txt").region == "000000"
