"""Trouble between the desk and its database, at any statement or commit, for the tests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError


class Crash(Exception):
    """The process ends at this very point."""


@dataclass
class Trouble:
    """What happens at the n-th statement or commit of the next call; `meanwhile` is somebody else's call."""

    kind: str
    at: int
    meanwhile: Callable[[], object] | None = None


class Faults:
    """Lets trouble strike between desk and database; `committed`: the call had committed before it did."""

    def __init__(self, engine: Engine) -> None:
        self._trouble: Trouble | None = None
        self._count = 0
        self._postgresql = engine.dialect.name == "postgresql"
        self.committed = False
        self.struck = False
        event.listen(engine, "before_cursor_execute", self._on_statement)
        event.listen(engine, "commit", self._on_commit)

    @contextmanager
    def armed(self, trouble: Trouble | None) -> Iterator[None]:
        """Have this trouble during the block."""
        self._trouble, self._count, self.committed, self.struck = trouble, 0, False, False
        try:
            yield
        finally:
            self._trouble = None

    def _on_statement(self, connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        # Writers of history take turns first (tickets/outbox.py); nobody comes in between after that.
        first = "pg_advisory_xact_lock" in statement
        writes = first or statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))
        trouble = self._trouble
        if trouble and trouble.meanwhile:
            if writes:
                self._trouble = None
                trouble.meanwhile()
        else:
            self._strike(connection)

    def _on_commit(self, connection: Connection) -> None:
        self._strike(connection)
        self.committed = True

    def _strike(self, connection: Connection) -> None:
        trouble = self._trouble
        self._count += 1
        if trouble is None or trouble.meanwhile or self._count != trouble.at:
            return
        self._trouble, self.struck = None, True
        if trouble.kind == "crash":
            raise Crash
        if trouble.kind == "lost" and self._postgresql:
            connection.connection.dbapi_connection.close()  # type: ignore[union-attr]
            return
        raise OperationalError("", {}, Exception("disk I/O error"))
