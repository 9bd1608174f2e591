"""Which text is the law on a day, for every law of which the large corpus holds more than one text.

Five days each: before the older text, under it, after the newer one was adopted but before it took effect,
the very day it took effect, and today. The dates stand in the texts; the comment names the article.
"""

from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from knowledge.ingestion import IngestedDocument, ingest_all
from knowledge.model import PolicyDocument
from knowledge.titles import title_key
from knowledge.validity import load_successors, resolve

TODAY = "2026-11-22"
NOBODY = ""

CHARITY = "慈善法"
MINORS = "未成年人保护法"
WOMEN = "妇女权益保障法"
REVIEW = "行政复议法"
EMERGENCY = "突发事件应对法"
VOCATIONAL = "职业教育法"
SOLDIERS = "军人抚恤优待条例"
MARTYRS = "烈士褒扬条例"
ADOPTION = "中国公民收养子女登记办法"
SHANGHAI_RELIEF = "上海市社会救助条例"
INJURY = "最高人民法院关于审理人身损害赔偿案件适用法律若干问题的解释"
PETITIONS = "信访条例 信访工作条例"
VETERANS = "退役士兵安置条例 退役军人安置条例"
LEGAL_AID = "法律援助条例 法律援助法"
ACCESS = "无障碍环境建设条例 无障碍环境建设法"
SHANGHAI_WOMEN = "上海市实施《妇女权益保障法》办法 上海市妇女权益保障条例"
SHANGHAI_FUNERALS = "上海市殡葬管理条例"
SHANGHAI_MINORS = "上海市未成年人保护条例"
BEIJING_MINORS = "北京市未成年人保护条例"

