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
from tickets.model import Actor, Category, NewTicket, Role, Urgency
from tickets.service import Desk
from tickets.triage_model.training import read_corrections

Make = Callable[..., NewTicket]
SUPERVISOR = Actor("001", Role.SUPERVISOR)
FIRE = "昨天厨房起火，东西都烧了"


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


def run(*arguments: str, stdin: str | None = None):
    return CliRunner().invoke(tickets_app, list(arguments), input=stdin, catch_exceptions=False)


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
    live_desk.move(number, "dispatch", actor=SUPERVISOR, office="住建局")

    def numbers(*options: str) -> list[str]:
        return [record["number"] for record in json.loads(run("list", "--json", *options).stdout)]

    assert numbers("--status", "dispatched") == [number]
    assert numbers("--category", "住房救助") == [number]
    assert numbers("--office", "住建局") == [number]
    assert numbers("--adcode", "33") == []
    assert numbers("--urgency", "紧急") == []
    assert numbers("--due-before", "2020-01-01") == numbers("--overdue") == []
    assert len(numbers("--due-before", "2999-01-01")) == 2
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
        (["file", FIRE, "--adcode", "999999"], "is no place"),
        (["file", " "], "the applicant's words"),
    ],
)
def test_trouble_is_one_clear_sentence(data_dir: Path, arguments: list[str], said: str):
    done = run(*arguments)

    assert done.exit_code == 1
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert said in done.stderr


def test_a_request_is_filed_and_added_to_when_it_comes_again(data_dir: Path):
    """同一个人催同一件事：补充到原工单；加 --separate 才单独立单。"""
    asked = ["--place", "隆回县司门前镇", "--phone", "13812345678", "--category", "临时救助"]

    first = json.loads(run("file", FIRE, *asked, "--json").stdout)
    again = run("file", FIRE + "，怎么还没人来", *asked).stdout
    separate = json.loads(run("file", FIRE, *asked, "--separate", "--json").stdout)

    assert (first["area"]["adcode"], first["channel"], first["added"]) == ("430524", "phone", False)
    assert first["applicant"]["phone"] == "138****5678"
    assert first["number"] in again and "补充" in again
    assert separate["number"] != first["number"] and separate["related"] == [first["number"]]


def test_a_request_with_the_same_origin_is_filed_once(data_dir: Path):
    filed = [json.loads(run("file", FIRE, "--origin", "call-7", "--json").stdout) for _ in range(2)]

    assert filed[0]["number"] == filed[1]["number"]


def test_words_and_numbers_may_come_from_the_standard_input(live_desk: Desk, new_ticket: Make):
    """电话不写在命令行上，就不会留在进程表和历史记录里。"""
    number = live_desk.file(new_ticket()).number

    found = json.loads(run("list", "--phone", "-", "--json", stdin="138 1234 5678\n").stdout)
    filed = json.loads(run("file", "-", "--json", stdin="孩子没钱上学\n").stdout)

    assert [record["number"] for record in found] == [number]
    assert filed["description"] == "孩子没钱上学"


def test_a_ticket_is_moved_and_the_next_moves_are_told(live_desk: Desk, new_ticket: Make):
    number = live_desk.file(new_ticket()).number

    before = [move["transition"] for move in json.loads(run("moves", number, "--json").stdout)]
    done = run("move", number, "dispatch", "--office", "隆回县民政局").stdout
    after = run("moves", number).stdout

    assert "dispatch" in before and "sign" not in before
    assert done == f"{number} 已派单，当前状态：派单\n"
    assert "签收" in after and "改派" in after and "承办单位、理由" in after


def test_a_move_that_is_not_allowed_names_those_that_are(live_desk: Desk, new_ticket: Make):
    number = live_desk.file(new_ticket()).number

    done = run("move", number, "archive")

    assert done.exit_code == 1
    assert "dispatch, answer_directly, merge, withdraw" in done.stderr


def test_a_correction_says_what_it_changed(live_desk: Desk, new_ticket: Make):
    number = live_desk.file(new_ticket()).number

    record = json.loads(
        run(
            "correct", number, "--reason", "电话核实", "--urgency", "紧急", "--adcode", "430525", "--json"
        ).stdout
    )
    shown = run("show", number).stdout

    assert (record["urgency"], record["area"]["county"]) == ("紧急", "洞口县")
    assert record["history"][-1]["changes"]["urgency"] == ["普通", "紧急"]
    assert "更正登记" in shown and "电话核实" in shown
    assert "紧急程度：普通 → 紧急" in shown and "县：隆回县 → 洞口县" in shown


def test_what_agents_corrected_is_kept_for_training(live_desk: Desk, new_ticket: Make, data_dir: Path):
    """坐席改过的类别、紧急程度留作训练数据，原话先遮盖；没改过的不算。"""
    live_desk.file(new_ticket(category=Category.MEDICAL))
    number = live_desk.file(new_ticket()).number
    run("correct", number, "--reason", "电话核实", "--category", "受灾救助")

    given = run("corrections").stdout
    (data_dir / "corrections.jsonl").write_text(given, "utf-8")
    examples = read_corrections(data_dir / "corrections.jsonl")

    assert len(examples) == 1
    assert json.loads(given)["category"] == "受灾救助"
    assert "13812345678" not in given and "李秀英" not in given


def test_a_correction_on_an_old_version_is_refused(live_desk: Desk, new_ticket: Make):
    number = live_desk.file(new_ticket()).number

    done = run("correct", number, "--reason", "核实", "--urgency", "紧急", "--version", "7")

    assert done.exit_code == 1
    assert "version 1, not 7" in done.stderr


def test_added_words_are_split_off(live_desk: Desk, new_ticket: Make):
    number = live_desk.file(new_ticket()).number

    run("add-words", number, "另外孩子没钱上学", "--urgency", "优先")
    new = json.loads(run("split", number, "2", "--reason", "另一件事", "--json").stdout)

    assert live_desk.find(number).urgency == "优先"
    assert (new["description"], new["related"]) == ("另外孩子没钱上学", [number])


def test_tickets_are_linked_and_unlinked(live_desk: Desk, new_ticket: Make):
    one = live_desk.file(new_ticket()).number
    other = live_desk.file(new_ticket(category=Category.MEDICAL)).number

    linked = run("link", one, other, "--reason", "同一户")
    related = live_desk.find(other).related
    run("unlink", one, other, "--reason", "弄错了")

    assert linked.exit_code == 0 and related == (one,)
    assert live_desk.find(one).related == ()


def test_what_is_late_comes_first(live_desk: Desk, new_ticket: Make):
    """先办快到期的：按本环节期限排，不按登记先后。"""
    calm = live_desk.file(new_ticket(category=Category.MEDICAL)).number
    urgent = live_desk.file(new_ticket(urgency=Urgency.URGENT)).number

    listed = [record["number"] for record in json.loads(run("due", "--hours", "9000", "--json").stdout)]

    assert listed == [urgent, calm]
    assert json.loads(run("due", "--hours", "0", "--json").stdout) == []
    assert "本环节期限" in run("due", "--hours", "9000").stdout


def test_the_record_of_disclosures_is_listed(live_desk: Desk, new_ticket: Make):
    number = live_desk.file(new_ticket()).number
    run("show", number, "--reveal", "回访核对电话")

    record = json.loads(run("disclosures", "--json").stdout)[0]

    assert (record["number"], record["reason"], record["scope"]) == (number, "回访核对电话", "ticket")
    assert "回访核对电话" in run("disclosures").stdout
    assert json.loads(run("disclosures", "--since", "2999-01-01", "--json").stdout) == []


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
