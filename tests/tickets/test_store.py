"""What the store promises: durable, sealed, and right when many write at once."""

import re
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, insert, text
from sqlalchemy.exc import DBAPIError

from tests.postgres import PostgresServer
from tests.tickets.conftest import StandingClock
from tickets import open_desk, outbox
from tickets.errors import BadRequest, Conflict, Unavailable
from tickets.limits import load_limits
from tickets.model import (
    Actor,
    Area,
    Category,
    HistoryEvent,
    NewTicket,
    Person,
    Role,
    Status,
    Ticket,
    TicketFilter,
    Urgency,
)
from tickets.numbering import make_number
from tickets.privacy import Sealer
from tickets.reminders import Reminders, load_wording
from tickets.rows import TicketRows
from tickets.schema import metadata, ticket_events, tickets
from tickets.service import Desk
from tickets.store import SqlTicketStore, prepare_sqlite

Make = Callable[..., NewTicket]
KEY = bytes(range(32))
NOW = datetime(2026, 3, 12, 1, 0, tzinfo=UTC)


def filed_at_once(desk: Desk, requests: list[NewTicket]) -> list[Ticket]:
    """Files all requests from threads that start together."""
    start = threading.Barrier(len(requests))

    def file(new: NewTicket) -> Ticket:
        start.wait()
        return desk.file(new)

    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(file, requests))


def test_tickets_filed_at_once_get_consecutive_numbers(desk: Desk, new_ticket: Make):
    """多人同时登记：一号不重，一号不漏。"""
    requests = [new_ticket(applicant=Person(), origin_message_id=f"m-{n}") for n in range(24)]

    numbers = {ticket.number for ticket in filed_at_once(desk, requests)}

    assert numbers == {make_number(20260312, n) for n in range(1, 25)}


def test_the_same_message_filed_at_once_gives_one_ticket(desk: Desk, new_ticket: Make):
    """同一条确认消息同时到达十二次，只有一张工单，也不浪费号码。"""
    tickets = filed_at_once(desk, [new_ticket(origin_message_id="m-1")] * 12)

    assert len({ticket.number for ticket in tickets}) == 1
    assert len(desk.list()) == 1
    assert desk.file(new_ticket(applicant=Person())).number == make_number(20260312, 2)


def test_of_two_movers_one_wins_and_the_other_hears_of_it(desk: Desk, new_ticket: Make):
    """两个坐席同时派单：一个成功，另一个得到明确的冲突，历史里只有一次派单。"""
    number = desk.file(new_ticket()).number
    start = threading.Barrier(2)

    def dispatch(office: str) -> str:
        start.wait()
        try:
            desk.move(number, "dispatch", actor=Actor("005", Role.DISPATCHER), office=office, version=1)
        except Conflict:
            return "conflict"
        return office

    with ThreadPoolExecutor(2) as threads:
        outcomes = sorted(threads.map(dispatch, ["东街街道", "西街街道"]))

    ticket = desk.find(number)
    assert "conflict" in outcomes
    assert ticket.office in outcomes
    assert [event.action for event in ticket.history] == ["file", "dispatch"]


def test_after_a_kill_the_same_message_still_gives_its_ticket(desk: Desk, engine: Engine, new_ticket: Make):
    """进程重启后群众再点一次确认，还是原来那张。"""
    before = desk.file(new_ticket(origin_message_id="m-1"))
    engine.dispose()
    restarted = open_desk(engine, Sealer(KEY))

    assert restarted.file(new_ticket(origin_message_id="m-1")) == before


def test_every_commit_reaches_the_disk(sqlite_engine: Engine):
    """WAL + synchronous=FULL：提交即落盘。"""
    with sqlite_engine.connect() as connection:
        read = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous")
        }
        keys = connection.execute(text("PRAGMA foreign_keys")).scalar()

    assert read == {"journal_mode": "wal", "synchronous": 2}
    assert keys == 1


def test_nothing_personal_stands_in_the_file(sqlite_engine: Engine, new_ticket: Make, tmp_path: Path):
    """拿走数据库文件也读不出姓名、电话、身份证号、地址、诉求和退单原因。"""
    desk = open_desk(sqlite_engine, Sealer(KEY))
    number = desk.file(new_ticket(beneficiary="李大山")).number
    desk.move(number, "withdraw", actor=Actor("017", Role.DESK), reason="李秀英本人要求撤销")
    sqlite_engine.dispose()

    stored = b"".join(path.read_bytes() for path in tmp_path.glob("desk.db*"))

    for secret in (
        "李秀英",
        "李大山",
        "13812345678",
        "138 1234 5678",
        "430524195003120028",
        "石桥村",
        "厨房",
        "着火",
    ):
        assert secret.encode() not in stored, secret
    assert "司门前镇".encode() in stored


