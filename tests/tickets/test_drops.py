"""投递文件夹：每天一份，写全了才算数；断电、磁盘满、目录不在，都不漏不重。"""

import csv
import hashlib
import io
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path

import openpyxl
import pytest
import typer
import yaml
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from api.commands.tickets_drop import drop as drop_command
from api.parts import open_desk_from
from api.settings import Settings
from tests.tickets.conftest import KEY, StandingClock
from tickets import open_desk
from tickets.case_systems import CaseSystem, load_case_systems
from tickets.drop_files import write_manifest
from tickets.drops import LEASE, Drops
from tickets.errors import BadRequest, Conflict, NotFound
from tickets.export import export_tickets
from tickets.model import Actor, NewTicket, Person, Role
from tickets.numbering import BEIJING
from tickets.privacy import Sealer
from tickets.pulling import TicketPulls
from tickets.schema import ticket_disclosures
from tickets.service import Desk

Make = Callable[..., NewTicket]
Open = Callable[..., Drops]
SUPERVISOR = Actor("001", Role.SUPERVISOR)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "county"
    found.mkdir()
    return found


@pytest.fixture
def open_drops(engine: Engine, clock: StandingClock, folder: Path) -> Open:
    """Opens the drops as one more process would; keyword arguments replace the system's settings."""

    def make(**settings: object) -> Drops:
        told = {"folder": str(folder)} | settings
        system = CaseSystem.model_validate({"name": "county", "drop": told})
        return Drops(engine, Sealer(KEY), lambda: {"county": system}, clock)

    return make


def manifests(folder: Path) -> list[dict]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.manifest.json"))]


