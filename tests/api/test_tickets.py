"""工单接口：默认遮住个人信息，查看要留理由；改动不覆盖别人的。"""

import secrets

import pytest

from api.accounts.model import Role
from tickets.model import Actor, Category, Urgency
from tickets.model import Role as DeskRole

SUPERVISOR = Actor("001", DeskRole.SUPERVISOR)


@pytest.fixture(scope="module")
def client(desk_client):
    return desk_client


@pytest.fixture(scope="module")
def desk(desk_client):
    return desk_client.app.state.service.desk


@pytest.fixture(scope="module")
def agent(key_of):
    return key_of(Role.AGENT)


@pytest.fixture(scope="module")
def supervisor(key_of):
    return key_of(Role.SUPERVISOR)


@pytest.fixture
def ticket(desk, new_request):
    return desk.file(new_request())


def test_a_ticket_is_shown_masked(client, agent, ticket):
    shown = client.get(f"/v1/tickets/{ticket.number}", headers=agent)

    phone = ticket.applicant.phone
    assert shown.json()["applicant"] == {
        "name": "石*",
        "phone": f"{phone[:3]}****{phone[-4:]}",
        "id_number": None,
    }
    assert shown.json()["area"]["detail"] == "***"
    assert not any(secret in shown.text for secret in (phone, "石海", "石桥村"))


def test_personal_data_is_shown_for_a_reason_that_the_auditor_reads(client, agent, key_of, ticket):
    shown = client.get(
        f"/v1/tickets/{ticket.number}", params={"reveal_reason": "回访核对电话"}, headers=agent
    )
    recorded = client.get("/v1/disclosures", headers=key_of(Role.AUDITOR)).json()["disclosures"][0]

    assert shown.json()["applicant"]["phone"] == ticket.applicant.phone
    assert shown.json()["area"]["detail"] == ticket.area.detail
    assert shown.headers["cache-control"] == "no-store"
    assert (recorded["number"], recorded["reason"]) == (ticket.number, "回访核对电话")
    assert recorded["actor"].startswith("agent-")


def test_the_list_is_newest_first_masked_and_continues(client, agent, desk, new_request):
    numbers = [desk.file(new_request()).number for _ in range(3)]

    first = client.get("/v1/tickets", params={"limit": 2}, headers=agent)
    rest = client.get(
        "/v1/tickets", params={"limit": 1, "before": first.json()["next_before"]}, headers=agent
    )

    listed = [ticket["number"] for ticket in (first.json()["tickets"] + rest.json()["tickets"])]
    assert listed == numbers[::-1]
    assert "石海" not in first.text


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"category": "住房救助"}, True),
        ({"category": "医疗救助"}, False),
        ({"urgency": "紧急"}, True),
        ({"urgency": "普通"}, False),
        ({"status": "dispatched"}, True),
        ({"status": "accepted"}, False),
        ({"office": "隆回县住建局"}, True),
        ({"adcode": "43"}, True),
        ({"adcode": "4305"}, True),
        ({"adcode": "33"}, False),
        ({"since": "2026-01-01"}, True),
        ({"since": "2999-01-01T00:00:00"}, False),
        ({"due_before": "2999-01-01"}, True),
        ({"due_before": "2020-01-01"}, False),
    ],
)
def test_the_list_is_narrowed(client, agent, desk, new_request, wanted, found):
    number = desk.file(new_request(category=Category.HOUSING, urgency=Urgency.URGENT)).number
    desk.move(number, "dispatch", actor=SUPERVISOR, office="隆回县住建局")

    listed = client.get("/v1/tickets", params=wanted | {"limit": 500}, headers=agent)

    assert (number in [ticket["number"] for ticket in listed.json()["tickets"]]) is found


def test_a_person_is_found_by_phone_in_any_spelling(client, agent, ticket):
    phone = ticket.applicant.phone

    for spelling in (phone, f"+86 {phone[:3]} {phone[3:7]} {phone[7:]}"):
        found = client.post("/v1/tickets/search", headers=agent, json={"phone": spelling})
        assert [one["number"] for one in found.json()["tickets"]] == [ticket.number]
        assert phone not in found.text


