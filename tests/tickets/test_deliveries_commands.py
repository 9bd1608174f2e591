"""`hotline deliveries …` on a real database, as an operator types it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from api.commands.deliveries import deliveries_app
from api.database import open_database
from api.parts import open_desk_from
from api.settings import PROJECT_ROOT, Settings
from tests.tickets.conftest import StandingClock
from tests.tickets.receiver_bench import Receiver, wait_until
from tickets.deliveries import Deliveries
from tickets.delivery_ports import Answer, SendResult
from tickets.model import Actor, NewTicket, Role
from tickets.retry import STANDARD
from tickets.service import utc_now
from tickets.signing import key_of

DISPATCHER = Actor("7001", Role.DISPATCHER)
NEVER = SendResult(Answer.FAILED, 500, "it answered 500")


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("HOTLINE_DATABASE_URL", raising=False)
    return tmp_path


@pytest.fixture
def number(data_dir: Path, new_ticket: Callable[..., NewTicket]) -> str:
    """A ticket of two events."""
    desk = open_desk_from(Settings())
    return desk.move(desk.file(new_ticket()).number, "dispatch", actor=DISPATCHER, office="民政局").number


@pytest.fixture
def dead(data_dir: Path, number: str) -> str:
    """Its first event is a dead letter at `city`; gives the event's id."""
    clock = StandingClock(utc_now())
    deliveries = Deliveries(open_database(Settings().database_address), clock)
    deliveries.register("city", "beginning")
    deliveries.hand_out("city")
    for _ in STANDARD.before:
        (claim,) = deliveries.claim("city", "test", timedelta(minutes=1), 1)
        deliveries.failed(claim, NEVER)
        clock.forward(days=2)
    return f"evt_{number}_1"


def run(*arguments: str):
    return CliRunner().invoke(deliveries_app, list(arguments), catch_exceptions=False)


def listed(*options: str) -> list[tuple[str, str]]:
    return [(row["id"], row["state"]) for row in json.loads(run("list", "--json", *options).stdout)]


def test_nothing_was_sent_before_there_is_a_system(data_dir: Path):
    assert run("list").stdout == "没有符合条件的投递。\n"
    assert "case_systems.yml" in run("systems").stdout
    assert json.loads(run("systems", "--json").stdout) == []


def test_the_lists_show_what_is_stuck_and_why(dead: str, number: str):
    later = f"evt_{number}_2"

    systems = json.loads(run("systems", "--json").stdout)

    assert listed() == [(later, "waiting"), (dead, "dead")]
    assert listed("--state", "dead", "--system", "city", "--number", number) == [(dead, "dead")]
    assert listed("--since", "2100-01-01") == [] and listed("--until", "2000-01-01") == []
    assert (systems[0]["counts"]["dead"], systems[0]["last_error"]) == (1, "it answered 500")
    shown = run("systems").stdout + run("list").stdout
    assert "死信" in shown and "it answered 500" in shown and "派单" in shown
    assert json.loads(run("show", "city", later, "--json").stdout)["held_back_by"] == dead
    assert dead in run("show", "city", later).stdout


def test_a_dead_letter_is_replayed(dead: str):
    assert run("replay", "city", "--dead").stdout == "已安排重新投递 1 个事件。\n"

    assert listed("--state", "dead") == []


def test_what_to_replay_must_be_said(dead: str):
    for options in ((), ("--dead", "--waiting"), (dead, "--dead"), ("evt_1",), ("--since", "gestern")):
        refused = run("replay", "city", *options)

        assert refused.exit_code != 0
    assert listed("--state", "dead") == [(dead, "dead")]


def test_a_person_settles_an_event_and_it_is_kept_who_and_why(dead: str):
    assert run("settle", "city", dead, "--reason", "电话里报过去了").exit_code == 0

    (row,) = json.loads(run("list", "--json", "--state", "settled").stdout)
    assert (row["id"], row["last_error"]) == (dead, "电话里报过去了")
    assert row["settled_by"].startswith("cli:")
    assert "hotline deliveries list" in run("settle", "city", dead, "--reason", "又一次").stderr


def test_a_system_is_paused_and_resumed_with_a_reason(dead: str):
    assert run("pause", "city", "--reason", "他们升级").exit_code == 0
    (paused,) = json.loads(run("systems", "--json").stdout)
    assert run("resume", "city", "--reason", "升级完了").exit_code == 0
    (resumed,) = json.loads(run("systems", "--json").stdout)

    assert (paused["state"], paused["reason"]) == ("paused", "他们升级")
    assert (resumed["state"], resumed["reason"]) == ("active", "升级完了")
    assert "no case system" in run("pause", "nowhere", "--reason", "试试").stderr


def test_a_new_secret_is_one_that_the_table_takes():
    first, second = (run("new-secret").stdout.strip() for _ in range(2))

    assert first != second
    assert len(key_of(first)) == 32


def test_the_dispatcher_runs_as_a_process_of_its_own(data_dir: Path, number: str):
    """单独一个进程派发：真的 HTTP，收到两步；Ctrl-C 好好地停。"""
    with Receiver() as receiver:
        push = {"url": receiver.url, "secrets": list(receiver.secrets), "networks": ["127.0.0.0/8"]}
        (data_dir / "case_systems.yml").write_text(yaml.safe_dump([{"name": "city", "push": push}]))
        process = subprocess.Popen(
            [sys.executable, "-c", "from api.commands.deliveries import deliveries_app as app; app()", "run"],
            cwd=PROJECT_ROOT,
            env=os.environ | {"HOTLINE_DATA_DIR": str(data_dir)},
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda: len(receiver.applied) == 2, 60)
        wait_until(lambda: listed("--state", "waiting") == [], 10)
        process.send_signal(signal.SIGINT)
        _, logged = process.communicate(timeout=20)

    assert process.returncode == 0
    assert receiver.order(number) == [1, 2]
    assert [json.loads(line)["event"] for line in logged.splitlines()].count("delivery_accepted") == 2
    assert "13812345678" not in logged
