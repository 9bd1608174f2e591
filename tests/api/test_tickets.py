"""工单接口：要有密钥，默认遮住个人信息，查看要留理由。"""

import pytest

from api.accounts.model import Role
from tickets.model import Area, Category, NewTicket, Person, Urgency


@pytest.fixture(scope="module")
def ticket(client):
    new = NewTicket(
        category=Category.TEMPORARY,
        urgency=Urgency.PRIORITY,
        summary="房子被火烧了",
        description="房子被火烧了，电话13712340001",
        area=Area(province="湖南省", city="邵阳市", county="隆回县"),
        applicant=Person(name="石海", phone="13712340001"),
        conversation_id="c_test",
        origin_message_id="m_test",
    )
    return client.app.state.service.desk.file(new)


def test_tickets_need_a_key(client, ticket):
    assert client.get("/v1/tickets").status_code == 401
    assert client.get(f"/v1/tickets/{ticket.number}", headers={"X-API-Key": "hk_wrong"}).status_code == 401


def test_a_ticket_is_shown_masked(client, agent, ticket):
    shown = client.get(f"/v1/tickets/{ticket.number}", headers=agent)

    assert shown.json()["applicant"]["phone"] == "137****0001"
    assert "13712340001" not in shown.text
    assert "石海" not in shown.text


def test_personal_data_is_shown_for_a_reason_that_is_recorded(client, agent, ticket):
    shown = client.get(f"/v1/tickets/{ticket.number}", params={"reveal_reason": "回访"}, headers=agent)

    assert shown.json()["applicant"] == {"name": "石海", "phone": "13712340001", "id_number": None}


def test_the_list_is_newest_first_and_masked(client, agent, ticket):
    listed = client.get("/v1/tickets", headers=agent)

    assert ticket.number in [t["number"] for t in listed.json()["tickets"]]
    assert "13712340001" not in listed.text


def test_a_move_that_the_table_does_not_allow_names_the_allowed_ones(client, agent, ticket):
    refused = client.post(f"/v1/tickets/{ticket.number}/archive", json={}, headers=agent)

    assert refused.status_code == 409
    assert "dispatch" in refused.json()["allowed"]


def test_a_ticket_is_dispatched_to_an_office(client, agent, ticket):
    moved = client.post(
        f"/v1/tickets/{ticket.number}/dispatch", json={"office": "隆回县民政局"}, headers=agent
    )

    assert moved.json()["status"] == "dispatched"
    assert moved.json()["office"] == "隆回县民政局"


def test_an_unknown_ticket_is_not_found(client, agent):
    assert client.get("/v1/tickets/20200101-0001-5", headers=agent).status_code == 404


def test_a_revoked_key_opens_nothing(client):
    accounts = client.app.state.service.accounts
    key = accounts.add_key("old desktop", Role.AGENT)
    assert client.get("/v1/tickets", headers={"X-API-Key": key}).status_code == 200

    accounts.revoke_key("old desktop")

    assert client.get("/v1/tickets", headers={"X-API-Key": key}).status_code == 401
