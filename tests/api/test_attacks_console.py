"""工作台挡得住的招：越权、冒充、伪造的登录、重放、撞密码、换个写法再试，一样也不灵。"""

import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from api.accounts.model import PERMISSIONS, Role, Scope
from api.accounts.throttle import ADDRESS_TRIES, SignIns
from api.console.people.sign_in import FORM_COOKIE
from api.routes.access import SESSION_COOKIE
from api.routes.cookies import PREFIX
from tests.api.console_door import PASSWORD, browser_of, open_house, person, send, sign_in, token_on
from tests.api.test_citizen_routes import ticket_of

DOORS = {"/console/login", "/console/logout", "/console/oidc/start", "/console/oidc/callback"}
SECRET = "家里的事只说给热线听"
FILES = {"/console/stream.js"}
OWN = "/console/account"  # everybody who is signed in has one
# What it takes to see each part of the console; a part that is not here fails the first test.
SEEN_BY = {
    "/console/accounts": Scope.ACCOUNTS,
    "/console/canned": Scope.ANSWERS,
    "/console/conversations": Scope.CHATS_READ,
    "/console/deliveries": Scope.TICKETS_EXPORT,
    "/console/events": Scope.CHATS_READ,
    "/console/figures": Scope.FIGURES_READ,
    "/console/filing": Scope.TICKETS_FILE,
    "/console/knowledge": Scope.KNOWLEDGE_EDIT,
    "/console/mine": Scope.CHATS_READ,
    "/console/next": Scope.CHATS_READ,
    "/console/phone": Scope.TICKETS_FILE,
    "/console/search": Scope.ANSWERS,
    "/console/suggestions": Scope.ANSWERS,
    "/console/tickets": Scope.TICKETS_READ,
}


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> TestClient:
    return open_house(tmp_path_factory.mktemp("attacked"))


@pytest.fixture(scope="module")
def real(house) -> dict[str, str]:
    """A conversation in which something was said, and a ticket, by the names of their place-holders."""
    opened = house.post("/v1/conversations", json={}).json()
    path, key = f"/v1/conversations/{opened['conversation_id']}/messages", f"Bearer {opened['token']}"
    said = house.post(path, json={"text": SECRET}, headers={"Authorization": key})
    assert said.status_code == 200
    return {
        "conversation_id": opened["conversation_id"],
        "number": ticket_of(house, description=SECRET),
        "transition": "dispatch",
    }


@pytest.fixture(scope="module")
def people(house) -> dict[Role, TestClient]:
    """One person of each role, signed in."""
    return {role: person(house, f"a-{role}", role) for role in Role}


def console_routes(house: TestClient) -> list[tuple[str, str]]:
    """(method, address) of every route of the console, as the app itself lists them."""
    found = set()

    def collect(routes) -> None:
        for route in routes:
            if isinstance(route, APIRoute) and route.path.startswith("/console"):
                found.update((method, route.path) for method in route.methods - {"HEAD"})
            collect(getattr(getattr(route, "original_router", None), "routes", ()))

    collect(house.app.routes)
    return sorted(found)


def filled(path: str, real: dict[str, str] | None = None) -> str:
    """The address with what really exists in its place-holders, where the test has it."""
    return re.sub(r"\{([^}]+)\}", lambda place: (real or {}).get(place[1], "1"), path)


def part_of(path: str) -> str:
    """The part of the console that an address belongs to."""
    return "/".join(path.split("/")[:3])


def scope_of(path: str) -> Scope | None:
    """What it takes to see this; None for what everybody has who is signed in."""
    if part_of(path) == OWN:
        return None
    return Scope.CHATS_READ if path == "/console" else SEEN_BY[part_of(path)]


# Whom every route lets in


def test_it_is_known_of_every_part_of_the_console_who_may_see_it(house):
    """新加的页面，先要写明谁能看。"""
    known = {"/console", OWN, *SEEN_BY, *map(part_of, DOORS), *FILES}

    assert {part_of(path) for _, path in console_routes(house)} == known


def test_nobody_who_is_not_signed_in_gets_anything_from_any_route(house):
    """没登录：哪一条地址、哪一种方法，都只会被带到登录页。"""
    stranger = browser_of(house)
    for method, path in console_routes(house):
        if path in DOORS | FILES:
            continue
        answer = stranger.request(method, filled(path))
        led = (answer.status_code, answer.headers.get("location")) == (303, "/console/login")
        assert led or (path == "/console/events" and answer.status_code == 401), (method, path)


