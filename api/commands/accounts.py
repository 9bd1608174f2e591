"""`hotline users …` and `hotline keys …`: console accounts and API keys."""

import json
from typing import Annotated, Any

import typer

from api.accounts.model import AccountError, ApiKey, Role, Scope
from api.parts import open_accounts_from
from api.settings import Settings

users_app = typer.Typer(help="Console accounts / 控制台账号", no_args_is_help=True)
keys_app = typer.Typer(help="API keys for case systems and desktops / 接口密钥", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def _refuse(error: AccountError) -> typer.Exit:
    typer.echo(f"hotline: {error}", err=True)
    return typer.Exit(1)


@users_app.command("add")
def add_user(
    name: str,
    role: Role = Role.AGENT,
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="HOTLINE_PASSWORD")
    ] = "",
) -> None:
    """Create a console account; the password is asked for (or taken from HOTLINE_PASSWORD)."""
    try:
        open_accounts_from(Settings()).add_user(name, role, password)
    except AccountError as error:
        raise _refuse(error) from error
    typer.echo(f"Added {name} ({role}).")


@users_app.command("list")
def list_users(as_json: AsJson = False) -> None:
    """List console accounts."""
    rows = open_accounts_from(Settings()).list_users()
    if as_json:
        typer.echo(json.dumps([{"name": r.name, "role": r.role, "disabled": r.disabled} for r in rows]))
        return
    for row in rows:
        typer.echo("\t".join([row.name, row.role, *(["disabled"] if row.disabled else [])]))


@users_app.command("disable")
def disable_user(name: str) -> None:
    """Close an account and end its sessions at once."""
    try:
        open_accounts_from(Settings()).disable_user(name)
    except AccountError as error:
        raise _refuse(error) from error
    typer.echo(f"Disabled {name}.")


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
