"""别的进程存下的话，几秒之内也推给正在看的人。"""

import asyncio
import time
from contextlib import suppress

from sqlalchemy import delete, insert, select

from api.chat.events import Wakeups
from api.chat.hand_over_model import Reason
from api.chat.hand_over_store import Move
from api.chat.model import Owner, Reply, Role
from api.chat.news_watch import NewsWatch
from api.chat.notes import NoteStore
from api.chat.tables import messages
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


def test_a_change_of_owner_and_a_private_note_wake_too(house: Filled):
    """别的进程换了主人、写了备注，也要知道。"""
    notes = NoteStore(house.engine, house.sealer, lambda: house.now)

    def queued(conversation_id: str):
        move = Move(Owner.QUEUE, Reason.ASKED, "citizen")
        return lambda: house.conversations.owners.move(conversation_id, move)

    def noted(conversation_id: str):
        return lambda: notes.add(conversation_id, "007", "请留意")

    assert woken_by(house, queued) == [False, True, False]
    assert woken_by(house, noted) == [False, True, False]


def test_a_row_that_commits_after_a_later_one_is_not_missed(house: Filled):
    """编号小的后提交：也不能漏。"""

    def gap(conversation_id: str):
        late = house.conversations.say(conversation_id, Role.SYSTEM, Reply("编号小，提交晚"))
        with house.engine.begin() as db:  # as if it were not committed yet
            row = dict(db.execute(select(messages).where(messages.c.seq == late.seq)).mappings().one())
            db.execute(delete(messages).where(messages.c.seq == late.seq))
        house.conversations.say(other.id, Role.SYSTEM, Reply("编号大，提交早"))

        def commits_now() -> None:
            with house.engine.begin() as db:
                db.execute(insert(messages).values(row))

        return commits_now

    other, _, _ = house.conversations.open("430000", Reply("您好"))
    assert woken_by(house, gap) == [False, True, False]


def test_a_burst_between_two_looks_is_seen_whole(house: Filled):
    def burst(conversation_id: str):
        def speak() -> None:
            house.conversations.say(conversation_id, Role.SYSTEM, Reply("第一句"))
            for _ in range(150):
                house.conversations.say(other.id, Role.SYSTEM, Reply("别人的"))

        return speak

    other, _, _ = house.conversations.open("430000", Reply("您好"))
    assert woken_by(house, burst) == [False, True, False]


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