# title, or the titles of a law that was renamed | day | the text that is the law | why
PAIRS = [
    (CHARITY, "2016-08-31", NOBODY, "尚未施行"),  # 2016: 第一百一十二条
    (CHARITY, "2020-01-01", "慈善法@2016-03-16", "旧文本施行期间"),
    (CHARITY, "2024-09-04", "慈善法@2016-03-16", "修改决定已公布，尚未施行"),
    (CHARITY, "2024-09-05", "慈善法@2023-12-29", "修改决定施行"),  # successors.yml, effective
    (CHARITY, TODAY, "慈善法@2023-12-29", "现行"),
    (MINORS, "2021-05-31", NOBODY, "2012年修正的文本不在库里"),  # 2020: 第一百三十二条
    (MINORS, "2022-06-01", "未成年人保护法@2020-10-17", "旧文本施行期间"),
    (MINORS, "2024-04-25", "未成年人保护法@2020-10-17", "修改决定公布的前一天"),
    (MINORS, "2024-04-26", "未成年人保护法@2024-04-26", "修改决定自公布之日起施行"),
    (MINORS, TODAY, "未成年人保护法@2024-04-26", "现行"),
    (WOMEN, "2018-10-25", NOBODY, "2005年修正的文本不在库里"),  # 第六十一条 states the first version, 1992
    (WOMEN, "2020-06-01", "妇女权益保障法@2018-10-26", "旧文本施行期间"),
    (WOMEN, "2022-12-31", "妇女权益保障法@2018-10-26", "修订已公布，尚未施行"),
    (WOMEN, "2023-01-01", "妇女权益保障法@2022-10-30", "修订施行"),  # 2022: 第八十六条
    (WOMEN, TODAY, "妇女权益保障法@2022-10-30", "现行"),
    (REVIEW, "2017-12-31", NOBODY, "2017年修正自2018年起施行"),  # successors.yml, effective
    (REVIEW, "2020-06-01", "行政复议法@2017-09-01", "旧文本施行期间"),
    (REVIEW, "2023-12-31", "行政复议法@2017-09-01", "修订已公布，尚未施行"),
    (REVIEW, "2024-01-01", "行政复议法@2023-09-01", "修订施行"),  # 2023: 第九十条
    (REVIEW, TODAY, "行政复议法@2023-09-01", "现行"),
    (EMERGENCY, "2007-10-31", NOBODY, "尚未施行"),  # 2007: 第七十条
    (EMERGENCY, "2015-06-01", "突发事件应对法@2007-08-30", "旧文本施行期间"),
    (EMERGENCY, "2024-10-31", "突发事件应对法@2007-08-30", "修订已公布，尚未施行"),
    (EMERGENCY, "2024-11-01", "突发事件应对法@2024-06-28", "修订施行"),  # 2024: 第一百零六条
    (EMERGENCY, TODAY, "突发事件应对法@2024-06-28", "现行"),
    (VOCATIONAL, "1996-08-31", NOBODY, "尚未施行"),  # 1996: 第四十条
    (VOCATIONAL, "2010-06-01", "职业教育法@1996-05-15", "旧文本施行期间"),
    (VOCATIONAL, "2022-04-30", "职业教育法@1996-05-15", "修订已公布，尚未施行"),
    (VOCATIONAL, "2022-05-01", "职业教育法@2022-04-20", "修订施行"),  # 2022: 第六十九条
    (VOCATIONAL, TODAY, "职业教育法@2022-04-20", "现行"),
    (SOLDIERS, "2019-03-01", NOBODY, "2011年修订的文本不在库里"),  # 第五十四条 states the first version, 2004
    (SOLDIERS, "2022-06-01", "军人抚恤优待条例@2019-03-02", "旧文本施行期间"),
    (SOLDIERS, "2024-09-30", "军人抚恤优待条例@2019-03-02", "修订已公布，尚未施行"),
    (SOLDIERS, "2024-10-01", "军人抚恤优待条例@2024-08-05", "修订施行"),  # 2024: 第六十四条
    (SOLDIERS, TODAY, "军人抚恤优待条例@2024-08-05", "现行"),
    (
        MARTYRS,
        "2019-07-31",
        NOBODY,
        "2019年3月修订的文本不在库里",
    ),  # 第四十三条 states the first version, 2011
    (MARTYRS, "2022-06-01", "烈士褒扬条例@2019-08-01", "旧文本施行期间"),
    (MARTYRS, "2024-12-31", "烈士褒扬条例@2019-08-01", "修订已公布，尚未施行"),
    (MARTYRS, "2025-01-01", "烈士褒扬条例@2024-09-27", "修订施行"),  # 2024: 第七十条
    (MARTYRS, TODAY, "烈士褒扬条例@2024-09-27", "现行"),
    (ADOPTION, "2019-03-01", NOBODY, "1999年的文本不在库里"),  # 第十五条: 自发布之日起, first version, 1999
    (ADOPTION, "2021-06-01", "中国公民收养子女登记办法@2019-03-02", "旧文本施行期间"),
    (ADOPTION, "2023-07-19", "中国公民收养子女登记办法@2019-03-02", "修改决定公布的前一天"),
    (ADOPTION, "2023-07-20", "中国公民收养子女登记办法@2023-07-20", "修改决定公布之日"),  # 信息块第二次修订
    (ADOPTION, TODAY, "中国公民收养子女登记办法@2023-07-20", "现行"),
    (SHANGHAI_RELIEF, "2019-04-30", NOBODY, "已通过，尚未施行"),  # 2018: 第五十六条
    (SHANGHAI_RELIEF, "2022-06-01", "上海市社会救助条例@2018-11-22", "旧文本施行期间"),
    (SHANGHAI_RELIEF, "2024-12-30", "上海市社会救助条例@2018-11-22", "修改决定通过的前一天"),
    (SHANGHAI_RELIEF, "2024-12-31", "上海市社会救助条例@2024-12-31", "修改决定通过之日"),  # 信息块
    (SHANGHAI_RELIEF, TODAY, "上海市社会救助条例@2024-12-31", "现行"),
    (INJURY, "2020-12-31", NOBODY, "2003年的文本不在库里"),  # successors.yml, effective: 2021-01-01
    (INJURY, "2021-06-01", f"{INJURY}@2020-12-29", "旧文本施行期间"),
    (INJURY, "2022-04-30", f"{INJURY}@2020-12-29", "两份新文本都已公布，尚未施行"),
    (INJURY, "2022-05-01", f"{INJURY}@2022-04-24", "两份同日施行的文本只用后一份"),  # 2022: 第二十四条
    (INJURY, TODAY, f"{INJURY}@2022-04-24", "现行"),
    (PETITIONS, "2005-04-30", NOBODY, "1995年的文本不在库里"),  # 信访条例第五十一条
    (PETITIONS, "2015-06-01", "信访条例@2005-01-10", "旧文本施行期间"),
    (PETITIONS, "2022-04-30", "信访条例@2005-01-10", "新条例已公布，尚未施行"),
    (PETITIONS, "2022-05-01", "信访工作条例@2022-02-25", "换名的新条例施行"),  # 信访工作条例第五十条
    (PETITIONS, TODAY, "信访工作条例@2022-02-25", "现行"),
    (VETERANS, "2011-10-31", NOBODY, "尚未施行"),  # 退役士兵安置条例第五十三条
    (VETERANS, "2018-06-01", "退役士兵安置条例@2011-10-29", "旧文本施行期间"),
    (VETERANS, "2024-08-31", "退役士兵安置条例@2011-10-29", "新条例已公布，尚未施行"),
    (VETERANS, "2024-09-01", "退役军人安置条例@2024-07-29", "换名的新条例施行"),  # 第九十三条
    (VETERANS, TODAY, "退役军人安置条例@2024-07-29", "现行"),
    (LEGAL_AID, "2003-08-31", NOBODY, "尚未施行"),  # 法律援助条例第三十一条
    (LEGAL_AID, "2015-06-01", "法律援助条例@2003-07-21", "旧文本施行期间"),
    (LEGAL_AID, "2021-12-31", "法律援助条例@2003-07-21", "法律已公布，尚未施行"),
    (LEGAL_AID, "2022-01-01", "法律援助法@2021-08-20", "法律施行"),  # 法律援助法第七十一条
    (LEGAL_AID, TODAY, "法律援助法@2021-08-20", "现行"),
    (ACCESS, "2012-07-31", NOBODY, "尚未施行"),  # 无障碍环境建设条例第三十五条
    (ACCESS, "2018-06-01", "无障碍环境建设条例@2012-06-28", "旧文本施行期间"),
    (ACCESS, "2023-08-31", "无障碍环境建设条例@2012-06-28", "法律已公布，尚未施行"),
    (ACCESS, "2023-09-01", "无障碍环境建设法@2023-06-28", "法律施行"),  # 无障碍环境建设法第七十二条
    (ACCESS, TODAY, "无障碍环境建设法@2023-06-28", "现行"),
    (SHANGHAI_WOMEN, "1995-03-07", NOBODY, "尚未施行"),  # 办法第四十七条
    (SHANGHAI_WOMEN, "2015-06-01", "上海市实施《妇女权益保障法》办法@undated", "旧文本施行期间"),
    (SHANGHAI_WOMEN, "2022-12-31", "上海市实施《妇女权益保障法》办法@undated", "条例已通过，尚未施行"),
    (SHANGHAI_WOMEN, "2023-01-01", NOBODY, "办法已废止，条例2022年的文本不在库里"),  # 条例第七十条
    (SHANGHAI_WOMEN, "2024-09-27", "上海市妇女权益保障条例@2024-09-27", "条例修正"),  # 信息块
    (SHANGHAI_WOMEN, TODAY, "上海市妇女权益保障条例@2024-09-27", "现行"),
    (SHANGHAI_FUNERALS, "1997-12-31", NOBODY, "尚未施行"),  # undated: 第三十一条
    (SHANGHAI_FUNERALS, "2016-06-01", "上海市殡葬管理条例@undated", "无日期的旧文本"),
    (SHANGHAI_FUNERALS, "2024-08-21", "上海市殡葬管理条例@undated", "修改决定通过的前一天"),
    (SHANGHAI_FUNERALS, "2024-08-22", "上海市殡葬管理条例@2024-08-22", "修改决定通过之日"),  # 信息块
    (SHANGHAI_FUNERALS, TODAY, "上海市殡葬管理条例@2024-08-22", "无日期不等于最新"),
    (SHANGHAI_MINORS, "2005-02-28", NOBODY, "尚未施行"),  # undated: 第五十六条
    (SHANGHAI_MINORS, "2015-06-01", "上海市未成年人保护条例@undated", "无日期的旧文本"),
    (SHANGHAI_MINORS, "2022-02-28", "上海市未成年人保护条例@undated", "修订已通过，尚未施行"),
    (SHANGHAI_MINORS, "2022-03-01", NOBODY, "修订施行，2022年的文本不在库里"),  # 2024: 第八十七条
    (SHANGHAI_MINORS, "2024-12-31", "上海市未成年人保护条例@2024-12-31", "修正"),  # 信息块
    (SHANGHAI_MINORS, TODAY, "上海市未成年人保护条例@2024-12-31", "无日期不等于最新"),
    (BEIJING_MINORS, "2016-11-24", NOBODY, "2003年修订的文本不在库里"),  # 第七十七条 states 2004
    (BEIJING_MINORS, "2020-06-01", "北京市未成年人保护条例@undated", "无日期的旧文本"),  # 信息块: 2016-11-25
    (BEIJING_MINORS, "2023-05-31", "北京市未成年人保护条例@undated", "修订已通过，尚未施行"),
    (BEIJING_MINORS, "2023-06-01", "北京市未成年人保护条例@2023-05-26", "修订施行"),  # 2023: 第六十八条
    (BEIJING_MINORS, TODAY, "北京市未成年人保护条例@2023-05-26", "无日期不等于最新"),
]


