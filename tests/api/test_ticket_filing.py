"""登记：坐席在电话里记下的话，一次登记成一张工单；同一件事不重复立单。"""

import secrets

import pytest

from api.accounts.model import Role


@pytest.fixture(scope="module")
def client(desk_client):
    return desk_client


@pytest.fixture(scope="module")
def agent(key_of):
    return key_of(Role.AGENT)


@pytest.fixture
def told():
    """What somebody new tells an agent on the phone."""
    phone = f"138{secrets.randbelow(10**8):08d}"
    return {
        "description": "昨天厨房起火，东西都烧了，没有地方住",
        "category": "临时救助",
        "place": "隆回县司门前镇",
        "applicant": {"name": "李秀英", "phone": phone},
    }


def test_neither_searching_nor_filing_leaves_a_phone_in_the_logs(client, agent, told, capfd, caplog):
    phone = told["applicant"]["phone"]
    with caplog.at_level(0):
        client.post("/v1/tickets", headers=agent, json=told)
        client.post("/v1/tickets", headers=agent, json=told | {"description": "", "urgency": phone})
        client.post("/v1/tickets/search", headers=agent, json={"phone": phone})
        wrong = client.post("/v1/tickets/search", headers=agent, json={"phone": phone, "status": phone})

    written = capfd.readouterr()
    assert wrong.status_code == 422
    assert phone not in written.out + written.err + caplog.text + wrong.text


def test_a_request_on_the_phone_becomes_a_ticket(client, agent, told):
    """坐席只填原话和地点，类别、紧急程度、行政区划由系统先填。"""
    del told["category"]
    filed = client.post("/v1/tickets", headers=agent, json=told | {"description": "家里断粮，老人两天没吃饭"})

    ticket = filed.json()
    assert filed.status_code == 201
    assert filed.headers["location"] == f"/v1/tickets/{ticket['number']}"
    assert ticket["channel"] == "phone"
    assert ticket["area"]["adcode"] == "430524"
    assert ticket["urgency"] == "紧急" and ticket["triage"]
    assert ticket["office"] and ticket["added_to"] is None
    assert client.get(filed.headers["location"], headers=agent).json()["number"] == ticket["number"]


def test_what_the_agent_says_wins_over_the_guess(client, agent, told):
    filed = client.post("/v1/tickets", headers=agent, json=told | {"category": "住房救助", "urgency": "普通"})

    assert (filed.json()["category"], filed.json()["urgency"]) == ("住房救助", "普通")


def test_a_code_alone_is_given_its_names(client, agent, told):
    filed = client.post("/v1/tickets", headers=agent, json=told | {"area": {"adcode": "430524"}})

    assert filed.json()["area"] == {
        "province": "湖南省",
        "city": "邵阳市",
        "county": "隆回县",
        "township": None,
        "adcode": "430524",
        "detail": None,
    }


def test_between_two_places_of_one_name_the_hotline_does_not_choose(client, agent, told):
    """“新市镇”湖南就有三个：只记确定的部分和原话，等坐席问清楚再更正。"""
    filed = client.post("/v1/tickets", headers=agent, json=told | {"place": "新市镇"}).json()
    number, version = filed["number"], filed["version"]

    corrected = client.patch(
        f"/v1/tickets/{number}",
        headers=agent,
        json={"place": "攸县新市镇", "reason": "电话问清", "version": version},
    )

    assert (filed["area"]["province"], filed["area"]["adcode"]) == ("湖南省", None)
    assert (corrected.json()["area"]["county"], corrected.json()["area"]["adcode"]) == ("攸县", "430223")


def test_a_code_of_no_place_is_refused(client, agent, told):
    refused = client.post("/v1/tickets", headers=agent, json=told | {"area": {"adcode": "999999"}})

    assert refused.status_code == 422
    assert "999999" in refused.json()["detail"]


@pytest.mark.parametrize("separate", [False, True])
def test_a_request_sent_twice_is_filed_once(client, agent, told, separate):
    """网络断了重发，同一个 Idempotency-Key 只登记一次。"""
    key, body = {"Idempotency-Key": secrets.token_hex(8)}, told | {"separate": separate}

    answers = [client.post("/v1/tickets", headers=agent | key, json=body) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["number"] for answer in answers}) == 1


def test_the_client_id_in_the_body_does_the_same(client, agent, told):
    body = told | {"client_id": secrets.token_hex(8)}

    numbers = {client.post("/v1/tickets", headers=agent, json=body).json()["number"] for _ in range(2)}

    assert len(numbers) == 1


def test_two_callers_with_the_same_key_do_not_meet(client, agent, key_of, told):
    key = {"Idempotency-Key": secrets.token_hex(8)}
    first = client.post("/v1/tickets", headers=agent | key, json=told).json()["number"]

    other = told | {"applicant": {}, "description": "孩子没钱上学"}
    second = client.post("/v1/tickets", headers=key_of(Role.AGENT) | key, json=other)

    assert second.status_code == 201 and second.json()["number"] != first


def test_a_key_used_for_another_request_is_refused(client, agent, told):
    key = {"Idempotency-Key": secrets.token_hex(8)}
    client.post("/v1/tickets", headers=agent | key, json=told)

    refused = client.post("/v1/tickets", headers=agent | key, json=told | {"description": "孩子没钱上学"})

    assert refused.status_code == 422
    assert "Idempotency-Key" in refused.json()["detail"]


def test_the_same_matter_again_is_added_to_the_open_ticket(client, agent, told):
    """同一个人又打来催同一件事：补充到原工单，不让她手里有两个编号。"""
    first = client.post("/v1/tickets", headers=agent, json=told).json()

    again = client.post(
        "/v1/tickets", headers=agent, json=told | {"description": "昨天厨房起火，东西都烧了，怎么还没人来"}
    )

    assert again.status_code == 200
    assert again.json()["added_to"] == first["number"] == again.json()["number"]
    assert again.headers["location"].endswith(first["number"])


def test_a_ticket_of_its_own_is_given_when_the_agent_wants_it(client, agent, told):
    first = client.post("/v1/tickets", headers=agent, json=told).json()

    second = client.post("/v1/tickets", headers=agent, json=told | {"separate": True})

    assert second.status_code == 201
    assert second.json()["number"] != first["number"]
    assert second.json()["related"] == [first["number"]]
