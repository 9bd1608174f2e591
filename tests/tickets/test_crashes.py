"""A number that was said is never lost: the filing process is killed (kill -9) at every point and at random.

HOTLINE_TEST_EFFORT=10 makes ten times as many random rounds: pytest --timeout=0 tests/tickets/test_crashes.py
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, select, text

from tests.tickets.conftest import KEY
from tests.tickets.dying import DyingProgram
from tickets import open_desk
from tickets.history import recorded_state, replayed
from tickets.model import Ticket
from tickets.numbering import split_number
from tickets.privacy import Sealer
from tickets.schema import ticket_events, ticket_links, ticket_numbers
from tickets.service import Desk
from tickets.store import prepare_sqlite

EFFORT = int(os.environ.get("HOTLINE_TEST_EFFORT", "1"))
PROGRAM = Path(__file__).with_name("filing_process.py")
RANDOM_ROUNDS = 8 * EFFORT


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('sqlite_file')}"
    return request.getfixturevalue("postgres_address")


@pytest.fixture
def office() -> Iterator[DyingProgram]:
    program = DyingProgram(PROGRAM)
    yield program
    program.close()


@pytest.mark.timeout(0 if EFFORT > 1 else 300)
def test_a_kill_at_any_point_loses_nothing_and_doubles_nothing(address: str, office: DyingProgram):
    """工单号一旦说出口，kill -9 也不丢；没说完的要么完整，要么没有；重发不重单，号码不断不重。"""
    engine = create_engine(address)
    prepare_sqlite(engine)
    desk = open_desk(engine, Sealer(KEY))
    all_points = office.run(address, 0, 0)
    assert all_points and all_points > 30
    # Every point on SQLite; PostgreSQL keeps its promises in the server, so every third one is enough there.
    step = 3 if engine.dialect.name == "postgresql" and EFFORT == 1 else 1
    fates = [*range(1, all_points + 1, step), *(-random.randint(1, 120) for _ in range(RANDOM_ROUNDS))]

    for round_number, point in enumerate(fates, start=1):
        office.run(address, round_number, point)
        nothing_is_half_written(engine, desk, office.said, last=8)
        assert office.run(address, round_number, 0) is not None, "the next process comes to the end"
    print(f"\n{engine.dialect.name}: {len(fates)} rounds, {office.kills} killed, {len(office.said)} tickets")

    tickets = nothing_is_half_written(engine, desk, office.said)
    assert len(tickets) == 3 * (len(fates) + 1), "filed, split off and the second matter: once each per round"
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    engine.dispose()


def nothing_is_half_written(
    engine: Engine, desk: Desk, said: set[str], last: int | None = None
) -> list[Ticket]:
    """Check what another process reads right after; in full only the `last` tickets, where it is given."""
    tickets = desk.list(limit=last) if last else list(desk.export())
    for ticket in tickets:
        assert replayed(ticket.history) == recorded_state(ticket)
        assert ticket.version == len(ticket.history)
    with engine.connect() as connection:
        numbers = connection.execute(text("SELECT number FROM tickets")).scalars().all()
        counters = {row.day: row.last for row in connection.execute(select(ticket_numbers))}
        events = connection.execute(select(ticket_events.c.number).distinct()).scalars().all()
        links = connection.execute(select(ticket_links)).all()
    assert said <= set(numbers), "a number that was said is gone"
    assert set(events) == set(numbers), "a ticket without history, or history without a ticket"
    assert counters == Counter(split_number(number)[0] for number in numbers), "numbers have gaps or repeat"
    assert all({link.number, link.related} <= set(numbers) for link in links)
    return tickets