def law_on(day: str, titles: str, documents: Iterable[PolicyDocument]) -> list[str]:
    """Short doc_ids of the texts that were the law on a day, among those of the titles."""
    wanted = {title_key(title) for title in titles.split(" ")}
    applying = (d for d in documents if d.applies_on(date.fromisoformat(day)))
    return [title_key(d.doc_id) for d in applying if title_key(d.title) in wanted]


@cache
def whole_corpus(laws: Path) -> list[PolicyDocument]:
    taken = [i.document for i in ingest_all([laws]) if isinstance(i, IngestedDocument)]
    return resolve(taken, load_successors(), date.fromisoformat(TODAY))


@pytest.mark.parametrize(("titles", "day", "expected", "why"), PAIRS)
def test_one_text_is_the_law_on_the_day(shared_corpus: Path, titles: str, day: str, expected: str, why: str):
    found = law_on(day, titles, whole_corpus(shared_corpus / "laws"))

    assert found == ([title_key(expected)] if expected else []), why


def test_no_day_has_two_texts_of_one_law(shared_corpus: Path):
    """同一天同一部法只能有一份文本有效，否则会引错。"""
    documents = [d for d in whole_corpus(shared_corpus / "laws") if "民法典" not in d.title]
    days = sorted({d.in_force_from for d in documents} | {d.repealed_on for d in documents if d.repealed_on})

    for day in days:
        applying = [title_key(d.title) for d in documents if d.applies_on(day)]
        assert len(applying) == len(set(applying)), day


