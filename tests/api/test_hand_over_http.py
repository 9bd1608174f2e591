"""坐席接口：看排队、接手、回话、交还、转交、结束；谁能做、别人的不能做。"""

from collections.abc import Callable
from itertools import count

import pytest
from fastapi.testclient import TestClient

from api.accounts.model import Role, Scope

PHONE = "13812345678"
PATH = "/v1/agent/conversations"
_numbers = count()


@pytest.fixture
def agent_called(client: TestClient) -> Callable[..., tuple[str, dict[str, str]]]:
    """Makes agents: name and headers of a new key."""

    def make(role: Role = Role.AGENT, *scopes: Scope) -> tuple[str, dict[str, str]]:
        name = f"{role}-chat-{next(_numbers)}"
        return name, {"X-API-Key": client.app.state.service.accounts.add_key(name, role, scopes)}

    return make


@pytest.fixture
def waiting(client: TestClient, conversation) -> str:
    """A conversation in the queue, whose citizen has told her phone number."""
    path, headers = conversation
    client.post(f"{path}/messages", json={"text": f"我的电话是{PHONE}"}, headers=headers)
    client.post(f"{path}/handover", headers=headers)
    return path.rpartition("/")[2]


def test_who_waits_is_listed_with_the_reason_and_masked(client, waiting, agent_called):
    _name, agent = agent_called()

    listed = client.get(PATH, headers=agent).json()["conversations"]

    mine = next(each for each in listed if each["conversation_id"] == waiting)
    assert (mine["owner"], mine["reason"], mine["danger"], mine["agent"]) == ("queue", "asked", False, None)
    assert mine["waiting_seconds"] >= 0
    assert PHONE not in client.get(f"{PATH}/{waiting}", headers=agent).text
    order = [each["owner"] for each in listed]
    assert order == sorted(order, reverse=True)  # queue before agent


def test_a_request_that_was_left_half_told_is_seen_by_agents(client, conversation, agent_called):
    """说到一半走了：坐席看得到记下了什么，没接手之前号码遮着。"""
    path, headers = conversation
    client.post(f"{path}/messages", json={"text": "我要登记求助，家里没有收入了"}, headers=headers)
    client.post(f"{path}/messages", json={"text": f"隆回县司门前镇，{PHONE}"}, headers=headers)
    _name, agent = agent_called()

    draft = client.get(f"{PATH}/{path.rpartition('/')[2]}", headers=agent).json()["draft"]

    assert "没有收入" in draft["matter"]
    assert "司门前镇" in draft["place"]
    assert PHONE not in draft["contact"]


def test_an_agent_takes_answers_and_hands_back_and_the_citizen_follows(
    client, conversation, waiting, agent_called
):
    name, agent = agent_called()

    taken = client.post(f"{PATH}/{waiting}/take", headers=agent).json()
    body = {"text": "您好，我来帮您", "agent_message_id": "a1"}
    said = client.post(f"{PATH}/{waiting}/messages", json=body, headers=agent).json()
    again = client.post(f"{PATH}/{waiting}/messages", json=body, headers=agent).json()
    full = client.get(f"{PATH}/{waiting}", headers=agent).json()
    back = client.post(
        f"{PATH}/{waiting}/hand-back", json={"note": "带户口本", "for_citizen": True}, headers=agent
    ).json()

    assert (taken["owner"], taken["agent"]) == ("agent", name)
    assert said == again and said["author"] == name
    assert any(PHONE in message["text"] for message in full["messages"])
    assert [change["to_owner"] for change in full["owners"]] == ["queue", "agent"]
    assert (back["owner"], back["agent"]) == ("bot", None)
    path, headers = conversation
    heard = client.get(f"{path}/messages", headers=headers).json()["messages"]
    assert [m["role"] for m in heard][-3:] == ["system", "agent", "assistant"]
    assert "带户口本" in heard[-1]["text"] and name not in str(heard)


def test_the_second_agent_gets_a_409_that_names_the_first(client, waiting, agent_called):
    first, agent = agent_called()
    _second, other = agent_called()
    client.post(f"{PATH}/{waiting}/take", headers=agent)

    for path, body in (
        ("take", None),
        ("messages", {"text": "您好"}),
        ("hand-back", None),
        ("transfer", None),
        ("close", None),
    ):
        refused = client.post(f"{PATH}/{waiting}/{path}", json=body, headers=other)
        problem = refused.json()
        assert refused.status_code == 409, path
        assert refused.headers["content-type"] == "application/problem+json"
        assert (problem["type"], problem["owner"], problem["agent"]) == (
            "urn:hotline:held_by_other",
            "agent",
            first,
        )


