"""What every open console hears of at once: who waits, and which conversations have news. One look for all.

However many consoles are open, the database is asked once for each change (changes within GATHER_SECONDS
are one), and now and then although nothing was announced.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.chat.events import Wakeups

log = structlog.get_logger()

GATHER_SECONDS = 0.05
LOOK_SECONDS = 20.0


@dataclass(frozen=True)
class QueueFigures:
    """The queue in figures; `oldest_at` is since when the one who waits longest waits."""

    waiting: int = 0
    danger: int = 0
    oldest_at: datetime | None = None


@dataclass(frozen=True)
class News:
    """`changed`: conversations in which something was said or whose owner changed; `mark` names this instant.

    A stream that is resumed with a mark is told what changed since.
    """

    changed: frozenset[str]
    queue: QueueFigures
    mark: str


class Follower:
    """What one stream has not been told yet; never more than one piece of news, however slowly it is read."""

    def __init__(self) -> None:
        self._news: News | None = None
        self._some = asyncio.Event()

    def tell(self, news: News) -> None:
        earlier = self._news.changed if self._news else frozenset()
        self._news = News(earlier | news.changed, news.queue, news.mark)
        self._some.set()

    async def next(self, seconds: float) -> News | None:
        """Give what is new as soon as there is something, or None after so many seconds."""
        try:
            await asyncio.wait_for(self._some.wait(), seconds)
        except TimeoutError:
            return None
        news, self._news = self._news, None
        self._some.clear()
        return news


class LiveNews:
    """Follows every conversation for all streams of this process; everything here is for its event loop.

    `look` reads the figures and the mark from the database, `since` the conversations changed since a mark.
    """

    def __init__(
        self,
        wakeups: Wakeups,
        look: Callable[[], tuple[QueueFigures, str]],
        since: Callable[[str], frozenset[str]],
    ) -> None:
        self._wakeups = wakeups
        self._look = look
        self._since = since
        self._followers: set[Follower] = set()
        self._task: asyncio.Task[None] | None = None

    async def now(self, mark: str | None) -> News:
        """How things are, and what changed since `mark` when there is one."""
        # The mark comes first: what happens between the two looks is told twice and not never.
        queue, new_mark = await asyncio.to_thread(self._look)
        changed = await asyncio.to_thread(self._since, mark) if mark else frozenset[str]()
        return News(changed, queue, new_mark)

    @contextmanager
    def following(self) -> Iterator[Follower]:
        """Give what hears of everything from now on."""
        follower = Follower()
        self._followers.add(follower)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow())
        try:
            yield follower
        finally:
            self._followers.discard(follower)
            if not self._followers and self._task:
                self._task.cancel()
                self._task = None

    async def _follow(self) -> None:
        with self._wakeups.following() as changes:
            while True:
                await changes.wait(LOOK_SECONDS)
                await asyncio.sleep(GATHER_SECONDS)
                changed = changes.take()
                try:
                    queue, mark = await asyncio.to_thread(self._look)
                except SQLAlchemyError as error:
                    log.warning("console_news_unread", error=type(error).__name__)
                    await asyncio.sleep(1)
                    for conversation_id in changed:
                        changes.add(conversation_id)
                    continue
                for follower in tuple(self._followers):
                    follower.tell(News(changed, queue, mark))