# The same, told by a few lines of the texts, for a machine without the large corpus.
CLOSING = {
    "慈善法(2016-03-16).md": "第一百一十二条 本法自2016年9月1日起施行。",
    "慈善法(2023-12-29).md": "第一百二十五条 本法自2016年9月1日起施行。",
    "妇女权益保障法(2018-10-26).md": "第六十一条 本法自1992年10月1日起施行。",
    "妇女权益保障法(2022-10-30).md": "第八十六条 本法自2023年1月1日起施行。",
    "信访条例(2005-01-10).md": "第五十一条 本条例自2005年5月1日起施行。",
    "信访工作条例(2022-02-25).md": "第五十条 本条例自2022年5月1日起施行。",
    "退役士兵安置条例(2011-10-29).md": "第五十三条 本条例自2011年11月1日起施行。",
    "退役军人安置条例(2024-07-29).md": (
        "第九十三条 本条例自2024年9月1日起施行。《退役士兵安置条例》同时废止。"
    ),
    "上海市未成年人保护条例.md": "第五十六条 本条例自2005年3月1日起施行。",
    "上海市未成年人保护条例(2024-12-31).md": "第八十七条 本条例自2022年3月1日起施行。",
}


@pytest.fixture
def write_closings(tmp_path: Path) -> Callable[[dict[str, str]], list[PolicyDocument]]:
    """Take in files that hold nothing but a title and a closing article."""

    def write(closings: dict[str, str]) -> list[PolicyDocument]:
        for name, closing in closings.items():
            title = name.partition("(")[0].removesuffix(".md")
            (tmp_path / name).write_text(f"# {title}\n\n<!-- INFO END -->\n\n{closing}\n", "utf-8")
        taken = [i.document for i in ingest_all([tmp_path]) if isinstance(i, IngestedDocument)]
        return resolve(taken, load_successors(), date.fromisoformat(TODAY))

    return write


def test_the_closing_lines_alone_tell_the_law_of_a_day(
    write_closings: Callable[[dict[str, str]], list[PolicyDocument]],
):
    few = write_closings(CLOSING)
    told = {CHARITY, WOMEN, PETITIONS, VETERANS, SHANGHAI_MINORS}

    for titles, day, expected, why in PAIRS:
        if titles in told:
            assert law_on(day, titles, few) == ([title_key(expected)] if expected else []), (titles, day, why)


@pytest.mark.parametrize(
    "closing",
    [
        "第九条 本办法自2020年1月1日起施行。《上海市某办法》第三条同时废止。",
        "第九条 本办法自2020年1月1日起施行。《上海市某办法》与本办法不一致的，以本办法为准。",
        "第九条 本办法自2020年1月1日起施行。《上海市某办法》中有关收费的规定同时废止。",
    ],
)
def test_a_text_of_which_only_a_part_is_repealed_stays_the_law(
    write_closings: Callable[[dict[str, str]], list[PolicyDocument]], closing: str
):
    old = "第九条 本办法自2010年1月1日起施行。"

    found = write_closings({"上海市某办法(2009-12-01).md": old, "上海市某新办法(2019-12-01).md": closing})

    assert law_on(TODAY, "上海市某办法", found) == ["上海市某办法@2009-12-01"]
