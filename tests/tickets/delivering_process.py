"""Files tickets and delivers them in children that are killed (kill -9), for test_delivery_faults.py.

Usage: python delivering_process.py, then on standard input one line per child: ADDRESS TABLE ROUND DAYS POINT

The child files a request and dispatches it, says the number, and delivers everything that is due. Its
dispatcher's clock runs DAYS ahead, so that leases are over and retries due. Its points lie before and after
each write, each commit and each sending; at -MS the deliveries run in threads, else one after the other.
"""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import create_engine

from tests.tickets.dying import run_children, say
from tests.tickets.filing_process import DISPATCHER, LIMITS, OFFICES, REPEATS, Points
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


def work(address: str, table: str, round_number: str, days: str, point: str) -> None:
    """Do everything of one round; what an earlier child of the round has done is not done again."""
    engine = create_engine(address)
    prepare_sqlite(engine)
    store = SqlTicketStore(engine, Sealer(bytes(range(32))))
    desk = Desk(store, LIMITS, REPEATS, OFFICES, triage)
    points = Points(engine, max(int(point), 0))
    request = NewTicket(
        Category.TEMPORARY,
        Urgency.URGENT,
        "家里断粮了",
        "家里两天没吃的了",
        applicant=Person("李秀英", f"138{int(round_number):08d}"),
        origin_message_id=f"round-{round_number}",
    )
    ticket = desk.file(request)
    if ticket.version == 1:
        ticket = desk.move(ticket.number, "dispatch", actor=DISPATCHER, office="司门前镇")
    say(ticket.number)

    def clock() -> datetime:
        return utc_now() + timedelta(days=int(days))

    sender = PointedSender(points)
    dispatcher = Dispatcher(Path(table), Deliveries(engine, clock), store, sender, clock)
    if int(point) < 0:
        dispatcher.start()
        time.sleep(2 * -int(point) / 1000)
        dispatcher.stop()
    else:
        dispatcher.run_once()
    engine.dispose()
    say("ended", points.passed)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    triage("家里断粮了")  # loads its model here, so that no child has to
    run_children(work)
