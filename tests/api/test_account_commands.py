"""`hotline users …` and `hotline keys …` as an administrator types them."""

import json

import pytest
from typer.testing import CliRunner

from api.accounts.model import Role, Scope
from api.commands.accounts import keys_app, users_app
from api.parts import open_accounts_from
from api.settings import Settings


@pytest.fixture(autouse=True)
def data_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOTLINE_PASSWORD", "a long enough password")
    monkeypatch.delenv("HOTLINE_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)


def run(app, *arguments: str):
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@pytest.mark.parametrize("role", list(Role))
def test_an_account_of_every_role_can_be_made(role: Role):
    assert run(users_app, "add", "lin", "--role", role).exit_code == 0

    assert json.loads(run(users_app, "list", "--json").stdout)[0]["role"] == role


def test_a_key_is_made_with_fewer_scopes_and_for_one_office():
    made = run(
        keys_app, "add", "county", "--scope", "tickets:read", "--scope", "tickets:move",
        "--office", "隆回县民政局", "--json",
    )  # fmt: skip

    record = json.loads(made.stdout)
    caller = open_accounts_from(Settings()).key(record["key"])
    assert caller is not None
    assert (caller.office, caller.permissions) == (
        "隆回县民政局",
        {Scope.TICKETS_READ, Scope.TICKETS_MOVE},
    )
    assert record["scopes"] == ["tickets:move", "tickets:read"]


def test_the_list_shows_what_a_key_may_and_never_the_key():
    key = run(keys_app, "add", "county", "--scope", "tickets:read", "--office", "县民政局").stdout.strip()
    run(keys_app, "add", "desktop", "--role", "dispatcher")

    listed = run(keys_app, "list").stdout
    records = json.loads(run(keys_app, "list", "--json").stdout)

    assert "tickets:read" in listed and "县民政局" in listed and key not in listed
    assert [(one["scopes"], one["office"]) for one in records] == [
        (["tickets:read"], "县民政局"),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scope", "audit:read"], "cannot have audit:read: choose among"),
        (["--role", "admin", "--office", "县民政局"], "leave --role out"),
        (["--scope", "tickets:file", "--office", "县民政局"], "a key of the office 县民政局 cannot have"),
    ],
)
def test_a_key_that_would_do_too_much_is_refused_in_one_sentence(options, said):
    done = run(keys_app, "add", "county", *options)

    assert done.exit_code == 1
    assert said in done.stderr and done.stderr.count("\n") == 1


def test_an_unknown_scope_is_refused_with_the_known_ones():
    done = run(keys_app, "add", "county", "--scope", "tickets:eat")

    assert done.exit_code == 2
    assert "tickets:read" in done.stderr


def test_the_first_admin_gets_a_password_that_must_be_changed():
    """没有默认密码：第一个管理员由命令建，一次性密码只打印一次。"""
    made = run(users_app, "add", "guanli", "--role", "admin", "--one-time")
    accounts = open_accounts_from(Settings())

    password = made.stdout.strip()
    token = accounts.sign_in("guanli", password)
    assert token and accounts.session(token).password_due
    assert password not in run(users_app, "list").stdout + run(users_app, "changes").stdout


def test_an_account_is_changed_from_the_command_line_and_it_is_recorded():
    run(users_app, "add", "guanli", "--role", "admin")
    run(users_app, "add", "lin")
    accounts = open_accounts_from(Settings())
    token = accounts.sign_in("lin", "a long enough password")

    run(users_app, "role", "lin", "supervisor")
    assert accounts.session(token).role == Role.SUPERVISOR
    assert run(users_app, "sign-out", "lin").stdout == "Ended 1 sessions of lin.\n"
    assert accounts.session(token) is None
    run(users_app, "disable", "lin")
    assert "disabled" in run(users_app, "list").stdout
    run(users_app, "enable", "lin")
    password = run(users_app, "password", "lin").stdout.strip()
    assert accounts.sign_in("lin", "a long enough password") is None and accounts.sign_in("lin", password)

    records = json.loads(run(users_app, "changes", "lin", "--json").stdout)
    assert [one["change"] for one in records] == [
        *("password_reset", "enabled", "disabled", "signed_out", "role", "added"),
    ]
    assert all(one["actor"].startswith("cli:") for one in records)


def test_an_account_is_linked_to_the_single_sign_on_that_is_set(monkeypatch):
    run(users_app, "add", "lin")
    assert "set HOTLINE_OIDC_ISSUER" in run(users_app, "link", "lin", "u-1").stderr
    monkeypatch.setenv("HOTLINE_OIDC_ISSUER", "https://id.example")
    monkeypatch.setenv("HOTLINE_OIDC_CLIENT_ID", "hotline")
    monkeypatch.setenv("HOTLINE_PUBLIC_URL", "https://hotline.example")

    run(users_app, "link", "lin", "u-1")

    record = json.loads(run(users_app, "list", "--json").stdout)[0]
    assert (record["issuer"], record["subject"]) == ("https://id.example", "u-1")
    assert "single sign-on" in run(users_app, "password", "lin").stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["disable", "guanli"], "guanli is the last admin"),
        (["role", "guanli", "agent"], "guanli is the last admin"),
        (["enable", "nobody"], "no user 'nobody'"),
        (["add", "GUANLI"], "exists already"),
    ],
)
def test_what_cannot_be_done_to_an_account_is_one_sentence(arguments, said):
    run(users_app, "add", "guanli", "--role", "admin")

    done = run(users_app, *arguments)

    assert done.exit_code == 1 and said in done.stderr and done.stderr.count("\n") == 1
    assert json.loads(run(users_app, "list", "--json").stdout)[0]["role"] == "admin"


@pytest.mark.parametrize("password", ["short", "1234567890", "minzheng12345", "guanli-guanli"])
def test_a_password_that_is_soon_guessed_makes_no_account(password, monkeypatch):
    monkeypatch.setenv("HOTLINE_PASSWORD", password)

    assert run(users_app, "add", "guanli").exit_code == 1
    assert json.loads(run(users_app, "list", "--json").stdout) == []
