"""Counts by key in little memory: how often something may happen, and how many may be open at once."""

import threading
import time
from collections.abc import Callable

MOST_KEYS = 100_000


class Bucket:
    """`limit` events at once, refilled evenly within `seconds`: the generic cell rate algorithm.

    One number a key (ITU-T I.371, virtual scheduling): the instant at which the key would be full again.
    A limit of 0 allows everything.
    """

    def __init__(
        self,
        limit: int,
        seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        most_keys: int = MOST_KEYS,
    ) -> None:
        self._step = seconds / limit if limit else 0.0
        self._burst = seconds
        self._clock = clock
        self._most_keys = most_keys
        self._full_at: dict[str, float] = {}
        self._guard = threading.Lock()

    def wait(self, key: str) -> float:
        """Seconds until one more is allowed for this key; 0 when it is now. Counts nothing."""
        with self._guard:
            return self._wait(key, self._clock())

    def take(self, key: str) -> float:
        """Count one event and give 0, or give the seconds to wait and count nothing."""
        with self._guard:
            now = self._clock()
            wait = self._wait(key, now)
            if not wait and self._step:
                full_at = max(self._full_at.pop(key, now), now) + self._step
                self._full_at[key] = full_at
                self._make_room()
            return wait

    def _wait(self, key: str, now: float) -> float:
        if not self._step:
            return 0.0
        # A hair of tolerance: the sum of `limit` steps is not exactly the whole.
        return max(0.0, self._full_at.get(key, now) + self._step - self._burst - now - self._step * 1e-6)

    def _make_room(self) -> None:
        while len(self._full_at) > self._most_keys:
            # Made-up keys must not fill the memory: the one used longest ago goes.
            del self._full_at[next(iter(self._full_at))]


class Places:
    """At most `limit` open at once for a key; 0 allows any number."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open: dict[str, int] = {}
        self._guard = threading.Lock()

    def enter(self, key: str) -> bool:
        """Take a place; False, and nothing is taken, when none is free."""
        with self._guard:
            open_now = self._open.get(key, 0)
            if self._limit and open_now >= self._limit:
                return False
            self._open[key] = open_now + 1
            return True

    def leave(self, key: str) -> None:
        """Give the place back."""
        with self._guard:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]
