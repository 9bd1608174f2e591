"""Keeps what takes seconds to compute for a minute, so that many who look at a page compute it once."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any

KEPT_SECONDS = 60.0


class Remembered:
    """The last result, with what it was made for. Safe between threads: one makes it, the others wait."""

    def __init__(self, seconds: float = KEPT_SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._kept: tuple[Hashable, float, Any] | None = None

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` gives, or gave for the same key not long ago; what it raises is raised."""
        with self._lock:
            kept = self._kept
            if kept is None or kept[0] != key or time.monotonic() - kept[1] > self._seconds:
                made = make()
                kept = self._kept = (key, time.monotonic(), made)
            return kept[2]
