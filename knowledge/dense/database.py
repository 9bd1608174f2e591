"""Index generations in PostgreSQL: one table each, and a register of those that are complete.

schema knowledge_vectors                     apart from the tickets: a backup may leave it out
  .register (generation, rows, dimension)    a generation is there exactly when it stands here
  ."rows_<generation>" (row, embedding)      dropping one gives its space back at once and locks no other
"""

from __future__ import annotations

import re

import numpy as np
from psycopg import errors
from psycopg.sql import SQL, Identifier, Literal

from knowledge.dense.binary_copy import sent
from knowledge.dense.connections import Connection, Connections
from knowledge.dense.postgres_index import PostgresIndex
from knowledge.errors import BadIndex, Unavailable

SCHEMA = "knowledge_vectors"
REGISTER = Identifier(SCHEMA, "register")
NAME = re.compile(r"[\w-]{1,50}", re.ASCII)  # PostgreSQL cuts names off after 63 bytes

MAKE_REGISTER = """
CREATE TABLE IF NOT EXISTS {} (generation text PRIMARY KEY, rows int NOT NULL, dimension int NOT NULL)
"""
# MAIN keeps long vectors in their rows too; in a side table each would cost a second look-up.
MAKE_ROWS = "CREATE TABLE {} (row int NOT NULL, embedding vector({}) STORAGE MAIN NOT NULL)"


class VectorDatabase:
    """The index generations kept in one PostgreSQL database. Safe between threads and processes."""

    def __init__(self, address: str) -> None:
        """Note where the database is; nothing is opened yet.

        Args:
            address: `postgresql://…`, also as SQLAlchemy spells it (`postgresql+psycopg://…`).

        Raises:
            ValueError: it is not an address of PostgreSQL.
        """
        self._connections = Connections(address)

    def write(self, generation: str, vectors: np.ndarray) -> None:
        """Store a generation, on disk before this returns; one of the same name is replaced.

        All or nothing: until the end readers see what was there before.

        Args:
            generation: up to 50 letters, digits, `_` and `-`.
            vectors: float32 of shape (rows, dimension).

        Raises:
            Unavailable: the server cannot be reached, or lacks what we need; the text says what to do.
            BadIndex: a number is not finite.
        """
        name = _name(generation)
        draft = Identifier(SCHEMA, f"draft_{generation}")
        with self._connections.transaction() as connection:
            _prepare(connection)
            connection.execute("SET LOCAL synchronous_commit = on")
            connection.execute(SQL(MAKE_ROWS).format(draft, Literal(vectors.shape[1])))
            fill = SQL("COPY {} FROM STDIN (FORMAT binary, FREEZE)").format(draft)
            with connection.cursor().copy(fill) as copy:
                for part in sent(vectors):
                    copy.write(part)
            connection.execute(SQL("ALTER TABLE {} ADD PRIMARY KEY (row)").format(draft))
            connection.execute(SQL("ANALYZE {}").format(draft))
            _forget(connection, generation)
            connection.execute(SQL("ALTER TABLE {} RENAME TO {}").format(draft, Identifier(name)))
            enter = SQL("INSERT INTO {} VALUES (%s, %s, %s)").format(REGISTER)
            connection.execute(enter, (generation, *vectors.shape))

    def open(self, generation: str) -> PostgresIndex:
        """Open a stored generation for searching.

        Raises:
            BadIndex: it is not there, or rows of it are missing.
            Unavailable: the server cannot be reached.
        """
        table = _table(generation)
        noted = self._connections.read(_noted).get(generation)
        if noted is None:
            raise BadIndex(f"the vector database has no generation {generation}")
        rows, dimension = noted
        count = SQL("SELECT count(*) FROM {}").format(table)
        found = self._connections.read(lambda c: c.execute(count).fetchone())
        if found != (rows,):
            raise BadIndex(f"generation {generation} in the vector database is damaged: rows are missing")
        return PostgresIndex(self._connections, table, rows, dimension)

    def drop(self, generation: str) -> None:
        """Delete a generation, if it is there; readers of the others notice nothing.

        Raises:
            Unavailable: the server cannot be reached, or something (a backup) still reads the generation.
        """
        _name(generation)
        with self._connections.transaction() as connection:
            if generation in _noted(connection):
                _forget(connection, generation)

    def generations(self) -> list[str]:
        """Names of the stored generations, in order.

        Raises:
            Unavailable: the server cannot be reached.
        """
        return sorted(self._connections.read(_noted))

    def close(self) -> None:
        """Close the connections; what is open can still be searched, over new ones."""
        self._connections.close()


def _name(generation: str) -> str:
    if not NAME.fullmatch(generation):
        raise ValueError(f"{generation!r} cannot name a generation")
    return f"rows_{generation}"


def _table(generation: str) -> Identifier:
    return Identifier(SCHEMA, _name(generation))


def _noted(connection: Connection) -> dict[str, tuple[int, int]]:
    """(rows, dimension) of every complete generation, as the register has them."""
    if connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.register",)).fetchone() == (None,):
        return {}
    entered = connection.execute(SQL("SELECT generation, rows, dimension FROM {}").format(REGISTER))
    return {generation: (rows, dimension) for generation, rows, dimension in entered}


def _forget(connection: Connection, generation: str) -> None:
    # Behind whoever waits for a table (say, for a backup to end) all its readers would have to wait too.
    connection.execute("SET LOCAL lock_timeout = '1s'")
    connection.execute(SQL("DELETE FROM {} WHERE generation = %s").format(REGISTER), (generation,))
    connection.execute(SQL("DROP TABLE IF EXISTS {}").format(_table(generation)))


def _prepare(connection: Connection) -> None:
    """Make the extension, the schema and the register, where they are not there yet; one writer at a time."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (SCHEMA,))
    try:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except (errors.InsufficientPrivilege, errors.FeatureNotSupported, errors.UndefinedFile) as error:
        raise Unavailable(
            "the database lacks the extension pgvector and we may not add it; its administrator must install"
            " the package pgvector on the server and run in this database: CREATE EXTENSION vector"
        ) from error
    try:
        # Looked up first: without the right to make a schema, IF NOT EXISTS fails though it exists.
        if connection.execute("SELECT to_regnamespace(%s)", (SCHEMA,)).fetchone() == (None,):
            connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(SCHEMA)))
        connection.execute(SQL(MAKE_REGISTER).format(REGISTER))
    except errors.InsufficientPrivilege as error:
        role = connection.info.user
        raise Unavailable(
            f"{role} may not make tables for the vectors; the administrator of the database must run in it:"
            f' CREATE SCHEMA IF NOT EXISTS {SCHEMA}; ALTER SCHEMA {SCHEMA} OWNER TO "{role}"'
        ) from error