def numbers(folder: Path, manifest: dict) -> list[str]:
    """Read a csv that a manifest vouches for."""
    content = (folder / manifest["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == manifest["sha256"]
    assert len(content) == manifest["bytes"]
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert len(rows) == manifest["count"]
    return [row["工单编号"] for row in rows]


def delivered(folder: Path) -> list[list[str]]:
    return [numbers(folder, manifest) for manifest in manifests(folder)]


def test_each_drop_holds_what_changed_since_the_one_before(
    open_drops: Open, desk: Desk, new_ticket: Make, folder: Path, clock: StandingClock
):
    drops = open_drops()
    one, two = desk.file(new_ticket()).number, desk.file(new_ticket()).number
    drops.run_once()
    clock.forward(days=1)
    desk.move(one, "dispatch", actor=SUPERVISOR, office="司门前镇")
    drops.run_once()

    assert delivered(folder) == [[one, two], [one]]


def test_a_drop_begins_where_the_one_before_ended(
    open_drops: Open, engine: Engine, desk: Desk, new_ticket: Make, folder: Path, clock: StandingClock
):
    """清单里的起止位置首尾相接，也能拿去接口拉取。"""
    drops = open_drops()
    for _ in range(3):
        desk.file(new_ticket())
        drops.run_once()
        clock.forward(days=1)

    found = manifests(folder)

    assert [one["drop"] for one in found] == [1, 2, 3]
    assert [one["from_cursor"] for one in found[1:]] == [one["to_cursor"] for one in found[:-1]]
    assert found[0]["from_cursor"] != found[0]["to_cursor"]
    pulls = TicketPulls(engine, Sealer(KEY))
    assert len(list(pulls.changes(pulls.begin(found[0]["to_cursor"])))) == 2


def test_a_drop_is_due_once_a_day_at_its_time(
    open_drops: Open, desk: Desk, new_ticket: Make, clock: StandingClock
):
    """北京时间两点一份；错过了，开机就补。"""
    drops = open_drops(at="02:00")
    desk.file(new_ticket())
    clock.now = datetime(2026, 3, 12, 1, 0, tzinfo=BEIJING)
    made = []
    for hours in (0, 0.5, 0.6, 23, 1, 24 * 3, 1):
        clock.forward(hours=hours)
        made.append((clock.now.astimezone(BEIJING).strftime("%d %H:%M"), len(drops.run_once())))

    assert made == [
        ("12 01:00", 1),
        ("12 01:30", 0),
        ("12 02:06", 1),
        ("13 01:06", 0),
        ("13 02:06", 1),
        ("16 02:06", 1),
        ("16 03:06", 0),
    ]


def test_a_day_without_changes_still_says_so(open_drops: Open, folder: Path):
    """没有变化也给一份空的：收的人知道热线还活着。"""
    open_drops().run_once()

    assert manifests(folder)[0]["count"] == 0
    assert delivered(folder) == [[]]


@pytest.mark.parametrize("file_format", ["xlsx", "jsonl"])
def test_a_drop_comes_in_the_format_and_profile_that_were_asked_for(
    open_drops: Open, desk: Desk, new_ticket: Make, folder: Path, file_format: str
):
    number = desk.file(new_ticket()).number

    open_drops(format=file_format, profile="12345").run_once()

    [manifest] = manifests(folder)
    path = folder / manifest["file"]
    assert (manifest["format"], manifest["profile"], path.suffix) == (file_format, "12345", f".{file_format}")
    if file_format == "jsonl":
        assert json.loads(path.read_text("utf-8"))["number"] == number
    else:
        assert openpyxl.load_workbook(path).worksheets[0]["B2"].value == number


def test_a_drop_is_masked_unless_a_reason_is_set_and_that_is_on_record(
    open_drops: Open, engine: Engine, desk: Desk, new_ticket: Make, folder: Path, clock: StandingClock
):
    desk.file(new_ticket())
    desk.file(new_ticket(anonymous=True, applicant=Person("石大海", "13900001111"), description="救救我"))
    open_drops().run_once()
    clock.forward(days=1)
    for ticket in desk.list():
        desk.supplement(ticket.number, "又来催")
    open_drops(reveal="移交县民政局").run_once()

    masked, full = ((folder / one["file"]).read_text("utf-8-sig") for one in manifests(folder))

    assert [one["revealed"] for one in manifests(folder)] == [False, True]
    assert "李秀英" not in masked and "李秀英" in full
    assert "石大海" not in full and "13900001111" not in full
    with engine.connect() as connection:
        [told] = connection.execute(select(ticket_disclosures)).mappings()
    assert (told["actor"], told["reason"]) == ("case-system:county", "移交县民政局")
    assert manifests(folder)[1]["file"] in told["scope"]


def test_the_files_are_for_the_group_too(open_drops: Open, folder: Path):
    open_drops().run_once()

    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o640}


def test_a_missing_folder_is_a_warning_and_the_drop_is_made_when_it_is_back(
    open_drops: Open, desk: Desk, new_ticket: Make, folder: Path, caplog: pytest.LogCaptureFixture
):
    """共享盘没挂上：不自己建目录，等它回来。"""
    number = desk.file(new_ticket()).number
    folder.rmdir()
    drops = open_drops()

    assert drops.run_once() == []
    assert not folder.exists()
    [warning] = [record for record in caplog.records if record.getMessage() == "drop_failed"]
    assert "see to the folder" in warning.error and str(folder) in warning.error
    folder.mkdir()
    assert open_drops().make("county").count == 1, "another process need not wait for one that failed"

    assert delivered(folder) == [[number]]


def test_a_full_disk_leaves_nothing_behind_and_the_drop_is_made_later(
    open_drops: Open, desk: Desk, new_ticket: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    number = desk.file(new_ticket()).number
    drops = open_drops()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(BadRequest, match="No space left"):
            drops.make("county")
    assert list(folder.iterdir()) == []
    drops.run_once()

    assert delivered(folder) == [[number]]


def test_a_wrong_file_of_case_systems_is_a_warning(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    table = tmp_path / "case_systems.yml"
    table.write_text("- {name: county, drop: {}}", "utf-8")
    drops = Drops(engine, Sealer(KEY), lambda: load_case_systems(table), StandingClock())

    assert drops.run_once() == []
    assert [record.getMessage() for record in caplog.records] == ["drops_not_known"]


def test_a_system_that_gets_no_drops_is_told_from_those_that_do(open_drops: Open):
    with pytest.raises(NotFound, match="there are: county"):
        open_drops().make("province")


def test_two_processes_do_not_make_one_drop(
    open_drops: Open, desk: Desk, new_ticket: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    number = desk.file(new_ticket()).number
    first, other = open_drops(), open_drops()

    def meanwhile(*arguments, **options) -> int:
        with pytest.raises(Conflict, match="another process"):
            other.make("county")
        assert other.run_once() == []
        return export_tickets(*arguments, **options)

    monkeypatch.setattr("tickets.drops.export_tickets", meanwhile)
    first.make("county")

    assert delivered(folder) == [[number]]


def test_a_process_that_was_away_too_long_leaves_the_drop_to_the_one_that_took_over(
    open_drops: Open,
    desk: Desk,
    new_ticket: Make,
    folder: Path,
    clock: StandingClock,
    monkeypatch: pytest.MonkeyPatch,
):
    """机器睡着了再醒来：别人已经接手写完，它就不再写。"""
    number = desk.file(new_ticket()).number
    first, other = open_drops(), open_drops()

    def meanwhile(*arguments, **options) -> int:
        monkeypatch.undo()
        clock.now += 2 * LEASE
        other.make("county")
        return export_tickets(*arguments, **options)

    monkeypatch.setattr("tickets.drops.export_tickets", meanwhile)
    with pytest.raises(Conflict, match="taken over"):
        first.make("county")

    assert delivered(folder) == [[number]]


def test_a_file_that_has_its_manifest_is_never_written_again(
    open_drops: Open, desk: Desk, new_ticket: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """清单一出，对方可能正在读：重启后只记账，不动文件；之后的变化归下一份。"""
    number = desk.file(new_ticket()).number
    drops = open_drops()

    def killed(*arguments) -> None:
        write_manifest(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("tickets.drops.write_manifest", killed)
        with pytest.raises(KeyboardInterrupt):
            drops.make("county")
    desk.supplement(number, "又来催")
    before = {path.name: (path.stat().st_ino, path.read_bytes()) for path in folder.iterdir()}
    drops.make("county")

    assert {path.name: (path.stat().st_ino, path.read_bytes()) for path in folder.iterdir()} == before
    drops.make("county")
    assert delivered(folder) == [[number], [number]]


def test_killed_at_any_point_nothing_is_lost_and_nothing_comes_twice(
    sqlite_file: Path, sqlite_engine: Engine, new_ticket: Make, clock: StandingClock, folder: Path
):
    """kill -9 在任何一步，接手的再被杀一次：有清单的文件合起来，每次变化正好一次。"""
    desk = open_desk(sqlite_engine, Sealer(KEY), clock)
    chance = random.Random(1)
    root = Path(__file__).parents[2]
    program = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("drop_process.py")), str(sqlite_file), str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    hours = count()

    def run(point: int) -> int:
        assert program.stdin and program.stdout
        program.stdin.write(f"{point} {next(hours)}\n")
        program.stdin.flush()
        return int(program.stdout.readline())

    filed, kills, outcome = [], 0, -signal.SIGKILL
    point = 0
    while outcome == -signal.SIGKILL:
        point += 1
        filed.append(desk.file(new_ticket()).number)
        outcome = run(point)
        if outcome:
            kills += 1 + (run(chance.randint(1, 30)) == -signal.SIGKILL)
            assert run(0) == 0
    program.communicate(timeout=10)
    print(f"\n{point} rounds, {kills} kills")

    assert outcome == 0 and kills > 40
    assert sorted(number for drop in delivered(folder) for number in drop) == sorted(filed)
    assert [one["drop"] for one in manifests(folder)] == list(range(1, len(manifests(folder)) + 1))
    assert not list(folder.glob(".*.part"))


def test_the_command_makes_a_drop_now_and_prints_its_manifest(
    tmp_path: Path, folder: Path, new_ticket: Make, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("HOTLINE_DATABASE_URL", raising=False)
    system = [{"name": "county", "drop": {"folder": str(folder)}}]
    (tmp_path / "case_systems.yml").write_text(yaml.safe_dump(system), "utf-8")
    number = open_desk_from(Settings()).file(new_ticket()).number
    app = typer.Typer()
    app.command("drop")(drop_command)

    done = CliRunner().invoke(app, ["county"])
    unknown = CliRunner().invoke(app, ["province"])

    assert json.loads(done.stdout)["count"] == 1
    assert delivered(folder) == [[number]]
    assert unknown.exit_code == 1 and "county" in unknown.stderr