def test_no_form_without_the_token_of_the_session_does_anything(house, people, real):
    """没带本次登录的口令的表单，一个也不办。"""
    others = {"sent": token_on(people[Role.AGENT], OWN)}
    passed = []
    for method, path in console_routes(house):
        if method == "GET" or path in DOORS:
            continue
        for sent in ({}, {"sent": "forged"}, others):
            answer = people[Role.ADMIN].request(method, filled(path, real), data=sent)
            silent = path.endswith("/left") and answer.status_code == 204  # says nothing, does nothing
            missing = answer.status_code == 404 and not any(f"{{{name}}}" in path for name in real)
            if answer.status_code != 403 and not silent and not missing:
                passed.append((path, sent, answer.status_code))

    assert passed == []


@pytest.mark.parametrize("role", list(Role))
def test_no_role_opens_by_its_address_what_is_not_for_it(house, people, role, real):
    """不归这个角色的，直接写地址也打不开，拒绝的页面里也看不到内容。"""
    own, passed = {"sent": token_on(people[role], OWN)}, []
    for method, path in console_routes(house):
        scope = None if path in DOORS | FILES else scope_of(path)
        if scope is None or scope in PERMISSIONS[role]:
            continue
        form = {"data": own} if method != "GET" else {}
        answer = people[role].request(method, filled(path, real), **form)
        silent = path.endswith("/left") and answer.status_code == 204  # says nothing
        if (answer.status_code != 403 and not silent) or SECRET in answer.text:
            passed.append((method, path, answer.status_code, SECRET in answer.text))

    assert passed == []


@pytest.mark.parametrize("role", [role for role in Role if Scope.ACCOUNTS not in PERMISSIONS[role]])
def test_nobody_raises_their_own_role_by_a_form(house, people, role):
    """自己给自己加权限：表单照着管理员的样子发，也不行。"""
    own = {"sent": token_on(people[role], "/console/account")}
    for path, fields in (
        ("/console/accounts/role", {"name": f"a-{role}", "role": "admin"}),
        ("/console/accounts", {"name": "helper", "role": "admin"}),
        ("/console/accounts/reset-password", {"name": "a-admin"}),
        ("/console/accounts/disable", {"name": "a-admin"}),
        ("/console/accounts/enable", {"name": "a-admin"}),
        ("/console/accounts/sign-out", {"name": "a-admin"}),
        ("/console/account/password", {"name": "a-admin", "role": "admin"}),
    ):
        assert people[role].post(path, data=own | fields).status_code in (403, 409), path

    accounts = house.app.state.service.accounts
    assert accounts.account(f"a-{role}").role == role
    assert "helper" not in {one.name for one in accounts.list_users()}
    assert people[Role.ADMIN].get("/console").status_code == 200


def test_a_role_that_does_not_exist_is_given_to_nobody(house, people):
    for role in ("root", "ADMIN", "admin,agent", ""):
        send(people[Role.ADMIN], "/console/accounts/person?name=a-agent", "/console/accounts/role",
             name="a-agent", role=role)  # fmt: skip

    assert house.app.state.service.accounts.account("a-agent").role == Role.AGENT


# Sessions


def test_a_session_that_an_attacker_planted_is_not_the_one_that_is_opened(house):
    """先塞一个会话再骗人登录：登录后换了新的，旧的作废。"""
    accounts = house.app.state.service.accounts
    accounts.add_user("fixed", Role.AGENT, PASSWORD)
    mallory = person(house, "fixer", Role.AGENT)
    planted = mallory.cookies[SESSION_COOKIE]
    victim = browser_of(house)
    victim.cookies.set(SESSION_COOKIE, planted)

    sign_in(victim, "fixed")

    session = next(
        cookie.value
        for cookie in victim.cookies.jar
        if cookie.name == SESSION_COOKIE and cookie.value != planted
    )
    assert accounts.session(session).name == "fixed"
    assert accounts.session(planted) is None


def test_made_up_tokens_open_nothing(house):
    for token in ("", "0", "null", "a" * 43, "' OR 1=1 --", "../../admin"):
        stranger = browser_of(house)
        stranger.cookies.set(SESSION_COOKIE, token)
        assert stranger.get("/console").status_code == 303


