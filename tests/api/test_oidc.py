"""单位统一账号登录：真的有一台 OpenID 服务在跑；谁是谁，只认那边的签名。"""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import KeySet, RSAKey
from pydantic import ValidationError

from api.accounts.model import Change, Role
from api.accounts.single_sign_on import role_in
from api.routes.access import SESSION_COOKIE
from api.routes.cookies import PREFIX
from api.settings import Settings
from tests.api.console_door import PASSWORD, browser_of, open_house, send, sign_in
from tests.api.oidc_server import OidcServer
from tests.postgres import postgres_server  # noqa: F401

pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config")
HERE = "https://hotline.example"
GROUPS = {"hotline-admins": Role.ADMIN, "hotline-leads": Role.SUPERVISOR, "hotline-agents": Role.AGENT}


@pytest.fixture(scope="module")
def provider():
    server = OidcServer()
    yield server
    server.stop()


def house_of(provider: OidcServer, folder, **settings) -> TestClient:
    """A hotline that is known to the provider."""
    client_id, secret = provider.register(f"{HERE}/console/oidc/callback")
    return open_house(
        folder,
        **{
            "public_url": HERE,
            "oidc_issuer": provider.issuer,
            "oidc_client_id": client_id,
            "oidc_client_secret": secret,
            "oidc_roles": GROUPS,
        }
        | settings,
    )


@pytest.fixture
def house(provider, tmp_path) -> TestClient:
    return house_of(provider, tmp_path)


@pytest.fixture
def browser(house) -> TestClient:
    return browser_of(house, HERE)


def come_in(browser: TestClient, provider: OidcServer, subject: str):
    """Go the whole way: to the provider, sign in there, come back."""
    begun = browser.get("/console/oidc/start")
    assert begun.status_code == 303, begun.text
    return browser.get(provider.sign_in(begun.headers["location"], subject))


def test_someone_whom_a_group_gives_a_role_comes_in_and_has_an_account(house, browser, provider):
    """第一次来就有账号，角色按那边的组。"""
    provider.knows("u-1", preferred_username="wangfang", groups=["canteen", "hotline-leads"])

    arrived = come_in(browser, provider, "u-1")

    assert arrived.status_code == 200
    assert 'http-equiv="refresh" content="0; url=/console"' in arrived.text
    assert "wangfang（班长）" in browser.get("/console/account").text
    account = house.app.state.service.accounts.account("wangfang")
    assert (account.role, account.issuer, account.subject) == (Role.SUPERVISOR, provider.issuer, "u-1")


def test_the_session_is_strict_and_what_crosses_sites_is_lax_and_short_lived(browser, provider):
    """会话凭证只在本站用；来回统一账号时带的那一个，只管十分钟。"""
    provider.knows("u-2", preferred_username="lihua", groups=["hotline-agents"])
    begun = browser.get("/console/oidc/start")
    kept = begun.headers["set-cookie"]
    back = browser.get(provider.sign_in(begun.headers["location"], "u-2"))

    assert kept.startswith(f"{PREFIX}hotline_sign_on=")
    assert all(part in kept for part in ("SameSite=lax", "Secure", "HttpOnly", "Max-Age=600", "Path=/"))
    session = next(c for c in back.headers.get_list("set-cookie") if SESSION_COOKIE in c)
    assert session.startswith(f"{PREFIX}{SESSION_COOKIE}=")
    assert all(part in session for part in ("SameSite=strict", "Secure", "HttpOnly", "Path=/"))
    assert f"{PREFIX}hotline_sign_on" not in browser.cookies


def test_the_request_carries_pkce_state_nonce_and_exactly_our_redirect_uri(browser, house):
    asked = parse_qs(urlsplit(browser.get("/console/oidc/start").headers["location"]).query)

    assert asked["redirect_uri"] == [f"{HERE}/console/oidc/callback"]
    assert asked["code_challenge_method"] == ["S256"] and asked["response_type"] == ["code"]
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
    again = parse_qs(urlsplit(browser.get("/console/oidc/start").headers["location"]).query)
    assert all(asked[name] != again[name] for name in ("state", "nonce", "code_challenge"))


def test_the_address_of_the_hotline_is_the_settings_not_what_a_request_says(house):
    """请求里写的主机名不算数，否则授权码会被带到别处。"""
    begun = browser_of(house, "https://evil.example").get("/console/oidc/start")

    assert parse_qs(urlsplit(begun.headers["location"]).query)["redirect_uri"] == [
        f"{HERE}/console/oidc/callback"
    ]


