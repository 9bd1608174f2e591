"""Ticket numbers: unmistakable on the phone."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.errors import BadNumber
from tickets.numbering import beijing_day, check_digit, find_number, make_number, parse_number, split_number

DAYS = st.dates(min_value=datetime(2024, 1, 1).date(), max_value=datetime(2049, 12, 31).date()).map(
    lambda day: int(day.strftime("%Y%m%d"))
)
SEQUENCES = st.integers(1, 99_999)
NUMBERS = st.builds(make_number, DAYS, SEQUENCES)


def test_the_check_digit_is_that_of_damms_example():
    """572 的校验位是 4（Damm 论文及通行的示例）。"""
    assert check_digit("572") == 4
    assert check_digit("5724") == 0


@given(DAYS, SEQUENCES)
def test_a_number_splits_into_what_it_was_made_of(day: int, sequence: int):
    assert split_number(make_number(day, sequence)) == (day, sequence)


@given(NUMBERS, st.data())
def test_every_single_wrong_digit_is_found(number: str, data: st.DataObject):
    """任何一位听错、按错都能发现。"""
    positions = [index for index, char in enumerate(number) if char.isdigit()]
    at = data.draw(st.sampled_from(positions))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[at]]))
    mistyped = number[:at] + wrong + number[at + 1 :]

    with pytest.raises(BadNumber):
        parse_number(mistyped)


@given(NUMBERS, st.data())
def test_every_swap_of_neighbours_is_found(number: str, data: st.DataObject):
    """相邻两位颠倒都能发现。"""
    digits = number.replace("-", "")
    at = data.draw(st.integers(0, len(digits) - 2))
    swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]

    if swapped != digits:
        with pytest.raises(BadNumber):
            parse_number(swapped)


@given(NUMBERS)
def test_a_number_is_read_back_with_or_without_its_hyphens(number: str):
    assert parse_number(number) == number
    assert parse_number(number.replace("-", "")) == number


SPOKEN = {
    "full width digits": "２０２６１１２２－０００１－９",
    "blanks": "2026 1122 0001 9",
    "long dashes": "20261122——0001——9",
    "no hyphens in a sentence": "我的工单号是2026112200019，办到哪一步了",
    "read out in Chinese": "二零二六幺幺二二，零零零幺，九",
    "hyphens read out": "二〇二六一一二二杠〇〇〇一杠九",
    "capital numerals": "贰零贰陆壹壹贰贰零零零壹玖",
    "the phone tail behind it": "20261122-0001-9 5678",
    "the phone tail behind it, all run together": "20261122000195678",
    "another number before it": "我打了3次，20261122-0001-9",
    "a phone before it": "13812345678，工单20261122-0001-9",
    "a line break": "20261122-\n0001-9",
}


@pytest.mark.parametrize("said", SPOKEN.values(), ids=SPOKEN.keys())
def test_however_it_is_said_it_is_the_same_number(said: str):
    assert parse_number(said) == "20261122-0001-9"


def test_the_ten_thousandth_ticket_of_a_day_gets_a_longer_number():
    number = make_number(20260131, 10_000)

    assert number.startswith("20260131-10000-")
    assert parse_number(f"工单 {number} 怎么样了") == number


@pytest.mark.parametrize(
    "text",
    ["", "你好", "13812345678", "430524195003120028", "20261122", "20261322-0001-0", "20261122-0000-0"],
)
def test_other_digits_are_not_taken_for_a_ticket_number(text: str):
    """手机号、身份证号、不存在的日期都不是工单号。"""
    assert find_number(text) is None


def test_the_day_of_a_number_is_beijings():
    """北京时间已过零点，世界协调时还是前一天。"""
    assert beijing_day(datetime(2026, 11, 21, 16, 30, tzinfo=UTC)) == 20261122