def test_no_address_ever_carries_a_phone_or_id_number(client):
    """电话、身份证号只在请求体里，不进网址，也就不进任何访问日志。"""
    described = client.get("/openapi.json").json()["paths"]

    parameters = {
        parameter["name"]
        for path, routes in described.items()
        for route in routes.values()
        for parameter in route.get("parameters", [])
        if not path.startswith("/v1/case-systems/{name}")  # the name of a system, of nobody
    }
    assert parameters and not parameters & {"phone", "id_number", "name", "applicant"}


def test_a_correction_rests_on_the_version_that_was_seen(client, agent, ticket):
    path = f"/v1/tickets/{ticket.number}"
    etag = client.get(path, headers=agent).headers["etag"]
    body = {"urgency": "紧急", "reason": "老人断粮"}

    corrected = client.patch(path, headers=agent | {"If-Match": etag}, json=body)

    assert (corrected.status_code, corrected.json()["urgency"]) == (200, "紧急")
    assert corrected.headers["etag"] == f'"{ticket.version + 1}"' != etag
    assert corrected.json()["history"][-1]["changes"]["urgency"] == ["优先", "紧急"]
    assert "紧急程度：优先 → 紧急" in corrected.json()["history"][-1]["changes_in_words"]


def test_a_correction_never_writes_over_somebody_else_s(client, agent, ticket):
    """两个坐席同时改：后改的人得到 409 和现在的版本号，先改的不丢。"""
    path, seen = f"/v1/tickets/{ticket.number}", {"If-Match": f'"{ticket.version}"'}
    client.patch(path, headers=agent | seen, json={"urgency": "紧急", "reason": "断粮"})

    refused = client.patch(path, headers=agent | seen, json={"urgency": "普通", "reason": "不急"})

    assert refused.status_code == 409
    assert refused.json()["version"] == ticket.version + 1
    assert client.get(path, headers=agent).json()["urgency"] == "紧急"


def test_a_correction_that_saw_no_version_is_refused(client, agent, ticket):
    refused = client.patch(
        f"/v1/tickets/{ticket.number}", headers=agent, json={"urgency": "紧急", "reason": "断粮"}
    )

    assert refused.status_code == 428
    assert "If-Match" in refused.json()["detail"]


@pytest.mark.parametrize("said", [{"If-Match": '"7"'}, {"If-Match": 'W/"7"'}, {}])
def test_a_move_on_an_old_version_is_refused(client, supervisor, ticket, said):
    body = {"office": "隆回县民政局"} | ({} if said else {"version": 7})

    refused = client.post(f"/v1/tickets/{ticket.number}/dispatch", headers=supervisor | said, json=body)

    assert (refused.status_code, refused.json()["version"]) == (409, ticket.version)


def test_an_etag_that_is_none_is_refused(client, supervisor, ticket):
    refused = client.post(
        f"/v1/tickets/{ticket.number}/dispatch", headers=supervisor | {"If-Match": "abc"}, json={}
    )

    assert refused.status_code == 422


def test_a_move_that_the_table_does_not_allow_names_the_allowed_ones(client, agent, ticket):
    refused = client.post(f"/v1/tickets/{ticket.number}/archive", json={}, headers=agent)

    assert refused.status_code == 409
    assert refused.json()["allowed"] == ["answer_directly", "withdraw"]


def test_the_open_moves_say_what_they_need(client, supervisor, agent, ticket):
    def moves(caller):
        listed = client.get(f"/v1/tickets/{ticket.number}/moves", headers=caller).json()["moves"]
        return {move["transition"]: (move["title"], move["needs"]) for move in listed}

    assert moves(agent) == {"answer_directly": ("直接答复", ["reason"]), "withdraw": ("撤销", ["reason"])}
    assert moves(supervisor)["merge"] == ("并单", ["into", "reason"])


def test_an_extension_is_offered_once(client, supervisor, ticket):
    """延期只有一次：批过了，就不再列出来。"""
    path = f"/v1/tickets/{ticket.number}"
    for transition, body in (
        ("dispatch", {"office": "隆回县民政局"}),
        ("sign", {}),
        ("request_extension", {"reason": "等核对结果"}),
        ("extend", {"reason": "同意"}),
        ("start", {}),
    ):
        assert client.post(f"{path}/{transition}", headers=supervisor, json=body).status_code == 200

    listed = client.get(f"{path}/moves", headers=supervisor).json()["moves"]

    names = {move["transition"] for move in listed}
    assert "answer" in names and not names & {"extend", "request_extension", "refuse_extension"}


