"""Wakes who waits for news: the event stream of one conversation, or whoever follows all of them."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Changes:
    """Names the conversations that were announced since it was last asked. For one event loop."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._some = asyncio.Event()

    def add(self, conversation_id: str) -> None:
        self._ids.add(conversation_id)
        self._some.set()

    async def wait(self, seconds: float) -> None:
        """Return as soon as there is something to take, or after so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._some.wait(), seconds)

    def take(self) -> frozenset[str]:
        """Give the ids announced since the last time; empty when there were none."""
        taken, self._ids = frozenset(self._ids), set()
        self._some.clear()
        return taken


class Wakeups:
    """Connects whoever stores messages (any thread) with the streams that wait for them (one event loop).

    It carries no data: a woken stream reads the store, so a lost or doubled wake-up loses nothing.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._following: set[Changes] = set()

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

    def has_listeners(self, conversation_id: str) -> bool:
        """Say whether a stream of this very process follows the conversation: its citizen's page is open."""
        return conversation_id in self._waiting

    @contextmanager
    def following(self) -> Iterator[Changes]:
        """Give what names every conversation that is announced from now on."""
        changes = Changes()
        self._following.add(changes)
        try:
            yield changes
        finally:
            self._following.discard(changes)

    def _wake(self, conversation_id: str) -> None:
        for event in self._waiting.get(conversation_id, ()):
            event.set()
        for changes in self._following:
            changes.add(conversation_id)
