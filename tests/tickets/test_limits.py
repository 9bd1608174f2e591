"""Promised times: data with a source, counted on the working calendar."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.counted_by_hand import DATA, beijing, cases
from tickets.errors import BadRequest
from tickets.limits import LIMITS_FILE, Limits, load_limits
from tickets.model import Category, Status, Urgency
from tickets.numbering import BEIJING
from tickets.periods import Limit

FRIDAY_EVENING = datetime(2026, 3, 13, 20, 30, tzinfo=BEIJING)


@pytest.fixture(scope="module")
def limits():
    return load_limits()


def edited(tmp_path: Path, **changes: object) -> Path:
    """A table of limits of one's own, from the real one."""
    path = tmp_path / "limits.yml"
    data: dict[str, Any] = yaml.safe_load(LIMITS_FILE.read_text(encoding="utf-8")) | changes
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

    with pytest.raises(BadRequest, match="give exactly one of minutes, working_minutes"):
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


@pytest.fixture(scope="module")
def regional() -> Limits:
    return load_limits(regional=DATA / "deadlines.d")


def test_the_promise_is_what_counting_by_hand_gives(regional: Limits):
    """三年里每次放假、每个调休日前后受理的三百多个例子，逐日数出的期限。"""
    table = cases("deadlines.tsv")
    counted = {
        (row["opened"], row["urgency"], row["category"], row["region"]): regional.due_at(
            Category(row["category"]), Urgency(row["urgency"]), beijing(row["opened"]), row["region"] or None
        )
        for row in table
    }

    wrong = [row for row in table if counted[tuple(row.values())[:4]] != beijing(row["expected"])]

    assert len(counted) == len(table) >= 200
    assert not wrong


@pytest.mark.parametrize("hour", [0, 8, 9, 16, 17, 23])
@pytest.mark.parametrize("day", ["2026-03-12", "2026-03-14", "2026-02-14", "2026-02-18"])
def test_the_hour_of_filing_does_not_move_a_promise_in_working_days(limits: Limits, day: str, hour: int):
    """下班后、周末、假日受理的，都从下一个工作日起算，不多算一天。"""
    expected = limits.due_at(Category.MINIMUM_LIVING, Urgency.NORMAL, beijing(f"{day}T12:00"))

    assert limits.due_at(Category.MINIMUM_LIVING, Urgency.NORMAL, beijing(f"{day}T{hour:02}:00")) == expected


@given(
    first=st.datetimes(datetime(2024, 1, 1), datetime(2026, 11, 1)),
    later=st.timedeltas(timedelta(0), timedelta(days=12)),
    measure=st.sampled_from(["minutes", "working_minutes", "working_days", "days"]),
    length=st.integers(1, 40),
)
def test_who_files_later_is_never_due_earlier(
    limits: Limits, first: datetime, later: timedelta, measure: str, length: int
):
    """先受理的不会晚于后受理的到期；期限总在受理之后。"""
    limit = Limit("某办法", **{measure: length})
    start = first.replace(tzinfo=BEIJING)

    assert start < limit.counted(start, limits.hours) <= limit.counted(start + later, limits.hours)


def test_a_time_of_day_without_a_timezone_is_refused(limits: Limits):
    with pytest.raises(BadRequest, match="timezone"):
        limits.due_at(Category.MINIMUM_LIVING, Urgency.NORMAL, datetime(2026, 3, 12, 9, 0))


def test_a_complaint_is_answered_before_the_law_wants_it(limits: Limits):
    """热线对投诉的承诺，任何一天受理都不超过信访工作条例第二十三条的15日。"""
    start = beijing("2024-01-01T10:00")
    for step in range(365 * 3):
        opened = start + timedelta(days=step)
        promised = limits.due_at(Category.COMPLAINT, Urgency.NORMAL, opened)
        assert promised <= limits.procedure_due_at("petition_notice", opened)
        assert promised - opened <= timedelta(days=15, hours=7)


def test_the_longer_region_wins_then_the_category(regional: Limits):
    """县的规定先于省的，省按类别的规定先于全国的，没有规定的地区用全国的。"""
    found = {
        code: regional.limit_for(Category.COMPLAINT, Urgency.NORMAL, code).source
        for code in ("430524", "430525", "430500", "110101", None)
    }

    assert found["430524"] == "示例县办法"
    assert found["430525"] == found["430500"] == "示例省办法"
    assert found["110101"] == found[None]
    assert found[None] not in ("示例县办法", "示例省办法")


