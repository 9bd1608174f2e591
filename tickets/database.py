"""How the desk talks to its database: durable, patient, and with one kind of error for all its trouble."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tickets.errors import Unavailable

_BUSY_TIMEOUT_MS = 10_000


def prepare_sqlite(engine: Engine) -> None:
    """Make SQLite connections durable and patient: WAL, synchronous=FULL, foreign keys, 10 s busy timeout;
    what is deleted is overwritten.

    Call it once per engine, before the first connection. Does nothing for other databases.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection to read with; all that is read on it is of one instant, whoever writes meanwhile.

    Raises:
        Unavailable: the database did not answer.
    """
    with _translated(), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")  # the driver begins by itself only before a write
        else:
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a transaction that is durable when the block ends, or has written nothing when it raises.

    Raises:
        Unavailable: the database did not take it.
    """
    with _translated(), engine.begin() as connection:
        yield connection


@contextmanager
def _translated() -> Iterator[None]:
    """Turn database trouble into Unavailable; IntegrityError stays, its cause is for the caller to judge."""
    try:
        yield
    except IntegrityError:
        raise
    except OperationalError as error:
        raise Unavailable(f"the database did not answer: {error.orig}") from error
    except PoolTimeout as error:
        raise Unavailable(f"all connections to the database are in use: {error}") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable(f"the database connection was lost: {error.orig}") from error
        raise
