"""`hotline backup` and `hotline restore`: everything that cannot be made again, in one file."""

import json
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from sqlalchemy.exc import SQLAlchemyError

from api.backup import make_backup, restore_backup
from api.settings import Settings
from tickets.errors import TicketError

AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
File = Annotated[Path, typer.Argument(metavar="FILE.tar", dir_okay=False)]


def backup(
    file: File,
    with_key: Annotated[
        bool, typer.Option("--with-key", help="Put the master keys inside; whoever has the file reads all.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a backup of the tickets, conversations, policy texts and settings while the hotline runs."""
    try:
        made = make_backup(Settings(), file, with_key=with_key)
    except (TicketError, SQLAlchemyError, OSError) as error:
        _fail(error)
    if as_json:
        typer.echo(json.dumps({"file": str(file), "files": len(made.files), "keys": made.keys}))
        return
    typer.echo(f"{file}: {len(made.files)} files, schema {made.schema}, {file.stat().st_size:,} bytes.")
    if with_key:
        typer.echo("The master keys are inside: keep the file as you would keep them.")
    else:
        typer.echo(f"The master keys are not inside; it opens only with {', '.join(made.keys) or 'any'}.")


def restore(
    file: File,
    force: Annotated[
        bool, typer.Option("--force", help="Move what is there aside instead of refusing.")
    ] = False,
    key_later: Annotated[
        bool, typer.Option("--key-later", help="Restore even though its master key is not here yet.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup back into HOTLINE_DATA_DIR (and HOTLINE_DATABASE_URL); the hotline must be stopped."""
    try:
        manifest, kept = restore_backup(Settings(), file, force=force, key_later=key_later)
    except (TicketError, SQLAlchemyError, OSError) as error:
        _fail(error)
    if as_json:
        typer.echo(json.dumps({"made_at": manifest.made_at, "kept_aside": kept and str(kept)}))
        return
    typer.echo(f"Restored the backup of {manifest.made_at}: {len(manifest.files)} files.")
    if kept:
        typer.echo(f"What was there is kept in {kept}.")
    typer.echo("Now run: hotline knowledge build")


def _fail(error: Exception) -> NoReturn:
    sentence = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else str(error)
    typer.echo(f"error: {' '.join(sentence.split())}", err=True)
    raise typer.Exit(1)
