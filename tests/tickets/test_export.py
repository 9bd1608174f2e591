"""Exports: complete, masked, and harmless in a spreadsheet."""

import csv
import io
import json
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tickets.errors import BadRequest
from tickets.export import default_name, export_tickets, whole_file
from tickets.model import Actor, NewTicket, Person, Role, Ticket
from tickets.profiles import load_profile, profile_names
from tickets.service import Desk

Make = Callable[..., NewTicket]
PHONE = "13812345678"
FORMULAS = ['=HYPERLINK("http://x","点我")', "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "＝1+1"]


@pytest.fixture
def ticket(desk: Desk, new_ticket: Make) -> Ticket:
    number = desk.file(new_ticket(applicant=Person("李秀英", PHONE, "430524195003120028"))).number
    return desk.move(number, "dispatch", actor=Actor("017", Role.DISPATCHER), office="司门前镇")


def exported(
    tickets: list[Ticket], format_name: str, *, reveal: bool = False, profile: str = "generic"
) -> bytes:
    out = io.BytesIO()
    assert export_tickets(tickets, load_profile(profile), format_name, out, reveal=reveal) == len(tickets)
    return out.getvalue()


def csv_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def sheet(content: bytes) -> Worksheet:
    found = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert isinstance(found, Worksheet)
    return found


def xlsx_rows(content: bytes) -> list[dict[str, object]]:
    headers, *rows = sheet(content).iter_rows(values_only=True)
    return [dict(zip(map(str, headers), row, strict=True)) for row in rows]


def test_a_csv_opens_in_excel_with_chinese_headings(ticket: Ticket):
    content = exported([ticket], "csv")

    assert content.startswith(b"\xef\xbb\xbf" + "工单编号".encode())
    row = csv_rows(content)[0]
    assert row["工单编号"] == ticket.number
    assert (row["状态"], row["类别"], row["县市区"]) == ("派单", "临时救助", "隆回县")


def test_times_are_beijings(ticket: Ticket):
    """三月十二日北京时间九点受理。"""
    assert csv_rows(exported([ticket], "csv"))[0]["受理时间"] == "2026-03-12 09:00:00"
    assert xlsx_rows(exported([ticket], "xlsx"))[0]["受理时间"] == datetime(2026, 3, 12, 9, 0)
    assert json.loads(exported([ticket], "jsonl"))["opened_at"] == "2026-03-12T09:00:00+08:00"


@pytest.mark.parametrize("format_name", ["csv", "jsonl"])
def test_personal_data_is_masked_unless_it_is_revealed(ticket: Ticket, format_name: str):
    """默认遮盖；说明理由才给全。诉求原话里的电话也一样。"""
    masked = exported([ticket], format_name).decode()
    full = exported([ticket], format_name, reveal=True).decode()

    for secret in (PHONE, "430524195003120028", "李秀英", "石桥村"):
        assert secret in full
        assert secret not in masked
    assert "138****5678" in masked
    assert "李**" in masked


def test_a_column_that_does_not_say_so_never_reveals(ticket: Ticket, tmp_path: Path):
    """写配置的人忘了标注，也只会多遮，不会泄露。"""
    profile = tmp_path / "bureau.yml"
    profile.write_text("columns:\n  - {field: applicant.phone, header: 电话}\n", encoding="utf-8")

    assert csv_rows(exported([ticket], "csv", reveal=True, profile=str(profile))) == [{"电话": "138****5678"}]


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_in_the_citizens_words_is_not_run(ticket: Ticket, formula: str):
    """群众写的内容不能在表格里变成公式。"""
    attacked = replace(ticket, summary=formula)

    assert csv_rows(exported([attacked], "csv"))[0]["事由"] == "'" + formula
    headers = [cell.value for cell in sheet(exported([attacked], "xlsx"))[1]]
    cell = sheet(exported([attacked], "xlsx")).cell(2, headers.index("事由") + 1)
    assert cell.data_type == "s"


def test_line_breaks_quotes_and_commas_survive(ticket: Ticket):
    words = '他说："没米了，\n孩子在哭"'
    told = replace(ticket, description=words)

    assert csv_rows(exported([told], "csv"))[0]["诉求内容"] == words
    assert xlsx_rows(exported([told], "xlsx"))[0]["诉求内容"] == words
    assert json.loads(exported([told], "jsonl"))["description"] == words


def test_control_characters_do_not_break_a_workbook(ticket: Ticket):
    told = replace(ticket, summary="断粮\x00\x0b两天")

    assert xlsx_rows(exported([told], "xlsx"))[0]["事由"] == "断粮两天"


def test_an_id_number_stays_text_in_a_workbook(ticket: Ticket):
    """身份证号变成科学计数法就毁了。"""
    row = xlsx_rows(exported([ticket], "xlsx", reveal=True))[0]

    assert row["身份证号"] == "430524195003120028"
    assert row["联系电话"] == PHONE


def test_the_headings_of_a_workbook_stay_in_view(ticket: Ticket):
    assert sheet(exported([ticket], "xlsx")).freeze_panes == "A2"


def test_a_jsonl_line_has_the_fields_of_the_contract(ticket: Ticket):
    record = json.loads(exported([ticket], "jsonl"))

    assert record["status"] == "dispatched"
    assert record["area"]["township"] == "司门前镇"
    assert record["applicant"]["phone"] == "138****5678"
    assert record["anonymous"] is False
    assert record["related"] == []


@pytest.mark.parametrize("format_name", ["csv", "xlsx"])
def test_an_export_of_nothing_still_has_its_headings(format_name: str):
    content = exported([], format_name)
    headings = content.decode("utf-8-sig") if format_name == "csv" else str(sheet(content)["A1"].value)

    assert headings.startswith("工单编号")


def test_tickets_are_written_while_they_are_read(ticket: Ticket):
    """边读边写，不先攒在内存里。"""
    out = io.BytesIO()
    sizes = []

    def stream():
        for _ in range(3):
            sizes.append(out.tell())
            yield ticket

    export_tickets(stream(), load_profile("generic"), "jsonl", out)

    assert sizes == sorted(set(sizes))


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path):
    target = tmp_path / "tickets.csv"
    target.write_text("上次的导出")

    with pytest.raises(RuntimeError), whole_file(target) as file:
        file.write(b"half")
        raise RuntimeError("interrupted")

    assert target.read_text() == "上次的导出"
    assert [path.name for path in tmp_path.iterdir()] == ["tickets.csv"]


