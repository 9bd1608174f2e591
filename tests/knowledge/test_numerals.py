import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.numerals import arabic_numbers, article_name, chinese_to_int, int_to_chinese


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("十五", 15),
        ("一千零七十七", 1077),
        ("一零七七", 1077),
        ("二百〇三", 203),
        ("三万五千", 35000),
        ("1077", 1077),
    ],
)
def test_numbers_are_read_in_every_spelling_callers_use(text: str, number: int):
    assert chinese_to_int(text) == number


@given(st.integers(1, 9999))
def test_writing_a_number_and_reading_it_gives_it_back(number: int):
    assert chinese_to_int(int_to_chinese(number)) == number


@pytest.mark.parametrize("text", ["", "甲", "十x"])
def test_what_is_not_a_number_is_refused(text: str):
    with pytest.raises(ValueError, match="not a Chinese number"):
        chinese_to_int(text)


@pytest.mark.parametrize(
    ("number", "branch", "name"),
    [("11", None, "第十一条"), ("一一〇", None, "第一百一十条"), ("120", "1", "第一百二十条之一")],
)
def test_an_article_is_named_as_laws_print_it(number: str, branch: str | None, name: str):
    assert article_name(number, branch) == name


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("三十日内", "30日内"),
        ("百分之九十", "90%"),
        ("百分之一点五", "1.5%"),
        ("千分之五", "5‰"),
        ("第一千零七十七条", "第1077条"),
        ("15个工作日", "15个工作日"),
    ],
)
def test_amounts_get_one_spelling(text: str, plain: str):
    """三十日＝30日，百分之九十＝90%：比较答案时写法不同不算错。"""
    assert arabic_numbers(text) == plain
