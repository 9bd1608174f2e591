"""When each step of a ticket must be done, and how more time is given."""

from datetime import timedelta

import pytest

from tests.tickets.counted_by_hand import beijing
from tickets.limits import Limits, load_limits
from tickets.model import Category, Status, Urgency

CLOSED = {Status.ARCHIVED, Status.MERGED, Status.WITHDRAWN}


@pytest.fixture(scope="module")
def limits() -> Limits:
    return load_limits()


@pytest.mark.parametrize("status", Status)
def test_every_open_status_has_a_time_to_leave_it_and_no_closed_one(limits: Limits, status: Status):
    entered = beijing("2026-03-12T10:00")
    for category in Category:
        for urgency in Urgency:
            due = limits.due_at(category, urgency, entered)
            stage = limits.stage_due_at(status, category, urgency, entered, due)
            assert (stage is None) == (status in CLOSED)
            assert stage is None or stage > entered


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("urgency", Urgency)
def test_dispatch_and_signing_at_the_last_minute_leave_the_office_time(
    limits: Limits, category: Category, urgency: Urgency
):
    """派单、签收都拖到最后一刻，办理仍有时间：各环节时限之和小于承诺。"""
    start = beijing("2026-09-28T00:30")
    for hours in range(0, 24 * 14, 3):
        opened = start + timedelta(hours=hours)
        due = limits.due_at(category, urgency, opened)
        dispatched = limits.stage_due_at(Status.ACCEPTED, category, urgency, opened, due)
        assert dispatched is not None
        signed = limits.stage_due_at(Status.DISPATCHED, category, urgency, dispatched, due)
        assert signed is not None
        assert opened < dispatched < signed < due


@pytest.mark.parametrize("status", [Status.SIGNED, Status.IN_PROGRESS, Status.EXTENDED, Status.ESCALATED])
def test_at_the_office_the_step_ends_with_the_promise(limits: Limits, status: Status):
    entered, due = beijing("2026-03-12T10:00"), beijing("2026-03-17T17:00")

    assert limits.stage_due_at(status, Category.MEDICAL, Urgency.NORMAL, entered, due) == due


def test_an_urgent_step_runs_through_the_night(limits: Limits):
    """紧急工单半夜也在走时限；普通工单等上班。"""
    night, due = beijing("2026-03-14T02:00"), beijing("2026-03-20T17:00")
    stage = {
        urgency: limits.stage_due_at(Status.ACCEPTED, Category.TEMPORARY, urgency, night, due)
        for urgency in Urgency
    }

    assert stage[Urgency.URGENT] == beijing("2026-03-14T02:10")
    assert stage[Urgency.PRIORITY] == beijing("2026-03-16T10:00")
    assert stage[Urgency.NORMAL] == beijing("2026-03-16T13:00")


def test_a_step_before_the_answer_never_ends_after_the_promise(limits: Limits):
    """退单耽误了时间，重新派单的时限不能超过对群众的承诺；承诺已经过了的，另给一个环节时限。"""
    late, due = beijing("2026-03-12T16:50"), beijing("2026-03-12T17:00")
    missed = beijing("2026-03-12T17:30")
    where = (Status.RETURNED, Category.MEDICAL, Urgency.NORMAL)

    assert limits.stage_due_at(*where, late, due) == due
    assert limits.stage_due_at(*where, missed, due) == beijing("2026-03-13T13:00")


def test_more_time_is_counted_from_the_old_deadline(limits: Limits):
    """延期：普通5个工作日（10月8、9、10、12、13日），紧急24小时。"""
    due = beijing("2026-09-30T17:00")

    assert limits.extended_from(due) == beijing("2026-10-13T17:00")
    assert limits.extended_from(due, Category.MEDICAL, Urgency.NORMAL, "430524") == limits.extended_from(due)
    assert limits.extended_from(due, Category.MEDICAL, Urgency.URGENT) == beijing("2026-10-01T17:00")


def test_reminders_come_sooner_before_the_end_the_more_urgent_the_matter(limits: Limits):
    urgent, priority, normal = (limits.remind_before(urgency) for urgency in Urgency)

    assert timedelta(0) < urgent < priority < normal