def test_an_export_file_is_for_its_owner_only(tmp_path: Path):
    target = tmp_path / "tickets.csv"

    with whole_file(target) as file:
        file.write(b"x")

    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_folder_that_is_not_there_is_said_clearly(tmp_path: Path):
    with pytest.raises(BadRequest, match="cannot write"), whole_file(tmp_path / "no" / "tickets.csv"):
        pass


def test_the_default_name_tells_profile_and_time(ticket: Ticket):
    name = default_name(load_profile("generic"), "xlsx", ticket.opened_at)

    assert name == "tickets-generic-20260312-090000.xlsx"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("columns:\n  - {field: applicant.salary, header: 工资}\n", r"no field 'applicant\.salary'"),
        ("columns:\n  - {field: number}\n", "header"),
        ("columns:\n  - {field: number, header: 编号, personal: shout}\n", "shout"),
        ("- just a list\n", "not valid"),
    ],
)
def test_a_wrong_profile_is_refused_with_the_reason(tmp_path: Path, content: str, said: str):
    profile = tmp_path / "wrong.yml"
    profile.write_text(content, encoding="utf-8")

    with pytest.raises(BadRequest, match=said):
        load_profile(str(profile))


def test_an_unknown_profile_names_those_there_are():
    with pytest.raises(BadRequest, match="generic"):
        load_profile("../generic")


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_that_ships_reads(name: str):
    assert load_profile(name).columns


def test_an_unknown_format_is_refused(ticket: Ticket):
    with pytest.raises(BadRequest, match="csv, xlsx, jsonl"):
        exported([ticket], "pdf")
