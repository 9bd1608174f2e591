"""`hotline privacy …`: keys, retention and erasure of personal data."""

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

import typer
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from api.database import open_database
from api.parts import erasure_from, keys_from
from api.resealing import reseal, rows_left
from api.settings import Settings
from tickets.errors import TicketError
from tickets.keyring import keep_only_first, new_key, put_in_front
from tickets.model import Actor, Role
from tickets.privacy import Sealer
from tickets.service import utc_now

privacy_app = typer.Typer(help="Keys, retention and erasure of personal data.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@privacy_app.command("rotate-key")
def rotate_key(
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="Remove the old keys; refused while anything needs them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a new key in front and seal everything anew with it; again to end a broken one.

    The hotline may go on working. Backups made before need the old key: keep its file.
    """
    settings = Settings()
    with _clear_errors():
        engine = open_database(settings.database_address)
        if drop_old:
            _drop_old_keys(settings, engine, as_json)
            return
        kept = _add_key_unless_unfinished(settings, engine)
        keys = keys_from(settings)
        with _progress(as_json) as progress:
            done = reseal(engine, Sealer(keys), progress)
    ring = keys.ring()
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "key": ring[0].id,
                    "old_keys": [key.id for key in ring[1:]],
                    "previous_file": kept,
                    "resealed": done.rows,
                    "unreadable": done.unreadable,
                }
            )
        )
    else:
        typer.echo(f"Key {ring[0].id} seals. " + ", ".join(f"{name}: {n}" for name, n in done.rows.items()))
        if kept:
            typer.echo(f"The keys before are kept in {kept}: backups made until now need them.")
        if len(ring) > 1:
            typer.echo("The old key still opens; remove it with: hotline privacy rotate-key --drop-old")
    if done.unreadable:
        _fail(
            f"{len(done.unreadable)} rows open with no key of the ring ({', '.join(done.unreadable[:5])}); "
            "put the key that sealed them behind the others in the key file and run this again"
        )


@privacy_app.command("new-key")
def print_new_key() -> None:
    """Print a fresh key, for HOTLINE_MASTER_KEY or a secret store; nothing is changed."""
    typer.echo(new_key().line)


@privacy_app.command("retention")
def apply_retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be erased.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase what has been kept for as long as the retention table says; the hotline does so every day."""
    with _clear_errors():
        erasure = erasure_from(Settings())
        done = erasure.apply_retention(utc_now(), dry_run=dry_run)
    if as_json:
        typer.echo(json.dumps({"dry_run": dry_run, "erased": done}))
        return
    typer.echo("Would be erased:" if dry_run else "Erased:")
    for name, count in done.items():
        rule = erasure.retention[name]
        own = " (own choice)" if rule.own_choice else ""
        typer.echo(f"  {name}: {count}   after {rule.keep.days} days{own}; {rule.source}")


@privacy_app.command("erase")
def erase(
    number: Annotated[str | None, typer.Argument(help="The ticket's number.")] = None,
    phone: Annotated[str | None, typer.Option(help="Every closed ticket of this phone number.")] = None,
    reason: Annotated[str, typer.Option(help="On whose request and why; no names, it is kept.")] = "",
    as_json: AsJson = False,
) -> None:
    """Erase the personal data of closed tickets and their conversations; figures and the audit trail stay."""
    if (number is None) == (phone is None):
        _fail("give either the number of a ticket or --phone")
    done, still_open = [], []
    with _clear_errors():
        if not reason.strip():
            _fail("say on whose request and why: --reason")
        erasure = erasure_from(Settings())
        actor = Actor(f"cli:{getpass.getuser()}", Role.SUPERVISOR)
        if number is not None:
            done.append(erasure.erase_ticket(number, actor=actor, reason=reason, at=utc_now()).number)
        for each in erasure.tickets.of_phone(phone) if phone else ():
            try:
                done.append(erasure.erase_ticket(each, actor=actor, reason=reason, at=utc_now()).number)
            except TicketError as error:
                still_open.append(str(error))
    if as_json:
        typer.echo(json.dumps({"erased": done, "not_erased": still_open}))
    else:
        typer.echo(f"Erased: {', '.join(done) or 'nothing'}")
    if still_open:
        _fail("; ".join(still_open))


def _add_key_unless_unfinished(settings: Settings, engine: Engine) -> str | None:
    """Give where the keys before are kept, or None if no key was added."""
    keys = keys_from(settings)
    ring = keys.ring()
    if settings.master_key:
        if len(ring) == 1:
            _fail(
                "the keys are in HOTLINE_MASTER_KEY: put a new one (hotline privacy new-key) before the "
                "present one, a comma between, restart the hotline, and run this again"
            )
        return None
    if len(ring) > 1 and _anything_left(settings, engine):
        return None
    return str(put_in_front(settings.key_path, new_key()))


def _drop_old_keys(settings: Settings, engine: Engine, as_json: bool) -> None:
    present, *older = keys_from(settings).ring()
    if settings.master_key:
        _fail("the keys are in HOTLINE_MASTER_KEY: take the old ones out there once rotate-key has ended")
    left = _anything_left(settings, engine)
    if left:
        rows = ", ".join(f"{name}: {count}" for name, count in left.items())
        _fail(f"old keys still open rows ({rows}); run hotline privacy rotate-key to its end first")
    kept = str(keep_only_first(settings.key_path)) if older else None
    dropped = [key.id for key in older]
    if as_json:
        typer.echo(json.dumps({"key": present.id, "dropped": dropped, "previous_file": kept}))
    elif kept:
        typer.echo(f"Dropped {', '.join(dropped)}; kept in {kept} for backups made with them.")
    else:
        typer.echo(f"There is one key only, {present.id}.")


def _anything_left(settings: Settings, engine: Engine) -> dict[str, int]:
    left = rows_left(engine, Sealer(keys_from(settings)))
    return {name: count for name, count in left.items() if count}


@contextmanager
def _progress(quiet: bool) -> Iterator:
    """Count rows on the terminal while they are sealed anew."""
    if quiet:
        yield lambda table, rows: None
        return
    from rich.progress import Progress, TaskID, TextColumn

    with Progress(TextColumn("{task.description}: {task.completed} rows"), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(table: str, rows: int) -> None:
            if table not in tasks:
                tasks[table] = bar.add_task(table, total=None)
            bar.advance(tasks[table], rows)

        yield show


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Turn expected trouble into one sentence and exit code 1."""
    try:
        yield
    except TicketError as error:
        _fail(str(error))
    except SQLAlchemyError as error:
        _fail(f"the database cannot be used ({error}); check HOTLINE_DATABASE_URL and HOTLINE_DATA_DIR")
    except OSError as error:
        _fail(f"{error.strerror}: {error.filename}; check HOTLINE_DATA_DIR and its permissions")


def _fail(sentence: str) -> NoReturn:
    typer.echo(f"error: {' '.join(sentence.split())}", err=True)
    raise typer.Exit(1)
