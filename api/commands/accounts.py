"""`hotline users …` and `hotline keys …`: console accounts and API keys."""

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.accounts.model import COMMAND, Account, AccountError, ApiKey, Role, Scope
from api.parts import open_accounts_from
from api.settings import Settings

if TYPE_CHECKING:
    from api.accounts.store import AccountStore

users_app = typer.Typer(help="Console accounts / 控制台账号", no_args_is_help=True)
keys_app = typer.Typer(help="API keys for case systems and desktops / 接口密钥", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def _refuse(error: AccountError) -> typer.Exit:
    typer.echo(f"hotline: {error}", err=True)
    return typer.Exit(1)


def _actor() -> str:
    return f"{COMMAND}:{getpass.getuser()}"


@contextmanager
def _changing() -> "Iterator[AccountStore]":
    """Give the accounts; what they refuse is one sentence and exit code 1."""
    try:
        yield open_accounts_from(Settings())
    except AccountError as error:
        raise _refuse(error) from error


@users_app.command("add")
def add_user(
    name: str,
    role: Role = Role.AGENT,
    one_time: Annotated[
        bool, typer.Option("--one-time", help="Print a password that must be changed at the first sign-in.")
    ] = False,
    password: Annotated[
        str | None, typer.Option(envvar="HOTLINE_PASSWORD", help="Seen by others: rather let it ask.")
    ] = None,
) -> None:
    """Create a console account; the password is asked for (or taken from HOTLINE_PASSWORD)."""
    with _changing() as accounts:
        if one_time:
            typer.echo(accounts.add_person(name, role, actor=_actor()))
            typer.echo(f"Added {name} ({role}).", err=True)
            return
        chosen = password or typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        accounts.add_user(name, role, chosen, actor=_actor())
    typer.echo(f"Added {name} ({role}).")


@users_app.command("list")
def list_users(as_json: AsJson = False) -> None:
    """List console accounts, with the last sign-in and how many sessions are open."""
    accounts = open_accounts_from(Settings())
    rows, open_now = accounts.list_users(), accounts.open_sessions()
    if as_json:
        records = [_user_record(row) | {"sessions": open_now.get(row.name, 0)} for row in rows]
        typer.echo(json.dumps(records, ensure_ascii=False))
        return
    for row in rows:
        told = [row.issuer and "single sign-on", row.one_time_until and "one-time password"]
        signed_in = f"signed in {row.signed_in_at:%Y-%m-%d %H:%M}Z" if row.signed_in_at else "never signed in"
        sessions = f"{open_now[row.name]} open" if row.name in open_now else None
        closed = "disabled" if row.disabled else None
        typer.echo("\t".join(filter(None, [row.name, row.role, signed_in, sessions, *told, closed])))


def _user_record(row: Account) -> dict[str, Any]:
    return {
        "name": row.name,
        "role": row.role,
        "disabled": row.disabled,
        "signed_in_at": row.signed_in_at and row.signed_in_at.isoformat(),
        "one_time_password_until": row.one_time_until and row.one_time_until.isoformat(),
        "issuer": row.issuer,
        "subject": row.subject,
    }


@users_app.command("disable")
def disable_user(name: str) -> None:
    """Close an account and end its sessions at once."""
    with _changing() as accounts:
        accounts.disable_user(name, actor=_actor())
    typer.echo(f"Disabled {name}.")


@users_app.command("enable")
def enable_user(name: str) -> None:
    """Open an account again."""
    with _changing() as accounts:
        accounts.enable_user(name, actor=_actor())
    typer.echo(f"Enabled {name}.")


@users_app.command("role")
def set_role(name: str, role: Role) -> None:
    """Give an account another role; open sessions have it at once."""
    with _changing() as accounts:
        accounts.set_role(name, role, actor=_actor())
    typer.echo(f"{name} is {role} now.")


@users_app.command("password")
def reset_password(name: str) -> None:
    """Print a one-time password; the old one opens nothing more, every session ends."""
    with _changing() as accounts:
        typer.echo(accounts.reset_password(name, actor=_actor()))


@users_app.command("sign-out")
def end_sessions(name: str) -> None:
    """End every session of an account."""
    with _changing() as accounts:
        ended = accounts.end_sessions(name, actor=_actor())
    typer.echo(f"Ended {ended} sessions of {name}.")


@users_app.command("link")
def link(
    name: str, subject: Annotated[str, typer.Argument(help="`sub` of the person at the single sign-on.")]
) -> None:
    """Let an account sign in through the single sign-on (HOTLINE_OIDC_ISSUER) alone."""
    issuer = Settings().oidc_issuer
    if not issuer:
        raise _refuse(AccountError("there is no single sign-on: set HOTLINE_OIDC_ISSUER"))
    with _changing() as accounts:
        accounts.link(name, issuer, subject, actor=_actor())
    typer.echo(f"{name} is {subject} of {issuer} now.")


@users_app.command("changes")
def changes(name: Annotated[str | None, typer.Argument()] = None, as_json: AsJson = False) -> None:
    """Show who did what to which account, the newest first."""
    records = [
        {"at": one.at.isoformat(), "actor": one.actor, "account": one.account}
        | {"change": one.change, "detail": one.detail}
        for one in open_accounts_from(Settings()).changes(name)
    ]
    if as_json:
        typer.echo(json.dumps(records, ensure_ascii=False))
        return
    for record in records:
        typer.echo("\t".join(record.values()))


@keys_app.command("add")
def add_key(
    name: str,
    role: Role = Role.AGENT,
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="Only this of what the role may do; may be given again for more."),
    ] = None,
    office: Annotated[
        str | None, typer.Option(help="The key of this office: its own tickets and moves only.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create an API key and print it, once; only its hash is kept."""
    try:
        key = open_accounts_from(Settings()).add_key(name, role, scope, office)
    except AccountError as error:
        raise _refuse(error) from error
    made = {"name": name, "role": role, "scopes": sorted(scope) if scope else None, "office": office}
    typer.echo(json.dumps(made | {"key": key}, ensure_ascii=False) if as_json else key)


@keys_app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List API keys (never the secrets)."""
    rows = open_accounts_from(Settings()).list_keys()
    if as_json:
        typer.echo(json.dumps([_key_record(row) for row in rows], ensure_ascii=False))
        return
    for row in rows:
        limits = [" ".join(sorted(row.scopes))] if row.scopes is not None else []
        office = [row.office] if row.office else []
        revoked = ["revoked"] if row.revoked else []
        typer.echo("\t".join([row.id, row.name, row.role, *limits, *office, *revoked]))


def _key_record(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "revoked": key.revoked,
        "scopes": None if key.scopes is None else sorted(key.scopes),
        "office": key.office,
    }


@keys_app.command("revoke")
def revoke_key(name_or_id: str) -> None:
    """Close a key at once."""
    try:
        open_accounts_from(Settings()).revoke_key(name_or_id)
    except AccountError as error:
        raise _refuse(error) from error
    typer.echo(f"Revoked {name_or_id}.")