def test_the_role_follows_the_groups_at_each_sign_in(house, browser, provider):
    accounts = house.app.state.service.accounts
    provider.knows("u-3", preferred_username="zhaolei", groups=["hotline-leads"])
    come_in(browser, provider, "u-3")

    provider.knows("u-3", preferred_username="zhaolei-2", groups=["hotline-agents"])
    come_in(browser, provider, "u-3")

    assert accounts.account("zhaolei").role == Role.AGENT
    assert [(c.actor, c.change, c.detail) for c in accounts.changes("zhaolei")] == [
        ("sso", Change.ROLE, "supervisor → agent"),
        ("sso", Change.ADDED, "supervisor"),
    ]


def test_nobody_without_a_group_of_ours_gets_in_or_gets_an_account(house, browser, provider):
    provider.knows("u-4", preferred_username="luren", groups=["canteen"])

    refused = come_in(browser, provider, "u-4")

    assert refused.status_code == 403 and "没有给您分配本系统的角色" in refused.text
    assert house.app.state.service.accounts.list_users() == []
    assert browser.get("/console").status_code == 303


def test_who_loses_the_group_loses_every_session_at_the_next_sign_in(house, browser, provider):
    provider.knows("u-5", preferred_username="sunli", groups=["hotline-agents"])
    come_in(browser, provider, "u-5")
    other = browser_of(house, HERE)
    provider.knows("u-5", preferred_username="sunli", groups=[])

    assert come_in(other, provider, "u-5").status_code == 403
    assert browser.get("/console").status_code == 303


def test_disabled_stays_disabled(house, browser, provider):
    """本系统停用了的人，那边认也没用。"""
    provider.knows("u-6", preferred_username="zhouyi", groups=["hotline-agents"])
    come_in(browser, provider, "u-6")
    house.app.state.service.accounts.disable_user("zhouyi", actor="test")

    refused = come_in(browser, provider, "u-6")

    assert refused.status_code == 403 and "已经停用" in refused.text
    assert house.app.state.service.accounts.account("zhouyi").disabled


@pytest.mark.parametrize("name", ["admin", "Admin", " ＡＤＭＩＮ "])
def test_an_equal_name_takes_over_no_account(house, browser, provider, name):
    """那边起个一样的名字，接管不了这边的账号。"""
    accounts = house.app.state.service.accounts
    accounts.add_user("admin", Role.ADMIN, PASSWORD)
    provider.knows("u-7", preferred_username=name, groups=["hotline-agents"])

    refused = come_in(browser, provider, "u-7")

    assert refused.status_code == 403 and "同名的账号" in refused.text
    assert [(one.name, one.issuer) for one in accounts.list_users()] == [("admin", None)]
    assert browser.get("/console").status_code == 303
    assert accounts.sign_in("admin", PASSWORD)


def test_an_admin_can_link_an_account_and_from_then_on_its_password_opens_nothing(house, browser, provider):
    accounts = house.app.state.service.accounts
    accounts.add_user("wujun", Role.AGENT, PASSWORD)
    provider.knows("u-8", preferred_username="wujun", groups=["hotline-leads"])

    accounts.link("wujun", provider.issuer, "u-8", actor="cli:root")
    come_in(browser, provider, "u-8")

    assert "wujun（班长）" in browser.get("/console/account").text
    assert accounts.sign_in("wujun", PASSWORD) is None


def test_an_account_of_the_single_sign_on_has_no_password_to_guess_reset_or_change(house, browser, provider):
    provider.knows("u-9", preferred_username="zhengqi", groups=["hotline-agents"])
    come_in(browser, provider, "u-9")

    for password in ("", "None", "!"):
        assert house.app.state.service.accounts.sign_in("zhengqi", password) is None
    page = browser.get("/console/account").text
    assert "密码在那边修改" in page and 'name="chosen"' not in page
    refused = send(
        browser, "/console/account", "/console/account/password", present="", chosen="x", again="x"
    )
    assert refused.status_code == 409 and "密码在那边修改" in refused.text


def test_signing_out_ends_the_session_of_the_provider_too(browser, provider):
    provider.knows("u-10", preferred_username="fengba", groups=["hotline-agents"])
    come_in(browser, provider, "u-10")

    leaving = browser.post("/console/logout")

    address = re.findall(r'class="way-in" href="([^"]+)"', leaving.text)[0].replace("&amp;", "&")
    asked = parse_qs(urlsplit(address).query)
    assert address.startswith(f"{provider.issuer}/oauth2/end_session?")
    assert provider.claims_of(asked["id_token_hint"][0])["sub"] == "u-10"
    assert asked["post_logout_redirect_uri"] == [f"{HERE}/console/login"]
    assert browser.get("/console").status_code == 303


def test_the_id_token_is_kept_sealed(browser, house, provider, tmp_path):
    provider.knows("u-11", preferred_username="chenjiu", groups=["hotline-agents"])
    told = []
    with provider.lying(lambda token: told.append(token["id_token"]) or token):
        come_in(browser, provider, "u-11")

    written = b"".join(path.read_bytes() for path in tmp_path.glob("hotline.db*"))
    assert told and told[0].encode() not in written