def test_no_region_slows_an_urgent_matter_down(regional: Limits):
    """地方行都写明紧急程度，不会把紧急的一小时盖掉。"""
    assert regional.limit_for(Category.COMPLAINT, Urgency.URGENT, "430524").minutes == 60


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"urgency": "普通", "region": "430524", "working_days": 2}, "names its source"),
        ({"urgency": "普通", "region": "4305241", "days": 2, "source": "x"}, "2, 4 or 6 digits"),
        ({"urgency": "普通", "region": "湖南", "days": 2, "source": "x"}, "2, 4 or 6 digits"),
        ({"urgency": "普通", "days": 2, "source": "x"}, "needs a region"),
        ({"urgency": "特急", "region": "43", "days": 2, "source": "x"}, "特急"),
        ({"region": "43", "days": 2, "source": "x"}, "names its urgency"),
        ({"urgency": "普通", "region": "43", "category": "低宝", "days": 2, "source": "x"}, "低宝"),
        ({"urgency": "普通", "region": "43", "days": 2, "minutes": 5, "source": "x"}, "exactly one"),
        ({"urgency": "普通", "region": "43", "days": 0, "source": "x"}, "above zero"),
        ({"urgency": "普通", "region": "43", "days": 1.5, "source": "x"}, "whole number"),
        ({"urgency": "普通", "region": "43", "days": True, "source": "x"}, "whole number"),
        ({"urgency": "普通", "region": "43", "day": 2, "source": "x"}, "unknown field day"),
        ("每件事三天", "mapping of fields"),
    ],
)
def test_a_bad_regional_row_is_refused_and_named(tmp_path: Path, row: object, complaint: str):
    """写错的行，报错要说清是哪个文件的哪一行。"""
    (tmp_path / "430524.yml").write_text(yaml.safe_dump({"limits": [row]}, allow_unicode=True), "utf-8")

    with pytest.raises(BadRequest, match=r"430524\.yml, limits") as refused:
        load_limits(regional=tmp_path)

    assert complaint in str(refused.value)


def test_two_rows_for_the_same_matter_are_refused(tmp_path: Path):
    row = {"urgency": "普通", "region": "43", "days": 2, "source": "x"}
    (tmp_path / "a.yml").write_text(yaml.safe_dump({"limits": [row]}, allow_unicode=True), "utf-8")
    (tmp_path / "b.yml").write_text(
        yaml.safe_dump({"limits": [row | {"region": "430000"}]}, allow_unicode=True), "utf-8"
    )

    with pytest.raises(BadRequest, match="second row"):
        load_limits(regional=tmp_path)


def test_a_region_may_set_its_own_steps_and_extensions(tmp_path: Path):
    rows = {
        "stages": [
            {"stage": "sign", "urgency": "普通", "region": "43", "working_minutes": 30, "source": "省办法"}
        ],
        "extensions": [{"region": "43", "working_days": 10, "source": "省办法"}],
        "procedures": [
            {
                "name": "minimum_living_whole",
                "region": "43",
                "title": "低保审核确认全程",
                "counted_from": "受理之日",
                "working_days": 22,
                "document": "某省办法",
                "article": "第一条",
                "words": "二十二个工作日",
                "checked": "unchecked",
            }
        ],
    }
    (tmp_path / "43.yml").write_text(yaml.safe_dump(rows, allow_unicode=True), "utf-8")
    limits = load_limits(regional=tmp_path)
    matter, at = (Category.MEDICAL, Urgency.NORMAL), beijing("2026-03-12T10:00")
    due = limits.due_at(*matter, at)

    assert limits.stage_due_at(Status.DISPATCHED, *matter, at, due, "430524") == at + timedelta(minutes=30)
    assert limits.stage_due_at(Status.DISPATCHED, *matter, at, due, "440300") == at + timedelta(hours=4)
    assert limits.extended_from(at, *matter, "430524") == beijing("2026-03-26T17:00")
    assert limits.procedure("minimum_living_whole", "430524").limit.working_days == 22
    assert limits.procedure("minimum_living_whole", "440300").limit.working_days == 30
