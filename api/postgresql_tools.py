"""PostgreSQL's own pg_dump and pg_restore, found on the PATH."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import make_url

from tickets.errors import Unavailable

SCHEMA = "public"  # the vectors' schema is left out: `hotline knowledge build` makes them again


def dump(address: str, target: Path) -> None:
    """Write the hotline's tables as of one moment, in pg_dump's custom format.

    Raises:
        Unavailable: pg_dump is missing, or says why it could not.
    """
    _run(
        "pg_dump",
        address,
        "--format=custom",
        "--no-owner",
        f"--schema={SCHEMA}",
        f"--file={target}",
        "--dbname",
    )


def restore(address: str, source: Path) -> None:
    """Replace the hotline's tables with those of a dump, in one transaction.

    Raises:
        Unavailable: pg_restore is missing, or says why it could not; the tables are as they were.
    """
    options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", f"--schema={SCHEMA}")
    _run("pg_restore", address, *options, str(source), "--dbname")


def others_connected(address: str) -> bool:
    """Say whether somebody else is connected to this database."""
    return _one(
        address,
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
    )


def has_tables(address: str) -> bool:
    """Say whether the database holds tables of a hotline."""
    return _one(address, "SELECT to_regclass('public.tickets') IS NOT NULL")


def _one(address: str, question: str) -> bool:
    try:
        with _connection_words(address) as words, psycopg.connect(words) as connection:
            row = connection.execute(question.encode()).fetchone()
    except psycopg.OperationalError as error:
        raise Unavailable(f"the database did not answer: {error}") from error
    return bool(row and row[0])


def _run(program: str, address: str, *options: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise Unavailable(
            f"{program} is not on the PATH; install PostgreSQL's client programs, not older than the server"
        )
    with _connection_words(address) as words:
        done = subprocess.run([found, *options, words], capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"{program} failed: {done.stderr.strip() or done.returncode}")


@contextmanager
def _connection_words(address: str) -> Iterator[str]:
    """The address as libpq reads it; the password lies in a file of ours, not in the list of processes."""
    url = make_url(address)
    words: dict[str, Any] = url.translate_connect_args(database="dbname", username="user") | dict(url.query)
    password = words.pop("password", None)
    with tempfile.NamedTemporaryFile("w", prefix="hotline-pgpass-") as file:
        if password:
            escaped = str(password).replace("\\", "\\\\").replace(":", "\\:")
            file.write(f"*:*:*:*:{escaped}\n")
            file.flush()
            words["passfile"] = file.name
        yield make_conninfo(**words)