def test_the_same_tail_on_two_tickets_has_two_fingerprints(desk: Desk, engine: Engine, new_ticket: Make):
    """四位尾号只有一万种，指纹必须按工单区分，免得互相对照。"""
    desk.file(new_ticket())
    desk.file(new_ticket())

    with engine.connect() as connection:
        prints = connection.execute(text("SELECT phone_tail_print, phone_print FROM tickets")).all()

    assert len({row.phone_tail_print for row in prints}) == 2
    assert len({row.phone_print for row in prints}) == 1


def test_a_locked_database_is_unavailable_rather_than_a_crash(
    sqlite_file: Path, new_ticket: Make, monkeypatch
):
    """别的进程占着写锁：说清楚暂时写不进去，可以再试。"""
    monkeypatch.setattr("tickets.database._BUSY_TIMEOUT_MS", 50)
    impatient = create_engine(f"sqlite:///{sqlite_file}")
    prepare_sqlite(impatient)
    waiting = open_desk(impatient, Sealer(KEY))
    blocker = sqlite3.connect(sqlite_file, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")

    with pytest.raises(Unavailable, match="did not answer"):
        waiting.file(new_ticket(origin_message_id="m-1"))

    blocker.execute("ROLLBACK")
    assert waiting.file(new_ticket(origin_message_id="m-1")).origin_message_id == "m-1"


def test_numbers_sort_by_count_not_by_text(desk: Desk, engine: Engine, new_ticket: Make):
    """一天超过一万张时，10000号排在9999号后面。"""
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO ticket_numbers (day, last) VALUES (20260312, 9998)"))
    numbers = [desk.file(new_ticket(applicant=Person())).number for _ in range(3)]

    assert [re.split("-", number)[1] for number in numbers] == ["9999", "10000", "10001"]
    assert [t.number for t in desk.export()] == numbers
    assert [t.number for t in desk.list(before=numbers[2])] == [numbers[1], numbers[0]]


def test_an_export_of_many_pages_is_complete_and_in_order(desk: Desk, new_ticket: Make, monkeypatch):
    monkeypatch.setattr("tickets.store._PAGE", 7)
    numbers = [desk.file(new_ticket(applicant=Person())).number for _ in range(20)]

    assert [ticket.number for ticket in desk.export()] == numbers


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM ticket_events",
        "UPDATE ticket_events SET actor = 'nobody'",
        "UPDATE ticket_events SET to_status = 'archived'",
        "UPDATE ticket_events SET position = position + 1",
        "UPDATE ticket_events SET changes = NULL",
        "UPDATE ticket_events SET reason_sealed = NULL, at = at",
    ],
)
def test_the_history_cannot_be_changed_by_sql(desk: Desk, engine: Engine, new_ticket: Make, statement: str):
    """直接连上数据库也改不了、删不了历史。"""
    filed = desk.file(new_ticket())

    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))

    assert desk.find(filed.number) == filed


def test_the_history_cannot_be_emptied_at_once(postgres_engine: Engine, new_ticket: Make):
    filed = open_desk(postgres_engine, Sealer(KEY)).file(new_ticket())

    with pytest.raises(DBAPIError, match="append-only"), postgres_engine.begin() as connection:
        connection.execute(text("TRUNCATE ticket_events CASCADE"))

    assert open_desk(postgres_engine, Sealer(KEY)).find(filed.number) == filed


def test_a_reason_may_be_sealed_again(desk: Desk, engine: Engine, new_ticket: Make):
    """换密钥、依法删除时，只有理由的密文可以重写。"""
    number = desk.file(new_ticket()).number
    sealed = Sealer(KEY).seal("另一段密文", f"{number}/reason/1")

    with engine.begin() as connection:
        connection.execute(text("UPDATE ticket_events SET reason_sealed = :sealed"), {"sealed": sealed})

    assert desk.find(number).history[0].reason == "另一段密文"


def test_tables_made_without_migrations_protect_the_history_too(tmp_path: Path, postgres: PostgresServer):
    for address in (f"sqlite:///{tmp_path / 'bare.db'}", postgres.address(postgres.new_database())):
        engine = create_engine(address)
        metadata.create_all(engine)
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(insert(tickets).values(_row()))
            connection.execute(insert(ticket_events).values(_event()))
            connection.execute(text("DELETE FROM ticket_events"))
        engine.dispose()


def _row() -> dict[str, Any]:
    filed = NewTicket(Category.TEMPORARY, Urgency.NORMAL, "断粮", "断粮")
    values = {name: getattr(filed, name) for name in NewTicket.__dataclass_fields__}
    ticket = Ticket(
        **values, number=make_number(20260312, 1), status=Status.ACCEPTED, opened_at=NOW, due_at=NOW
    )
    return TicketRows(Sealer(KEY)).ticket_values(ticket)


