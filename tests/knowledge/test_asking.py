"""How something is asked: several questions in one message, and words that lean on what was asked before."""

import pytest

from knowledge.asking import aspect_of, in_context, is_bare_topic, last_question, leans, parts_of, side_of


def test_two_questions_are_taken_apart_and_each_keeps_the_story():
    parts = parts_of("我爸八十了没儿没女。特困供养能申请吗?他住院的钱能报销吗?")

    assert parts == (
        "我爸八十了没儿没女。特困供养能申请吗?",
        "我爸八十了没儿没女。他住院的钱能报销吗?",
    )


@pytest.mark.parametrize(
    "message",
    [
        "低保怎么申请?要带什么材料?",  # 第二句只问一个方面，是同一件事
        "我被打了怎么办",
        "老人没人管，村里又不理，我该找谁",
        "低保",
    ],
)
def test_one_matter_stays_whole(message: str):
    assert parts_of(message) == (message,)


def test_a_message_with_very_many_questions_is_looked_up_as_it_is():
    message = "低保怎么申请?残疾证怎么办理?工伤找谁认定?户口怎么迁移?"

    assert parts_of(message) == (message,)


@pytest.mark.parametrize(
    "message", ["那要带什么", "要多久", "去哪里办", "还要哪些证件", "详细说说", "不批怎么办"]
)
def test_a_message_that_asks_one_side_of_a_matter_leans_on_the_matter(message: str):
    assert leans(message)
    assert in_context(message, ["孤儿津贴怎么申请"]).text == f"孤儿津贴怎么申请。{message}"


@pytest.mark.parametrize("message", ["工伤认定要带什么材料", "残疾证去哪里办", "我妈摔断了腿没钱治怎么办"])
def test_a_message_with_its_own_matter_does_not(message: str):
    assert in_context(message, ["低保怎么申请"]).text == message


def test_another_matter_after_the_first_is_asked_about_in_the_same_respect():
    asked = in_context("那临时救助呢", ["低保要带什么材料"])

    assert asked.aspect == "materials"
    assert last_question(asked.text) == "那临时救助呢"


def test_a_chain_of_leaning_messages_goes_back_to_the_matter():
    asked = in_context("要多久", ["孤儿津贴怎么申请", "那要带什么"])

    assert (asked.text, asked.aspect) == ("孤儿津贴怎么申请。要多久", "time_limit")


def test_with_nothing_before_it_a_leaning_message_is_taken_as_it_is():
    assert in_context("那要带什么", []).text == "那要带什么"
    assert in_context("那要带什么", []).matterless
    assert not in_context("这个孩子没人管怎么办", []).matterless


@pytest.mark.parametrize(
    ("message", "aspect"),
    [
        ("要哪些手续", "materials"),
        ("多少天办好", "time_limit"),
        ("收费吗", "fee"),
        ("退回来了咋办", "if_refused"),
    ],
)
def test_the_side_that_is_asked_about_is_a_field_of_the_entries(message: str, aspect: str):
    assert aspect_of(message) == aspect


@pytest.mark.parametrize(
    ("message", "matter", "aspect"),
    [
        ("低保要带什么材料", "低保", "materials"),
        ("残疾证多久能批下来", "残疾证", "time_limit"),
        ("办收养要交钱吗？", "收养", "fee"),
        ("低保怎么申请", "", ""),
        ("要带什么材料", "", ""),
        ("我爸瘫在床上三年了，办低保要带什么材料", "", ""),
    ],
)
def test_one_side_of_a_named_matter_is_told_from_a_story_and_from_a_whole_question(
    message: str, matter: str, aspect: str
):
    assert side_of(message) == (matter, aspect)


def test_the_last_question_of_a_story_is_found():
    story = "我老公去年在工地摔了。老板说给钱又不给。孩子还小。这种情况能不能算工伤"

    assert last_question(story) == "这种情况能不能算工伤"
    assert last_question("能不能算工伤") == ""


def test_a_bare_topic_is_known_from_a_question():
    assert is_bare_topic("低保")
    assert is_bare_topic("残疾补贴")
    assert not is_bare_topic("低保多少")
    assert not is_bare_topic("我家里三天没米了")
