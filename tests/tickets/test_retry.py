"""The schedule of Standard Webhooks 1.0.0, Retry-After, and rests for a system in trouble."""

from datetime import UTC, datetime, timedelta

import pytest

from tickets.delivery_ports import Answer, SendResult
from tickets.retry import STANDARD, Pace, next_attempt

NOW = datetime(2026, 3, 12, 1, 0, tzinfo=UTC)
SECONDS = [0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
OK = SendResult(Answer.ACCEPTED, 204)


def no_jitter() -> float:
    return 0.0


def failure(status: int | None, wait: timedelta | None = None) -> SendResult:
    return SendResult(Answer.FAILED, status, "it failed", wait)


def test_ten_attempts_over_three_days_and_then_a_dead_letter():
    """十次，前后约七十五小时半；第十次还不成，才算死信。"""
    waits = []
    for attempts in range(10):
        again = next_attempt(attempts, NOW, None, no_jitter)
        assert again is not None
        waits.append((again - NOW).total_seconds())

    assert waits == SECONDS
    assert timedelta(hours=75) < timedelta(seconds=sum(waits)) < timedelta(hours=76)
    assert next_attempt(10, NOW, None, no_jitter) is None


def test_jitter_only_ever_prolongs_and_by_a_tenth_at_most():
    again = next_attempt(4, NOW, None, lambda: 0.999)

    assert again is not None
    assert timedelta(hours=2) < again - NOW <= timedelta(hours=2) * 1.1


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        (timedelta(seconds=1), timedelta(seconds=5)),
        (timedelta(minutes=10), timedelta(minutes=10)),
        (timedelta(days=400), timedelta(days=1)),
        (timedelta(seconds=-5), timedelta(seconds=5)),
    ],
)
def test_retry_after_is_never_undercut_and_never_more_than_a_day(asked: timedelta, waited: timedelta):
    """对方说等多久就至少等多久；说得离谱，按一天算。"""
    assert next_attempt(1, NOW, asked, no_jitter) == NOW + waited


@pytest.mark.parametrize("status", [None, 429, 502, 503, 504])
def test_a_system_in_trouble_rests_and_then_gets_a_single_delivery(status: int | None):
    pace = Pace()

    pace.note(failure(status), NOW)

    assert pace.allowance(4, NOW) == 0
    assert pace.allowance(4, NOW + timedelta(seconds=1)) == 1
    pace.note(OK, NOW + timedelta(seconds=1))
    assert pace.allowance(4, NOW + timedelta(seconds=1)) == 4


@pytest.mark.parametrize("status", [400, 401, 404, 500, 302])
def test_a_system_that_answers_is_not_slowed_by_one_bad_event(status: int):
    """一件事办不成，不耽误别的事。"""
    pace = Pace()

    pace.note(failure(status), NOW)

    assert pace.allowance(4, NOW) == 4


def test_rests_double_up_to_a_minute_and_failures_of_one_moment_count_once():
    pace, now = Pace(), NOW
    rests = []
    for _ in range(9):
        for _ in range(4):  # what was under way together fails together
            pace.note(failure(None), now)
        began = now
        while not pace.allowance(4, now):
            now += timedelta(seconds=1)
        rests.append((now - began).total_seconds())

    assert rests == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_too_many_requests_keeps_everything_back_for_as_long_as_it_asks():
    pace = Pace()

    pace.note(failure(429, timedelta(minutes=3)), NOW)

    assert pace.allowance(4, NOW + timedelta(seconds=179)) == 0
    assert pace.allowance(4, NOW + timedelta(seconds=180)) == 1
    assert STANDARD.longest_rest < timedelta(minutes=3)
