"""账号与密钥：口令只存散列，停用立即生效。"""

from datetime import UTC, datetime, timedelta

import pytest

from api.accounts.model import AccountError, Caller, Role
from api.accounts.store import SESSION_HOURS, AccountStore
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
