"""什么算一个问题：招呼、应答、乱码、只有号码的都不算。"""

import pytest

from knowledge.sifting import asks_something


@pytest.mark.parametrize(
    "text",
    ["你好", "您好，在吗？", "谢谢你啊", "好的，知道了", "再见", "转人工", "我要转人工客服", "不是", "怎么办",
     "喂喂，有人吗"],
)  # fmt: skip
def test_small_talk_is_no_question(text):
    assert not asks_something(text)


@pytest.mark.parametrize(
    "text", ["", "  ", "？？？", "低保", "13812345678", "asdfgh", "啊啊啊啊啊", "啦啦啦啦哒哒哒哒嘟嘟嘟", "1"]
)
def test_gibberish_numbers_and_less_than_three_characters_are_no_question(text):
    assert not asks_something(text)


@pytest.mark.parametrize(
    "text",
    ["低保费", "高温津贴怎么算", "你好，高温津贴怎么算", "好的那低保呢", "没有工作怎么办", "我妈咋个办",
     "谢谢你，那我妈的护理费谁出", "社保卡丟了怎麼補辦"],
)  # fmt: skip
def test_a_short_or_polite_question_is_one(text):
    assert asks_something(text)


def test_a_long_story_is_one_though_it_repeats_its_characters():
    assert asks_something("我家里有两个老人一个小孩，都靠我打零工过日子，想问问能不能申请一点补助。" * 40)
