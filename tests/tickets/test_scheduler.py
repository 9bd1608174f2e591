"""The thread that does a chore: at once, again and again, whatever goes wrong."""

import threading
from datetime import timedelta

import pytest

from tickets.errors import Unavailable
from tickets.scheduler import Scheduler


class Rounds:
    """Counts the rounds of a scheduler; the first ones fail as told."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)
        self.done = 0
        self.enough = threading.Event()

    def run_once(self) -> None:
        self.done += 1
        if self._failures:
            raise self._failures.pop(0)
        self.enough.set()


def test_the_scheduler_survives_trouble_and_goes_on(caplog: pytest.LogCaptureFixture):
    """数据库断了、程序出错，都记下来，下一轮照常。"""
    rounds = Rounds(Unavailable("database is busy"), RuntimeError("bug"))
    scheduler = Scheduler("rounds", rounds.run_once, timedelta(milliseconds=10))

    scheduler.start()
    assert rounds.enough.wait(10)
    assert scheduler.running
    scheduler.stop()

    assert not scheduler.running
    assert [record.message for record in caplog.records].count("chore_failed") == 2


def test_the_scheduler_catches_up_at_once_and_stops_without_waiting_its_interval():
    rounds = Rounds()
    scheduler = Scheduler("rounds", rounds.run_once, timedelta(hours=1))

    scheduler.start()
    scheduler.start()
    assert rounds.enough.wait(10)
    scheduler.stop(timeout=5)

    assert not scheduler.running
    assert rounds.done == 1


def test_a_scheduler_may_be_started_again():
    rounds = Rounds()
    scheduler = Scheduler("rounds", rounds.run_once, timedelta(hours=1))
    scheduler.start()
    scheduler.stop()
    rounds.enough.clear()

    scheduler.start()

    assert rounds.enough.wait(10)
    scheduler.stop()
