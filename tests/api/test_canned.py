"""常用语：够用、分组、按汉字或拼音首字母找得到；不许诺给钱；各地可以改。"""

import re
from pathlib import Path

import pytest

from api.chat.danger import danger_phrases
from api.suggestions.canned import CannedReplies, initials_of, load_canned
from api.suggestions.errors import BadCanned


@pytest.fixture(scope="module")
def canned() -> CannedReplies:
    return load_canned()


def test_there_are_enough_of_them_in_groups(canned: CannedReplies):
    assert len(canned) >= 40
    assert len({each.group for each in canned}) >= 7


def test_letters_of_pinyin_initials_find_a_reply(canned: CannedReplies):
    """打 /sd 找“稍等”，打 wzzn 找“问住在哪里”。"""
    assert initials_of("稍等") == "sd"
    assert canned.find("/sd")[0].title == "稍等"
    assert canned.find("WZZN")[0].id == "ask_place"


def test_words_of_the_title_come_before_words_of_the_text(canned: CannedReplies):
    found = canned.find("医生")

    assert found[0].id == "go_doctor"
    assert {each.id for each in found} >= {"go_doctor"}
    assert canned.find("没有这样的话") == []


def test_nothing_typed_shows_all(canned: CannedReplies):
    assert canned.find("/") == list(canned)


@pytest.mark.parametrize("promise", ["一定能批", "保证", "肯定能", "会给您钱", "马上到账", "包您"])
def test_no_reply_promises_money(canned: CannedReplies, promise: str):
    """不替审批的部门许诺。"""
    assert not [each.id for each in canned if promise in each.text]


def test_no_reply_speaks_as_a_machine(canned: CannedReplies):
    assert not [each.id for each in canned if re.search(r"AI|机器人|系统", each.text)]


def test_a_person_says_the_danger_sentence_as_one_who_is_there(canned: CannedReplies):
    """有危险时的第一句话，号码一个不少，但不再说“正在叫工作人员”。"""
    for kind in danger_phrases()["kinds"]:
        for reply in [kind["reply"], *(one["reply"] for one in kind.get("situations", ()))]:
            said = canned.said_by_agent(reply)
            assert "值班的工作人员" not in said
            assert re.findall(r"\d{3,5}", said) == re.findall(r"\d{3,5}", reply)


def test_an_office_rewords_and_adds_replies(tmp_path: Path):
    own = tmp_path / "canned.yml"
    own.write_text(
        "groups:\n  - title: 本地\n    replies:\n"
        "      - {id: hold_on, title: 稍等, text: 请等一等。}\n"
        "      - {id: window, title: 窗口, text: 请到县政务大厅三楼。}\n",
        "utf-8",
    )

    canned = load_canned(own)

    assert canned["hold_on"].text == "请等一等。"
    assert canned.find("ck")[0].id == "window"
    assert len(canned) == len(load_canned()) + 1


@pytest.mark.parametrize(
    "wrong",
    ["- 不是分组", "groups: 话", "groups:\n  - replies: []", "groups:\n  - {title: 甲, replies: [{id: a}]}"],
)
def test_a_file_in_another_form_is_refused_with_its_name(tmp_path: Path, wrong: str):
    own = tmp_path / "canned.yml"
    own.write_text(wrong, "utf-8")

    with pytest.raises(BadCanned, match=re.escape("canned.yml")):
        load_canned(own)
