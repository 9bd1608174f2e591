"""工作台“送往业务系统”：谁没收到、为什么，暂停、恢复、重送都在这里。"""

import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from api.accounts.model import Role
from tickets.delivery_alerts import Level, standing_of
from tickets.delivery_model import DeliveryFilter, DeliveryState
from tickets.delivery_ports import Answer, SendResult

PASSWORD = "a long enough password"
LONG = timedelta(minutes=5)


@pytest.fixture
def system(desk_client, new_request, request) -> str:
    """A case system that was given one ticket."""
    service = desk_client.app.state.service
    name = re.sub("[^a-z0-9]+", "-", request.node.name.lower())[:40].strip("-")
    service.deliveries.register(name, "now")
    service.desk.file(new_request())
    service.deliveries.hand_out(name)
    return name


@pytest.fixture
def supervisor(desk_client) -> TestClient:
    return _browser(desk_client, "songda-banzhang", Role.SUPERVISOR)


def _browser(client, name: str, role: Role) -> TestClient:
    accounts = client.app.state.service.accounts
    if name not in {account.name for account in accounts.list_users()}:
        accounts.add_user(name, role, PASSWORD)
    browser = TestClient(client.app, follow_redirects=False)
    form = re.findall(r'name="form" value="([^"]+)"', browser.get("/console/login").text)[0]
    assert (
        browser.post("/console/login", data={"name": name, "password": PASSWORD, "form": form}).status_code
        == 303
    )
    return browser


def sent(browser: TestClient) -> str:
    return re.findall(r'name="sent" value="([^"]+)"', browser.get("/console/deliveries").text)[0]


def fail_for_good(service, system: str) -> str:
    """Let the newest event of a system become a dead letter; gives its id."""
    [event] = service.deliveries.find(DeliveryFilter(system, state=DeliveryState.WAITING), limit=1)
    refused = SendResult(Answer.FAILED, 400, "answered 400")
    for _attempt in range(40):
        claims = service.deliveries.claim(system, "test", LONG, 10)
        for claim in claims:
            if service.deliveries.failed(claim, refused) is DeliveryState.DEAD:
                return event.id
        with service.database.begin() as db:
            db.exec_driver_sql("UPDATE deliveries SET next_at = created_at WHERE state = 'waiting'")
    raise AssertionError("it never died")


def test_the_page_says_how_each_system_stands_and_what_did_not_get_through(desk_client, supervisor, system):
    dead = fail_for_good(desk_client.app.state.service, system)

    page = supervisor.get("/console/deliveries").text

    assert system in page
    assert "请马上处理" in page and "answered 400" in page
    assert dead.split("_")[1] in page


def test_a_dead_letter_is_sent_again_by_one_button(desk_client, supervisor, system):
    service = desk_client.app.state.service
    dead = fail_for_good(service, system)

    answer = supervisor.post(
        f"/console/deliveries/{system}/replay", data={"sent": sent(supervisor), "event": dead}
    )

    assert answer.status_code == 303
    assert service.deliveries.find(DeliveryFilter(system, state=DeliveryState.DEAD)) == []


def test_pausing_needs_a_reason_and_resuming_lets_it_go_on(desk_client, supervisor, system):
    service = desk_client.app.state.service
    form = sent(supervisor)

    refused = supervisor.post(f"/console/deliveries/{system}/pause", data={"sent": form, "reason": " "})
    supervisor.post(f"/console/deliveries/{system}/pause", data={"sent": form, "reason": "对方升级"})

    assert refused.status_code == 409 and "请写明原因" in refused.text
    assert service.deliveries.claim(system, "test", LONG, 10) == []
    assert "对方升级" in supervisor.get("/console/deliveries").text
    supervisor.post(f"/console/deliveries/{system}/resume", data={"sent": form, "reason": "升级完成"})
    assert len(service.deliveries.claim(system, "test", LONG, 10)) == 1


def test_what_was_handed_over_by_other_means_is_settled_with_who_and_why(desk_client, supervisor, system):
    service = desk_client.app.state.service
    dead = fail_for_good(service, system)

    supervisor.post(
        f"/console/deliveries/{system}/settle",
        data={"sent": sent(supervisor), "event": dead, "reason": "已电话交接"},
    )

    [settled] = service.deliveries.find(DeliveryFilter(system, state=DeliveryState.SETTLED))
    assert (settled.id, settled.settled_by, settled.last_error) == (dead, "songda-banzhang", "已电话交接")


def test_another_sites_form_and_an_agent_change_nothing(desk_client, supervisor, system):
    """别的网站发来的、没有权限的，都办不成。"""
    agent = _browser(desk_client, "songda-zuoxi", Role.AGENT)

    forged = supervisor.post(f"/console/deliveries/{system}/pause", data={"sent": "x", "reason": "y"})
    looking = agent.get("/console/deliveries")

    assert forged.status_code == 403 and looking.status_code == 403
    assert len(desk_client.app.state.service.deliveries.claim(system, "test", LONG, 10)) == 1


def test_the_figures_stand_on_metrics(desk_client, system):
    fail_for_good(desk_client.app.state.service, system)

    metrics = desk_client.get("/metrics").text

    assert f'hotline_deliveries{{state="dead",system="{system}"}} 1.0' in metrics
    assert f'hotline_delivery_level{{level="alarm",system="{system}"}} 1.0' in metrics


@pytest.mark.parametrize(
    ("waits", "level"),
    [
        (timedelta(minutes=1), Level.QUIET),
        (timedelta(minutes=20), Level.WARNING),
        (timedelta(hours=3), Level.ALARM),
    ],
)
def test_the_longer_an_event_waits_the_louder_it_gets(desk_client, system, waits, level):
    figures = next(each for each in desk_client.app.state.service.deliveries.figures() if each.name == system)
    assert figures.oldest_undelivered

    standing = standing_of(figures, {}, figures.oldest_undelivered + waits)

    assert standing.level is level
    assert standing.undelivered_seconds == waits.total_seconds()
    assert datetime.now(UTC) >= figures.oldest_undelivered
