"""账号页：谁能进、什么角色、在哪里登录，管理员说了算，做过的都记着。"""

import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from api.accounts.model import Caller, Role
from api.accounts.store import AccountStore
from api.routes.access import SESSION_COOKIE
from tests.api.console_door import PASSWORD, browser_of, open_house, person, send, sign_in
from tests.postgres import postgres_server  # noqa: F401

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
OTHER = "another long enough password"


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> TestClient:
    return open_house(tmp_path_factory.mktemp("accounts"))


@pytest.fixture(scope="module")
def accounts(house) -> AccountStore:
    return house.app.state.service.accounts


@pytest.fixture(scope="module")
def admin(house) -> TestClient:
    return person(house, "guanli", Role.ADMIN)


@pytest.fixture
def somebody(house, request) -> str:
    """An agent of this test."""
    name = f"p-{abs(hash(request.node.nodeid)) % 10**8}"
    house.app.state.service.accounts.add_user(name, Role.AGENT, PASSWORD)
    return name


def one_time_in(page: str) -> str:
    return re.findall(r"<code>([^<]+)</code>", page)[0]


def page_of(name: str) -> str:
    return f"/console/accounts/person?name={name}"


def test_a_new_person_gets_a_password_once_and_must_choose_their_own(house, admin, accounts):
    """新账号：一次性密码只显示一次，第一次登录就得换。"""
    made = send(admin, "/console/accounts", name="xinren", role="dispatcher")
    password = one_time_in(made.text)
    browser = browser_of(house)

    assert sign_in(browser, "xinren", password).headers["location"] == "/console/account"
    assert password not in admin.get("/console/accounts").text
    for closed in ("/console", "/console/tickets", "/console/search"):
        assert browser.get(closed).headers["location"] == "/console/account", closed
    assert browser.get("/v1/tickets").status_code == 403
    assert "请先设一个自己的新密码" in browser.get("/console/account").text
    chosen = send(
        browser, "/console/account", "/console/account/password", present=password, chosen=OTHER, again=OTHER
    )
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/console")
    assert browser.get("/console").status_code == 200
    assert accounts.sign_in("xinren", password) is None


def test_a_one_time_password_that_nobody_used_in_three_days_opens_nothing(tmp_path):
    from api.database import open_database

    class Clock:
        now = datetime(2026, 11, 22, 9, tzinfo=UTC)

        def __call__(self):
            return self.now

    clock = Clock()
    accounts = AccountStore(open_database(f"sqlite:///{tmp_path / 'h.db'}"), clock)
    password = accounts.add_person("xin", Role.AGENT, actor="guanli")
    clock.now += timedelta(days=3, seconds=1)

    assert accounts.sign_in("xin", password) is None


def test_the_role_changes_at_the_very_next_click(house, admin, somebody):
    """降了角色，手里开着的页面下一步就按新角色。"""
    browser = browser_of(house)
    sign_in(browser, somebody)

    done = send(admin, page_of(somebody), "/console/accounts/role", name=somebody, role="editor")

    assert done.status_code == 303
    assert browser.get("/v1/tickets").status_code == 403
    assert "知识编辑" in browser.get("/console/account").text


def test_disabling_ends_what_is_open_and_enabling_lets_in_again(house, admin, somebody):
    browser = browser_of(house)
    sign_in(browser, somebody)

    send(admin, page_of(somebody), "/console/accounts/disable", name=somebody)
    assert browser.get("/console/account").headers["location"] == "/console/login"
    assert sign_in(browser, somebody).status_code == 401

    send(admin, page_of(somebody), "/console/accounts/enable", name=somebody)
    assert sign_in(browser, somebody).status_code == 303


def test_an_admin_can_sign_somebody_out_everywhere(house, admin, somebody):
    browsers = [browser_of(house) for _ in range(2)]
    for browser in browsers:
        sign_in(browser, somebody)
    assert "2 处" in admin.get("/console/accounts").text

    send(admin, page_of(somebody), "/console/accounts/sign-out", name=somebody)

    assert [browser.get("/console").status_code for browser in browsers] == [303, 303]
    assert sign_in(browsers[0], somebody).status_code == 303


def test_resetting_a_password_ends_sessions_and_the_old_password(house, admin, somebody, accounts):
    browser = browser_of(house)
    sign_in(browser, somebody)

    password = one_time_in(
        send(admin, page_of(somebody), "/console/accounts/reset-password", name=somebody).text
    )

    assert browser.get("/console").status_code == 303
    assert accounts.sign_in(somebody, PASSWORD) is None
    assert sign_in(browser, somebody, password).headers["location"] == "/console/account"


def test_the_last_admin_can_be_neither_disabled_nor_demoted(tmp_path):
    """总得有人管账号。"""
    house = open_house(tmp_path)
    admin = person(house, "guanli", Role.ADMIN)

    for path, fields in (("disable", {}), ("role", {"role": "agent"})):
        refused = send(admin, page_of("guanli"), f"/console/accounts/{path}", name="guanli", **fields)
        assert refused.status_code == 409 and "最后一个管理员" in refused.text
    person(house, "guanli-2", Role.ADMIN)
    house.app.state.service.accounts.disable_user("guanli-2", actor="guanli")
    refused = send(admin, page_of("guanli"), "/console/accounts/disable", name="guanli")
    assert refused.status_code == 409, "a disabled admin looks after nothing"

    assert admin.get("/console/accounts").status_code == 200


