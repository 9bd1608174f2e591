"""`hotline tickets …` on a real database, as an operator types it."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from api.commands.tickets import tickets_app
from api.parts import open_desk_from
from api.settings import Settings
from tickets.model import Actor, Category, NewTicket, Role
from tickets.service import Desk

Make = Callable[..., NewTicket]


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("HOTLINE_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def live_desk(data_dir: Path) -> Desk:
    """The desk on the database that the commands open."""
    return open_desk_from(Settings())


def run(*arguments: str):
    return CliRunner().invoke(tickets_app, list(arguments), catch_exceptions=False)


def disclosures(data_dir: Path) -> list[tuple[str, str]]:
    with create_engine(f"sqlite:///{data_dir / 'hotline.db'}").connect() as connection:
        return [
            tuple(row) for row in connection.execute(text("SELECT scope, reason FROM ticket_disclosures"))
        ]


def test_an_empty_desk_lists_nothing(data_dir: Path):
    assert run("list").stdout == "没有符合条件的工单。\n"
    assert json.loads(run("list", "--json").stdout) == []


def test_the_list_shows_tickets_masked(live_desk: Desk, new_ticket: Make):
    number = live_desk.file(new_ticket()).number

    shown = run("list").stdout
    record = json.loads(run("list", "--json").stdout)[0]

    assert number in shown and "受理" in shown and "隆回县" in shown
    assert (record["number"], record["applicant"]["phone"]) == (number, "138****5678")
    assert "13812345678" not in json.dumps(record)


def test_the_list_is_narrowed(live_desk: Desk, new_ticket: Make):
    live_desk.file(new_ticket(category=Category.MEDICAL))
    number = live_desk.file(new_ticket(category=Category.HOUSING)).number
    live_desk.move(number, "dispatch", actor=Actor("017", Role.DESK), office="住建局")

    def numbers(*options: str) -> list[str]:
        return [record["number"] for record in json.loads(run("list", "--json", *options).stdout)]

    assert numbers("--status", "dispatched") == [number]
    assert numbers("--category", "住房救助") == [number]
    assert numbers("--since", "2999-01-01") == []
    assert len(numbers("--since", "2026-01-01", "--limit", "1")) == 1


def test_a_ticket_is_shown_masked_with_its_history(live_desk: Desk, new_ticket: Make):
    number = live_desk.file(new_ticket(summary="[red]屋里着火[/red]\x1b[2J")).number

    shown = run("show", number.replace("-", " ")).stdout

    assert number in shown and "登记受理" in shown and "李**" in shown
    assert "[red]屋里着火[/red]" in shown and "\x1b" not in shown
    assert "李秀英" not in shown and "石桥村" not in shown


def test_a_ticket_is_shown_in_full_only_with_a_reason_on_record(
    live_desk: Desk, new_ticket: Make, data_dir: Path
):
    number = live_desk.file(new_ticket()).number

    record = json.loads(run("show", number, "--json", "--reveal", "回访核对电话").stdout)

    assert record["applicant"]["name"] == "李秀英"
    assert disclosures(data_dir) == [("ticket", "回访核对电话")]


@pytest.mark.parametrize("format_name", ["csv", "xlsx", "jsonl"])
def test_an_export_lies_where_it_was_asked_for(
    live_desk: Desk, new_ticket: Make, data_dir: Path, format_name: str
):
    numbers = [live_desk.file(new_ticket()).number for _ in range(3)]
    target = data_dir / f"out.{format_name}"

    done = run("export", "--format", format_name, "--out", str(target))

    assert done.exit_code == 0
    assert "3" in done.stderr
    assert exported_numbers(target, format_name) == numbers


def exported_numbers(path: Path, format_name: str) -> list[object]:
    if format_name == "csv":
        return [
            row["工单编号"] for row in csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""))
        ]
    if format_name == "xlsx":
        return [row[0] for row in load_workbook(path).worksheets[0].iter_rows(min_row=2, values_only=True)]
    return [json.loads(line)["number"] for line in path.read_text("utf-8").splitlines()]


def test_an_export_to_the_standard_output_is_nothing_but_the_export(live_desk: Desk, new_ticket: Make):
    number = live_desk.file(new_ticket()).number

    lines = run("export", "--format", "jsonl", "--out", "-").stdout.splitlines()

    assert [json.loads(line)["number"] for line in lines] == [number]


def test_an_export_without_a_name_gets_one(live_desk: Desk, data_dir: Path):
    run("export")

    assert [path.name[:16] for path in data_dir.glob("*.csv")] == ["tickets-generic-"]


def test_an_export_in_full_is_on_record(live_desk: Desk, new_ticket: Make, data_dir: Path):
    live_desk.file(new_ticket())

    shown = run("export", "--out", "-", "--reveal", "移交县民政局", "--since", "2026-01-01").stdout

    assert "430524195003120028" in shown
    assert disclosures(data_dir) == [("export generic csv since 2026-01-01T00:00:00+08:00", "移交县民政局")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "20260312-0001-1"], "hotline tickets list"),
        (["show", "2026"], "not a ticket number"),
        (["export", "--format", "pdf"], "csv, xlsx, jsonl"),
        (["export", "--profile", "nobody"], "generic"),
        (["export", "--out", "/nowhere/x.csv"], "choose another --out"),
        (["export", "--out", "-", "--reveal", " "], "needs a reason"),
    ],
)
def test_trouble_is_one_clear_sentence(data_dir: Path, arguments: list[str], said: str):
    done = run(*arguments)

    assert done.exit_code == 1
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert said in done.stderr


def test_a_date_that_is_none_is_refused(data_dir: Path):
    done = run("list", "--since", "去年")

    assert done.exit_code == 2
    assert "2026-01-31" in done.stderr


def test_a_database_of_another_key_is_said_so(live_desk: Desk, new_ticket: Make, data_dir: Path):
    """换了钥匙：说清楚是钥匙不对，不是满屏乱码。"""
    live_desk.file(new_ticket())
    (data_dir / "master.key").unlink()

    done = run("list")

    assert done.exit_code == 1
    assert "master key" in done.stderr


def test_the_clock_of_the_commands_is_real(live_desk: Desk, new_ticket: Make):
    filed = live_desk.file(new_ticket())

    assert abs((datetime.now(UTC) - filed.opened_at).total_seconds()) < 60
