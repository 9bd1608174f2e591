"""Makes drops in children that are killed (kill -9), for test_drops.py.

Usage: python drop_process.py SQLITE_FILE FOLDER, then on standard input one line per child: POINT HOUR

Points are: before and after every statement and commit of the database, every fsync and rename of a file.
The child kills itself at its n-th; at point 0 it makes its drop to the end. HOUR sets its clock, so that a
lease of those that died before has run out.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import create_engine, event

from tickets.case_systems import CaseSystem
from tickets.drops import Drops
from tickets.privacy import Sealer
from tickets.store import prepare_sqlite

START = datetime(2026, 3, 12, 1, 0, tzinfo=UTC)


class Points:
    """Counts the points at which the process may die, and dies at one of them."""

    def __init__(self, fatal: int) -> None:
        self._passed, self._fatal = 0, fatal

    def passing(self, *_: Any) -> None:
        self._passed += 1
        if self._passed == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **options: Any) -> Any:
            self.passing()
            result = step(*arguments, **options)
            self.passing()
            return result

        return watched


def work(file: str, folder: str, point: int, hour: int) -> None:
    points = Points(point)
    engine = create_engine(f"sqlite:///{file}")
    prepare_sqlite(engine)
    engine.dialect.do_commit = points.around(engine.dialect.do_commit)  # type: ignore[method-assign]
    for moment in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(engine, moment, points.passing)
    os.fsync, os.replace = points.around(os.fsync), points.around(os.replace)
    system = CaseSystem.model_validate({"name": "county", "drop": {"folder": folder}})
    now = START + timedelta(hours=hour)
    Drops(engine, Sealer(bytes(range(32))), lambda: {"county": system}, lambda: now).make("county")


def main(file: str, folder: str) -> None:
    for line in sys.stdin:
        point, hour = map(int, line.split())
        child = os.fork()
        if child == 0:
            work(file, folder, point, hour)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
