"""Which messages an engine is answering now: what comes late from one that was given up writes nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Attempts:
    """The turns that an engine has in hand, in this process; the actions of the engine run here too."""

    def __init__(self) -> None:
        self._open: dict[str, threading.Lock] = {}

    @contextmanager
    def attempt(self, message_id: str) -> Iterator[None]:
        """An engine answers this message; on leaving, whatever it still does for it is refused."""
        lock = self._open[message_id] = threading.Lock()
        try:
            yield
        finally:
            with lock:
                del self._open[message_id]

    @contextmanager
    def writing(self, message_id: str) -> Iterator[bool]:
        """Hold the turn of a message while something is written for it; False when it was given up."""
        lock = self._open.get(message_id)
        if lock is None:
            yield False
            return
        with lock:
            yield message_id in self._open
