"""Every ticket reaches a failing case system exactly once, whatever it does and whenever we are killed.

The receiver is real HTTP on loopback; the dispatching process is killed (kill -9) at every point and at
random. HOTLINE_TEST_EFFORT=155 makes more than 500 rounds on each database:
pytest --timeout=0 tests/tickets/test_delivery_faults.py
"""

import os
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine, create_engine, func, select

from tests.tickets.conftest import KEY, StandingClock
from tests.tickets.dying import DyingProgram
from tests.tickets.receiver_bench import Fault, Receiver, http_date, wait_until
from tickets.case_http import HttpSender
from tickets.deliveries import Deliveries
from tickets.delivery_model import DeliveryFilter, DeliveryState, SystemState
from tickets.dispatcher import Dispatcher
from tickets.model import Actor, Area, NewTicket, Person, Role, Ticket
from tickets.privacy import Sealer
from tickets.retry import STANDARD, Timing
from tickets.schema import ticket_outbox, tickets
from tickets.service import Desk, utc_now
from tickets.store import SqlTicketStore, prepare_sqlite

EFFORT = int(os.environ.get("HOTLINE_TEST_EFFORT", "1"))
PROGRAM = Path(__file__).with_name("delivering_process.py")
RANDOM_ROUNDS = 3 * EFFORT
DISPATCHER = Actor("7001", Role.DISPATCHER)
QUICK = (
    *("ok", "ok", "ok", "ok", "ok", "ok", "500", "502", "503", "504", "400", "redirect", "close", "reset"),
    *("applied_500", "applied_close", "half_head", "half_body"),
)
ASKING = (Fault("429", retry_after="7"), Fault("503", retry_after="90000"))
SLOW = ("never", "applied_never")  # a second each
HASTY = Timing(
    (timedelta(0), *[timedelta(milliseconds=50)] * 30),
    first_rest=timedelta(milliseconds=10),
    longest_rest=timedelta(milliseconds=50),
)


class Case:
    """A desk that delivers to a real receiver, at the standing clock's time."""

    def __init__(
        self, engine: Engine, desk: Desk, clock: Any, folder: Path, timing: Timing = STANDARD
    ) -> None:
        self.clock = clock
        self.receiver = Receiver(clock=clock)
        self.deliveries = Deliveries(engine, clock, random=lambda: 0.0, timing=timing)
        self.table = folder / "case_systems.yml"
        write_table(self.table, self.receiver)
        self.dispatcher = Dispatcher(
            self.table,
            self.deliveries,
            SqlTicketStore(engine, Sealer(KEY)),
            HttpSender(clock),
            clock,
            timing=timing,
            poll=timedelta(milliseconds=20),
        )
        self._desk = desk

    def file(self, new: NewTicket) -> Ticket:
        """File and dispatch: two events."""
        return self._desk.move(self._desk.file(new).number, "dispatch", actor=DISPATCHER, office="民政局")

    def count(self, state: DeliveryState) -> int:
        return sum(figures.counts[state] for figures in self.deliveries.figures())


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    """What the other side does wrong is the same for both databases; being killed is tried on both."""
    return sqlite_engine


@pytest.fixture
def case(engine: Engine, desk: Desk, clock: StandingClock, tmp_path: Path) -> Iterator[Case]:
    found = Case(engine, desk, clock, tmp_path)
    yield found
    found.dispatcher.stop()
    found.receiver.stop()


def write_table(path: Path, receiver: Receiver, timeout: float = 1) -> None:
    push = {"url": receiver.url, "secrets": list(receiver.secrets), "networks": ["127.0.0.0/8"]}
    path.write_text(yaml.safe_dump([{"name": "city", "push": push | {"timeout": timeout}}]))


@pytest.mark.parametrize(
    "fault",
    [
        "500", "502", "503", "504", "429", "400", "redirect", "close", "reset", "never",
        "applied_500", "applied_close", "applied_never", "half_head", "slow_head",
    ],
)  # fmt: skip
def test_after_any_failure_the_event_arrives_once_and_its_ticket_goes_on(
    case: Case, new_ticket: Callable[..., NewTicket], fault: str
):
    """不管怎么失败，五秒后再送；对方只办一次，后面的步骤接着来。"""
    case.receiver.script.append(fault)
    ticket = case.file(new_ticket())

    case.dispatcher.run_once()
    waiting = case.count(DeliveryState.WAITING)
    case.clock.forward(seconds=5)
    case.dispatcher.run_once()

    assert waiting == 2, "nothing of the ticket passes the event that failed"
    assert case.receiver.order(ticket.number) == [1, 2]
    assert case.count(DeliveryState.DELIVERED) == 2
    assert len(case.receiver.applied) == 2


@pytest.mark.parametrize("fault", ["half_body", "slow_body", "endless_body"])
def test_a_success_whose_answer_breaks_off_is_a_success(
    case: Case, new_ticket: Callable[..., NewTicket], fault: str
):
    case.receiver.script.append(fault)
    ticket = case.file(new_ticket())

    case.dispatcher.run_once()

    assert case.receiver.order(ticket.number) == [1, 2]
    assert len(case.receiver.arrivals) == 2


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_kept_to_the_second(case: Case, new_ticket: Callable[..., NewTicket], as_date: bool):
    asked = http_date(case.clock.now + timedelta(minutes=20)) if as_date else "1200"
    case.receiver.script.append(Fault("429", retry_after=asked))
    case.file(new_ticket())
    case.dispatcher.run_once()

    case.clock.forward(minutes=19, seconds=59)
    too_early = case.dispatcher.run_once()
    case.clock.forward(seconds=1)
    case.dispatcher.run_once()

    assert too_early == 0
    assert case.count(DeliveryState.DELIVERED) == 2


