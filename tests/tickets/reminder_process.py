"""Gives the notices that are due, in a process of its own: DATABASE NOW [DIE_AT]. Prints how many it gave.

DIE_AT: the process dies, as if killed, just before its so-manyth writing statement; 0 is before the commit.
"""

import os
import sys
from datetime import datetime
from typing import Any

from sqlalchemy import create_engine, event

from tickets.limits import load_limits
from tickets.privacy import Sealer
from tickets.reminders import Reminders, load_wording
from tickets.store import SqlTicketStore, prepare_sqlite

WRITES = ("INSERT", "UPDATE", "DELETE")


def main(database: str, now: str, die_at: str = "-1") -> None:
    engine = create_engine(database)
    prepare_sqlite(engine)
    written = 0

    @event.listens_for(engine, "before_cursor_execute")
    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal written
        if statement.lstrip().upper().startswith(WRITES):
            written += 1
            if written == int(die_at):
                os._exit(9)

    @event.listens_for(engine, "commit")
    def before_commit(_connection: Any) -> None:
        if written and die_at == "0":
            os._exit(9)

    store = SqlTicketStore(engine, Sealer(bytes(range(32))))
    moment = datetime.fromisoformat(now)
    given = Reminders(store, load_limits(), load_wording(), lambda: moment).run_once()
    print(len(given))


if __name__ == "__main__":
    main(*sys.argv[1:])
