"""Promised times: data with a source, counted on the working calendar."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from tickets.errors import BadRequest
from tickets.limits import LIMITS_FILE, load_limits
from tickets.model import Category, Urgency
from tickets.numbering import BEIJING

FRIDAY_EVENING = datetime(2026, 3, 13, 20, 30, tzinfo=BEIJING)


@pytest.fixture(scope="module")
def limits():
    return load_limits()


def edited(tmp_path: Path, **changes: object) -> Path:
    """A table of limits of one's own, from the real one."""
    path = tmp_path / "limits.yml"
    data = yaml.safe_load(LIMITS_FILE.read_text(encoding="utf-8")) | changes
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


def test_an_urgent_matter_is_counted_in_minutes_around_the_clock(limits):
    """紧急：周五晚上也照样计时。"""
    due = limits.due_at(Category.TEMPORARY, Urgency.URGENT, FRIDAY_EVENING)

    assert timedelta(0) < due - FRIDAY_EVENING <= timedelta(hours=1)


def test_a_normal_matter_is_due_when_the_office_closes_on_a_working_day(limits):
    """普通：周五晚上受理，三个工作日到下周三下班。"""
    due = limits.due_at(Category.MINIMUM_LIVING, Urgency.NORMAL, FRIDAY_EVENING)

    assert due == datetime(2026, 3, 18, 17, 0, tzinfo=BEIJING)


def test_before_the_national_day_the_promise_skips_the_holiday(limits):
    opened = datetime(2025, 9, 30, 10, 0, tzinfo=BEIJING)

    assert limits.due_at(Category.MINIMUM_LIVING, Urgency.PRIORITY, opened).date().isoformat() == "2025-10-09"


def test_the_day_of_filing_is_beijings(limits):
    """格林尼治晚上六点已是北京次日凌晨。"""
    opened = datetime.fromisoformat("2026-03-11T18:00:00+00:00")

    assert limits.due_at(Category.MINIMUM_LIVING, Urgency.PRIORITY, opened).date().isoformat() == "2026-03-13"


def test_a_category_may_have_a_limit_of_its_own(limits):
    """流浪乞讨人员不能等到下一个工作日。"""
    general = limits.due_at(Category.EDUCATION, Urgency.PRIORITY, FRIDAY_EVENING)
    homeless = limits.due_at(Category.VAGRANCY, Urgency.PRIORITY, FRIDAY_EVENING)

    assert homeless < general
    assert homeless - FRIDAY_EVENING < timedelta(hours=12)


@pytest.mark.parametrize("category", Category)
def test_more_urgent_is_never_later(limits, category: Category):
    """同一类诉求，紧急不晚于优先，优先不晚于普通，任何时候受理都一样。"""
    start = datetime(2026, 9, 28, 0, 30, tzinfo=BEIJING)
    for hours in range(0, 24 * 14, 5):
        opened = start + timedelta(hours=hours)
        urgent, priority, normal = (limits.due_at(category, urgency, opened) for urgency in Urgency)
        assert opened < urgent <= priority <= normal


def test_every_limit_names_its_source(limits):
    for category in Category:
        for urgency in Urgency:
            assert len(limits.limit_for(category, urgency).source) > 4


def test_a_limit_without_a_measure_is_refused(tmp_path: Path):
    broken = edited(tmp_path, limits=[{"urgency": "紧急", "source": "某办法"}])

    with pytest.raises(BadRequest, match="either minutes or working_days"):
        load_limits(broken)


def test_a_table_that_forgets_an_urgency_is_refused(tmp_path: Path):
    broken = edited(tmp_path, limits=[{"urgency": "紧急", "minutes": 60, "source": "某办法"}])

    with pytest.raises(BadRequest, match="优先, 普通"):
        load_limits(broken)


def test_an_announced_holiday_moves_the_promise(tmp_path: Path):
    """2027年的放假通知出来以后，写进数据就生效。"""
    opened = datetime(2027, 2, 4, 10, 0, tzinfo=BEIJING)
    announced = load_limits(
        edited(tmp_path, announced_holidays=["2027-02-05"], announced_workdays=["2027-02-06"])
    )

    due = announced.due_at(Category.MINIMUM_LIVING, Urgency.PRIORITY, opened)

    assert due.date().isoformat() == "2027-02-06"
