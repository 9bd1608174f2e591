"""导出配置：栏目、代码、固定值、群众后来补充的话；写错了，说得出哪个文件哪一行。"""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands.tickets import tickets_app
from api.parts import open_desk_from
from api.settings import Settings
from tickets.errors import BadRequest
from tickets.export import export_tickets, record_of
from tickets.model import Actor, Category, NewTicket, Role, Status, Ticket, Urgency
from tickets.profiles import CODES, FOLDER, load_profile, named_profile, profile_names
from tickets.record import field_value
from tickets.service import Desk

Make = Callable[..., NewTicket]
DISPATCHER = Actor("005", Role.DISPATCHER)


@pytest.fixture
def ticket(desk: Desk, new_ticket: Make) -> Ticket:
    return desk.file(new_ticket(relation="父亲", beneficiary="李大山"))


def row(ticket: Ticket, profile: str, own: Path | None = None, *, reveal: bool = False) -> dict[str, str]:
    out = io.BytesIO()
    export_tickets([ticket], load_profile(profile, own), "csv", out, reveal=reveal)
    [found] = csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline=""))
    return found


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")
    return path


def test_the_shipped_profiles_are_these():
    assert profile_names() == ["12345", "generic", "social-assistance"]


def test_a_12345_work_order_has_codes_beside_the_words(ticket: Ticket):
    found = row(ticket, "12345")

    assert found["来源系统"] == "社会救助热线"
    assert (found["诉求分类代码"], found["诉求分类"]) == ("990103", "临时救助")
    assert (found["诉求类型"], found["受理渠道"]) == ("求助", "网络")
    assert (found["工单状态代码"], found["工单状态"]) == ("10", "受理")
    assert (found["紧急程度代码"], found["是否保密"]) == ("1", "0")


def test_social_assistance_tells_the_one_helped_from_the_one_who_called(ticket: Ticket):
    found = row(ticket, "social-assistance", reveal=True)

    assert (found["救助类型代码"], found["救助类型"]) == ("08", "临时救助")
    assert (found["诉求人姓名"], found["求助对象姓名"]) == ("李秀英", "李大山")
    assert (found["求助对象与诉求人关系代码"], found["求助对象与诉求人关系"]) == ("51", "父亲")


def test_a_relation_without_a_code_is_another(desk: Desk, new_ticket: Make):
    assert (
        row(desk.file(new_ticket(relation="干妈")), "social-assistance")["求助对象与诉求人关系代码"] == "99"
    )
    assert row(desk.file(new_ticket(relation=None)), "social-assistance")["求助对象与诉求人关系代码"] == ""


@pytest.mark.parametrize("name", ["12345", "social-assistance"])
def test_every_category_urgency_and_status_has_a_code(name: str):
    """新加一类诉求，代码表没跟上，读配置时就报错。"""
    closed = {"category": Category, "urgency": Urgency, "status": Status}
    for column in load_profile(name).columns:
        if column.code and column.field in closed:
            assert all(column.code.code_of(value) for value in closed[column.field])


@pytest.mark.parametrize("path", sorted(FOLDER.glob(f"{CODES}/*.yml")), ids=lambda path: path.stem)
def test_a_code_table_says_what_it_was_checked_against(path: Path):
    assert "checked: " in path.read_text("utf-8") and "source: " in path.read_text("utf-8")


def test_words_added_later_stand_behind_the_description_with_their_time(desk: Desk, ticket: Ticket, clock):
    clock.forward(hours=2)
    desk.supplement(ticket.number, "老人昨晚发烧了，电话13987654321")
    longer = desk.find(ticket.number)

    words = row(longer, "12345", reveal=True)["诉求内容"]
    masked = row(longer, "12345")["诉求内容"]

    added = "[2026-03-12 11:00] 老人昨晚发烧了，电话13987654321"
    assert words == f"{ticket.description}\n{added}"
    assert "13987654321" not in masked and "139****4321" in masked


def test_words_that_were_split_off_are_left_to_their_own_ticket(desk: Desk, ticket: Ticket):
    desk.supplement(ticket.number, "孩子的学费也凑不齐")
    other = desk.split(ticket.number, 2, actor=DISPATCHER, reason="另一件事")

    assert field_value(desk.find(ticket.number), "words") == ticket.description
    assert field_value(other, "words") == "孩子的学费也凑不齐"


def test_the_result_is_what_was_answered_last(desk: Desk, ticket: Ticket):
    assert field_value(ticket, "result") is None

    answered = desk.move(
        ticket.number, "answer_directly", actor=Actor("017", Role.DESK), reason="已送去临时救助金"
    )

    assert row(answered, "12345", reveal=True)["办理结果"] == "已送去临时救助金"


def test_jsonl_keeps_the_words_and_gives_codes_a_name_of_their_own(ticket: Ticket):
    record = record_of(ticket, load_profile("12345"))

    assert (record["category"], record["category_code"]) == ("临时救助", "990103")
    assert (record["request_kind"], record["source_system"]) == ("求助", "社会救助热线")
    assert json.loads(json.dumps(record)) == record


