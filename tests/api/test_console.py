"""工作台：登录才能看，看到的都已遮盖。"""

import re

import pytest
from fastapi.testclient import TestClient

from api.accounts.model import Role
from api.routes.access import SESSION_COOKIE

PASSWORD = "a long enough password"


@pytest.fixture(scope="session")
def account(client) -> str:
    client.app.state.service.accounts.add_user("zuoxi", Role.AGENT, PASSWORD)
    return "zuoxi"


@pytest.fixture
def browser(client) -> TestClient:
    """A browser with no cookies yet, on the same hotline."""
    return TestClient(client.app, follow_redirects=False)


def sign_in(browser: TestClient, name: str, password: str):
    page = browser.get("/console/login").text
    form = re.findall(r'name="form" value="([^"]+)"', page)[0]
    return browser.post("/console/login", data={"name": name, "password": password, "form": form})


@pytest.mark.parametrize(
    "path", ["/console", "/console/tickets/20260101-0001-3", "/console/conversations/c_1"]
)
def test_nobody_looks_without_signing_in(browser, path: str):
    """没登录，哪一页都看不到，只会被带到登录页。"""
    answer = browser.get(path)

    assert (answer.status_code, answer.headers["location"]) == (303, "/console/login")


def test_signing_in_opens_a_session_that_scripts_and_other_sites_cannot_use(browser, account: str):
    """登录凭证只在本站有效，脚本读不到。"""
    answer = sign_in(browser, account, PASSWORD)

    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(SESSION_COOKIE)).lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert browser.get("/console").status_code == 200


def test_over_https_the_session_never_travels_in_the_clear(client, account: str):
    """https 下，登录凭证只走加密连接。"""
    answer = sign_in(
        TestClient(client.app, base_url="https://hotline", follow_redirects=False), account, PASSWORD
    )

    assert all(
        "Secure" in cookie for cookie in answer.headers.get_list("set-cookie") if "Max-Age=0" not in cookie
    )


def test_a_wrong_password_and_an_unknown_name_get_the_same_sentence(browser, account: str):
    """密码错和没有这个账号，说的是同一句话，猜不出谁有账号。"""
    wrong, unknown = sign_in(browser, account, "wrong"), sign_in(browser, "nobody", "wrong")

    assert wrong.status_code == unknown.status_code == 401
    assert "账号或密码不对" in wrong.text and "账号或密码不对" in unknown.text


def test_after_five_wrong_passwords_the_right_one_has_to_wait_too(client, browser):
    """连错五次，这个账号要等几分钟，密码对了也先不让进。"""
    client.app.state.service.accounts.add_user("banzhang", Role.SUPERVISOR, PASSWORD)
    for _ in range(5):
        sign_in(browser, "banzhang", "wrong")

    answer = sign_in(browser, "Banzhang ", PASSWORD)

    assert answer.status_code == 429
    assert "请等 5 分钟" in answer.text


def test_a_form_that_this_browser_was_not_given_signs_nobody_in(browser, account: str):
    """别的网站代填的登录表单不算数。"""
    browser.get("/console/login")
    answer = browser.post("/console/login", data={"name": account, "password": PASSWORD, "form": "forged"})

    assert answer.status_code == 403
    assert SESSION_COOKIE not in browser.cookies


def test_signing_out_ends_the_session_for_good(browser, account: str):
    """退出之后，旧凭证也不能再用。"""
    sign_in(browser, account, PASSWORD)
    old = browser.cookies[SESSION_COOKIE]

    browser.post("/console/logout")
    browser.cookies.set(SESSION_COOKIE, old)

    assert browser.get("/console").status_code == 303


def test_a_transcript_is_masked_and_its_words_stay_words(browser, account: str, client, conversation):
    """对话里的电话、身份证号遮盖；群众写的代码只是文字。"""
    path, headers = conversation
    text = "我电话13812345678，身份证430103195001011234<script>alert(1)</script>"
    client.post(f"{path}/messages", json={"text": text}, headers=headers)
    sign_in(browser, account, PASSWORD)

    for page in ("/console", f"/console/conversations/{path.rpartition('/')[2]}"):
        shown = browser.get(page).text
        assert "138****5678" in shown or page == "/console"
        assert "13812345678" not in shown and "430103195001011234" not in shown
        assert "<script>alert" not in shown


@pytest.mark.parametrize("path", ["/console/tickets/20200101-0001-1", "/console/conversations/c_none"])
def test_what_does_not_exist_is_said_kindly(browser, account: str, path: str):
    """没有的工单、对话：说清楚，给回去的路。"""
    sign_in(browser, account, PASSWORD)

    answer = browser.get(path)

    assert answer.status_code == 404
    assert "没有找到" in answer.text and "返回列表" in answer.text


def form_of(browser, path: str) -> str:
    return re.findall(r'name="sent" value="([0-9a-f]+)"', browser.get(path).text)[0]


def test_a_form_of_another_site_or_session_moves_nothing(browser, account: str, client, conversation):
    """别的网站替坐席点“接手”不算数。"""
    path = f"/console/conversations/{conversation[0].rpartition('/')[2]}"
    sign_in(browser, account, PASSWORD)
    other = TestClient(client.app, follow_redirects=False)
    sign_in(other, account, PASSWORD)

    for sent in ("", "forged", form_of(other, path)):
        answer = browser.post(f"{path}/take", data={"sent": sent})
        assert answer.status_code == 403 and "已经过期" in answer.text

    taken = browser.post(f"{path}/take", data={"sent": form_of(browser, path)})
    assert (taken.status_code, taken.headers["location"]) == (303, f"{path}#end")


def test_what_an_agent_typed_stays_when_the_conversation_is_no_longer_hers(
    browser, account: str, client, conversation
):
    path = f"/console/conversations/{conversation[0].rpartition('/')[2]}"
    sign_in(browser, account, PASSWORD)
    sent = form_of(browser, path)
    client.app.state.service.hand_over.take(path.rpartition("/")[2], "desktop-2")

    refused = browser.post(f"{path}/messages", data={"sent": sent, "text": "写了一半"})

    assert refused.status_code == 409
    assert "由 desktop-2 处理" in refused.text and "写了一半" in refused.text


def test_signing_out_gives_back_what_the_agent_had(client, conversation):
    """坐席退出登录，手里的对话立刻回到排队。"""
    client.app.state.service.accounts.add_user("zuoxi-leaving", Role.AGENT, PASSWORD)
    browser = TestClient(client.app, follow_redirects=False)
    sign_in(browser, "zuoxi-leaving", PASSWORD)
    number = conversation[0].rpartition("/")[2]
    browser.post(
        f"/console/conversations/{number}/take",
        data={"sent": form_of(browser, f"/console/conversations/{number}")},
    )

    browser.post("/console/logout")

    held = client.app.state.service.conversations.held.find(number)
    assert (held.owner, held.agent) == ("queue", None)


def test_an_auditor_reads_and_cannot_answer(client, conversation):
    client.app.state.service.accounts.add_user("shenji", Role.AUDITOR, PASSWORD)
    browser = TestClient(client.app, follow_redirects=False)
    sign_in(browser, "shenji", PASSWORD)
    path = f"/console/conversations/{conversation[0].rpartition('/')[2]}"

    page = browser.get(path)

    assert page.status_code == 200 and "只能查看" in page.text
    for text in (page.text, browser.get("/console").text):
        assert "/take" not in text
