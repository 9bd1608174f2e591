"""Reminders and escalation: in time, exactly once, whatever stops, crashes or runs twice."""

import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.tickets.conftest import KEY, StandingClock
from tests.tickets.notice_bench import DISPATCHER, LIMITS, OFFICE, WORDING, Bench, MemoryStore
from tickets.errors import BadRequest
from tickets.model import Actor, Role, Status, Ticket, Urgency
from tickets.numbering import BEIJING
from tickets.privacy import Sealer
from tickets.reminders import NoticeKind, Reminders, load_wording
from tickets.store import SqlTicketStore


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def bench(request: pytest.FixtureRequest, clock: StandingClock) -> Bench:
    """The same rules hold in memory and in both databases."""
    if request.param == "memory":
        return Bench(MemoryStore(), clock)
    engine = request.getfixturevalue({"sqlite": "sqlite_engine"}.get(request.param, "postgres_engine"))
    return Bench(SqlTicketStore(engine, Sealer(KEY)), clock)


def test_before_its_time_nothing_is_said(bench: Bench):
    """派单时限在13时，9时受理，10时还不提醒。"""
    ticket = bench.file()
    bench.clock.forward(hours=1)

    assert bench.run() == []
    assert bench.actions(ticket) == ["file"]


def test_a_step_is_reminded_of_once_before_it_is_due(bench: Bench):
    """临近时限提醒一次，写进历史；再看多少遍也只有一次。"""
    ticket = bench.file()
    bench.clock.forward(hours=2, minutes=30)

    first, second = bench.run(), bench.run()

    assert [(notice.number, notice.kind) for notice in first] == [(ticket.number, NoticeKind.REMIND)]
    assert first[0].due_at == datetime(2026, 3, 12, 13, tzinfo=BEIJING)
    assert second == []
    assert bench.actions(ticket) == ["file", "remind"]
    assert "2026-03-12 13:00" in (bench.now_of(ticket).history[-1].reason or "")
    assert bench.now_of(ticket).status is Status.ACCEPTED


def test_a_short_step_is_not_reminded_of_in_its_first_half(bench: Bench):
    """紧急工单10分钟内派单：提前15分钟提醒没有意义，过半才提醒。"""
    bench.file(Urgency.URGENT)
    bench.clock.forward(minutes=4)
    early = bench.run()
    bench.clock.forward(minutes=1)

    assert early == []
    assert [notice.kind for notice in bench.run()] == [NoticeKind.REMIND]


def test_at_the_very_second_it_is_due_a_step_is_not_late(bench: Bench):
    ticket = bench.file()
    due = ticket.stage_due_at
    assert due
    bench.clock.now = due

    on_time = bench.run()
    bench.clock.forward(seconds=1)

    assert [notice.kind for notice in on_time] == [NoticeKind.REMIND]
    assert [notice.kind for notice in bench.run()] == [NoticeKind.OVERDUE]


def test_a_late_ticket_at_an_office_is_escalated(bench: Bench):
    """到了承办单位逾期未签收：记逾期，系统督办，历史写明为什么，工单仍在原单位。"""
    ticket = bench.dispatched()
    bench.clock.forward(hours=8, minutes=1)

    given = bench.run()

    after = bench.now_of(ticket)
    assert [(notice.kind, notice.escalated, notice.office) for notice in given] == [
        (NoticeKind.OVERDUE, True, "民政局")
    ]
    assert after.status is Status.ESCALATED
    assert bench.actions(ticket) == ["file", "dispatch", "overdue", "escalate"]
    assert [event.actor for event in after.history[-2:]] == ["scheduler", "scheduler"]
    assert after.stage_due_at == after.due_at
    assert bench.run() == []


def test_a_late_ticket_before_dispatch_is_noticed_and_stays(bench: Bench):
    """还没派单就逾期：只提示，不督办任何单位。"""
    ticket = bench.file()
    bench.clock.forward(hours=5)

    assert [(notice.kind, notice.escalated) for notice in bench.run()] == [(NoticeKind.OVERDUE, False)]
    assert bench.now_of(ticket).status is Status.ACCEPTED
    assert bench.run() == []


def test_after_a_long_stop_only_the_late_notice_comes_and_only_one(bench: Bench):
    """停机十天：不补过期的提醒；环节和承诺都过了，也只报一次逾期、督办一次。"""
    ticket = bench.dispatched()
    bench.clock.forward(days=10)

    first, second = bench.run(), bench.run()

    assert [notice.kind for notice in first] == [NoticeKind.OVERDUE]
    assert second == []
    assert bench.actions(ticket) == ["file", "dispatch", "overdue", "escalate"]


