"""账号与密钥：口令只存散列，停用立即生效。"""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from api.accounts.model import AccountError, Caller, MissingScope, Role, Scope
from api.accounts.store import SESSION_HOURS, AccountStore, api_keys
from api.database import open_database

PASSWORD = "a long enough password"


class Clock:
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def accounts(tmp_path, clock):
    return AccountStore(open_database(f"sqlite:///{tmp_path / 'hotline.db'}"), clock)


def test_whoever_knows_the_password_is_signed_in(accounts):
    accounts.add_user("lin", Role.AGENT, PASSWORD)

    token = accounts.sign_in("lin", PASSWORD)

    assert accounts.session(token) == Caller("lin", Role.AGENT)


@pytest.mark.parametrize(("name", "password"), [("lin", "wrong password"), ("nobody", PASSWORD), ("lin", "")])
def test_nobody_else_is(accounts, name, password):
    accounts.add_user("lin", Role.AGENT, PASSWORD)

    assert accounts.sign_in(name, password) is None


def test_a_session_ends_by_itself(accounts, clock):
    accounts.add_user("lin", Role.AGENT, PASSWORD)
    token = accounts.sign_in("lin", PASSWORD)

    clock.now += timedelta(hours=SESSION_HOURS, seconds=1)

    assert accounts.session(token) is None


def test_disabling_an_account_ends_its_sessions_at_once(accounts):
    accounts.add_user("lin", Role.AGENT, PASSWORD)
    token = accounts.sign_in("lin", PASSWORD)

    accounts.disable_user("lin")

    assert accounts.session(token) is None
    assert accounts.sign_in("lin", PASSWORD) is None


def test_signing_out_ends_the_session(accounts):
    accounts.add_user("lin", Role.AGENT, PASSWORD)
    token = accounts.sign_in("lin", PASSWORD)

    accounts.sign_out(token)

    assert accounts.session(token) is None


def test_a_short_password_is_refused_with_what_is_needed(accounts):
    with pytest.raises(AccountError, match="at least 10"):
        accounts.add_user("lin", Role.AGENT, "short")


def test_a_name_is_taken_once(accounts):
    accounts.add_user("lin", Role.AGENT, PASSWORD)

    with pytest.raises(AccountError, match="exists already"):
        accounts.add_user("lin", Role.ADMIN, PASSWORD)


def test_no_secret_is_stored(accounts, tmp_path):
    accounts.add_user("lin", Role.AGENT, PASSWORD)
    token, key = accounts.sign_in("lin", PASSWORD), accounts.add_key("desktop", Role.AGENT)

    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    for secret in (PASSWORD, token, key):
        assert secret.encode() not in written


def test_a_key_is_known_until_it_is_revoked(accounts):
    key = accounts.add_key("desktop", Role.SUPERVISOR)
    assert accounts.key(key) == Caller("desktop", Role.SUPERVISOR)

    accounts.revoke_key("desktop")

    assert accounts.key(key) is None


def test_a_key_without_limits_may_all_that_its_role_may(accounts):
    caller = accounts.key(accounts.add_key("desktop", Role.AGENT))

    assert Scope.TICKETS_FILE in caller.permissions
    assert Scope.AUDIT_READ not in caller.permissions


def test_a_key_is_limited_to_its_scopes(accounts):
    """给业务系统的密钥只开它要用的那一项。"""
    caller = accounts.key(accounts.add_key("bureau", Role.SUPERVISOR, [Scope.EVENTS_WRITE]))

    assert caller.permissions == {Scope.EVENTS_WRITE}
    with pytest.raises(MissingScope, match="tickets:read") as refused:
        caller.require(Scope.TICKETS_READ)
    assert refused.value.has == ("events:write",)


def test_no_key_gets_more_than_its_role_has(accounts):
    with pytest.raises(AccountError, match=r"agent cannot have audit:read: choose among .*tickets:read"):
        accounts.add_key("desktop", Role.AGENT, [Scope.TICKETS_READ, Scope.AUDIT_READ])

    assert accounts.list_keys() == []


def test_the_key_of_an_office_may_what_an_office_may(accounts):
    caller = accounts.key(accounts.add_key("county", Role.AGENT, office="隆回县民政局"))

    assert caller.office == "隆回县民政局"
    assert Scope.TICKETS_MOVE in caller.permissions
    assert not caller.permissions & {Scope.TICKETS_FILE, Scope.TICKETS_CORRECT, Scope.TICKETS_EXPORT}


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR])
def test_the_key_of_an_office_has_no_higher_role(accounts, role):
    with pytest.raises(AccountError, match="leave --role out"):
        accounts.add_key("county", role, office="隆回县民政局")


def test_what_a_key_may_is_listed(accounts):
    accounts.add_key("county", Role.AGENT, [Scope.TICKETS_READ], "隆回县民政局")

    listed = accounts.list_keys()[0]

    assert (listed.scopes, listed.office) == ({Scope.TICKETS_READ}, "隆回县民政局")


def test_a_scope_that_this_version_does_not_know_gives_no_right(accounts):
    """旧版本读到新权限名：当作没有，不能出错，更不能放宽。"""
    key = accounts.add_key("bureau", Role.ADMIN, [Scope.TICKETS_READ])
    with accounts._engine.begin() as database:
        database.execute(update(api_keys).values(scopes="tickets:everything"))

    assert accounts.key(key).permissions == frozenset()
