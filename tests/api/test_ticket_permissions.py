"""谁能做什么：一张表写清每个角色、每个接口；承办单位只看得到自己的工单。"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from api.accounts.model import PERMISSIONS, Role, Scope
from tickets.model import Actor, Area
from tickets.model import Role as DeskRole

CALLERS = ("agent", "dispatcher", "supervisor", "admin", "auditor", "office")

# 200/201 done, 403 not this caller's to do at all, 409 not this role's move.
WHO_MAY = """
                                        agent  dispatcher  supervisor  admin  auditor  office
GET    /v1/tickets                      200    200         200         200    200      200
POST   /v1/tickets/search               200    200         200         200    200      200
POST   /v1/tickets                      201    201         201         201    403      403
GET    /v1/tickets/{number}             200    200         200         200    200      200
GET    /v1/tickets/{number}?reveal      200    200         200         200    403      200
PATCH  /v1/tickets/{number}             200    200         200         200    403      403
GET    /v1/tickets/{number}/history     200    200         200         200    200      200
GET    /v1/tickets/{number}/moves       200    200         200         200    200      200
POST   /v1/tickets/{number}/supplements 200    200         200         200    403      403
POST   /v1/tickets/{number}/split       201    201         201         201    403      403
PUT    /v1/tickets/{number}/links/{related}    200 200     200         200    403      403
DELETE /v1/tickets/{number}/links/{related}    200 200     200         200    403      403
POST   /v1/tickets/{number}/dispatch    409    200         200         200    403      409
POST   /v1/tickets/{number}/reassign    409    200         200         200    403      409
POST   /v1/tickets/{number}/merge       409    200         200         200    403      409
POST   /v1/tickets/{number}/withdraw    200    200         200         200    403      409
POST   /v1/tickets/{number}/sign        409    409         200         200    403      200
POST   /v1/tickets/{number}/return      409    409         200         200    403      200
POST   /v1/tickets/{number}/escalate    409    409         200         200    403      409
GET    /v1/disclosures                  403    403         403         200    200      403
"""

ROWS = [line.split() for line in WHO_MAY.splitlines()[2:]]
CELLS = [
    pytest.param(method, path, caller, int(status), id=f"{caller} {method} {path}")
    for method, path, *statuses in ROWS
    for caller, status in zip(CALLERS, statuses, strict=True)
]
AFTER_DISPATCH = ("reassign", "sign", "return", "escalate")

BODIES: dict[str, dict[str, Any]] = {
    "search": {},
    "tickets": {"description": "家里断粮两天了"},
    "{number}": {"reason": "电话核实", "category": "医疗救助", "version": 2},
    "supplements": {"words": "老人昨晚发烧了"},
    "split": {"position": 2, "reason": "另一件事"},
    "{related}": {"reason": "同一户"},
}


class House(NamedTuple):
    """The desk, a key for each kind of caller, and the office that the tickets here belong to."""

    client: Any
    keys: dict[str, dict[str, str]]
    office: str
    file: Callable[..., Any]


@pytest.fixture
def house(desk_client, house_keys, new_request) -> House:
    keys, office = house_keys
    return House(
        desk_client,
        keys,
        office,
        lambda **changes: desk_client.app.state.service.desk.file(new_request(**changes)),
    )


@pytest.fixture(scope="module")
def house_keys(desk_client, key_of):
    roles = {role.value: key_of(role) for role in Role}
    office = "隆回县民政局"
    return roles | {"office": key_of(office=office)}, office


@pytest.fixture
def at_office(house):
    """Files a ticket that the office has, with added words (at 2), and dispatches it if wanted."""

    def make(office: str | None = None, *, dispatched: bool = True, **changes):
        desk = house.client.app.state.service.desk
        supervisor = Actor("001", DeskRole.SUPERVISOR)
        number = house.file(**changes).number
        desk.supplement(number, "还有一件事")
        desk.move(number, "dispatch", actor=supervisor, office=office or house.office)
        if not dispatched:
            desk.move(number, "return", actor=supervisor, reason="地址不对")
        return desk.find(number)

    return make


@pytest.mark.parametrize(("method", "path", "caller", "status"), CELLS)
def test_who_may_do_what(house, at_office, method, path, caller, status):
    last = path.rpartition("/")[2]
    ticket = at_office(dispatched=last in AFTER_DISPATCH)
    other = house.file().number
    if method == "DELETE":
        house.client.app.state.service.desk.link(
            ticket.number, other, actor=Actor("001", DeskRole.SUPERVISOR), reason="同一户"
        )
    body = BODIES.get(last, {"reason": "核实过", "office": "隆回县医保局", "into": other})
    if "version" in body:
        body = body | {"version": ticket.version}
    address = path.replace("?reveal", "?reveal_reason=回访").format(number=ticket.number, related=other)

    answer = house.client.request(
        method, address, headers=house.keys[caller], json=None if method == "GET" else body
    )

    assert answer.status_code == status, answer.text


def test_the_table_leaves_no_route_out(desk_client):
    """新加的接口，先在上面的表里写清楚谁能用。"""
    told = {(method, path.partition("?")[0]) for method, path, *_ in ROWS}
    described = desk_client.get("/openapi.json").json()["paths"]
    there = {
        (method.upper(), path)
        for path, methods in described.items()
        for method in methods
        if path.startswith(("/v1/tickets", "/v1/disclosures"))
    }

    assert there - {("POST", "/v1/tickets/{number}/{transition}")} <= told


@pytest.mark.parametrize(("method", "path"), sorted({(method, path) for method, path, *_ in ROWS}))
def test_nobody_comes_in_without_a_key(desk_client, method, path):
    answer = desk_client.request(method, path.format(number="20260312-0001-1", related="x"), json={})

    assert answer.status_code == 401


def test_each_role_may_what_those_before_it_may():
    ranks = [PERMISSIONS[role] for role in (Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN)]

    assert all(lower <= higher for lower, higher in pairwise(ranks))
    assert PERMISSIONS[Role.ADMIN] == set(Scope)


def test_the_auditor_changes_nothing_and_sees_nobody_in_full():
    changing = {Scope.TICKETS_FILE, Scope.TICKETS_MOVE, Scope.TICKETS_CORRECT, Scope.TICKETS_REVEAL}

    assert not PERMISSIONS[Role.AUDITOR] & (changing | {Scope.ACCOUNTS, Scope.EVENTS_WRITE})


def test_a_key_does_no_more_than_its_scopes_say(house, key_of):
    """密钥可以比角色权限更小；被拒绝时说清缺哪一项、手里有哪些。"""
    reader = key_of(Role.AGENT, Scope.TICKETS_READ)

    refused = house.client.post("/v1/tickets", headers=reader, json=BODIES["tickets"])

    assert house.client.get("/v1/tickets", headers=reader).status_code == 200
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["needed"] == "tickets:file"
    assert refused.json()["has"] == ["tickets:read"]
    assert refused.json()["citizen_message"] == "您的账号没有这项权限。"


def test_without_the_scope_for_moves_no_move_is_offered(house, key_of, at_office):
    reader, number = key_of(Role.SUPERVISOR, Scope.TICKETS_READ), at_office().number

    assert house.client.get(f"/v1/tickets/{number}/moves", headers=reader).json()["moves"] == []


@pytest.mark.parametrize("path", ["", "/history", "/moves", "?reveal_reason=回访"])
def test_a_ticket_of_another_office_is_not_there(house, at_office, path):
    """别的单位的工单，和不存在的工单，回答一模一样。"""
    theirs = at_office("隆回县医保局").number

    answer = house.client.get(f"/v1/tickets/{theirs}{path}", headers=house.keys["office"])

    assert answer.status_code == 404
    assert answer.json()["detail"] == f"no ticket {theirs}"


def test_a_ticket_is_not_an_office_s_before_it_is_dispatched(house):
    """系统预分的单位，派单以前看不到工单，也就看不到个人信息。"""
    waiting = house.file(area=Area("湖南省", "邵阳市", "隆回县", adcode="430524"))
    assert waiting.office == house.office

    shown = house.client.get(f"/v1/tickets/{waiting.number}", headers=house.keys["office"])
    listed = house.client.get("/v1/tickets", headers=house.keys["office"]).json()["tickets"]

    assert shown.status_code == 404
    assert waiting.number not in [ticket["number"] for ticket in listed]


def test_a_returned_ticket_that_is_corrected_is_not_yet_the_next_office_s(house, at_office):
    """退单后更正了类别，系统改分给另一个单位；没派单，那个单位还看不到。"""
    desk = house.client.app.state.service.desk
    ticket = at_office("隆回县医保局", dispatched=False)
    corrected = desk.correct(
        ticket.number,
        actor=Actor("001", DeskRole.SUPERVISOR),
        reason="问清了地点",
        area=Area("湖南省", "邵阳市", "隆回县", adcode="430524"),
    )
    assert corrected.office == house.office

    shown = house.client.get(f"/v1/tickets/{ticket.number}", headers=house.keys["office"])

    assert shown.status_code == 404


def test_another_office_can_do_nothing_with_it(house, at_office):
    theirs = at_office("隆回县医保局")

    for transition in ("sign", "return", "answer", "request_extension"):
        answer = house.client.post(
            f"/v1/tickets/{theirs.number}/{transition}", headers=house.keys["office"], json={"reason": "试试"}
        )
        assert answer.status_code == 404
    assert house.client.app.state.service.desk.find(theirs.number) == theirs


def test_an_office_lists_its_own_tickets_alone(house, at_office):
    mine, theirs = at_office().number, at_office("隆回县医保局").number

    def numbers(**wanted):
        listed = house.client.get("/v1/tickets", headers=house.keys["office"], params=wanted)
        return [ticket["number"] for ticket in listed.json()["tickets"]]

    assert mine in numbers() and theirs not in numbers()
    assert mine in numbers(office=house.office)
    asked = house.client.get("/v1/tickets", headers=house.keys["office"], params={"office": "隆回县医保局"})
    assert asked.status_code == 404


def test_an_office_finds_nobody_of_another_office_by_phone(house, at_office):
    phone = at_office("隆回县医保局").applicant.phone

    def found(caller):
        answer = house.client.post("/v1/tickets/search", headers=house.keys[caller], json={"phone": phone})
        return answer.json()["tickets"]

    assert len(found("agent")) == 1
    assert found("office") == []


def test_an_office_handles_its_ticket_from_signing_to_the_answer(house, at_office):
    number = at_office().number

    def do(transition, **body):
        answer = house.client.post(
            f"/v1/tickets/{number}/{transition}", headers=house.keys["office"], json=body
        )
        return answer.status_code, answer.json().get("status")

    assert do("sign") == (200, "signed")
    assert do("start") == (200, "in_progress")
    assert do("request_extension", reason="等核对结果") == (200, "in_progress")
    assert do("answer", reason="已送临时救助金") == (200, "answered")


@pytest.mark.parametrize(("caller", "transition"), [("office", "sign"), ("agent", "withdraw")])
def test_nobody_hands_a_ticket_on_by_another_move(house, at_office, caller, transition):
    """改派是派单员的事：签收、撤销时夹带一个单位名，不起作用。"""
    number = at_office().number

    moved = house.client.post(
        f"/v1/tickets/{number}/{transition}",
        headers=house.keys[caller],
        json={"office": "隆回县医保局", "reason": "顺手"},
    )

    assert (moved.status_code, moved.json()["office"]) == (200, house.office)


def test_no_office_is_told_who_asked_anonymously(house, at_office):
    """匿名反映的，承办单位给了理由也看不到是谁；坐席回访时可以。"""
    number = at_office(anonymous=True).number

    def revealed(caller):
        return house.client.get(
            f"/v1/tickets/{number}", headers=house.keys[caller], params={"reveal_reason": "上门核实"}
        )

    assert revealed("office").status_code == 409
    assert revealed("agent").json()["applicant"]["name"] == "石海"