def test_a_conversation_is_passed_on_to_an_agent_at_work_or_back_to_the_queue(client, waiting, agent_called):
    _first, agent = agent_called()
    second, other = agent_called()
    client.post(f"{PATH}/{waiting}/take", headers=agent)

    nobody = client.post(f"{PATH}/{waiting}/transfer", json={"to": "没有这个人"}, headers=agent)
    passed = client.post(f"{PATH}/{waiting}/transfer", json={"to": second}, headers=agent).json()
    queued = client.post(f"{PATH}/{waiting}/transfer", json={"note": "要找儿童科"}, headers=other).json()

    assert (nobody.status_code, nobody.json()["type"]) == (422, "urn:hotline:unknown_agent")
    assert (passed["owner"], passed["agent"]) == ("agent", second)
    assert (queued["owner"], queued["agent"]) == ("queue", None)


def test_only_those_who_lead_move_what_others_have(client, waiting, agent_called):
    _first, agent = agent_called()
    second, _other = agent_called()
    _lead, lead = agent_called(Role.SUPERVISOR)
    client.post(f"{PATH}/{waiting}/take", headers=agent)

    moved = client.post(f"{PATH}/{waiting}/transfer", json={"to": second}, headers=lead)

    assert (moved.status_code, moved.json()["agent"]) == (200, second)


def test_a_closed_conversation_says_so_to_both_sides(client, conversation, waiting, agent_called):
    _name, agent = agent_called()
    client.post(f"{PATH}/{waiting}/take", headers=agent)

    closed = client.post(f"{PATH}/{waiting}/close", json={"note": "办完了"}, headers=agent).json()
    more = client.post(f"{PATH}/{waiting}/messages", json={"text": "还有"}, headers=agent)
    path, headers = conversation
    hers = client.post(f"{path}/messages", json={"text": "还在吗"}, headers=headers)

    assert closed["owner"] == "closed"
    for refused in (more, hers):
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:hotline:conversation_closed")
    assert "登记的工单不受影响" in hers.json()["citizen_message"]


@pytest.mark.parametrize(
    ("role", "scopes", "reads", "writes"),
    [
        (Role.AGENT, (), 200, 200),
        (Role.AUDITOR, (), 200, 403),
        (Role.AGENT, (Scope.CHATS_READ,), 200, 403),
        (Role.AGENT, (Scope.TICKETS_READ,), 403, 403),
    ],
)
def test_who_may_read_and_who_may_answer(client, waiting, agent_called, role, scopes, reads, writes):
    _name, headers = agent_called(role, *scopes)

    assert client.get(PATH, headers=headers).status_code == reads
    assert client.get(f"{PATH}/{waiting}", headers=headers).status_code == reads
    assert client.post(f"{PATH}/{waiting}/take", headers=headers).status_code == writes


def test_an_office_s_key_sees_no_conversations(client, waiting):
    key = client.app.state.service.accounts.add_key(
        f"office-{next(_numbers)}", Role.AGENT, office="隆回县民政局"
    )

    assert client.get(PATH, headers={"X-API-Key": key}).status_code == 403


def test_what_does_not_exist_is_a_404(client, agent_called):
    _name, agent = agent_called()

    for answer in (
        client.get(f"{PATH}/c_none", headers=agent),
        client.post(f"{PATH}/c_none/take", headers=agent),
    ):
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:hotline:unknown_conversation"


def test_a_word_of_the_agent_wakes_the_citizen_s_stream(client, waiting, agent_called, monkeypatch):
    """坐席的话马上推到群众页面，不等轮询。"""
    service, woken = client.app.state.service, []
    monkeypatch.setattr(service.wakeups, "_wake", woken.append)
    _name, agent = agent_called()

    client.post(f"{PATH}/{waiting}/take", headers=agent)
    client.post(f"{PATH}/{waiting}/messages", json={"text": "您好"}, headers=agent)

    assert woken == [waiting, waiting]
