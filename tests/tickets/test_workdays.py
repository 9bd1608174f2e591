"""The Chinese working calendar, held against the State Council's holiday notices for 2024 to 2026."""

import csv
import logging
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from tickets.limits import load_limits
from tickets.numbering import BEIJING
from tickets.workdays import OfficeHours, WorkCalendar

CALENDAR = WorkCalendar(fixed_holidays=("01-01", "05-01", "10-01"))
HOURS = OfficeHours(CALENDAR, time(9), time(17))
NOTICES = Path(__file__).parent / "data" / "deadlines_calendar.tsv"


def announced(kind: str) -> set[date]:
    """The days of this kind that the notices name, copied from their text."""
    lines = NOTICES.read_text(encoding="utf-8").splitlines()[1:]
    days = set()
    for row in csv.DictReader(lines, delimiter="\t"):
        first, last = date.fromisoformat(row["first"]), date.fromisoformat(row["last"])
        if row["kind"] == kind:
            days |= {first + timedelta(days=step) for step in range((last - first).days + 1)}
    return days


def test_every_day_of_three_years_is_as_the_notices_say():
    """国办发明电〔2023〕7号、〔2024〕12号、〔2025〕7号：放假的休息，调休的上班，其余周一到周五上班。"""
    off, worked = announced("off"), announced("work")
    days = [date(2024, 1, 1) + timedelta(days=step) for step in range(366 + 365 + 365)]

    expected = [day in worked or (day not in off and day.isoweekday() <= 5) for day in days]

    assert len(worked) == 19
    assert all(day.isoweekday() > 5 for day in worked)
    assert [CALENDAR.is_workday(day) for day in days] == expected


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


def test_a_year_without_a_notice_still_knows_the_spring_festival():
    """2027年春节法定假日是2月5日至8日（除夕至初三），通知没出也不算工作日。"""
    limits = load_limits()

    assert limits.hours.close_after_working_days(datetime(2027, 2, 4, 10, tzinfo=BEIJING), 1) == datetime(
        2027, 2, 9, 17, tzinfo=BEIJING
    )


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-03-12T10:00", 60, "2026-03-12T11:00"),
        ("2026-03-12T16:00", 60, "2026-03-12T17:00"),
        ("2026-03-12T16:30", 60, "2026-03-13T09:30"),
        ("2026-03-12T17:00", 60, "2026-03-13T10:00"),
        ("2026-03-12T23:00", 60, "2026-03-13T10:00"),
        ("2026-03-12T07:00", 60, "2026-03-12T10:00"),
        ("2026-03-13T16:00", 600, "2026-03-17T10:00"),
        ("2026-02-13T16:30", 60, "2026-02-14T09:30"),
        ("2026-02-14T16:30", 60, "2026-02-24T09:30"),
        ("2026-02-18T12:00", 480, "2026-02-24T17:00"),
        ("2025-12-31T16:59", 2, "2026-01-04T09:01"),
    ],
)
def test_working_time_runs_in_office_hours_only(start: str, minutes: int, end: str):
    """工作时间只在上班时段走：下班停，周末和假日停，调休上班日照走。"""
    begin = datetime.fromisoformat(start).replace(tzinfo=BEIJING)

    counted = HOURS.after_working_time(begin, timedelta(minutes=minutes))

    assert counted == datetime.fromisoformat(end).replace(tzinfo=BEIJING)


def test_an_office_that_closes_before_it_opens_is_refused():
    with pytest.raises(ValueError, match="earlier opening time"):
        OfficeHours(CALENDAR, time(17), time(9))


def test_a_year_is_known_by_its_notice_and_not_by_the_days_that_the_law_fixes():
    """只有法定节日、没有调休安排的年份，还不算知道。"""
    fixed_only = WorkCalendar(holidays=[date(2031, 1, 1)])
    announced = WorkCalendar(workdays=[date(2031, 2, 1)])

    assert WorkCalendar().knows(2026)
    assert not fixed_only.knows(2031)
    assert announced.knows(2031)
