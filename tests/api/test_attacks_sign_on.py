"""冒充单位统一账号的招：别人的授权码、重放、假签名、给别的系统的凭证，一样也不灵。"""

import base64
import hmac
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey

from api.console.people.single_sign_on import SIGN_ON_COOKIE
from api.routes.access import SESSION_COOKIE
from api.routes.cookies import PREFIX
from tests.api.console_door import browser_of
from tests.api.oidc_server import OidcServer
from tests.api.test_oidc import HERE, come_in, house_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:get_jwt_config"),
    pytest.mark.filterwarnings("ignore:authlib.jose"),
]


@pytest.fixture(scope="module")
def provider():
    server = OidcServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def linked(provider, tmp_path_factory) -> TestClient:
    """A hotline whose people come from the provider: an admin and an attacker who is an agent."""
    provider.knows("victim", preferred_username="victim", groups=["hotline-admins"])
    provider.knows("mallory", preferred_username="mallory", groups=["hotline-agents"])
    return house_of(provider, tmp_path_factory.mktemp("linked"))


def client_id(claims: dict) -> str:
    return claims["aud"] if isinstance(claims["aud"], str) else claims["aud"][0]


def back_from(provider: OidcServer, browser: TestClient, subject: str) -> str:
    """Begin in this browser, sign in at the provider; gives the address to come back to."""
    return provider.sign_in(browser.get("/console/oidc/start").headers["location"], subject)


def is_out(browser: TestClient) -> bool:
    return browser.get("/console").headers.get("location") == "/console/login"


def test_the_code_of_an_attacker_signs_nobody_in_elsewhere(linked, provider):
    """把自己的授权码塞给别人的浏览器：那个浏览器没开始过，不认。"""
    theirs = back_from(provider, browser_of(linked, HERE), "mallory")
    fresh, begun = browser_of(linked, HERE), browser_of(linked, HERE)
    begun.get("/console/oidc/start")

    for victim in (fresh, begun):
        assert victim.get(theirs).status_code == 403 and is_out(victim)


def test_an_answer_is_taken_once(linked, provider):
    """同一个回跳地址再来一遍，连同当时的 cookie，也不认。"""
    browser = browser_of(linked, HERE)
    address = back_from(provider, browser, "victim")
    kept = browser.cookies[PREFIX + SIGN_ON_COOKIE]
    assert browser.get(address).status_code == 200

    again = browser_of(linked, HERE)
    again.headers["Cookie"] = f"{PREFIX}{SIGN_ON_COOKIE}={kept}"
    replayed = again.get(address)

    assert replayed.status_code == 403 and "再点一次" in replayed.text
    assert SESSION_COOKIE not in "".join(replayed.headers.get_list("set-cookie"))


def test_an_old_or_altered_cookie_is_worth_nothing(linked, provider, monkeypatch):
    browser = browser_of(linked, HERE)
    address = back_from(provider, browser, "victim")
    kept = browser.cookies[PREFIX + SIGN_ON_COOKIE]
    for value in (kept[:-2] + ("AA" if kept[-2:] != "AA" else "BB"), kept + "x", "v2.00000000.AAAA", ""):
        other = browser_of(linked, HERE)
        other.headers["Cookie"] = f"{PREFIX}{SIGN_ON_COOKIE}={value}"
        assert other.get(address).status_code == 403

    sign_on = linked.app.state.service.single_sign_on
    now = sign_on._clock
    monkeypatch.setattr(sign_on, "_clock", lambda: now() + timedelta(minutes=11))
    assert browser.get(address).status_code == 403


def test_the_token_of_another_sign_in_is_refused(linked, provider):
    """拿另一次登录的 ID Token（nonce 不同）来顶替。"""
    stolen = []
    with provider.lying(lambda token: stolen.append(token["id_token"]) or token):
        come_in(browser_of(linked, HERE), provider, "victim")
    browser = browser_of(linked, HERE)

    with provider.lying(lambda token: token | {"id_token": stolen[0]}):
        assert come_in(browser, provider, "mallory").status_code == 403
    assert is_out(browser)


def encoded(part: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def unsigned(claims: dict) -> str:
    """An ID token whose header says that it needs no signature."""
    return f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(claims)}."


def less(claims: dict, name: str) -> dict:
    return {key: value for key, value in claims.items() if key != name}


def own_key_in_the_header(server: OidcServer, claims: dict) -> str:
    key = RSAKey.generate_key(2048)
    return server.signed(claims, key, jwk=key.as_dict(private=False))


def shared(secret: bytes, claims: dict) -> str:
    """Signed with what both know; by hand, as a library refuses to take a public key for a secret."""
    told = f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{encoded(claims)}"
    signature = hmac.new(secret, told.encode(), "sha256").digest()
    return f"{told}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