def test_codes_are_never_revealed_or_hidden_by_accident(desk: Desk, new_ticket: Make):
    """保密工单：代码照给，人不给。"""
    found = row(desk.file(new_ticket(anonymous=True)), "12345", reveal=True)

    assert found["是否保密"] == "1"
    assert (found["来电人姓名"], found["联系电话"], found["身份证号"], found["详细地址"]) == ("", "", "", "")


def test_an_office_replaces_a_code_table_and_keeps_the_profile(ticket: Ticket, tmp_path: Path):
    codes = "".join(f'  {each.value}: "A{index}"\n' for index, each in enumerate(Category))
    write(tmp_path / "codes/matter-12345.yml", f"checked: 2026-03-01\ncodes:\n{codes}")

    assert row(ticket, "12345", tmp_path)["诉求分类代码"] == "A2"
    assert row(ticket, "12345")["诉求分类代码"] == "990103"


def test_an_office_adds_and_replaces_profiles(ticket: Ticket, tmp_path: Path):
    write(tmp_path / "changsha.yml", "columns:\n  - {field: number, header: 编号}\n")
    write(tmp_path / "12345.yml", "columns:\n  - {field: number, header: 单号}\n")

    assert profile_names(tmp_path) == ["12345", "changsha", "generic", "social-assistance"]
    assert row(ticket, "changsha", tmp_path) == {"编号": ticket.number}
    assert row(ticket, "12345", tmp_path) == {"单号": ticket.number}


def test_a_profile_file_brings_its_own_codes(ticket: Ticket, tmp_path: Path):
    write(tmp_path / "codes/house.yml", 'codes: {web: "W"}\nother: "X"\n')
    path = write(tmp_path / "p.yml", "columns:\n  - {field: channel, code: house, header: 渠道}\n")

    assert row(ticket, str(path)) == {"渠道": "W"}


def test_over_the_network_only_names_are_read(tmp_path: Path):
    path = write(tmp_path / "p.yml", "columns:\n  - {field: number, header: 编号}\n")

    for name in (str(path), "../generic", "codes/yes-no", "generic.yml", ""):
        with pytest.raises(BadRequest, match="there are 12345, generic"):
            named_profile(name)


@pytest.mark.parametrize(
    ("second_row", "said"),
    [
        ("{field: applicant.salary, header: 工资}", r"row 2: tickets have no field 'applicant\.salary'"),
        ("{field: category}", "row 2: category: it has no header"),
        (
            "{field: category, header: 类, code: nowhere}",
            "row 2: category: no code table 'nowhere'; th",
        ),
        ("{field: category, header: 类, code: ../generic}", "row 2: category: no code table"),
        ("{field: category, header: 类, code: yes-no}", "row 2: category: .*yes-no.yml has no code for 低保"),
        ("{field: summary, header: 事由, code: yes-no}", "row 2: summary: .*unlisted values, and no `other`"),
        ("{field: summary, constant: x, header: 事由}", "row 2: summary: give either field or constant"),
        ("{header: 事由}", "row 2: 事由: give either field or constant"),
        ("{constant: x, header: 来源}", "row 2: 来源: a constant needs a name"),
        ("{field: summary, header: 事由, colour: red}", "row 2: summary: unknown colour"),
        ("{field: summary, header: 事由, personal: shout}", "row 2: summary: personal: 'shout'"),
        ("{field: number, header: 再来}", "two rows have the name 'number'"),
        ("{field: summary, header: 编号}", "two rows have the header '编号'"),
        ("just words", "row 2: 'just words' is no column"),
    ],
)
def test_a_wrong_row_is_named_with_file_row_and_field(tmp_path: Path, second_row: str, said: str):
    path = write(
        tmp_path / "bureau.yml", f"columns:\n  - {{field: number, header: 编号}}\n  - {second_row}\n"
    )

    with pytest.raises(BadRequest, match=said) as refused:
        load_profile(str(path))

    assert str(path) in str(refused.value)


def test_a_code_without_quotes_is_refused(tmp_path: Path):
    """YAML 会把 010 读成 8：代码一律要加引号。"""
    write(tmp_path / "codes/bare.yml", "codes: {web: 010}\nother: '99'\n")
    path = write(tmp_path / "p.yml", "columns:\n  - {field: channel, code: bare, header: 渠道}\n")

    with pytest.raises(BadRequest, match="in quotes: 8"):
        load_profile(str(path))


@pytest.mark.parametrize("content", ["", "columns: {}\n", "columns: []\n", "title: x\n", "columns: [\n"])
def test_a_file_that_is_no_profile_is_named(tmp_path: Path, content: str):
    path = write(tmp_path / "p.yml", content)

    with pytest.raises(BadRequest, match=str(path)):
        load_profile(str(path))


def test_the_command_knows_the_profiles_of_the_office(
    new_ticket: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("HOTLINE_DATABASE_URL", raising=False)
    number = open_desk_from(Settings()).file(new_ticket()).number
    write(tmp_path / "profiles/changsha.yml", "columns:\n  - {field: number, header: 编号}\n")

    done = CliRunner().invoke(tickets_app, ["export", "--profile", "changsha", "--out", "-"])

    assert done.stdout.lstrip("\ufeff").split() == ["编号", number]
