"""Files tickets in children that are killed (kill -9), for test_crashes.py.

Usage: python filing_process.py, then on standard input one line per child: ADDRESS ROUND POINT

The child files a request, adds words to it, splits them off, files a second matter and dispatches it.
It says each number only after the desk returned. Its points lie before and after each write and each commit.
"""

import os
import signal
from typing import Any

from sqlalchemy import Engine, create_engine, event

from tests.tickets.dying import run_children, say
from tickets.errors import BadRequest
from tickets.limits import load_limits
from tickets.model import Actor, Category, NewTicket, Person, Role, Urgency
from tickets.privacy import Sealer
from tickets.repeats import load_repeat_rule
from tickets.routing import load_offices
from tickets.service import Desk
from tickets.store import SqlTicketStore, prepare_sqlite
from tickets.triage import triage

DISPATCHER = Actor("005", Role.DISPATCHER)
LIMITS, REPEATS, OFFICES = load_limits(), load_repeat_rule(), load_offices()


class Points:
    """Counts the points at which a process may die, and dies at one of them."""

    def __init__(self, engine: Engine, fatal: int) -> None:
        self.passed = 0
        self._fatal = fatal
        for moment in ("before_cursor_execute", "after_cursor_execute"):
            event.listen(engine, moment, self._pass_write)
        commit = engine.dialect.do_commit

        def watched_commit(connection: Any) -> None:
            self._pass()
            commit(connection)
            self._pass()

        engine.dialect.do_commit = watched_commit  # type: ignore[method-assign]

    def _pass_write(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            self._pass()

    def _pass(self) -> None:
        self.passed += 1
        if self.passed == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def work(address: str, round_number: str, point: str) -> None:
    """Do everything of one round; what an earlier child of the round has done is not done again."""
    engine = create_engine(address)
    prepare_sqlite(engine)
    desk = Desk(SqlTicketStore(engine, Sealer(bytes(range(32)))), LIMITS, REPEATS, OFFICES, triage)
    points = Points(engine, max(int(point), 0))
    person = Person("李秀英", f"138{int(round_number):08d}")

    def request(words: str, message: str) -> NewTicket:
        return NewTicket(
            Category.TEMPORARY, Urgency.URGENT, words[:4], words, applicant=person,
            origin_message_id=f"{round_number}-{message}",
        )  # fmt: skip

    first = desk.take_down(request("家里两天没吃的了，老人饿得起不来", "first")).ticket
    say(first.number)
    longer = desk.take_down(request("家里两天没吃的了，老人还饿着", "more"))
    say(longer.ticket.number, "added" if longer.added else "")
    try:
        say(desk.split(first.number, 2, actor=DISPATCHER, reason="另一件事").number)
    except BadRequest:
        say(first.number, "was split before")
    second = desk.file(request("孩子考上大学，学费凑不齐", "second"))
    say(second.number)
    if second.version == desk.find(second.number).version and second.status == "accepted":
        desk.move(second.number, "dispatch", actor=DISPATCHER, office="司门前镇")
        say(second.number, "dispatched")
    engine.dispose()
    say("ended", points.passed)


if __name__ == "__main__":
    triage("家里断粮了")  # loads its model here, so that no child has to
    run_children(work)
