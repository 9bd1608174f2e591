"""The example receiver of docs/connect-a-case-system.md, its own process, against what we really send."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.tickets.event_bench import outgoing
from tests.tickets.receiver_bench import SECRET
from tickets.case_http import HttpSender
from tickets.case_systems import CaseSystem
from tickets.delivery_ports import Answer
from tickets.model import Actor, Role
from tickets.payload import payload
from tickets.signing import new_secret, signed_headers

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "receiver.py"


class Running:
    """The example at work on one database file."""

    def __init__(self, process: subprocess.Popen[str], url: str, database: Path) -> None:
        self.process = process
        self.url = url
        self._database = database

    def rows(self, query: str) -> list[tuple]:
        connection = sqlite3.connect(self._database)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def system(self, *secrets: str, **push) -> CaseSystem:
        fields = {"url": self.url, "secrets": secrets or (SECRET,), "networks": ["127.0.0.0/8"]} | push
        return CaseSystem.model_validate({"name": "bureau", "push": fields})

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        return httpx.post(self.url, content=body, headers=headers, trust_env=False).status_code


@contextmanager
def running(database: Path, secrets: str = SECRET) -> Iterator[Running]:
    process = subprocess.Popen(
        [sys.executable, str(EXAMPLE), "0", str(database)],
        env=os.environ | {"SECRETS": secrets}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout
        url = process.stdout.readline().split()[-1]
        yield Running(process, url, database)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def receiver(tmp_path) -> Iterator[Running]:
    with running(tmp_path / "theirs.db") as receiver:
        yield receiver


@pytest.fixture
def sender() -> Iterator[HttpSender]:
    sender = HttpSender(lambda: datetime.now(UTC))
    yield sender
    sender.close()


@pytest.fixture
def engine(sqlite_engine):
    """What is sent does not depend on the database."""
    return sqlite_engine


@pytest.fixture
def ticket(desk, new_ticket):
    filed = desk.file(new_ticket())
    return desk.move(filed.number, "dispatch", actor=Actor("7001", Role.DISPATCHER), office="隆回县民政局")


def test_it_is_short_and_needs_only_the_standard_library():
    text = EXAMPLE.read_text("utf-8")

    assert len(text.splitlines()) < 60
    imported = set(re.findall(r"^(?:from|import) (.+?)(?: import.*|  #.*)?$", text, re.M))
    names = {name.split(".")[0] for line in imported for name in line.split(", ")}
    assert names <= sys.stdlib_module_names


def test_an_event_is_taken_and_known(receiver, sender, ticket):
    result = sender.send(receiver.system(), outgoing(ticket, 2))

    assert (result.answer, result.status) == (Answer.ACCEPTED, 200)
    assert receiver.rows("SELECT number, position, status, office FROM tickets") == [
        (ticket.number, 2, "dispatched", "隆回县民政局")
    ]


def test_the_same_event_twice_is_accepted_twice_and_applied_once(receiver, sender, ticket):
    results = [sender.send(receiver.system(), outgoing(ticket, 1)) for _ in range(2)]

    assert [(each.answer, each.status) for each in results] == [
        (Answer.ACCEPTED, 200),
        (Answer.ACCEPTED, 208),
    ]
    assert receiver.rows("SELECT id FROM events") == [(f"evt_{ticket.number}_1",)]


def test_it_knows_after_being_killed_what_it_had_applied(tmp_path, sender, ticket):
    with running(tmp_path / "theirs.db") as receiver:
        sender.send(receiver.system(), outgoing(ticket, 1))
        receiver.process.send_signal(signal.SIGKILL)
    with running(tmp_path / "theirs.db") as receiver:
        assert sender.send(receiver.system(), outgoing(ticket, 1)).status == 208


def test_what_comes_out_of_order_does_not_turn_the_ticket_back(receiver, sender, ticket):
    for position in (2, 1):
        assert sender.send(receiver.system(), outgoing(ticket, position)).answer is Answer.ACCEPTED

    assert receiver.rows("SELECT position, status FROM tickets") == [(2, "dispatched")]
    assert receiver.rows("SELECT position FROM events ORDER BY position") == [(1,), (2,)]


def test_what_was_altered_forged_or_kept_too_long_is_refused(receiver, ticket):
    event = outgoing(ticket, 2)
    push = receiver.system().push
    assert push
    body, now = payload(event, push), datetime.now(UTC)
    good = signed_headers(event.id, now, body, (SECRET,))

    assert receiver.post(body.replace(b"dispatched", b"archived  "), good) == 401
    assert receiver.post(body, good | {"webhook-id": f"evt_{ticket.number}_3"}) == 401
    assert receiver.post(body, signed_headers(event.id, now, body, (new_secret(),))) == 401
    assert receiver.post(body, signed_headers(event.id, now - timedelta(minutes=6), body, (SECRET,))) == 401
    assert receiver.post(body, {}) == 401
    assert receiver.rows("SELECT * FROM events") == []
    assert receiver.post(body, good) == 200


def test_a_secret_is_replaced_without_losing_an_event(tmp_path, sender, ticket):
    """先在我方加新密钥，再换对方的，最后去掉旧的。"""
    fresh = new_secret()
    ours = [(SECRET,), (SECRET, fresh), (SECRET, fresh), (fresh,)]
    theirs = [SECRET, SECRET, fresh, fresh]
    answers = []
    for held_here, held_there in zip(ours, theirs, strict=True):
        with running(tmp_path / "theirs.db", held_there) as receiver:
            answers.append(sender.send(receiver.system(*held_here), outgoing(ticket, 1)).answer)

    assert answers == [Answer.ACCEPTED] * 4


def test_many_at_once_are_each_applied_once(receiver, sender, desk, new_ticket):
    events = [outgoing(desk.file(new_ticket(description=f"第{each}件"))) for each in range(10)]
    system = receiver.system(timeout=20)
    threads = [
        threading.Thread(target=lambda: [sender.send(system, event) for event in events]) for _ in range(4)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert receiver.rows("SELECT count(*) FROM events") == [(10,)]
    assert time.monotonic() - began < 20
