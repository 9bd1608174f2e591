"""Slows down who tries passwords out (OWASP ASVS 5.0, 6.3.1)."""

import threading
import time
from collections import deque
from collections.abc import Callable


class SignInThrottle:
    """Counts wrong passwords per account name: `limit` of them within `window` seconds close it for a while.

    One process remembers for itself; a restart forgets. Names that do not exist are counted the same way, so
    nobody learns from it which ones do.
    """

    def __init__(
        self,
        limit: int = 5,
        window: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
        names: int = 10_000,
    ) -> None:
        self._limit = limit
        self._window = window
        self._clock = clock
        self._names = names
        self._failures: dict[str, deque[float]] = {}
        self._guard = threading.Lock()

    def wait(self, name: str) -> float:
        """Seconds until this name may be tried again; 0 when it may now."""
        with self._guard:
            failures = self._recent(name)
            return failures[0] + self._window - self._clock() if len(failures) >= self._limit else 0.0

    def failed(self, name: str) -> None:
        """Count a wrong password."""
        with self._guard:
            failures = self._recent(name)
            failures.append(self._clock())
            self._failures.pop(_key(name), None)
            self._failures[_key(name)] = failures
            if len(self._failures) > self._names:
                # Made-up names must not fill the memory: the one that failed longest ago goes.
                del self._failures[next(iter(self._failures))]

    def succeeded(self, name: str) -> None:
        """Forget the wrong passwords of a name."""
        with self._guard:
            self._failures.pop(_key(name), None)

    def _recent(self, name: str) -> deque[float]:
        failures = self._failures.get(_key(name), deque())
        while failures and failures[0] <= self._clock() - self._window:
            failures.popleft()
        return failures


def _key(name: str) -> str:
    return name.strip().casefold()[:80]
