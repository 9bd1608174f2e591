"""还剩多久、超时多久：期限前按工作日说，当天按小时、分钟说，过了按天说。"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tickets.limits import load_limits
from tickets.model import Actor, Role
from tickets.numbering import BEIJING
from tickets.remaining import Level, Remaining, Unit, next_due, remaining

HOURS = load_limits().hours
LEAD = Actor("banzhang", Role.SUPERVISOR)


def at(text: str) -> datetime:
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("now", "due", "expected"),
    [
        ("03-12 09:00", "03-12 17:00", Remaining(Level.TODAY, 8, Unit.HOURS)),
        ("03-12 16:30", "03-12 17:00", Remaining(Level.TODAY, 30, Unit.MINUTES)),
        ("03-12 17:00", "03-12 17:00", Remaining(Level.TODAY, 1, Unit.MINUTES)),
        ("03-12 16:00", "03-13 17:00", Remaining(Level.SOON, 1, Unit.WORKING_DAYS)),
        # 周五到下周二，中间隔着周末：只有两个工作日。
        ("03-13 09:00", "03-17 17:00", Remaining(Level.SOON, 2, Unit.WORKING_DAYS)),
        ("03-12 09:00", "03-19 17:00", Remaining(Level.CALM, 5, Unit.WORKING_DAYS)),
        # 周六登记的紧急诉求，一小时内：没有工作日可数，按时间说。
        ("03-14 23:30", "03-15 00:30", Remaining(Level.TODAY, 1, Unit.HOURS)),
        # 2026年10月1日至7日放假，10日（周六）上班（国办发明电〔2025〕7号）。
        ("09-30 09:00", "10-10 17:00", Remaining(Level.SOON, 3, Unit.WORKING_DAYS)),
        ("03-12 17:01", "03-12 17:00", Remaining(Level.LATE, 1, Unit.MINUTES)),
        ("03-13 09:00", "03-12 17:00", Remaining(Level.LATE, 16, Unit.HOURS)),
        ("03-14 17:00", "03-12 17:00", Remaining(Level.LATE, 2, Unit.DAYS)),
    ],
)
def test_how_far_off_a_deadline_is(now: str, due: str, expected: Remaining):
    assert remaining(at(due), at(now), HOURS) == expected


def test_until_it_is_answered_the_earlier_of_step_and_promise_counts(desk, new_ticket):
    ticket = desk.file(new_ticket())
    earlier, later = datetime(2026, 3, 12, tzinfo=UTC), datetime(2026, 3, 20, tzinfo=UTC)

    assert next_due(replace(ticket, due_at=earlier, stage_due_at=later)) == earlier
    assert next_due(replace(ticket, due_at=later, stage_due_at=earlier)) == earlier


def test_after_the_answer_only_the_step_counts_and_closed_nothing(desk, new_ticket):
    number = desk.file(new_ticket()).number
    answered = desk.move(number, "answer_directly", actor=LEAD, reason="已说明")
    long_ago = datetime(2026, 1, 5, tzinfo=UTC)
    assert next_due(replace(answered, due_at=long_ago)) == answered.stage_due_at != long_ago

    desk.move(number, "follow_up", actor=LEAD)
    closed = desk.move(number, "archive", actor=LEAD)
    assert next_due(closed) is None
