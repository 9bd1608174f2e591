"""拉取接口：谁能拉、拉到什么、断了怎么接。"""

import csv
import io
import json
import random
import socket
import time
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import httpx
import openpyxl
import pytest
import uvicorn
from fastapi.testclient import TestClient

from api.accounts.model import Role, Scope
from tickets.model import Person
from tickets.service import Desk

PATH = "/v1/export/tickets"
Keys = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def client(desk_client: TestClient) -> TestClient:
    return desk_client


@pytest.fixture(scope="module")
def keys(key_of: Keys) -> dict[str, str]:
    return key_of(Role.SUPERVISOR)


@pytest.fixture
def desk(client: TestClient) -> Desk:
    app: Any = client.app
    return app.state.service.desk


@pytest.fixture
def since(client: TestClient, keys: dict[str, str]) -> str:
    """A cursor behind everything that other tests have filed."""
    return client.get(PATH, headers=keys).headers["Hotline-Next-Cursor"]


def test_jsonl_gives_a_line_per_ticket_masked_each_with_its_cursor(client, keys, desk, new_request, since):
    numbers = [desk.file(new_request()).number for _ in range(3)]

    answer = client.get(PATH, params={"cursor": since}, headers=keys)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    behind = client.get(PATH, params={"cursor": lines[0]["cursor"]}, headers=keys)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [line["number"] for line in lines] == numbers
    assert {line["applicant"]["name"] for line in lines} == {"石*"}
    assert lines[-1]["cursor"] == answer.headers["Hotline-Next-Cursor"]
    assert [json.loads(line)["number"] for line in behind.text.splitlines()] == numbers[1:]