def test_every_change_is_recorded_with_who_whom_what_and_when(house, admin, somebody, accounts):
    send(admin, page_of(somebody), "/console/accounts/role", name=somebody, role="supervisor")
    send(admin, page_of(somebody), "/console/accounts/reset-password", name=somebody)
    send(admin, page_of(somebody), "/console/accounts/disable", name=somebody)

    told = [(c.actor, c.account, c.change.value, c.detail) for c in accounts.changes(somebody)]
    assert told == [
        ("guanli", somebody, "disabled", ""),
        ("guanli", somebody, "password_reset", ""),
        ("guanli", somebody, "role", "agent → supervisor"),
        ("cli", somebody, "added", "agent"),
    ]
    shown = admin.get(page_of(somebody)).text
    assert "改角色：坐席 → 班长" in shown and "重置密码" in shown and "命令行" in shown


def test_a_change_that_was_refused_or_changed_nothing_is_not_recorded(admin, somebody, accounts):
    before = len(accounts.changes())

    send(admin, "/console/accounts", name=somebody, role="agent")
    send(admin, page_of(somebody), "/console/accounts/role", name=somebody, role="agent")
    send(admin, page_of(somebody), "/console/accounts/disable", name="nobody")

    assert len(accounts.changes()) == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("GUANLI", "已经有叫"),
        ("ｇｕａｎｌｉ", "已经有叫"),
        ("", "1 到 80"),
        ("x" * 81, "1 到 80"),
        ("a\u200bb", "看不见"),
    ],
)
def test_a_name_that_will_not_do_is_refused_and_stays_typed(admin, name, said):
    refused = send(admin, "/console/accounts", name=name, role="editor")

    assert refused.status_code == 409 and said in refused.text
    assert f'value="{name}"' in refused.text
    assert re.search(r'value="editor" selected', refused.text)


def test_people_see_their_own_sessions_and_end_one(house, somebody):
    """在哪里登录的、什么时候、什么浏览器，自己看得到，也退得掉。"""
    here, there = browser_of(house), browser_of(house)
    there.headers["User-Agent"] = FIREFOX
    sign_in(here, somebody)
    sign_in(there, somebody)

    page = here.get("/console/account").text
    assert "Firefox · Windows" in page and page.count("就是这里") == 1
    ids = re.findall(r'name="id" value="([0-9a-f]+)"', page)
    assert len(ids) == 1, "this one is ended by signing out"
    send(here, "/console/account", "/console/account/sign-out", id=ids[0])

    assert there.get("/console").status_code == 303
    assert here.get("/console").status_code == 200


def test_people_end_all_others_or_all(house, somebody):
    browsers = [browser_of(house) for _ in range(3)]
    for browser in browsers:
        sign_in(browser, somebody)

    send(browsers[0], "/console/account", "/console/account/sign-out")
    assert [b.get("/console").status_code for b in browsers] == [200, 303, 303]

    gone = send(browsers[0], "/console/account", "/console/account/sign-out-everywhere")
    assert gone.headers["location"] == "/console/login"
    assert browsers[0].get("/console").status_code == 303


def test_nobody_ends_a_session_of_somebody_else(house, somebody, accounts):
    victim = person(house, f"{somebody}-v", Role.AGENT)
    browser = browser_of(house)
    sign_in(browser, somebody)

    theirs = accounts.sessions_of(f"{somebody}-v")[0].id
    send(browser, "/console/account", "/console/account/sign-out", id=theirs)

    assert victim.get("/console").status_code == 200


def test_changing_the_password_ends_other_sessions_and_renews_this_one(house, somebody, accounts):
    here, there = browser_of(house), browser_of(house)
    sign_in(here, somebody)
    sign_in(there, somebody)
    old = here.cookies[SESSION_COOKIE]

    done = send(
        here, "/console/account", "/console/account/password", present=PASSWORD, chosen=OTHER, again=OTHER
    )

    assert done.headers["location"] == "/console/account?done=password"
    assert here.get("/console").status_code == 200 and here.cookies[SESSION_COOKIE] != old
    assert there.get("/console").status_code == 303
    assert accounts.session(old) is None
    assert accounts.sign_in(somebody, PASSWORD) is None and accounts.sign_in(somebody, OTHER)