def _event() -> dict[str, Any]:
    filed = HistoryEvent(NOW, "017", "file", None, Status.ACCEPTED)
    return TicketRows(Sealer(KEY)).event_values(make_number(20260312, 1), 1, filed)


def test_of_two_tickets_merged_into_each_other_at_once_one_goes_on(desk: Desk, new_ticket: Make):
    """两个派单员同时把甲并入乙、把乙并入甲：只成一个，事情总有一张工单在办。"""
    dispatcher = Actor("005", Role.DISPATCHER)
    for _ in range(10):
        one, other = (desk.file(new_ticket(applicant=Person(), area=Area())).number for _ in range(2))
        start = threading.Barrier(2)

        def merge(pair: tuple[str, str], start: threading.Barrier = start) -> None:
            start.wait()
            with suppress(Conflict, Unavailable, BadRequest):
                desk.move(pair[0], "merge", actor=dispatcher, reason="同一件事", into=pair[1])

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(merge, [(one, other), (other, one)]))

        assert sorted(desk.find(number).status for number in (one, other)) in (
            [Status.ACCEPTED, Status.MERGED], [Status.ACCEPTED, Status.ACCEPTED],
        )  # fmt: skip


def test_what_is_read_is_of_one_instant(desk: Desk, new_ticket: Make):
    """一边读一边有人补充：读到的工单和它的历史总是对得上。"""
    number = desk.file(new_ticket()).number
    stop = threading.Event()

    def add() -> None:
        while not stop.is_set():
            desk.supplement(number, "水也停了")

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(add)
        try:
            for _ in range(150):
                ticket = desk.find(number)
                assert ticket.version == len(ticket.history)
        finally:
            stop.set()
        writing.result()


def test_when_all_connections_are_in_use_the_desk_says_so(sqlite_file: Path, new_ticket: Make):
    engine = create_engine(f"sqlite:///{sqlite_file}", pool_size=1, max_overflow=0, pool_timeout=0.05)
    desk = open_desk(engine, Sealer(KEY))

    with engine.connect(), pytest.raises(Unavailable, match="in use"):
        desk.file(new_ticket())


def test_every_reading_finds_its_tickets_by_index(engine: Engine, desk: Desk, new_ticket: Make):
    """列表、查找、提醒都走索引，不整表扫描事件、关联和消息。"""
    for n in range(3):
        desk.take_down(new_ticket(origin_message_id=f"m-{n}"))
    read: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _u, sql, values, *_: read.append((sql, values)))
    desk.find_by_origin("m-1")
    desk.list(TicketFilter(phone="13812345678"))
    desk.list(TicketFilter(office="民政局"))

    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    selects = [one for one in read if one[0].startswith("SELECT")]
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(
                text("SET enable_seqscan = off")
            )  # small tables are scanned: ask whether it could
        plan = " ".join(
            str(row[-1])
            for sql, values in selects
            for row in connection.exec_driver_sql(explain + sql, values)
        )

    assert len(selects) == 9
    assert (
        "SCAN ticket" not in plan.replace("SCAN tickets USING INDEX", "") and "Seq Scan on ticket" not in plan
    )


def test_a_ticket_late_at_two_steps_is_noticed_once(
    desk: Desk, engine: Engine, clock: StandingClock, new_ticket: Make
):
    """派单后没人签收、承诺的时间也早过了：催办、督办一次，不接连催两次。"""
    number = desk.file(new_ticket(urgency=Urgency.URGENT)).number
    clock.forward(days=400)
    desk.move(number, "dispatch", actor=Actor("005", Role.DISPATCHER), office="民政局")
    clock.forward(days=5)
    reminders = Reminders(SqlTicketStore(engine, Sealer(KEY)), load_limits(), load_wording(), clock)

    first, second = reminders.run_once(), reminders.run_once()

    assert [(one.number, one.escalated) for one in first] == [(number, True)]
    assert second == []


def test_a_writer_that_hangs_does_not_hold_up_the_others_for_good(
    postgres_engine: Engine, new_ticket: Make, monkeypatch: pytest.MonkeyPatch
):
    """一个进程卡在写入当中：别的进程等一会儿就如实报忙，不会一起卡死；它走了就照常。"""
    monkeypatch.setattr(outbox, "PATIENCE", "200ms")
    desk = open_desk(postgres_engine, Sealer(KEY))

    with postgres_engine.begin() as hanging:
        outbox.take_turn(hanging)
        with pytest.raises(Unavailable):
            desk.file(new_ticket())

    assert desk.file(new_ticket()).number