def test_a_merge_is_undone(client, supervisor, desk, new_request):
    gone, kept = desk.file(new_request()).number, desk.file(new_request()).number

    merged = client.post(
        f"/v1/tickets/{gone}/merge", headers=supervisor, json={"into": kept, "reason": "同一件事"}
    )
    undone = client.post(f"/v1/tickets/{gone}/unmerge", headers=supervisor, json={"reason": "弄错了"})

    assert merged.json()["merged_into"] == kept
    assert (undone.json()["status"], undone.json()["merged_into"]) == ("accepted", None)


def test_added_words_get_a_ticket_of_their_own(client, agent, ticket):
    path = f"/v1/tickets/{ticket.number}"
    added = client.post(
        f"{path}/supplements", headers=agent, json={"words": "另外孩子没钱上学", "client_id": "m-1"}
    ).json()
    position = added["history"][-1]["position"]

    new = client.post(f"{path}/split", headers=agent, json={"position": position, "reason": "另一件事"})

    assert new.status_code == 201 and new.headers["location"].endswith(new.json()["number"])
    assert new.json()["description"] == "另外孩子没钱上学"
    assert new.json()["related"] == [ticket.number]


def test_words_sent_twice_are_added_once(client, agent, ticket):
    path, key = f"/v1/tickets/{ticket.number}/supplements", {"Idempotency-Key": secrets.token_hex(8)}

    versions = [
        client.post(path, headers=agent | key, json={"words": "老人发烧"}).json()["version"] for _ in range(2)
    ]

    assert versions == [ticket.version + 1] * 2


def test_tickets_are_linked_and_unlinked(client, agent, desk, new_request):
    one, other = desk.file(new_request()).number, desk.file(new_request()).number
    path, body = f"/v1/tickets/{one}/links/{other}", {"reason": "同一户"}

    linked = [client.put(path, headers=agent, json=body) for _ in range(2)]
    seen_from_there = client.get(f"/v1/tickets/{other}", headers=agent).json()["related"]
    unlinked = client.request("DELETE", path, headers=agent, json=body)

    assert [answer.json()["related"] for answer in linked] == [[other]] * 2
    assert linked[0].json()["version"] == linked[1].json()["version"]
    assert seen_from_there == [one]
    assert unlinked.json()["related"] == []


def test_the_history_tells_every_change(client, agent, supervisor, ticket):
    client.post(f"/v1/tickets/{ticket.number}/dispatch", headers=supervisor, json={"office": "县民政局"})

    answer = client.get(f"/v1/tickets/{ticket.number}/history", headers=agent).json()

    assert [event["action_title"] for event in answer["history"]] == ["登记受理", "派单"]
    assert [event["position"] for event in answer["history"]] == [1, 2]
    assert answer["history"][1]["changes"]["office"][1] == "县民政局"
    assert "→ 县民政局" in answer["history"][1]["changes_in_words"]


@pytest.mark.parametrize("path", ["20200101-0001-5", "20200101-0001-5/history", "12345"])
def test_an_unknown_ticket_is_not_found(client, agent, path):
    answer = client.get(f"/v1/tickets/{path}", headers=agent)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_number_is_taken_as_it_was_read_out(client, agent, ticket):
    spoken = ticket.number.replace("-", "")

    assert client.get(f"/v1/tickets/{spoken}", headers=agent).json()["number"] == ticket.number


def test_a_revoked_key_opens_nothing(client):
    accounts = client.app.state.service.accounts
    key = accounts.add_key("old desktop", Role.AGENT)
    assert client.get("/v1/tickets", headers={"Authorization": f"Bearer {key}"}).status_code == 200

    accounts.revoke_key("old desktop")

    assert client.get("/v1/tickets", headers={"X-API-Key": key}).status_code == 401


def test_the_interface_describes_its_bodies_answers_and_errors(client):
    """别的系统照着 /openapi.json 就能接：每个请求体有例子，每个接口写明回答和出错。"""
    described = client.get("/openapi.json").json()
    schemas = described["components"]["schemas"]

    for path, methods in described["paths"].items():
        if not path.startswith(("/v1/tickets", "/v1/disclosures")):
            continue
        for method, route in methods.items():
            good = next(answer for code, answer in route["responses"].items() if code.startswith("2"))
            assert "schema" in good["content"]["application/json"], path
            assert {"401", "403"} <= set(route["responses"]) and route["security"], path
            if "requestBody" in route:
                body = route["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                assert schemas[body.rpartition("/")[2]]["examples"], (method, path)
