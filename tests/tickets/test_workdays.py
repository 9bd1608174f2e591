"""The Chinese working calendar, with dates from the State Council's holiday notices for 2025 and 2026."""

import logging
from datetime import date

import pytest

from tickets.workdays import WorkCalendar

CALENDAR = WorkCalendar(fixed_holidays=("01-01", "05-01", "10-01"))

# 国办发明电〔2024〕12号 (2025) and 国办发明电〔2025〕7号 (2026)
WORKED_WEEKENDS = [
    "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11",
    "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
]  # fmt: skip
FREE_WEEKDAYS = [
    "2025-01-28", "2025-02-04", "2025-04-04", "2025-05-05", "2025-06-02", "2025-10-08",
    "2026-01-02", "2026-02-16", "2026-02-23", "2026-04-06", "2026-05-05", "2026-06-19", "2026-10-07",
]  # fmt: skip


@pytest.mark.parametrize("day", WORKED_WEEKENDS)
def test_a_weekend_worked_in_exchange_is_a_working_day(day: str):
    """调休上班的周六周日算工作日。"""
    assert date.fromisoformat(day).weekday() >= 5
    assert CALENDAR.is_workday(date.fromisoformat(day))


@pytest.mark.parametrize("day", FREE_WEEKDAYS)
def test_a_weekday_in_a_public_holiday_is_free(day: str):
    """节假日里的周一到周五不算工作日。"""
    assert date.fromisoformat(day).weekday() < 5
    assert not CALENDAR.is_workday(date.fromisoformat(day))


def test_the_day_itself_does_not_count():
    """按日计算期间的，开始的当日不计入（民法典第二百零一条）。"""
    thursday = date(2026, 3, 12)

    assert CALENDAR.after(thursday, 1) == date(2026, 3, 13)
    assert CALENDAR.after(thursday, 2) == date(2026, 3, 16)


def test_three_working_days_before_the_national_day_end_after_it():
    """2025年9月30日起三个工作日：10月9日、10日，和调休上班的11日（周六）。"""
    assert CALENDAR.after(date(2025, 9, 30), 3) == date(2025, 10, 11)


def test_a_year_without_a_notice_counts_weekdays_and_says_so_once(caplog: pytest.LogCaptureFixture):
    """没有放假通知的年份按周一到周五算，并留一条警告；元旦总是放假。"""
    calendar = WorkCalendar(fixed_holidays=("01-01",))

    with caplog.at_level(logging.WARNING):
        days = [calendar.is_workday(date(2031, 1, day)) for day in (1, 2, 4, 6)]

    assert days == [False, True, False, True]
    assert [record.message for record in caplog.records] == ["holiday_notice_unknown"]


def test_an_announced_day_wins_over_the_calendar():
    """地方临时调整（如台风停工）可以写进数据。"""
    calendar = WorkCalendar(holidays=[date(2026, 3, 13)], workdays=[date(2026, 3, 14)])

    assert calendar.after(date(2026, 3, 12), 1) == date(2026, 3, 14)
