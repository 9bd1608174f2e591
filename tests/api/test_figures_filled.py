"""编出来的热线也要说得通：每张工单的经过、每段对话都能照常打开，数也对得上。"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from api.chat.model import Owner, Role
from api.chat.tables import conversations
from api.figures.demand import places
from api.figures.periods import Period, today
from api.figures.talks import volume
from benchmarks.filled_hotline import DAYS, fill
from tests.api.filled import Filled, filled_house  # noqa: F401
from tests.postgres import postgres_server  # noqa: F401
from tickets.outbox import head
from tickets.pulling import TicketPulls

NOW = datetime(2026, 3, 12, 6, tzinfo=UTC)


@pytest.fixture
def filled(house: Filled) -> Filled:
    house.now = NOW
    fill(house.engine, house.sealer, 70, 30, now=NOW)
    return house


def test_every_ticket_opens_and_its_history_explains_where_it_stands(filled: Filled):
    """历史一步步接得上，最后一步就是现在的状态。"""
    found = list(filled.desk.export())

    assert len(found) > 50
    assert len({ticket.status for ticket in found}) >= 4
    for ticket in found:
        moves = [event for event in ticket.history if event.from_status is not event.to_status]
        assert moves[0].from_status is None and moves[-1].to_status is ticket.status
        assert all(one.to_status is next_.from_status for one, next_ in pairwise(moves))
        assert [event.at for event in ticket.history] == sorted(event.at for event in ticket.history)
        assert ticket.version == len(ticket.history)
        assert ticket.history[-1].at <= NOW


def test_every_event_is_in_the_outbox_so_that_it_can_be_pulled(filled: Filled):
    pulls = TicketPulls(filled.engine, filled.sealer)
    with filled.engine.connect() as db:
        events = head(db)

    assert {change.ticket.number for change in pulls.changes(pulls.begin(None, None))} == {
        ticket.number for ticket in filled.desk.export()
    }
    assert events == sum(len(ticket.history) for ticket in filled.desk.export())


def test_conversations_open_and_those_who_wait_are_in_the_queue(filled: Filled):
    store = filled.conversations
    waiting = store.held.waiting()

    assert waiting and waiting[0].danger
    for held in waiting:
        assert store.owners.changes(held.id)[-1].to_owner is Owner.QUEUE
        said = store.transcript(held.id)
        assert said[0].role is Role.ASSISTANT and said[-1].created_at <= NOW
    with filled.engine.connect() as db:
        assert db.execute(select(func.count()).select_from(conversations)).scalar() == 30


def test_the_figures_add_up_to_what_is_there(filled: Filled):
    whole = Period(today(NOW - timedelta(days=DAYS)), today(NOW))

    with filled.engine.connect() as db:
        sheets = volume(db, whole, NOW), places(db, whole, NOW)

    assert sheets[0].total("conversations") == 30
    assert {sheet.total("tickets") for sheet in sheets} == {len(list(filled.desk.export()))}


def test_a_hotline_that_holds_tickets_is_not_filled_again(filled: Filled):
    with pytest.raises(SystemExit, match="choose an empty folder"):
        fill(filled.engine, filled.sealer, 10, 10, now=NOW)