def test_over_https_only_a_cookie_of_this_very_host_is_believed(house):
    """邻居域名塞进来的 cookie（没有 __Host- 前缀）不算数。"""
    accounts = house.app.state.service.accounts
    accounts.add_user("hosted", Role.AGENT, PASSWORD)
    token = accounts.sign_in("hosted", PASSWORD)
    for name, status in ((SESSION_COOKIE, 303), (PREFIX + SESSION_COOKIE, 200)):
        browser = browser_of(house, "https://testserver")
        browser.headers["Cookie"] = f"{name}={token}"
        assert browser.get("/console").status_code == status, name


def test_cookies_are_closed_to_scripts_to_other_sites_and_to_plain_lines(house):
    house.app.state.service.accounts.add_user("flags", Role.AGENT, PASSWORD)
    secure = browser_of(house, "https://testserver")
    cookies = [
        *secure.get("/console/login").headers.get_list("set-cookie"),
        *sign_in(secure, "flags").headers.get_list("set-cookie"),
    ]
    set_now = [cookie for cookie in cookies if "Max-Age=0" not in cookie]

    assert {cookie.partition("=")[0] for cookie in set_now} == {PREFIX + FORM_COOKIE, PREFIX + SESSION_COOKIE}
    for cookie in set_now:
        assert all(flag in cookie for flag in ("HttpOnly", "SameSite=strict", "Secure", "Path=/")), cookie
        assert "Domain" not in cookie, cookie


def test_behind_a_trusted_proxy_with_tls_cookies_are_secure_and_behind_another_they_are_not(tmp_path):
    """前面的代理说是 https 才信，别人说的不信。"""
    for trusted, secure in (("testclient", True), ("10.0.0.1", False)):
        house = open_house(tmp_path / trusted, trusted_proxies=trusted)
        kept = house.get("/console/login", headers={"X-Forwarded-Proto": "https"}).headers["set-cookie"]
        assert ("Secure" in kept and kept.startswith(PREFIX)) is secure


def test_no_page_of_the_console_can_be_framed_or_kept_by_a_proxy(house, people):
    """别的网页套不进去（点击劫持），中间的代理也不留底。"""
    pages = [(people[Role.ADMIN], path) for path in ("/console", "/console/account", "/console/accounts")]
    for browser, path in ((browser_of(house), "/console/login"), *pages):
        headers = browser.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert "form-action 'self'" in headers["content-security-policy"], path
        assert headers["cache-control"] == "no-store" and headers["referrer-policy"] == "no-referrer", path


