"""Connections to PostgreSQL that keep no citizen waiting: an answer within two seconds, or Unavailable.

A connection is kept for the next call. When the server was restarted, the kept ones are dead; the first call
that notices throws all of them away and asks again over a new one, so nobody has to restart the hotline.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from knowledge.errors import BadIndex, Unavailable

ANSWER_SECONDS = 2  # an exact search of 147,000 rows takes a twentieth of a second
NETWORK_SECONDS = 10  # of silence of the other side, until a long transfer is given up
AT_ONCE = 8  # searches in progress; a server has 100 connections to share by default
SCHEME = re.compile(r"^postgres(ql)?(\+\w+)?://")
IN_OUR_WORDS = {
    errors.OperationalError: Unavailable,
    errors.InsufficientPrivilege: Unavailable,
    errors.UndefinedTable: BadIndex,
    errors.DataError: BadIndex,
}

Connection = psycopg.Connection[Any]
Found = TypeVar("Found")


class _Impatient(Connection):
    """A connection that waits no longer than ANSWER_SECONDS, also for a server that hangs."""

    def wait(self, *args: Any, **settings: Any) -> Any:
        return super().wait(*args, **{"timeout": ANSWER_SECONDS, **settings})


class Connections:
    """A few connections to one database, opened when needed. Safe between threads."""

    def __init__(self, address: str) -> None:
        """Note where the database is; nothing is opened yet.

        Args:
            address: `postgresql://…`, also as SQLAlchemy spells it (`postgresql+psycopg://…`).

        Raises:
            ValueError: it is not an address of PostgreSQL.
        """
        self._where = _where(address)
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(AT_ONCE)

    def read(self, ask: Callable[[Connection], Found]) -> Found:
        """Ask over a kept connection, or over a new one; each statement is a transaction of its own.

        Raises:
            Unavailable: the server cannot be reached, or does not answer in time.
            BadIndex: what is asked for is not in the database.
        """
        if not self._places.acquire(timeout=ANSWER_SECONDS):
            raise Unavailable(f"{AT_ONCE} searches are already waiting for the database")
        try:
            with _in_our_words():
                return self._ask_somehow(ask)
        finally:
            self._places.release()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction over a connection of its own, for work that takes as long as it takes.

        Raises:
            Unavailable: the server cannot be reached, or goes away; then nothing was changed, or (if it went
                while confirming) all of it.
            BadIndex: what is asked for is not in the database.
        """
        with _in_our_words(), psycopg.connect(**self._where) as connection:
            yield connection

    def close(self) -> None:
        """Close the connections that are kept; the next call opens a new one."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _ask_somehow(self, ask: Callable[[Connection], Found]) -> Found:
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        if kept is not None:
            try:
                return self._ask(kept, ask)
            except psycopg.OperationalError:
                if not kept.broken:  # it was we who gave up waiting
                    raise
                self.close()
        return self._ask(self._open(), ask)

    def _open(self) -> Connection:
        # The server gives up a little before we do, so that it does not go on working for nobody.
        limit = f"{self._where.get('options', '')} -c statement_timeout={ANSWER_SECONDS * 900}ms"
        where: dict[str, Any] = self._where | {"options": limit}
        # Nothing is prepared: plans fit the values at hand, and a pooler in between does no harm.
        return _Impatient.connect(**where, autocommit=True, prepare_threshold=None)

    def _ask(self, connection: Connection, ask: Callable[[Connection], Found]) -> Found:
        try:
            found = ask(connection)
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._idle.append(connection)
        return found


def _where(address: str) -> dict[str, Any]:
    try:
        given = conninfo_to_dict(SCHEME.sub("postgresql://", address))
    except psycopg.ProgrammingError:
        # Neither chained nor quoted: the address may hold a password, and this text goes to the log.
        raise ValueError("not an address like postgresql://user:password@host/database") from None
    ours = {"fallback_application_name": "hotline", "tcp_user_timeout": NETWORK_SECONDS * 1000}
    return ours | given | {"connect_timeout": ANSWER_SECONDS}


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except tuple(IN_OUR_WORDS) as error:
        ours = next(ours for theirs, ours in IN_OUR_WORDS.items() if isinstance(error, theirs))
        raise ours(" ".join(str(error).split())) from error
