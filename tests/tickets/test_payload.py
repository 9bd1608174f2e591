"""What a case system is sent about one event: thin without personal data, full masked unless revealed."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.tickets.event_bench import outgoing
from tests.tickets.receiver_bench import SECRET
from tickets.case_systems import Push
from tickets.errors import BadRequest
from tickets.model import Actor, Role, Ticket
from tickets.payload import ORDINARY_BYTES, payload
from tickets.record import ticket_record

DISPATCHER, OFFICE = Actor("7001", Role.DISPATCHER), Actor("隆回县民政局", Role.OFFICE)
PERSONAL = ("李秀英", "13812345678", "138 1234 5678", "430524195003120028", "石桥村")


@pytest.fixture
def engine(sqlite_engine):
    """What is sent does not depend on the database."""
    return sqlite_engine


def push(**fields) -> Push:
    return Push.model_validate({"url": "https://case.example.cn/events", "secrets": [SECRET]} | fields)


FULL = push(payload="full")
REVEALED = push(payload="full", reveal="办理救助")


def sent(ticket: Ticket, position: int | None = None, to: Push = FULL) -> dict:
    return json.loads(payload(outgoing(ticket, position), to))


@pytest.fixture
def dispatched(desk, new_ticket, clock) -> Ticket:
    ticket = desk.file(new_ticket())
    clock.forward(minutes=30)
    return desk.move(ticket.number, "dispatch", actor=DISPATCHER, office="隆回县民政局")


def test_a_thin_one_says_what_happened_and_nothing_personal(dispatched):
    number = dispatched.number

    assert sent(dispatched, to=push()) == {
        "type": "ticket.dispatch",
        "timestamp": "2026-03-12T09:30:00+08:00",
        "data": {
            "id": f"evt_{number}_2",
            "number": number,
            "position": 2,
            "status": "dispatched",
            "action": "dispatch",
            "at": "2026-03-12T09:30:00+08:00",
            "office": "隆回县民政局",
        },
    }


def test_status_and_office_are_those_after_the_event_not_those_of_now(desk, new_ticket, clock):
    ticket = desk.file(new_ticket())
    desk.move(ticket.number, "dispatch", actor=DISPATCHER, office="隆回县民政局")
    desk.move(ticket.number, "return", actor=OFFICE, reason="不属于我局")
    desk.move(ticket.number, "dispatch", actor=DISPATCHER, office="司门前镇")
    ticket = desk.find(ticket.number)

    events = [sent(ticket, position, push())["data"] for position in (2, 3, 4)]

    assert [event["status"] for event in events] == ["dispatched", "returned", "dispatched"]
    assert [event["office"] for event in events][::2] == ["隆回县民政局", "司门前镇"]


def test_no_action_of_a_whole_life_puts_personal_data_into_a_thin_one(desk, new_ticket, clock):
    ticket = desk.file(new_ticket())
    desk.supplement(ticket.number, "我叫李秀英，电话13812345678", origin_message_id="m2")
    desk.move(ticket.number, "dispatch", actor=DISPATCHER, office="隆回县民政局")
    desk.move(ticket.number, "return", actor=OFFICE, reason="李秀英 13812345678 不属于我局")
    ticket = desk.find(ticket.number)

    for position in range(1, len(ticket.history) + 1):
        body = payload(outgoing(ticket, position), push()).decode()
        assert not [each for each in PERSONAL if each in body]


def test_a_full_one_adds_every_field_of_the_contract_masked(dispatched):
    ticket = sent(dispatched)["data"]["ticket"]

    assert set(ticket) == set(ticket_record(dispatched))
    assert ticket["applicant"] == {
        "name": "李**",
        "phone": "138****5678",
        "id_number": "430************028",
    }
    assert not [each for each in PERSONAL if each in json.dumps(ticket, ensure_ascii=False)]
    assert ticket["opened_at"] == "2026-03-12T09:00:00+08:00"
    assert ticket["version"] == 2


def test_a_full_one_carries_the_ticket_as_it_is_now(dispatched):
    first = sent(dispatched, 1)["data"]

    assert (first["position"], first["status"]) == (1, "accepted")
    assert (first["ticket"]["version"], first["ticket"]["status"]) == (2, "dispatched")


def test_with_a_reason_personal_data_is_shown(dispatched):
    ticket = sent(dispatched, to=REVEALED)["data"]["ticket"]

    assert ticket["applicant"]["phone"] == dispatched.applicant.phone
    assert ticket["area"]["detail"] == "石桥村3组"


def test_an_anonymous_request_stays_anonymous_whatever_the_reason(desk, new_ticket):
    ticket = desk.file(new_ticket(anonymous=True, conversation_id="c-1"))

    for to in (FULL, REVEALED, push(payload="full", profile="generic", reveal="办理救助")):
        body = payload(outgoing(ticket), to).decode()
        assert not [each for each in (*PERSONAL, "c-1") if each in body]


def test_of_an_erased_ticket_nothing_personal_is_left(dispatched, clock):
    """擦除后的工单照样要送一次，好让对方也擦掉。"""
    erased = replace(
        dispatched,
        summary="", description="", erased_at=clock() + timedelta(days=800),
        applicant=type(dispatched.applicant)(), area=replace(dispatched.area, detail=None),
        conversation_id=None,
    )  # fmt: skip
    ticket = sent(erased, to=REVEALED)["data"]["ticket"]

    assert ticket["erased_at"] is not None
    assert not [each for each in PERSONAL if each in json.dumps(ticket, ensure_ascii=False)]


def test_a_profile_chooses_fields_and_reveals_only_what_it_marks(dispatched, tmp_path):
    own = tmp_path / "bureau.yml"
    own.write_text(
        "columns:\n"
        "- {field: number, header: 编号}\n"
        "- {field: applicant.name, header: 姓名}\n"
        "- {field: applicant.phone, header: 电话, personal: reveal}\n"
        "- {field: status, header: 状态}\n",
        "utf-8",
    )
    masked = sent(dispatched, to=push(payload="full", profile=str(own)))["data"]["ticket"]
    shown = sent(dispatched, to=push(payload="full", profile=str(own), reveal="办理救助"))["data"]["ticket"]

    assert masked == {
        "number": dispatched.number,
        "applicant": {"name": "李**", "phone": "138****5678"},
        "status": "dispatched",
    }
    assert shown["applicant"] == {"name": "李**", "phone": dispatched.applicant.phone}


def test_an_unknown_profile_is_refused(dispatched):
    with pytest.raises(BadRequest, match="nobody"):
        sent(dispatched, to=push(payload="full", profile="nobody"))


@pytest.mark.parametrize("to", [push(), FULL, push(payload="full", profile="generic")])
def test_the_same_event_of_the_same_ticket_gives_the_same_bytes(desk, dispatched, to):
    again = desk.find(dispatched.number)

    assert payload(outgoing(dispatched), to) == payload(outgoing(again), to)


def test_an_ordinary_life_stays_under_twenty_thousand_bytes(desk, new_ticket, clock):
    ticket = desk.file(new_ticket(description="家里去年失火，现在租房住，孩子上学，老人生病。" * 20))
    for round in range(5):
        desk.supplement(
            ticket.number, "补充：医院说还要住一周，费用大概八千。" * 3, origin_message_id=f"m{round}"
        )
        desk.move(ticket.number, "dispatch", actor=DISPATCHER, office="隆回县民政局")
        desk.move(ticket.number, "return", actor=OFFICE, reason="户籍不在本辖区，请转户籍地办理。")

    body = payload(outgoing(desk.find(ticket.number)), FULL)

    assert 4_000 < len(body) < ORDINARY_BYTES


def test_a_longer_one_is_sent_whole(desk, new_ticket):
    words = "".join(f"第{line}条，房子漏水，" for line in range(3000))
    ticket = desk.file(new_ticket(description=words))

    body = payload(outgoing(ticket), FULL)

    assert len(body) > ORDINARY_BYTES
    assert json.loads(body)["data"]["ticket"]["description"] == words
