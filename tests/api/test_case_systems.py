"""业务系统接口：签名对了才收；办理情况回到工单和群众的对话里；对账的数字两边算得出一样。"""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from httpx import Response

from api.accounts.model import Role, Scope
from api.main import create_app
from api.settings import Settings
from tickets.model import Actor, Status, Ticket
from tickets.model import Role as DeskRole
from tickets.numbering import BEIJING
from tickets.signing import new_secret, signed_headers

DISPATCHER = Actor("005", DeskRole.DISPATCHER)
OFFICE = "隆回县民政局"
SECRETS = {"bureau": new_secret(), "longhui": new_secret()}
_ids = count(1)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A hotline that two case systems report back to, one of them for its own office alone."""
    folder = tmp_path_factory.mktemp("back")
    rows: list[dict[str, Any]] = [
        {"name": "bureau", "back": {"secrets": [new_secret(), SECRETS["bureau"]]}},
        {"name": "longhui", "back": {"secrets": [SECRETS["longhui"]], "office": OFFICE}},
        {"name": "silent", "reconcile": {"url": "https://cases.example/days", "secrets": [new_secret()]}},
    ]
    (folder / "case_systems.yml").write_text(yaml.safe_dump(rows), "utf-8")
    settings = Settings(data_dir=folder, rasa_url=None, database_url=None)
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def desk(client):
    return client.app.state.service.desk


@pytest.fixture
def ticket(desk, new_request) -> Ticket:
    number = desk.file(new_request()).number
    return desk.move(number, "dispatch", actor=DISPATCHER, office=OFFICE)


def body_of(kind: str, number: str, **changes: Any) -> dict[str, Any]:
    words = {
        "returned": {"reason": "不归我们管"},
        "progress": {"text": "已入户核查"},
        "resolved": {"text": "已发放500元"},
    }
    at = datetime.now(BEIJING).isoformat(timespec="seconds")
    return {"type": kind, "number": number, "at": at} | words.get(kind, {}) | changes


@pytest.fixture
def send(client) -> Callable[..., Response]:
    """Sends signed bytes, or a signed body; keyword arguments spoil or replace single things."""

    def send(
        body: dict[str, Any] | bytes, name: str = "bureau", *, message_id: str | None = None,
        secret: str | None = None, at: datetime | None = None, sent: bytes | None = None, **headers: str,
    ) -> Response:  # fmt: skip
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        message_id = message_id or f"msg_{next(_ids)}"
        signed = signed_headers(
            message_id, at or datetime.now(UTC), raw, [secret or SECRETS.get(name, new_secret())]
        )
        headers = signed | {each.replace("_", "-"): value for each, value in headers.items()}
        return client.post(f"/v1/case-systems/{name}/events", content=sent or raw, headers=headers)

    return send


def test_a_request_goes_out_and_its_fate_comes_back_into_the_conversation(client, desk, send, key_of_client):
    """整个来回：登记、派单、接手、进展、办结，群众在对话里都听得到，历史里都有。"""
    opened = client.post("/v1/conversations", json={}).json()
    path = f"/v1/conversations/{opened['conversation_id']}"
    citizen = {"Authorization": f"Bearer {opened['token']}"}
    number = ""
    for text in (
        "我要登记求助",
        "看病花了很多钱，日子难过",
        "隆回县司门前镇石桥村",
        "13812345678",
        "石海",
        "对，登记吧",
    ):
        turn = client.post(f"{path}/messages", json={"text": text}, headers=citizen).json()
        number = turn["ticket_number"] or number
    assert number
    dispatcher = key_of_client(Role.DISPATCHER)
    client.post(f"/v1/tickets/{number}/dispatch", json={"office": OFFICE}, headers=dispatcher)

    for kind in ("accepted", "progress", "resolved"):
        answer = send(body_of(kind, number, their_id="JZ-2026-17"))
        assert answer.status_code == 200, answer.text

    shown = client.get(f"/v1/tickets/{number}", headers=dispatcher).json()
    said = [
        m for m in client.get(f"{path}/messages", headers=citizen).json()["messages"] if m["role"] == "system"
    ]
    assert shown["status"] == "answered"
    assert [event["action"] for event in shown["history"]][-4:] == ["dispatch", "sign", "note", "answer"]
    assert {event["actor"] for event in shown["history"][-3:]} == {"case-system:bureau"}
    assert shown["history"][-2]["action_title"] == "业务系统反馈"
    assert "业务系统编号：JZ-2026-17" in shown["history"][-1]["changes_in_words"]
    for message, words in zip(said, (OFFICE, "已入户核查", "已发放500元"), strict=True):
        assert number in message["text"] and words in message["text"]
    progress = client.post(
        f"{path}/messages", json={"text": f"查一下工单{number}办到哪一步了"}, headers=citizen
    ).json()
    assert "已发放500元" in progress["messages"][0]["text"]


def test_a_returned_ticket_is_back_on_the_dispatcher_s_list(client, send, ticket, key_of_client):
    dispatcher = key_of_client(Role.DISPATCHER)

    answer = send(body_of("returned", ticket.number))

    assert answer.json() == {"number": ticket.number, "outcome": "moved", "status": "returned", "version": 3}
    listed = client.get("/v1/tickets", params={"status": "returned"}, headers=dispatcher).json()["tickets"]
    assert ticket.number in [each["number"] for each in listed]
    again = client.post(
        f"/v1/tickets/{ticket.number}/dispatch", json={"office": "新宁县民政局"}, headers=dispatcher
    )
    assert again.status_code == 200


def test_a_notice_arrives_on_the_open_event_stream(client, desk, send, new_request):
    opened = client.post("/v1/conversations", json={}).json()
    ticket = desk.file(new_request(conversation_id=opened["conversation_id"]))
    desk.move(ticket.number, "dispatch", actor=DISPATCHER, office=OFFICE)
    woken = []
    client.app.state.service.wakeups.announce, before = (
        woken.append,
        client.app.state.service.wakeups.announce,
    )

    send(body_of("accepted", ticket.number))
    client.app.state.service.wakeups.announce = before

    assert woken == [opened["conversation_id"]]


@pytest.fixture
def key_of_client(client) -> Callable[..., dict[str, str]]:
    accounts = client.app.state.service.accounts

    def make(role: Role, *scopes: Scope) -> dict[str, str]:
        return {"X-API-Key": accounts.add_key(f"{role}-{next(_ids)}", role, scopes)}

    return make


def test_sent_again_it_gets_the_same_answer(desk, send, ticket):
    body = body_of("accepted", ticket.number)
    first = send(body, message_id="msg_same")
    send(body_of("resolved", ticket.number))

    again = send(body, message_id="msg_same")

    assert (again.status_code, again.json()) == (200, first.json())
    assert desk.find(ticket.number).version == 4


@pytest.mark.parametrize("place", range(3))
def test_a_flipped_bit_in_any_part_of_the_signature_is_noticed(client, desk, send, ticket, place):
    raw = json.dumps(body_of("resolved", ticket.number)).encode()
    signed = signed_headers("msg_flip", datetime.now(UTC), raw, [SECRETS["bureau"]])
    name = ("webhook-id", "webhook-timestamp", "webhook-signature")[place]
    value = signed[name]
    signed[name] = value[:-2] + chr(ord(value[-2]) ^ 1) + value[-1]

    refused = client.post("/v1/case-systems/bureau/events", content=raw, headers=signed)

    assert (refused.status_code, desk.find(ticket.number).status) == (401, Status.DISPATCHED)
    assert refused.headers["content-type"] == "application/problem+json"


def test_an_altered_body_is_noticed(desk, send, ticket):
    raw = json.dumps(body_of("progress", ticket.number)).encode()

    refused = send(raw, sent=raw.replace(b"progress", b"resolved"))

    assert (refused.status_code, desk.find(ticket.number).version) == (401, 2)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_message_recorded_earlier_is_refused(desk, send, ticket, minutes):
    """截下来隔一会儿再发（重放），时间戳一看就知道。"""
    refused = send(body_of("resolved", ticket.number), at=datetime.now(UTC) + timedelta(minutes=minutes))

    assert (refused.status_code, desk.find(ticket.number).version) == (401, 2)
    assert "clock" in refused.json()["detail"]


def test_another_case_system_s_secret_does_not_sign_for_this_one(desk, send, ticket):
    refused = send(body_of("resolved", ticket.number), secret=SECRETS["longhui"])

    assert (refused.status_code, desk.find(ticket.number).version) == (401, 2)


def test_an_unsigned_message_is_refused(client, ticket):
    refused = client.post("/v1/case-systems/bureau/events", json=body_of("resolved", ticket.number))

    assert refused.status_code == 401
    assert "webhook-id" in refused.json()["detail"]


@pytest.mark.parametrize("name", ["nobody", "silent", "BUREAU"])
def test_a_case_system_that_does_not_report_back_is_not_found(send, ticket, name):
    assert send(body_of("resolved", ticket.number), name).status_code == 404


def test_more_than_64_kb_are_not_read(send, ticket):
    at_most = body_of("progress", ticket.number, padding="")
    room = 64 * 1024 - len(json.dumps(at_most, ensure_ascii=False).encode())

    assert send(at_most | {"padding": "x" * room}).status_code == 200
    assert send(at_most | {"padding": "x" * (room + 1)}).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"resolved",
        b"[]",
        b'{"type": "resolved"}',
        b"\xff\xfe",
        {"type": "closed"},
        {"type": "resolved", "text": None},
        {"type": "resolved", "text": "  "},
        {"type": "progress", "text": None},
        {"type": "returned", "reason": None},
        {"at": None},
        {"at": "2026-11-22"},
        {"at": "yesterday 10:00"},
        {"number": 7},
        {"their_id": "编号七"},
        {"text": "长" * 4001},
    ],
)
def test_what_does_not_say_what_an_update_must_is_refused(desk, send, ticket, body):
    sent = body if isinstance(body, bytes) else body_of("resolved", ticket.number) | body

    refused = send(sent)

    assert refused.status_code == 422, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert desk.find(ticket.number).version == 2


def test_a_refusal_does_not_repeat_what_was_sent(send, ticket):
    refused = send(body_of("resolved", ticket.number, their_id="电话13812345678"))

    assert refused.status_code == 422
    assert "13812345678" not in refused.text


@pytest.mark.parametrize("number", ["20260312-9999-9", "20260312-0001-1", "12345"])
def test_an_unknown_number_is_not_found(send, number):
    assert send(body_of("resolved", number)).status_code == 404


def test_a_move_that_the_table_refuses_names_the_state_and_the_open_moves(send, ticket):
    send(body_of("resolved", ticket.number))

    refused = send(body_of("returned", ticket.number))

    assert refused.status_code == 409
    assert "is answered: return is not allowed" in refused.json()["detail"]
    assert refused.json()["allowed"] == []


def test_an_office_hears_and_speaks_of_its_own_tickets_only(desk, send, ticket, new_request):
    other = desk.file(new_request()).number
    desk.move(other, "dispatch", actor=DISPATCHER, office="新宁县民政局")

    assert send(body_of("accepted", ticket.number), "longhui").status_code == 200
    assert send(body_of("accepted", other), "longhui").status_code == 404


def test_a_number_is_understood_as_it_was_read_out(send, ticket):
    assert send(body_of("accepted", ticket.number.replace("-", ""))).json()["number"] == ticket.number


def test_nothing_personal_is_logged(send, ticket, capsys):
    send(body_of("resolved", ticket.number, text="石海领到500元，电话13812345678"))

    logged = capsys.readouterr()
    assert "status_update_taken_in" in logged.out + logged.err
    assert "石海" not in logged.out + logged.err and "13812345678" not in logged.out + logged.err


def test_the_interface_describes_headers_and_body(client):
    described = client.get("/openapi.json").json()["paths"]["/v1/case-systems/{name}/events"]["post"]

    assert {each["name"] for each in described["parameters"]} >= {"name", "webhook-id", "webhook-signature"}
    assert "type" in described["requestBody"]["content"]["application/json"]["schema"]["properties"]


def test_our_figures_are_what_anybody_counts_from_the_tickets(client, desk, ticket, key_of_client):
    exporter = key_of_client(Role.SUPERVISOR, Scope.TICKETS_EXPORT)
    today = datetime.now(BEIJING).date().isoformat()
    asked = {"since": today, "until": today}

    figures = client.get("/v1/export/digests", params=asked, headers=exporter).json()
    listed = client.get("/v1/export/digests", params=asked | {"day": today}, headers=exporter).json()

    lines = sorted(f"{each['number']} {each['version']}\n".encode() for each in listed)
    assert figures == {
        "days": [{"day": today, "count": len(lines), "digest": hashlib.sha256(b"".join(lines)).hexdigest()}]
    }
    assert {each["number"]: each["version"] for each in listed}[ticket.number] == ticket.version
    assert len(listed) == len(desk.list(limit=1000))


def test_figures_are_for_those_who_may_export(client, key_of_client):
    asked = {"since": "2026-01-01", "until": "2026-01-31"}

    assert client.get("/v1/export/digests", params=asked).status_code == 401
    assert (
        client.get("/v1/export/digests", params=asked, headers=key_of_client(Role.AGENT)).status_code == 403
    )


@pytest.mark.parametrize("asked", [{}, {"since": "2026-02-01", "until": "2026-01-01"},
                                   {"since": "1900-01-01", "until": "2026-01-01"}])  # fmt: skip
def test_days_that_cannot_be_meant_are_refused(client, key_of_client, asked):
    answer = client.get("/v1/export/digests", params=asked, headers=key_of_client(Role.SUPERVISOR))

    assert answer.status_code == 422