def test_groups_that_only_userinfo_tells_count(house, browser, provider):
    """组只在 userinfo 里的服务也能用。"""
    provider.knows("u-12", preferred_username="hanshi", groups=["hotline-leads"])

    def without_groups(token):
        claims = provider.claims_of(token["id_token"])
        return token | {"id_token": provider.signed({k: v for k, v in claims.items() if k != "groups"})}

    with provider.lying(without_groups):
        come_in(browser, provider, "u-12")

    assert house.app.state.service.accounts.account("hanshi").role == Role.SUPERVISOR
    assert "/userinfo" in provider.seen


def test_nothing_is_asked_of_the_provider_before_somebody_signs_in(provider, tmp_path):
    provider.seen.clear()
    house = house_of(provider, tmp_path)
    provider.seen.clear()

    assert "用单位统一账号登录" in house.get("/console/login").text
    assert provider.seen == []


def test_a_provider_that_is_away_is_said_kindly_and_passwords_still_work(house, provider):
    """统一账号连不上：说清楚，本系统的账号照常登录。"""
    house.app.state.service.accounts.add_user("lin", Role.AGENT, PASSWORD)
    provider.answers_broken = True
    try:
        refused = house.get("/console/oidc/start")
        asked = len(provider.seen)
        house.get("/console/oidc/start")
    finally:
        provider.answers_broken = False

    assert refused.status_code == 503 and "现在连不上" in refused.text
    assert len(provider.seen) == asked, "a provider in trouble is not asked again at once"
    assert sign_in(house, "lin").status_code == 303


def test_a_provider_that_calls_itself_otherwise_is_not_believed(house, provider):
    with provider.describing(issuer="https://other.example"):
        assert house.get("/console/oidc/start").status_code == 503


def test_a_new_signing_key_is_fetched(house, browser, provider):
    """那边换了签名密钥，不用重启。"""
    provider.knows("u-13", preferred_username="xuyi", groups=["hotline-agents"])
    single_sign_on = house.app.state.service.single_sign_on
    single_sign_on._provider.metadata()
    old = RSAKey.generate_key(2048, auto_kid=True)
    single_sign_on._provider._keys = KeySet([old]).as_dict()
    single_sign_on._provider._keys_at = single_sign_on._provider._clock() - 60

    assert come_in(browser, provider, "u-13").status_code == 200


def test_without_settings_there_is_no_button_and_no_way(tmp_path):
    house = open_house(tmp_path)

    assert "单位统一账号" not in house.get("/console/login").text
    for path in ("/console/oidc/start", "/console/oidc/callback?code=x&state=y"):
        assert house.get(path).headers["location"] == "/console/login"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"oidc_issuer": "https://id.example"}, "HOTLINE_OIDC_CLIENT_ID and HOTLINE_PUBLIC_URL"),
        (
            {"oidc_issuer": "http://id.example", "oidc_client_id": "h", "public_url": HERE},
            "write https://",
        ),
        ({"public_url": "https://hotline.example/console"}, "is no origin"),
    ],
)
def test_settings_that_cannot_work_are_refused_when_it_starts(settings, said):
    with pytest.raises(ValidationError, match=said):
        Settings(**settings)


@pytest.mark.parametrize(
    ("claims", "claim", "role"),
    [
        ({"groups": ["a", "hotline-agents", "hotline-leads"]}, "groups", Role.SUPERVISOR),
        ({"groups": "hotline-agents"}, "groups", Role.AGENT),
        ({"realm_access": {"roles": ["hotline-admins"]}}, "realm_access.roles", Role.ADMIN),
        ({"https://id.example/roles": ["hotline-agents"]}, "https://id.example/roles", Role.AGENT),
        ({"groups": ["Hotline-Admins", "hotline-admins2", ["hotline-admins"]]}, "groups", None),
        ({"groups": {"hotline-admins": True}}, "groups", None),
        ({"groups": None}, "groups", None),
        ({}, "realm_access.roles", None),
    ],
)
def test_the_weightiest_group_gives_the_role(claims, claim, role):
    assert role_in(claims, claim, GROUPS) == role


def test_everything_works_with_postgresql(postgres, provider, tmp_path):
    house = house_of(provider, tmp_path, database_url=postgres.address(postgres.new_database()))
    browser = browser_of(house, HERE)
    provider.knows("u-14", preferred_username="pangu", groups=["hotline-agents"])

    assert come_in(browser, provider, "u-14").status_code == 200
    assert "pangu（坐席）" in browser.get("/console/account").text
    assert browser.post("/console/logout").status_code == 200
