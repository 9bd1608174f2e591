"""Takes one status update in, in children that are killed (kill -9), for test_status_updates.py.

Usage: python status_update_process.py, then on standard input one line per child:
DATA_FOLDER DATABASE_ADDRESS NUMBER ID POINT

The child kills itself at its n-th point (before and after each write and each commit); at point 0 it runs to
its end. It says the outcome only after the update was taken in, then "ended" and how many points it passed.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine

from api.chat.ticket_news import TicketNews
from api.parts import sealer_from
from api.settings import Settings
from tests.tickets.filing_process import Points, say
from tickets.coming_back import Kind, StatusUpdate
from tickets.limits import load_limits
from tickets.service import utc_now
from tickets.status_updates import StatusUpdates
from tickets.store import prepare_sqlite

LIMITS = load_limits()


def work(folder: str, address: str, number: str, message_id: str, fatal: int) -> None:
    """Take the update in once."""
    engine = create_engine(address)
    prepare_sqlite(engine)
    sealer = sealer_from(Settings(data_dir=Path(folder)))
    updates = StatusUpdates(engine, sealer, LIMITS, utc_now, TicketNews(sealer, utc_now).tell)
    points = Points(engine, fatal)
    told = StatusUpdate(message_id, Kind.RESOLVED, number, datetime.now(UTC), "已发放500元")
    receipt = updates.take_in("bureau", None, told)
    say(receipt.outcome, receipt.status, receipt.version)
    engine.dispose()
    say("ended", points.passed)


def main() -> None:
    for line in sys.stdin:
        folder, address, number, message_id, point = line.split()
        child = os.fork()
        if child == 0:
            work(folder, address, number, message_id, int(point))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        say("killed" if os.WIFSIGNALED(status) else "left", os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