def test_csv_and_xlsx_are_files_with_a_name(client, keys, desk, new_request, since):
    number = desk.file(new_request()).number

    in_csv = client.get(PATH, params={"cursor": since, "format": "csv", "profile": "12345"}, headers=keys)
    in_xlsx = client.get(PATH, params={"cursor": since, "format": "xlsx"}, headers=keys)

    [row] = csv.DictReader(io.StringIO(in_csv.content.decode("utf-8-sig"), newline=""))
    assert (row["来源工单编号"], row["来源系统"]) == (number, "社会救助热线")
    assert openpyxl.load_workbook(io.BytesIO(in_xlsx.content)).worksheets[0]["A2"].value == number
    for answer, name in ((in_csv, "tickets-12345-"), (in_xlsx, "tickets-generic-")):
        assert f'attachment; filename="{name}' in answer.headers["content-disposition"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["Hotline-Next-Cursor"]


def test_nothing_new_gives_the_same_cursor_again(client, keys, since):
    answer = client.get(PATH, params={"cursor": since}, headers=keys)

    assert (answer.status_code, answer.text, answer.headers["Hotline-Next-Cursor"]) == (200, "", since)


def test_a_limit_gives_the_rest_with_the_next_pull(client, keys, desk, new_request, since):
    numbers = [desk.file(new_request()).number for _ in range(5)]
    got, cursor = [], since
    while page := client.get(PATH, params={"cursor": cursor, "limit": 2}, headers=keys):
        lines = page.text.splitlines()
        if not lines:
            break
        got.append([json.loads(line)["number"] for line in lines])
        cursor = page.headers["Hotline-Next-Cursor"]

    assert got == [numbers[:2], numbers[2:4], numbers[4:]]


def test_personal_data_needs_the_scope_and_a_reason_and_is_on_record(
    client, keys, key_of, desk, new_request, since
):
    desk.file(new_request(applicant=Person("石海", "13912345678")))
    wanted = {"cursor": since, "reveal_reason": "移交县民政局"}

    refused = client.get(PATH, params=wanted, headers=key_of(Role.SUPERVISOR, Scope.TICKETS_EXPORT))
    auditor = client.get(PATH, params=wanted, headers=key_of(Role.AUDITOR))
    answer = client.get(PATH, params=wanted, headers=keys)

    assert (refused.status_code, auditor.status_code) == (403, 403)
    assert refused.json()["needed"] == "tickets:reveal"
    assert json.loads(answer.text)["applicant"]["phone"] == "13912345678"
    told = desk.disclosures(limit=1)[0]
    assert told.reason == "移交县民政局" and told.scope.startswith("pull generic jsonl after ")


def test_an_anonymous_request_stays_so(client, keys, desk, new_request, since):
    desk.file(new_request(anonymous=True, applicant=Person("石海", "13912345678"), description="救救我"))

    answer = client.get(PATH, params={"cursor": since, "reveal_reason": "移交"}, headers=keys)

    assert json.loads(answer.text)["applicant"] == {"name": None, "phone": None, "id_number": None}


@pytest.mark.parametrize(
    ("role", "office", "status"),
    [
        (Role.AGENT, None, 403),
        (Role.DISPATCHER, None, 403),
        (Role.SUPERVISOR, None, 200),
        (Role.ADMIN, None, 200),
        (Role.AUDITOR, None, 200),
        (Role.AGENT, "隆回县民政局", 403),
    ],
)
def test_who_may_pull(client, key_of, since, role, office, status):
    """承办单位的钥匙拉不到：它只看得到自己的工单。"""
    answer = client.get(PATH, params={"cursor": since}, headers=key_of(role, office=office))

    assert answer.status_code == status


def test_nobody_comes_in_without_a_key(client):
    assert client.get(PATH).status_code == 401


@pytest.mark.parametrize(
    ("wanted", "status", "said"),
    [
        ({"cursor": "latest"}, 400, "begin anew"),
        ({"profile": "nobody"}, 422, "there are 12345, generic"),
        ({"profile": "../generic"}, 422, "does not fit"),
        ({"format": "pdf"}, 422, "does not fit"),
        ({"limit": "0"}, 422, "does not fit"),
        ({"reveal_reason": "  "}, 422, "needs a reason"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_file_begins(client, keys, wanted, status, said):
    answer = client.get(PATH, params=wanted, headers=keys)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


def test_an_office_profile_is_read_by_its_name(client, keys, desk, new_request, since):
    folder = client.app.state.service.settings.data_dir / "profiles"
    folder.mkdir(exist_ok=True)
    (folder / "changsha.yml").write_text("columns:\n  - {field: number, header: 编号}\n", "utf-8")
    number = desk.file(new_request()).number

    answer = client.get(PATH, params={"cursor": since, "profile": "changsha"}, headers=keys)

    line = json.loads(answer.text)
    assert (line["number"], set(line)) == (number, {"number", "cursor"})


def test_trouble_with_the_database_is_no_empty_file(client, keys, monkeypatch):
    """出错就报错，不能给一个看似完整的空文件。"""
    from tickets.errors import Unavailable

    def gone(*_: Any) -> Any:
        raise Unavailable("the database did not answer")

    monkeypatch.setattr("tickets.pulling._newest", gone)

    for kind in ("jsonl", "csv", "xlsx"):
        assert client.get(PATH, params={"format": kind}, headers=keys).status_code == 503


@pytest.fixture(scope="module")
def address(client: TestClient) -> Iterator[str]:
    """The same app behind a real socket."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(client.app, log_level="warning", lifespan="off"))
    running = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    running.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    running.join(10)


@pytest.mark.parametrize("seed", range(5))
def test_a_stream_that_breaks_anywhere_goes_on_from_its_last_whole_line(
    address, keys, desk, new_request, since, seed
):
    """网线随时会断：断在半行，从上一整行接着拉，一张不少、一张不重。"""
    numbers = [desk.file(new_request()).number for _ in range(40)]
    chance, cursor, got = random.Random(seed), since, []

    for _ in range(30):
        cut, received = chance.randint(1, 20_000), b""
        with httpx.stream("GET", f"{address}{PATH}", params={"cursor": cursor}, headers=keys) as answer:
            for piece in answer.iter_bytes():
                received += piece
                if len(received) > cut:
                    received = received[:cut]
                    break
        whole = received[: received.rfind(b"\n") + 1].splitlines()
        lines = [json.loads(line) for line in whole]
        got += [line["number"] for line in lines]
        cursor = lines[-1]["cursor"] if lines else cursor
        if not received:
            break

    assert got == numbers


def test_a_stream_that_fails_midway_does_not_end_as_a_whole_one(
    address, keys, desk, new_request, since, monkeypatch
):
    """服务端中途出错，收的人看得出文件不完整。"""
    from tickets.export import row_of

    for _ in range(4):
        desk.file(new_request())
    monkeypatch.setattr("tickets.export._CHUNK", 100)
    seen: list[object] = []

    def failing(ticket: Any, *arguments: Any, **options: Any) -> Any:
        seen.append(ticket)
        if len(seen) == 3:
            raise RuntimeError("the disk is gone")
        return row_of(ticket, *arguments, **options)

    monkeypatch.setattr("tickets.export.row_of", failing)

    with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
        httpx.get(f"{address}{PATH}", params={"cursor": since, "format": "csv"}, headers=keys, timeout=30)
