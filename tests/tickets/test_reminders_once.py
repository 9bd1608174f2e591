"""Every notice exactly once: crashes at any write, killed processes, several processes at the same time."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.tickets.conftest import KEY, StandingClock
from tests.tickets.notice_bench import LIMITS, WORDING, Bench
from tickets.model import Status, Ticket
from tickets.privacy import Sealer
from tickets.reminders import Notice, Reminders
from tickets.store import SqlTicketStore

PROCESS = Path(__file__).with_name("reminder_process.py")


@pytest.fixture
def sql_bench(engine: Engine, clock: StandingClock) -> Bench:
    return Bench(SqlTicketStore(engine, Sealer(KEY)), clock)


class Crash(BaseException):
    """The process ends here; nothing may catch it."""


@contextmanager
def crash_before_write(engine: Engine, position: int) -> Iterator[None]:
    """Crash just before the so-manyth writing statement; 0 crashes before the commit."""
    written = 0

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal written
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            written += 1
            if written == position:
                raise Crash

    def commit(_connection: Any) -> None:
        if position == 0 and written:
            raise Crash

    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", commit)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", count)
        event.remove(engine, "commit", commit)


@pytest.mark.parametrize("position", [1, 2, 3, 0])
def test_a_crash_at_any_write_loses_nothing_and_doubles_nothing(
    sql_bench: Bench, engine: Engine, position: int
):
    """写到一半断电：或者全没写，或者全写了；重启后恰好一次逾期、一次督办。"""
    ticket = sql_bench.dispatched()
    sql_bench.clock.forward(days=1)

    with crash_before_write(engine, position), pytest.raises(Crash):
        sql_bench.run()
    half_done = sql_bench.actions(ticket)
    sql_bench.run()
    sql_bench.run()

    assert half_done == ["file", "dispatch"]
    assert sql_bench.actions(ticket) == ["file", "dispatch", "overdue", "escalate"]
    assert sql_bench.now_of(ticket).status is Status.ESCALATED


def test_a_crash_between_two_tickets_keeps_the_first(sql_bench: Bench):
    """两张单之间断电：第一张已经报了，重启后只补第二张。"""
    tickets = [sql_bench.dispatched(), sql_bench.dispatched()]
    sql_bench.clock.forward(days=1)
    give = sql_bench.store.give_notice
    given: list[str] = []

    def crash_on_second(before: Ticket, *rest: Any) -> bool:
        if given:
            raise Crash
        given.append(before.number)
        return give(before, *rest)

    sql_bench.store.give_notice = crash_on_second
    with pytest.raises(Crash):
        sql_bench.run()
    sql_bench.store.give_notice = give
    rest = sql_bench.run()

    assert [notice.number for notice in rest] == [t.number for t in tickets if t.number not in given]
    for ticket in tickets:
        assert sql_bench.actions(ticket).count("escalate") == 1


def run_process(database: str, now: datetime, *die_at: str) -> subprocess.Popen[str]:
    """Start the reminders in a process of its own."""
    arguments = [sys.executable, str(PROCESS), database, now.isoformat(), *die_at]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=PROCESS.parents[2])


@pytest.mark.parametrize("die_at", ["2", "0"])
def test_a_killed_process_leaves_all_to_the_next(
    sqlite_file: Path, sqlite_engine: Engine, clock: StandingClock, die_at: str
):
    """进程在写入途中被杀：数据库自己回滚，下一个进程补上。"""
    bench = Bench(SqlTicketStore(sqlite_engine, Sealer(KEY)), clock)
    ticket = bench.dispatched()
    clock.forward(days=1)

    killed = run_process(f"sqlite:///{sqlite_file}", clock(), die_at)
    assert killed.wait(60) == 9
    half_done = bench.actions(ticket)
    following = run_process(f"sqlite:///{sqlite_file}", clock())

    assert following.communicate(timeout=60)[0].strip() == "1"
    assert half_done == ["file", "dispatch"]
    assert bench.actions(ticket) == ["file", "dispatch", "overdue", "escalate"]


def test_three_processes_at_once_give_each_notice_once(
    sqlite_file: Path, sqlite_engine: Engine, clock: StandingClock
):
    """三个进程同时补报二十张逾期单：合起来正好二十次。"""
    bench = Bench(SqlTicketStore(sqlite_engine, Sealer(KEY)), clock)
    tickets = [bench.dispatched() for _ in range(20)]
    clock.forward(days=1)

    processes = [run_process(f"sqlite:///{sqlite_file}", clock()) for _ in range(3)]
    given = [int(process.communicate(timeout=120)[0]) for process in processes]

    assert sum(given) == 20
    for ticket in tickets:
        assert bench.actions(ticket) == ["file", "dispatch", "overdue", "escalate"]


def test_threads_on_postgresql_give_each_notice_once(postgres_engine: Engine, clock: StandingClock):
    """PostgreSQL 上八个线程同时跑，同样不重不漏。"""
    store = SqlTicketStore(postgres_engine, Sealer(KEY))
    bench = Bench(store, clock)
    tickets = [bench.dispatched() for _ in range(20)]
    clock.forward(days=1)
    given: list[Notice] = []

    def run() -> None:
        given.extend(Reminders(store, LIMITS, WORDING, clock).run_once())

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(notice.number for notice in given) == sorted(ticket.number for ticket in tickets)
    assert all(bench.actions(ticket).count("escalate") == 1 for ticket in tickets)
