"""Wakes the event streams of a conversation when something new was stored."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

EVERY = "*"
"""Listen to this for every conversation at once."""


class Wakeups:
    """Connects whoever stores messages (any thread) with the streams that wait for them (one event loop).

    It carries no data: a woken stream reads the store, so a lost or doubled wake-up loses nothing.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def announce(self, conversation_id: str) -> None:
        """Wake the streams of this conversation; callable from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake, conversation_id)

    @contextmanager
    def listening(self, conversation_id: str) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever the conversation is announced; who listens clears it.

        Clear it before looking at the store: what is stored during the look then sets it again.
        """
        event = asyncio.Event()
        self._waiting[conversation_id].add(event)
        try:
            yield event
        finally:
            self._waiting[conversation_id].discard(event)
            if not self._waiting[conversation_id]:
                del self._waiting[conversation_id]

    def _wake(self, conversation_id: str) -> None:
        for waiting_for in (conversation_id, EVERY):
            for event in self._waiting.get(waiting_for, ()):
                event.set()
