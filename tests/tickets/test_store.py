"""What the store promises: durable, sealed, and right when many write at once."""

import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from tickets import open_desk
from tickets.errors import Conflict, Unavailable
from tickets.model import Actor, NewTicket, Person, Role, Ticket
from tickets.numbering import make_number
from tickets.privacy import Sealer
from tickets.service import Desk
from tickets.store import prepare_sqlite

Make = Callable[..., NewTicket]
ROOT = Path(__file__).parents[2]
FILING_PROCESS = Path(__file__).with_name("filing_process.py")


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
            desk.move(number, "dispatch", actor=Actor("017", Role.DESK), office=office, version=1)
        except Conflict:
            return "conflict"
        return office

    with ThreadPoolExecutor(2) as threads:
        outcomes = sorted(threads.map(dispatch, ["东街街道", "西街街道"]))

    ticket = desk.find(number)
    assert "conflict" in outcomes
    assert ticket.office in outcomes
    assert [event.action for event in ticket.history] == ["file", "dispatch"]


def test_a_ticket_whose_number_was_said_survives_a_kill(engine: Engine, tmp_path: Path):
    """工单号一旦说出口，断电、kill -9 都不丢；没说完的那张要么完整，要么没有。"""
    database = tmp_path / "desk.db"
    process = subprocess.Popen(
        [sys.executable, str(FILING_PROCESS), str(database)], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )  # fmt: skip
    assert process.stdout is not None
    said = [process.stdout.readline().strip() for _ in range(5)]
    process.kill()
    said += process.stdout.read().split()
    process.wait()

    reopened = create_engine(f"sqlite:///{database}")
    prepare_sqlite(reopened)
    desk = open_desk(reopened, Sealer(bytes(range(32))))
    kept = list(desk.export())

    assert set(said) <= {ticket.number for ticket in kept}
    assert len(kept) <= len(said) + 1
    assert all(ticket.history[0].action == "file" for ticket in kept)
    with reopened.connect() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"


def test_after_a_kill_the_same_message_still_gives_its_ticket(desk: Desk, engine: Engine, new_ticket: Make):
    """进程重启后群众再点一次确认，还是原来那张。"""
    before = desk.file(new_ticket(origin_message_id="m-1"))
    engine.dispose()
    restarted = open_desk(engine, Sealer(bytes(range(32))))

    assert restarted.file(new_ticket(origin_message_id="m-1")) == before


def test_every_commit_reaches_the_disk(engine: Engine):
    """WAL + synchronous=FULL：提交即落盘。"""
    with engine.connect() as connection:
        read = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous")
        }
        keys = connection.execute(text("PRAGMA foreign_keys")).scalar()

    assert read == {"journal_mode": "wal", "synchronous": 2}
    assert keys == 1


def test_nothing_personal_stands_in_the_file(desk: Desk, engine: Engine, new_ticket: Make, tmp_path: Path):
    """拿走数据库文件也读不出姓名、电话、身份证号、地址、诉求和退单原因。"""
    number = desk.file(new_ticket(beneficiary="李大山")).number
    desk.move(number, "withdraw", actor=Actor("017", Role.DESK), reason="李秀英本人要求撤销")
    engine.dispose()

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
    desk: Desk, tmp_path: Path, new_ticket: Make, monkeypatch
):
    """别的进程占着写锁：说清楚暂时写不进去，可以再试。"""
    monkeypatch.setattr("tickets.store._BUSY_TIMEOUT_MS", 50)
    database = tmp_path / "desk.db"
    impatient = create_engine(f"sqlite:///{database}")
    prepare_sqlite(impatient)
    waiting = open_desk(impatient, Sealer(bytes(range(32))))
    blocker = sqlite3.connect(database, isolation_level=None)
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
