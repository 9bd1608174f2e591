"""A chore that is done again and again in a thread of its own, whatever goes wrong."""

import logging
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread

log = logging.getLogger(__name__)


class Scheduler:
    """Does the chore at once and then every `interval`, until stopped.

    An exception ends neither the thread nor the process: it is logged and the next round tries again. The
    chore itself must bear being done twice, or by several processes at once.
    """

    def __init__(self, name: str, chore: Callable[[], object], interval: timedelta) -> None:
        self._name = name
        self._chore = chore
        self._interval = interval
        self._stopping = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin; does nothing while it is running."""
        if self.running:
            return
        self._stopping.clear()
        self._thread = Thread(target=self._loop, name=self._name, daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Let the present round end, waiting at most so many seconds."""
        self._stopping.set()
        if self._thread:
            self._thread.join(timeout)

    @property
    def running(self) -> bool:
        """Say whether the thread is alive."""
        return self._thread is not None and self._thread.is_alive()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self._chore()
            except Exception:
                log.exception("chore_failed", extra={"chore": self._name})
            self._stopping.wait(self._interval.total_seconds())
