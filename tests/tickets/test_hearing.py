"""听一句话：没说“岁”的年纪，说法比词典新的乡镇名。"""

import pytest

from tickets.hearing import understand
from tickets.places import place_choices, resolve_place


def heard(text):
    return understand(text, None, resolve_place, place_choices)


@pytest.mark.parametrize(
    ("said", "age"),
    [
        ("奶奶八十三了", "八十三岁"),
        ("我奶奶八十三，一个人住", "八十三岁"),
        ("奶奶八十三一个人住", "八十三岁"),
        ("今年71", "71岁"),
        ("我妈今年七十一身体不好", "七十一岁"),
        ("我爷爷90多了", "90多岁"),
        ("儿子二十了有智力残疾", "二十岁"),
        ("奶奶83岁，住院30天", "83岁"),
    ],
)
def test_a_number_behind_kin_or_this_year_is_an_age(said, age):
    assert heard(said).age == age


@pytest.mark.parametrize(
    "said",
    [
        "奶奶八十块钱都没有",
        "我爸三十天没来电话",
        "我爸三十多天没吃药了",
        "奶奶住八十三号",
        "我妈一个月八十",
        "女儿十二号开学",
        "今年三十万的债",
        "今年10月",
        "今年2026",
        "我妈13812345678",
        "邻居83",
    ],
)
def test_a_number_that_counts_something_is_no_age(said):
    assert heard(said).age is None


def test_two_ages_leave_it_open_whose_is_meant():
    assert heard("我妈七十，我爸七十二").age is None


def test_a_township_said_with_a_newer_ending_is_written_as_said():
    """词典里还是零阳镇，今天已是零阳街道。"""
    area = heard("慈利县零阳街道北街村").area

    assert (area.county, area.township, area.adcode, area.detail) == (
        "慈利县",
        "零阳街道",
        "430821",
        "北街村",
    )


def test_a_township_said_with_an_older_ending_gets_today_s_name():
    assert heard("长沙岳麓区含浦镇").area.township == "含浦街道"
