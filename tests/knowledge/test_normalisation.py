import pytest

from knowledge.normalisation import matter_of, searchable


def test_traditional_full_width_and_invisible_characters_do_not_hide_a_word():
    assert searchable("低\u200b保補貼ＡＢＣ　１２") == "低保补贴abc 12"


def test_a_blank_inside_a_word_is_dropped():
    """语料里有“符合条 件”这样夹空格的词。"""
    assert searchable("符合条 件的") == "符合条件的"


def test_words_of_latin_letters_stay_apart():
    assert searchable("HIV  感染 RH 阴性") == "hiv 感染 rh 阴性"


@pytest.mark.parametrize(
    ("said", "matter"),
    [
        ("您好，我想请问一下，丧葬费怎么领", "丧葬费怎么领"),
        ("顺便问一句，公租房要排多久", "公租房要排多久"),
        ("喂，同志，咨询个事，户口怎么迁", "户口怎么迁"),
        ("再婚以后抚恤金还发不发", "再婚以后抚恤金还发不发"),
        ("对了，那个护理费谁出", "那个护理费谁出"),
    ],
)
def test_the_politeness_before_a_question_is_not_searched_for(said, matter):
    """客套话不是问题，不能让它冲淡检索。"""
    assert matter_of(searchable(said)) == matter


def test_a_question_that_is_all_politeness_is_kept():
    assert matter_of(searchable("请问一下")) == "请问一下"
