"""Files tickets and delivers them in children that are killed (kill -9), for test_delivery_faults.py.

Usage: python delivering_process.py, then on standard input one line per child: ADDRESS TABLE ROUND DAYS POINT

The child files a request and dispatches it, says the number, and delivers everything that is due. Its
dispatcher's clock runs DAYS ahead, so that leases are over and retries due. At its n-th point (before and
after each write, each commit and each sending) it kills itself; at point 0 it runs to its end, one delivery
after the other; at -MS the deliveries run in threads and it is killed from outside after so many
milliseconds. If it came to its end it says "ended" and how many points it passed.
"""

import os
import signal
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import create_engine

from tests.tickets.filing_process import DISPATCHER, LIMITS, OFFICES, REPEATS, Points, say
from tickets.case_http import HttpSender
from tickets.deliveries import Deliveries
from tickets.dispatcher import Dispatcher
from tickets.model import Category, NewTicket, Person, Urgency
from tickets.privacy import Sealer
from tickets.service import Desk, utc_now
from tickets.store import SqlTicketStore, prepare_sqlite
from tickets.triage import triage


class PointedSender:
    """Passes a point before and after each sending."""

    def __init__(self, points: Points) -> None:
        self._points = points
        self._sender = HttpSender(utc_now)

    def send(self, system: Any, event: Any) -> Any:
        self._points._pass()
        result = self._sender.send(system, event)
        self._points._pass()
        return result


def work(address: str, table: str, round_number: int, days: int, point: int) -> None:
    """Do everything of one round; what an earlier child of the round has done is not done again."""
    engine = create_engine(address)
    prepare_sqlite(engine)
    store = SqlTicketStore(engine, Sealer(bytes(range(32))))
    desk = Desk(store, LIMITS, REPEATS, OFFICES, triage)
    points = Points(engine, max(point, 0))
    request = NewTicket(
        Category.TEMPORARY,
        Urgency.URGENT,
        "家里断粮了",
        "家里两天没吃的了",
        applicant=Person("李秀英", f"138{round_number:08d}"),
        origin_message_id=f"round-{round_number}",
    )
    ticket = desk.file(request)
    if ticket.version == 1:
        ticket = desk.move(ticket.number, "dispatch", actor=DISPATCHER, office="司门前镇")
    say(ticket.number)

    def clock() -> datetime:
        return utc_now() + timedelta(days=days)

    sender = PointedSender(points)
    dispatcher = Dispatcher(Path(table), Deliveries(engine, clock), store, sender, clock)
    if point < 0:
        dispatcher.start()
        time.sleep(2 * -point / 1000)
        dispatcher.stop()
    else:
        dispatcher.run_once()
    engine.dispose()
    say("ended", points.passed)


def main() -> None:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    triage("家里断粮了")  # loads its model here, so that no child has to
    for line in sys.stdin:
        address, table, round_number, days, point = line.split()
        child = os.fork()
        if child == 0:
            work(address, table, int(round_number), int(days), int(point))
            os._exit(0)
        if int(point) < 0:
            time.sleep(-int(point) / 1000)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        say("killed" if os.WIFSIGNALED(status) else "left", os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
