"""工作台里的建议答复和常用语：只给能看的人，伪造的表单不算，发回来的话不会被当成网页代码。"""

import re

import pytest
from fastapi.testclient import TestClient

from api.accounts.model import Role
from api.chat.model import EngineReply, Outcome, Reply
from tests.api.test_console import PASSWORD, sign_in

HTMX = {"HX-Request": "true"}


@pytest.fixture(scope="session")
def people(client) -> dict[str, str]:
    accounts = client.app.state.service.accounts
    accounts.add_user("jianyi", Role.AGENT, PASSWORD)
    accounts.add_user("jianyi-bianji", Role.EDITOR, PASSWORD)
    return {"agent": "jianyi", "editor": "jianyi-bianji"}


def signed_in(client, name: str) -> TestClient:
    browser = TestClient(client.app, follow_redirects=False)
    assert sign_in(browser, name, PASSWORD).status_code == 303
    return browser


@pytest.fixture
def desk(client, people) -> TestClient:
    return signed_in(client, people["agent"])


@pytest.fixture
def talk(client) -> str:
    store = client.app.state.service.conversations
    conversation, _token, _greeting = store.open("430000", Reply("您好"))
    message, _ = store.take_in(conversation.id, "低保要怎么申请", None)
    store.finish_turn(message, EngineReply((Reply("好"),), Outcome.ANSWERED), None)
    return conversation.id


def token(browser: TestClient) -> str:
    page = browser.get("/console/suggestions").text
    return re.findall(r'name="sent" value="([^"]+)"', page)[0]


def ids(html: str) -> list[str]:
    return re.findall(r'data-suggestion="([^"]+)"', html)


def test_a_conversation_shows_cards_with_text_source_and_key(desk: TestClient, talk: str):
    shown = desk.get("/console/suggestions", params={"conversation": talk}, headers=HTMX)

    assert shown.status_code == 200 and "<html" not in shown.text
    assert 3 <= len(ids(shown.text)) <= 5
    assert 'aria-keyshortcuts="Alt+1"' in shown.text and "第十一条" in shown.text
    assert 'data-insert="' in shown.text


def test_what_stands_on_the_page_is_not_rendered_again(desk: TestClient, talk: str):
    """对话里有动静，但群众没说新话：页面上打开着的依据不会被合上。"""
    first = desk.get("/console/suggestions", params={"conversation": talk}, headers=HTMX).text
    offer = re.findall(r'data-offer="([^"]+)"', first)[0]

    again = desk.get("/console/suggestions", params={"conversation": talk, "shown": offer}, headers=HTMX)

    assert again.status_code == 204


def test_an_agent_rejects_a_suggestion_with_one_click(client, desk: TestClient, talk: str):
    shown = desk.get("/console/suggestions", params={"conversation": talk}, headers=HTMX).text
    before = client.app.state.service.suggestions.report().reasons.get("outdated", 0)

    told = desk.post(
        f"/console/suggestions/{ids(shown)[0]}/reject",
        data={"reason": "outdated"},
        headers={**HTMX, "X-Form-Token": token(desk)},
    )

    assert "已记下：过时了" in told.text
    assert client.app.state.service.suggestions.report().reasons["outdated"] == before + 1


def test_a_form_of_another_site_rejects_and_asks_nothing(client, desk: TestClient, talk: str):
    shown = desk.get("/console/suggestions", params={"conversation": talk}, headers=HTMX).text
    before = client.app.state.service.suggestions.report()

    rejected = desk.post(f"/console/suggestions/{ids(shown)[0]}/reject", data={"reason": "outdated"})
    asked = desk.post("/console/suggestions", data={"text": "特困供养怎么申请", "sent": "forged"})

    assert (rejected.status_code, asked.status_code) == (403, 403)
    assert "特困供养怎么申请" in asked.text
    assert client.app.state.service.suggestions.report() == before


def test_without_scripts_words_are_asked_on_a_page(desk: TestClient):
    shown = desk.post("/console/suggestions", data={"text": "低保要怎么申请", "sent": token(desk)})

    assert shown.status_code == 200 and "<html" in shown.text and "第十一条" in shown.text


def test_an_editor_asks_with_words_and_sees_no_conversation(client, people, talk: str):
    browser = signed_in(client, people["editor"])

    assert browser.get("/console/suggestions", params={"conversation": talk}).status_code == 403
    asked = browser.post("/console/suggestions", data={"text": "低保要怎么申请", "sent": token(browser)})
    assert asked.status_code == 200


def test_nobody_sees_suggestions_without_signing_in(client, talk: str):
    browser = TestClient(client.app, follow_redirects=False)

    for path in (f"/console/suggestions?conversation={talk}", "/console/canned", "/console/search?q=低保"):
        assert browser.get(path).status_code == 303


def test_what_does_not_exist_is_said(desk: TestClient):
    assert desk.get("/console/suggestions", params={"conversation": "c_none"}).status_code == 404
    gone = desk.post(
        "/console/suggestions/s_none/reject", data={"reason": "other", "sent": token(desk)}, headers=HTMX
    )
    assert gone.status_code == 404 and "没有找到" in gone.text


@pytest.mark.parametrize("attack", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_words_stay_words(desk: TestClient, attack: str):
    """群众发来的代码，在建议和搜索里都只是字。"""
    asked = desk.post("/console/suggestions", data={"text": f"低保怎么申请{attack}", "sent": token(desk)})
    searched = desk.get("/console/search", params={"q": f"低保{attack}"})
    canned = desk.get("/console/canned", params={"q": attack})

    for page in (asked, searched, canned):
        assert page.status_code == 200
        assert "<script>alert" not in page.text and "<img src=x" not in page.text


def test_canned_replies_are_found_by_initials(desk: TestClient):
    found = desk.get("/console/canned", params={"q": "/sd"}, headers=HTMX).text

    assert found.index("稍等") and 'data-canned="hold_on"' in found
    assert "再见" not in found
