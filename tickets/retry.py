"""When a failed delivery is tried again, and when a whole case system is given a rest.

Schedule and rules: Standard Webhooks 1.0.0, sections "Deliverability and reliability" and "Retry schedule".
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tickets.delivery_ports import Answer, SendResult

Random = Callable[[], float]
"""Gives a number from 0 to below 1."""

LONGEST_WAIT = timedelta(days=1)
_EVER_SINCE = datetime.min.replace(tzinfo=UTC)
# Too many requests, or nothing behind the gateway: the system is in trouble, not the event.
_BUSY_OR_DOWN = frozenset({None, 429, 502, 503, 504})


@dataclass(frozen=True)
class Timing:
    """How long is waited.

    Attributes:
        before: wait before each attempt, the first included; after the last an event is a dead letter.
        jitter: share of a wait by which it is at most prolonged, so that not everything comes back at once.
        first_rest, longest_rest: of a system in trouble; each rest is twice as long as the one before it.
    """

    before: tuple[timedelta, ...]
    jitter: float = 0.1
    first_rest: timedelta = timedelta(seconds=1)
    longest_rest: timedelta = timedelta(minutes=1)


STANDARD = Timing(
    (
        timedelta(0),
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=5),
        timedelta(hours=10),
        timedelta(hours=14),
        timedelta(hours=20),
        timedelta(hours=24),
    )
)


def next_attempt(
    attempts: int, now: datetime, wait: timedelta | None, random: Random, timing: Timing = STANDARD
) -> datetime | None:
    """Say when an event is tried again after so many failed attempts; None: it is a dead letter.

    Args:
        wait: what Retry-After asked for; it is never tried earlier, and more than a day is taken as a day.
    """
    if attempts >= len(timing.before):
        return None
    longest = max(timing.before[attempts], min(wait or timedelta(0), LONGEST_WAIT))
    return now + longest * (1 + timing.jitter * random())


class Pace:
    """How many deliveries one system may be given now: all, one to try, or none while it rests.

    Without an answer, or after 429, 502, 503 or 504, everything for the system rests, a little longer each
    time; then a single delivery tries whether it is back. So a system that was down for a night has used up
    no event's attempts but those few. Kept in memory: another process finds it out for itself.
    """

    def __init__(self, timing: Timing = STANDARD) -> None:
        self._timing = timing
        self._lock = threading.Lock()
        self._rests = 0
        self._opens_at = _EVER_SINCE

    def allowance(self, at_once: int, now: datetime) -> int:
        """Give the number of deliveries that may be under way now."""
        with self._lock:
            if now < self._opens_at:
                return 0
            return 1 if self._rests else at_once

    def note(self, result: SendResult, now: datetime) -> None:
        """Take in what an attempt came to."""
        with self._lock:
            if result.answer is not Answer.FAILED or result.status not in _BUSY_OR_DOWN:
                self._rests, self._opens_at = 0, _EVER_SINCE
                return
            asked = min(result.wait or timedelta(0), LONGEST_WAIT)
            if now >= self._opens_at:
                rest = min(self._timing.first_rest * 2 ** min(self._rests, 20), self._timing.longest_rest)
                self._rests += 1
                self._opens_at = now + rest
            self._opens_at = max(self._opens_at, now + asked)