def test_another_site_signs_nobody_out(house):
    browser = person(house, "stays", Role.AGENT)

    for site in ("cross-site", "same-site"):
        assert browser.post("/console/logout", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert browser.get("/console").status_code == 200


# The sign-in page


def test_no_address_leads_out_of_the_hotline_after_signing_in(house):
    """登录之后只回工作台，地址里写什么都不会被带去别处。"""
    house.app.state.service.accounts.add_user("redirected", Role.AGENT, PASSWORD)
    for name in ("next", "to", "url", "return", "redirect_uri"):
        for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
            browser = browser_of(house)
            page = browser.get("/console/login", params={name: target}).text
            assert "evil.example" not in page and "javascript:" not in page
            form = re.findall(r'name="form" value="([^"]+)"', page)[0]
            fields = {
                "name": "redirected",
                "password": PASSWORD,
                "form": form,
                name if name != "name" else "n": target,
            }
            answer = browser.post(f"/console/login?{urlencode({name: target})}", data=fields)
            assert answer.headers["location"] == "/console"


def test_who_exists_is_told_neither_by_words_nor_by_the_throttle(tmp_path):
    """有没有这个账号、停没停用，从回答里看不出来。"""
    house = open_house(tmp_path)
    accounts = house.app.state.service.accounts
    accounts.add_user("known", Role.AGENT, PASSWORD)
    accounts.add_user("closed", Role.AGENT, PASSWORD)
    accounts.disable_user("closed", actor="test")

    def told(name: str, password: str) -> tuple[int, str]:
        answer = sign_in(browser_of(house), name, password)
        page = re.sub(r'name="form" value="[^"]+"', "", answer.text).replace(name, "NAME")
        return answer.status_code, page

    first = [
        told("known", "wrong"),
        told("unknown", "wrong"),
        told("closed", "wrong"),
        told("closed", PASSWORD),
    ]
    assert len(set(first)) == 1 and first[0][0] == 401
    for name in ("known", "unknown"):
        for _ in range(4):
            told(name, "wrong")
    assert told("known", "wrong") == told("unknown", "wrong")
    assert told("known", "wrong")[0] == 429


def test_passwords_of_unknown_names_are_hashed_too(house, monkeypatch):
    """没有的账号也要算一遍散列，时间上看不出差别。"""
    import api.accounts.passwords as passwords

    asked = []
    verify = passwords._hasher.__class__.verify
    monkeypatch.setattr(
        passwords._hasher.__class__,
        "verify",
        lambda self, kept, given: asked.append(kept) or verify(self, kept, given),
    )

    house.app.state.service.accounts.sign_in("nobody at all", PASSWORD)
    assert len(asked) == 1 and asked[0].startswith("$argon2id$")


@pytest.mark.parametrize("spelling", ["Victim", " victim ", "VICTIM", "ｖｉｃｔｉｍ", "vic tim", "victim\t"])
def test_spelling_a_name_otherwise_gives_no_more_tries(tmp_path, spelling):
    house = open_house(tmp_path)
    house.app.state.service.accounts.add_user("victim", Role.AGENT, PASSWORD)
    for _ in range(5):
        sign_in(browser_of(house), "victim", "wrong")

    assert sign_in(browser_of(house), spelling, PASSWORD).status_code == 429


def test_one_password_tried_on_many_names_closes_the_address(tmp_path):
    """一个密码挨个账号试：同一个地址试满就停。"""
    house = open_house(tmp_path)
    house.app.state.service.accounts.add_user("last", Role.AGENT, PASSWORD)
    browser = browser_of(house)
    for number in range(ADDRESS_TRIES):
        assert sign_in(browser, f"name-{number}", "Password2026").status_code == 401

    assert sign_in(browser, "last", PASSWORD).status_code == 429


def test_an_address_is_what_a_trusted_proxy_says_and_not_what_the_attacker_says(tmp_path):
    """自己编 X-Forwarded-For，换不来新的次数。"""
    house = open_house(tmp_path, trusted_proxies="10.0.0.1")
    for number in range(ADDRESS_TRIES):
        browser = browser_of(house)
        browser.headers["X-Forwarded-For"] = f"192.0.2.{number}"
        sign_in(browser, f"name-{number}", "wrong")

    assert sign_in(browser_of(house), "another", "wrong").status_code == 429


def test_many_tries_at_once_are_not_more_than_the_limit(tmp_path):
    house = open_house(tmp_path)
    house.app.state.service.accounts.add_user("raced", Role.AGENT, PASSWORD)

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: sign_in(browser_of(house), "raced", "wrong").status_code, range(12)))

    assert sorted(got) == [401] * 5 + [429] * 7


def test_signing_in_oneself_buys_no_more_tries_on_others():
    """攻击者自己有账号，登录成功一次也不清零别人的次数。"""
    counted = SignIns(name_tries=5, address_tries=6)
    for number in range(5):
        assert counted.attempt(f"victim-{number}", "192.0.2.1") == 0.0
    counted.attempt("mallory", "192.0.2.1")
    counted.succeeded("mallory", "192.0.2.1")

    assert counted.attempt("victim-5", "192.0.2.1") == 0.0
    assert counted.attempt("victim-6", "192.0.2.1") > 0


def test_the_addresses_of_one_line_are_one():
    counted = SignIns(name_tries=99, address_tries=3)
    for number in range(3):
        assert counted.attempt(f"n-{number}", f"2001:db8:1:2::{number}") == 0.0

    assert counted.attempt("n", "2001:db8:1:2:ffff::1") > 0
    assert counted.attempt("n", "2001:db8:1:3::1") == 0.0


def test_a_form_of_another_browser_signs_nobody_in(house):
    """登录 CSRF：攻击者拿自己的登录页口令，登不进别人的浏览器。"""
    house.app.state.service.accounts.add_user("lured", Role.AGENT, PASSWORD)
    mine = re.findall(r'name="form" value="([^"]+)"', browser_of(house).get("/console/login").text)[0]
    victim = browser_of(house)
    victim.get("/console/login")

    answer = victim.post("/console/login", data={"name": "lured", "password": PASSWORD, "form": mine})

    assert answer.status_code == 403 and SESSION_COOKIE not in victim.cookies