def test_gone_stops_everything_and_a_person_starts_it_again(case: Case, new_ticket: Callable[..., NewTicket]):
    case.receiver.script.append("410")
    ticket = case.file(new_ticket())
    case.dispatcher.run_once()
    case.clock.forward(days=1)

    assert case.dispatcher.run_once() == 0
    assert case.deliveries.figures()[0].state is SystemState.DISABLED
    case.deliveries.resume("city", "cli:ops", "地址换好了")
    case.dispatcher.run_once()
    assert case.receiver.order(ticket.number) == [1, 2]


def test_what_was_filed_while_it_was_down_for_an_hour_all_arrives(
    case: Case, new_ticket: Callable[..., NewTicket]
):
    filed: list[Ticket] = []
    case.dispatcher.run_once()
    with case.receiver.down():
        for minute in range(60):
            if minute % 6 == 0:
                person = Person(f"李{minute}", f"1381234{minute:04d}")
                filed.append(case.file(new_ticket(applicant=person, area=Area("湖南省"))))
            case.dispatcher.run_once()
            case.clock.forward(minutes=1)
    for _ in range(30):
        case.clock.forward(minutes=5)
        case.dispatcher.run_once()

    assert case.receiver.orders() == {ticket.number: [1, 2] for ticket in filed}
    assert case.count(DeliveryState.DELIVERED) == 2 * len(filed)


def test_in_threads_with_failures_at_random_everything_arrives_in_order(
    engine: Engine, desk: Desk, tmp_path: Path, new_ticket: Callable[..., NewTicket]
):
    """四条线一起发，一半出错：最后一件不少，先后不乱。"""
    case = Case(engine, desk, utc_now, tmp_path, HASTY)
    dice = random.Random(20261122)
    case.receiver.script.extend(dice.choice(QUICK) for _ in range(60))
    filed = []
    for each in range(12):
        person = Person(f"李{each}", f"1381234{each:04d}")
        filed.append(case.file(new_ticket(applicant=person, area=Area("湖南省"))))
    case.dispatcher.start()
    try:
        wait_until(lambda: case.count(DeliveryState.DELIVERED) == 2 * len(filed), 60)
    finally:
        case.dispatcher.stop()
        case.receiver.stop()

    assert case.receiver.orders() == {ticket.number: [1, 2] for ticket in filed}


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('sqlite_file')}"
    return request.getfixturevalue("postgres_address")


@pytest.mark.timeout(0 if EFFORT > 1 else 300)
def test_killed_at_any_point_while_the_other_side_fails_too(address: str, tmp_path: Path):
    """我们随时被杀，对方随时出错：对方的工单和我们的一张不差，每一步只办一次，先后不乱。"""
    engine = create_engine(address)
    prepare_sqlite(engine)
    dice = random.Random()
    with Receiver() as receiver:
        write_table(tmp_path / "case_systems.yml", receiver)
        table, days = tmp_path / "case_systems.yml", count(2, 2)
        post = DyingProgram(PROGRAM)

        def run(round_number: int, point: int) -> int | None:
            """Let one child work, two days after the one before."""
            return post.run(address, table, round_number, next(days), point)

        all_points = run(0, 0)
        assert all_points and all_points > 20
        step = 1 if EFFORT > 1 else 8 if engine.dialect.name == "sqlite" else 16
        first = dice.randint(1, step)  # other points at every run
        fates = [*range(first, all_points + 1, step), *(-dice.randint(1, 250) for _ in range(RANDOM_ROUNDS))]
        for round_number, point in enumerate(fates, start=1):
            slow = SLOW if round_number % 10 == 0 else ()
            receiver.script.clear()
            receiver.script.extend(dice.choice((*QUICK, *ASKING, *slow)) for _ in range(3))
            run(round_number, point)
            assert run(round_number, 0) is not None, "the next process comes to the end"
        receiver.script.clear()
        deliveries = Deliveries(engine)
        left = {state: count for state, count in deliveries.figures()[0].counts.items() if count}
        while deliveries.find(DeliveryFilter(state=DeliveryState.WAITING), limit=1):
            deliveries.replay(DeliveryFilter("city", DeliveryState.DEAD))
            assert run(0, 0) is not None
        post.close()
        nothing_is_lost_or_doubled(engine, receiver, post.said)
    print(
        f"\n{engine.dialect.name}: {len(fates)} rounds, {post.kills} killed, {len(receiver.arrivals)}",
        f"arrivals, {len(receiver.applied)} applied, {len(receiver.orders())} tickets; left: {left}",
    )
    engine.dispose()


def nothing_is_lost_or_doubled(engine: Engine, receiver: Receiver, said: set[str]) -> None:
    """Hold what the receiver has applied against what is in our database."""
    with engine.connect() as connection:
        rows = connection.execute(select(tickets.c.number, tickets.c.version)).all()
        ours = {row.number: row.version for row in rows}
        events = connection.execute(select(func.count()).select_from(ticket_outbox)).scalar_one()
    theirs = receiver.orders()
    assert said <= set(ours)
    assert set(theirs) == set(ours), "a ticket is missing there, or one that we do not have"
    for number, version in ours.items():
        assert theirs[number] == list(range(1, version + 1)), f"{number} arrived as {theirs[number]}"
    assert len({arrival.id for arrival in receiver.applied}) == len(receiver.applied) == events
    figures = Deliveries(engine).figures()[0]
    assert figures.counts[DeliveryState.DELIVERED] == events
    assert figures.not_handed_out == 0 and figures.oldest_undelivered is None
