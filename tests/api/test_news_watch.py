"""别的进程存下的话，几秒之内也推给正在看的人。"""

import asyncio
import time
from contextlib import suppress

from api.chat.events import Wakeups
from api.chat.model import Reply, Role
from api.chat.news_watch import NewsWatch
from tests.api.filled import Filled, filled_house  # noqa: F401
from tests.postgres import postgres_server  # noqa: F401


def woken_by(house: Filled, store) -> list[bool]:
    """Whether a listener wakes: at the first look, after something was stored, after nothing was."""

    async def listen() -> list[bool]:
        wakeups, found = Wakeups(), []
        wakeups.bind(asyncio.get_running_loop())
        watch = NewsWatch(house.engine, wakeups)
        with wakeups.listening(conversation.id) as woken:
            for step in (lambda: None, store, lambda: None):
                woken.clear()
                step()
                await asyncio.to_thread(watch.look)
                with suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), 0.2)
                found.append(woken.is_set())
        return found

    conversation, _, _ = house.conversations.open("430000", Reply("您好"))
    store = store(conversation.id)
    return asyncio.run(listen())


def test_a_listener_is_woken_once_for_what_somebody_else_stored(house: Filled):
    def elsewhere(conversation_id: str):
        return lambda: house.conversations.say(conversation_id, Role.SYSTEM, Reply("有回复了"))

    assert woken_by(house, elsewhere) == [False, True, False]


def test_a_listener_is_not_woken_for_another_conversation(house: Filled):
    other, _, _ = house.conversations.open("430000", Reply("您好"))

    def elsewhere(_conversation_id: str):
        return lambda: house.conversations.say(other.id, Role.SYSTEM, Reply("别人的"))

    assert woken_by(house, elsewhere) == [False, False, False]


def test_what_is_stored_while_a_listener_looks_wakes_her_again():
    async def listen() -> float:
        wakeups = Wakeups()
        wakeups.bind(asyncio.get_running_loop())
        with wakeups.listening("c_1") as woken:
            woken.clear()
            await asyncio.to_thread(wakeups.announce, "c_1")  # between her look and her waiting
            await asyncio.sleep(0)
            begun = time.monotonic()
            await asyncio.wait_for(woken.wait(), 5)
            return time.monotonic() - begun

    assert asyncio.run(listen()) < 1