FORGERIES = {
    "no signature at all": lambda _server, claims: unsigned(claims),
    "a key of one's own": lambda server, claims: server.signed(claims, RSAKey.generate_key(2048)),
    "one's own key by the provider's name": lambda server, claims: server.signed(
        claims, RSAKey.generate_key(2048), kid=server.key.as_dict()["kid"]
    ),
    "one's own key in the header": own_key_in_the_header,
    "the public key as a shared secret": lambda server, claims: shared(
        server.key.as_pem(private=False), claims
    ),
    "a shared secret": lambda _server, claims: shared(b"s" * 32, claims),
    "another audience": lambda server, claims: server.signed(claims | {"aud": "another-app"}),
    "another audience, asked for by us": lambda server, claims: server.signed(
        claims | {"aud": "another-app", "azp": client_id(claims)}
    ),
    "two audiences, made for the other": lambda server, claims: server.signed(
        claims | {"aud": ["another-app", client_id(claims)], "azp": "another-app"}
    ),
    "another issuer": lambda server, claims: server.signed(claims | {"iss": "https://other.example"}),
    "another nonce": lambda server, claims: server.signed(claims | {"nonce": "x" * 43}),
    "no nonce": lambda server, claims: server.signed(less(claims, "nonce")),
    "over since an hour": lambda server, claims: server.signed(claims | {"exp": claims["iat"] - 3600}),
    "no end": lambda server, claims: server.signed(less(claims, "exp")),
    "nobody": lambda server, claims: server.signed(less(claims, "sub")),
    "an endless name": lambda server, claims: server.signed(claims | {"sub": "x" * 300}),
    "no token": lambda _server, _claims: "x.y.z",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_an_id_token_that_proves_nothing_signs_nobody_in(linked, provider, forgery):
    """不签名、别人签、公钥当密钥、给别的系统的、过期的……都不认。"""
    browser, forge = browser_of(linked, HERE), FORGERIES[forgery]

    def lie(token: dict) -> dict:
        claims = provider.claims_of(token["id_token"]) | {"sub": "victim"}
        claims.pop("at_hash", None)
        return token | {"id_token": forge(provider, claims)}

    with provider.lying(lie):
        refused = come_in(browser, provider, "mallory")

    assert refused.status_code == 403 and "核对不上" in refused.text
    assert is_out(browser)


def test_the_forger_of_these_tests_would_get_in_with_a_true_signature(linked, provider):
    """上面的伪造办法本身没问题：换成真签名就能进。"""
    browser = browser_of(linked, HERE)

    def lie(token: dict) -> dict:
        claims = provider.claims_of(token["id_token"])
        claims.pop("at_hash", None)
        return token | {"id_token": provider.signed(claims)}

    with provider.lying(lie):
        assert come_in(browser, provider, "victim").status_code == 200


def test_userinfo_of_somebody_else_gives_no_role(linked, provider):
    browser = browser_of(linked, HERE)

    def lie(token: dict) -> dict:
        claims = provider.claims_of(token["id_token"])
        bare = {k: v for k, v in claims.items() if k not in ("groups", "at_hash")} | {"sub": "victim-2"}
        return token | {"id_token": provider.signed(bare)}

    with provider.lying(lie):
        assert come_in(browser, provider, "mallory").status_code == 403
    assert is_out(browser)


def test_a_stolen_code_is_worth_nothing_without_the_verifier(linked, provider):
    """授权码被偷：没有本浏览器的 PKCE 校验码，换不出东西。"""
    stolen = parse_qs(urlsplit(back_from(provider, browser_of(linked, HERE), "victim")).query)["code"][0]
    thief = browser_of(linked, HERE)
    own = parse_qs(urlsplit(back_from(provider, thief, "mallory")).query)

    refused = thief.get(f"/console/oidc/callback?{urlencode({'code': stolen, 'state': own['state'][0]})}")

    assert refused.status_code == 403 and is_out(thief)


def test_an_answer_that_names_another_issuer_is_refused(linked, provider):
    """混淆攻击（RFC 9207）：回来的是别家的签发者。"""
    browser = browser_of(linked, HERE)
    address = back_from(provider, browser, "victim")

    assert browser.get(f"{address}&iss=https://other.example").status_code == 403
    assert is_out(browser)


def test_words_in_an_answer_stay_out_of_the_page(linked):
    browser = browser_of(linked, HERE)
    asked = parse_qs(urlsplit(browser.get("/console/oidc/start").headers["location"]).query)
    told = {"state": asked["state"][0], "error": "<script>", "error_description": "<script>alert(1)</script>"}

    refused = browser.get(f"/console/oidc/callback?{urlencode(told)}")

    assert refused.status_code == 403 and "没有同意" in refused.text and "<script>" not in refused.text


def test_what_a_person_is_called_there_stays_words_here(linked, provider):
    code = '"><script>alert(1)</script>'
    provider.knows("coder", preferred_username=code, groups=["hotline-admins"])
    browser = browser_of(linked, HERE)
    come_in(browser, provider, "coder")

    for path in (
        "/console/account",
        "/console/accounts",
        f"/console/accounts/person?{urlencode({'name': code})}",
    ):
        shown = browser.get(path)
        assert shown.status_code == 200 and "<script>alert" not in shown.text, path