def test_after_an_escalation_the_promise_is_watched_anew(bench: Bench):
    """督办以后，对群众的承诺快到时再提醒，过了再报逾期，但不再重复督办。"""
    ticket = bench.dispatched()
    bench.clock.forward(hours=8, minutes=1)
    bench.run()
    bench.clock.now = datetime(2026, 3, 17, 16, 0, tzinfo=BEIJING)
    reminded = bench.run()
    bench.clock.now = datetime(2026, 3, 17, 17, 1, tzinfo=BEIJING)
    late = bench.run()

    assert [notice.kind for notice in reminded + late] == [NoticeKind.REMIND, NoticeKind.OVERDUE]
    assert bench.actions(ticket).count("escalate") == 1


def test_more_time_means_a_new_reminder(bench: Bench):
    """延期以后是新的期限：到时重新提醒、重新算逾期。"""
    ticket = bench.dispatched()
    bench.move(ticket, "sign", OFFICE)
    bench.clock.now = datetime(2026, 3, 17, 16, 0, tzinfo=BEIJING)
    first = bench.run()
    extended = bench.move(ticket, "extend", Actor("9001", Role.SUPERVISOR), reason="等核对结果")
    after_extending = bench.run()
    bench.clock.now = extended.due_at - timedelta(hours=1)

    assert [notice.kind for notice in first] == [NoticeKind.REMIND]
    assert after_extending == []
    assert [notice.due_at for notice in bench.run()] == [extended.due_at]


def test_a_closed_ticket_is_left_alone(bench: Bench):
    ticket = bench.file()
    bench.move(ticket, "withdraw", DISPATCHER, reason="诉求人撤回")
    bench.clock.forward(days=30)

    assert bench.run() == []


def test_an_answer_that_nobody_followed_up_is_noticed_without_escalation(bench: Bench):
    """答复后没有回访：提示坐席，不督办已经答复的单位。"""
    ticket = bench.dispatched()
    bench.move(ticket, "sign", OFFICE)
    bench.move(ticket, "answer", OFFICE, reason="已发放")
    bench.clock.forward(days=7)

    assert [(notice.kind, notice.escalated) for notice in bench.run()] == [(NoticeKind.OVERDUE, False)]
    assert bench.now_of(ticket).status is Status.ANSWERED


def test_more_tickets_than_fit_a_page_are_all_noticed_in_one_run(bench: Bench):
    for _ in range(7):
        bench.file()
    bench.clock.forward(days=1)
    small_pages = Reminders(bench.store, LIMITS, WORDING, bench.clock, page=2)

    given = small_pages.run_once()

    assert len({notice.number for notice in given}) == len(given) == 7


def test_the_longest_overdue_comes_first(bench: Bench):
    newer = bench.file()
    bench.clock.forward(minutes=-30)
    older = bench.file(Urgency.PRIORITY)
    bench.clock.forward(days=1)

    assert [notice.number for notice in bench.run()] == [older.number, newer.number]


def test_a_ticket_moved_meanwhile_is_left_for_the_next_run(bench: Bench):
    """读到以后、写入之前，派单员先派了单：不覆盖他的操作，也不误报。"""
    ticket = bench.file()
    bench.clock.forward(hours=5)
    waiting = bench.store.awaiting_notice

    def and_then_dispatched(*given: Any) -> list[Ticket]:
        found = waiting(*given)
        if bench.now_of(ticket).status is Status.ACCEPTED:
            bench.move(ticket, "dispatch", DISPATCHER, office="民政局")
        return found

    bench.store.awaiting_notice = and_then_dispatched

    assert bench.run() == []
    assert bench.actions(ticket) == ["file", "dispatch"]
    assert bench.run() == []


def test_one_ticket_that_cannot_be_noticed_does_not_hold_up_the_others(
    bench: Bench, caplog: pytest.LogCaptureFixture
):
    stuck, other = bench.file(), bench.file()
    bench.clock.forward(days=1)
    give = bench.store.give_notice

    def refuse_one(before: Ticket, *rest: Any) -> bool:
        if before.number == stuck.number:
            raise BadRequest("damaged")
        return give(before, *rest)

    bench.store.give_notice = refuse_one
    with caplog.at_level(logging.WARNING):
        given = bench.run()

    assert [notice.number for notice in given] == [other.number]
    assert [record.message for record in caplog.records] == ["notice_postponed"]


def test_two_that_read_the_same_ticket_give_one_notice(bench: Bench):
    """两个进程同时看到同一张逾期单：只有一个写得进去。"""
    ticket = bench.dispatched()
    bench.clock.forward(days=1)
    seen = bench.store.awaiting_notice(bench.clock(), timedelta(hours=4), 10)
    first = bench.run()
    bench.store.awaiting_notice = lambda *_: seen

    assert len(first) == 1
    assert bench.run() == []
    assert bench.actions(ticket).count("overdue") == bench.actions(ticket).count("escalate") == 1


def test_words_that_are_missing_are_asked_for(tmp_path: Path):
    (tmp_path / "words.yml").write_text("remind: 快到期了\n", encoding="utf-8")

    with pytest.raises(BadRequest, match="remind, overdue and escalate"):
        load_wording(tmp_path / "words.yml")