@pytest.mark.parametrize(
    ("present", "chosen", "again", "said"),
    [
        ("wrong password", OTHER, OTHER, "现在的密码不对"),
        (PASSWORD, OTHER, OTHER + "!", "不一样"),
        (PASSWORD, "short", "short", "太短"),
        (PASSWORD, "password123", "password123", "太容易被猜到"),
        (PASSWORD, "shehuijiuzhu2026", "shehuijiuzhu2026", "太容易被猜到"),
        (PASSWORD, PASSWORD, PASSWORD, "和现在的一样"),
    ],
)
def test_a_password_is_not_changed_without_the_old_one_or_to_a_weak_one(
    house, accounts, request, present, chosen, again, said
):
    name = f"q-{abs(hash(request.node.nodeid)) % 10**8}"
    browser = person(house, name, Role.AGENT)

    refused = send(
        browser, "/console/account", "/console/account/password", present=present, chosen=chosen, again=again
    )

    assert refused.status_code == 409 and said in refused.text
    assert accounts.sign_in(name, PASSWORD)


def test_the_old_password_cannot_be_tried_out_in_a_session_left_open(house, somebody):
    browser = browser_of(house)
    sign_in(browser, somebody)
    page = "/console/account"
    tries = [
        send(browser, page, f"{page}/password", present=f"guess {n}", chosen=OTHER, again=OTHER)
        for n in range(6)
    ]

    assert [one.status_code for one in tries] == [409] * 5 + [429]


def test_what_an_agent_had_goes_back_to_the_queue_when_an_admin_ends_it(house, admin, somebody):
    """停用坐席，他手里的对话立刻回到排队。"""
    service = house.app.state.service
    opened = house.post("/v1/conversations", json={}).json()["conversation_id"]
    browser = browser_of(house)
    sign_in(browser, somebody)
    service.hand_over.take(opened, somebody)

    send(admin, page_of(somebody), "/console/accounts/disable", name=somebody)

    held = service.conversations.held.find(opened)
    assert (held.owner, held.agent) == ("queue", None)


def test_signing_in_leads_to_the_first_page_that_the_role_may_open(house):
    for name, role, page in (
        ("s-agent", Role.AGENT, "/console"),
        ("s-editor", Role.EDITOR, "/console/search"),
    ):
        house.app.state.service.accounts.add_user(name, role, PASSWORD)
        assert sign_in(browser_of(house), name).headers["location"] == page


def test_a_session_ends_without_anybody_doing_anything_and_in_any_case(tmp_path):
    """没人操作一小时就退出；有人操作，满十二小时也得重新登录。"""
    from api.database import open_database

    class Clock:
        now = datetime(2026, 11, 22, 9, tzinfo=UTC)

        def __call__(self):
            return self.now

    clock = Clock()
    accounts = AccountStore(open_database(f"sqlite:///{tmp_path / 'h.db'}"), clock)
    accounts.add_user("lin", Role.AGENT, PASSWORD)
    token = accounts.sign_in("lin", PASSWORD)
    for _ in range(14):
        clock.now += timedelta(minutes=50)
        assert accounts.session(token, active=True) == Caller("lin", Role.AGENT)
    clock.now += timedelta(minutes=50)
    assert accounts.session(token, active=True) is None, "12 hours are over"

    token = accounts.sign_in("lin", PASSWORD)
    for _ in range(6):
        clock.now += timedelta(minutes=10)
        assert accounts.session(token), "a page that refreshes itself"
    clock.now += timedelta(minutes=1)
    assert accounts.session(token) is None
    assert accounts.sessions_of("lin") == [] and accounts.at_work("lin") is None


@pytest.mark.parametrize(
    ("method", "headers", "counts"),
    [
        ("GET", {"Accept": "text/html,application/xhtml+xml"}, True),
        ("GET", {"Accept": "text/html,*/*", "Sec-Fetch-Mode": "navigate"}, True),
        ("GET", {"Accept": "*/*", "Sec-Fetch-Mode": "cors"}, False),
        ("GET", {"Accept": "text/html"}, False),
        ("GET", {"Accept": "text/html, */*", "HX-Request": "true"}, False),
        ("GET", {"HX-Request": "true", "HX-Trigger-Name": "query"}, True),
        ("POST", {"HX-Request": "true"}, True),
    ],
)
def test_only_what_a_person_does_keeps_a_session_open(method, headers, counts):
    from starlette.requests import Request

    from api.console.shell import is_deliberate

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    assert is_deliberate(Request({"type": "http", "method": method, "headers": raw})) is counts


def test_two_admins_who_disable_each_other_at_once_do_not_both_go(postgres, tmp_path):
    """两个管理员同时停用对方，至少留下一个。"""
    from concurrent.futures import ThreadPoolExecutor

    from api.accounts.model import AccountError
    from api.database import open_database

    for address in (
        f"sqlite:///{tmp_path / 'h.db'}",
        postgres.address(postgres.new_database()),
    ):
        accounts = AccountStore(open_database(address), lambda: datetime.now(UTC))
        for name in ("a", "b"):
            accounts.add_user(name, Role.ADMIN, PASSWORD)

        def disable(pair, accounts=accounts):
            try:
                accounts.disable_user(pair[0], actor=pair[1])
            except AccountError:
                return False
            return True

        for _ in range(5):
            for name in ("a", "b"):
                accounts.enable_user(name, actor="test")
            with ThreadPoolExecutor(2) as pool:
                done = list(pool.map(disable, (("a", "b"), ("b", "a"))))
            assert sorted(done) == [False, True]
