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
