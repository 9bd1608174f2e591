"""工作台的事件流：有人等、有人说话、换了人，马上知道；登录结束就断；断线重连不漏。"""

import time

import pytest
from sqlalchemy import event

from api.accounts.model import Role
from api.chat import queue_look
from api.chat.hand_over import open_hand_over
from api.chat.model import Reply
from api.chat.model import Role as Speaker
from api.chat.store import ConversationStore
from api.console.talks import events
from api.database import open_database
from api.parts import sealer_from
from tests.api.console_bench import Bench, Browser, console_bench  # noqa: F401
from tests.conftest import wait_until
from tests.postgres import postgres_server  # noqa: F401
from tickets.service import utc_now


def test_a_console_hears_at_once_who_waits_and_who_took_it(bench: Bench):
    one = bench.agent("事件甲")
    with one.events() as stream:
        before = stream.wait("queue").data
        citizen = bench.citizen("您好")
        begun = time.monotonic()
        citizen.ask_for_person()
        heard = stream.wait(f"talk-{citizen.id}", after=1)
        queue = wait_until(
            lambda: next((e for e in stream.heard if e.data != before and e.name == "queue"), 0)
        )
        took = time.monotonic() - begun

        assert heard.data == {"conversation": citizen.id}
        assert queue.data["waiting"] == before["waiting"] + 1
        assert set(queue.data) == {"waiting", "danger", "oldest_seconds"}
        assert took < 1

        seen = len(stream.heard)
        bench.service.hand_over.take(citizen.id, "事件甲")
        assert stream.wait("queue", after=seen).data["waiting"] == before["waiting"]


def test_danger_is_counted(bench: Bench):
    one = bench.agent("事件危险")
    with one.events() as stream:
        before = stream.wait("queue").data["danger"]
        bench.citizen("我不想活了")
        wait_until(lambda: stream.heard[-1].name and any(
            e.name == "queue" and e.data["danger"] == before + 1 for e in stream.heard
        ))  # fmt: skip


def test_what_another_process_changes_arrives_too(bench: Bench):
    """别的进程（命令、另一个服务）存的话、换的人，也会到。"""
    one = bench.agent("事件乙")
    citizen = bench.citizen("您好", waits=True)
    engine = open_database(bench.settings.database_address)
    elsewhere = ConversationStore(engine, sealer_from(bench.settings), utc_now)
    try:
        with one.events() as stream:
            stream.wait("queue")
            time.sleep(2)  # what was announced here is over
            seen = len(stream.heard)
            elsewhere.say(citizen.id, Speaker.SYSTEM, Reply("有回复了"))
            stream.wait(f"talk-{citizen.id}", 6, after=seen)

            time.sleep(1)
            seen = len(stream.heard)
            open_hand_over(elsewhere).take(citizen.id, "别处的坐席")
            stream.wait(f"talk-{citizen.id}", 6, after=seen)
            stream.wait("queue", 6, after=seen)
    finally:
        engine.dispose()


def test_the_stream_says_nothing_that_anybody_wrote(bench: Bench):
    """流里只有编号和数字，没有群众的话。"""
    one = bench.agent("事件丙")
    with one.events() as stream:
        stream.wait("queue")
        citizen = bench.citizen("机密的话13812345678", waits=True)
        bench.service.notes.add(citizen.id, "事件丙", "机密备注")
        stream.wait(f"talk-{citizen.id}")
        time.sleep(0.5)

    allowed = {"conversation", "waiting", "danger", "oldest_seconds"}
    assert all(set(each.data) <= allowed for each in stream.heard)


def test_a_broken_stream_goes_on_where_it_broke(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    """断线期间变的，重连后补上；没变的不报。"""
    one = bench.agent("事件丁")
    quiet, citizen = bench.citizen("没有再说话"), bench.citizen("您好")
    monkeypatch.setattr(queue_look, "_OVERLAP", 0)  # a few changes are told again for safety
    with one.events() as stream:
        mark = stream.wait("queue").id
    citizen.say("断线时说的")

    with one.events(mark) as stream:
        stream.wait(f"talk-{citizen.id}")
        assert f"talk-{quiet.id}" not in stream.names()


@pytest.mark.parametrize("mark", ["x", "-", "1-2-3", "99999999999-1", "1-1 OR 1=1", "-1--1"])
def test_a_made_up_mark_is_no_harm(bench: Bench, mark: str):
    one = bench.agent(f"事件记号{mark}")
    with one.events(mark) as stream:
        stream.wait("queue")


def test_at_the_end_of_the_session_the_stream_says_so_and_ends(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    """退出登录、停用账号：流说一声就断，也不再算在岗。"""
    monkeypatch.setattr(events, "SESSION_SECONDS", 0.3)
    one = bench.agent("事件戊")
    with one.events() as stream:
        stream.wait("queue")
        bench.service.accounts.sign_out(one.http.cookies["hotline_session"])

        stream.wait("signed-out", 5)
        assert stream.ended.wait(5)
    assert one.http.get("/console/events").status_code == 401


def test_nobody_follows_without_a_session(bench: Bench):
    visitor = bench.agent("事件己")
    visitor.http.cookies.clear()

    answer = visitor.http.get("/console/events")

    assert answer.status_code == 401


def test_one_person_cannot_take_all_streams_and_gives_each_back(bench: Bench):
    """一个人最多开八条流；关掉一条就能再开。"""
    one = bench.agent("事件庚")
    streams = [one.events() for _ in range(events.STREAMS_PER_PERSON)]
    for stream in streams:
        stream.__enter__().wait("queue")

    assert one.http.get("/console/events").status_code == 429

    for stream in streams:
        stream.__exit__(None, None, None)
    wait_until(lambda: opens(one), 10)


def opens(browser: Browser) -> bool:
    with browser.http.stream("GET", "/console/events") as answer:
        return answer.status_code == 200


def test_somebody_whose_console_is_open_counts_as_being_at_work(bench: Bench):
    one = bench.agent("事件辛")
    presence = bench.service.conversations.presence
    presence.left("事件辛")

    with one.events() as stream:
        stream.wait("queue")

        assert "事件辛" in presence.since(bench.service.conversations.owners.now().replace(microsecond=0))


def test_fifty_consoles_cost_one_look_at_the_database(bench: Bench):
    """五十个工作台同时开着，一次变化只查一次库。"""
    lead = bench.agent("事件壬", Role.SUPERVISOR)
    people = [bench.agent(f"事件五十{number}") for number in range(10)]
    streams = [person.events() for person in people for _ in range(5)]
    opened = [stream.__enter__() for stream in streams]
    for stream in opened:
        stream.wait("queue")
    citizen = bench.citizen("您好")
    for stream in opened:
        stream.wait(f"talk-{citizen.id}")
    time.sleep(1)
    asked: list[str] = []

    def count(connection, cursor, statement, *rest) -> None:
        if "max(messages.seq)" in statement and "WHERE" not in statement:
            asked.append(statement)

    event.listen(bench.service.database, "before_cursor_execute", count)
    seen = [len(stream.heard) for stream in opened]
    bench.service.hand_over.take(citizen.id, "事件壬")
    for stream, after in zip(opened, seen, strict=True):
        stream.wait(f"talk-{citizen.id}", after=after)
    event.remove(bench.service.database, "before_cursor_execute", count)
    for stream in streams:
        stream.__exit__(None, None, None)

    assert len(asked) <= 2
    assert lead.http.get("/console").status_code == 200
