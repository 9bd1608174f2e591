"""Deliveries on both databases: in order per ticket, held by one at a time, and nothing falls out."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from tests.tickets.conftest import StandingClock
from tickets.deliveries import Deliveries
from tickets.delivery_model import Claim, DeliveryFilter, DeliveryState, SystemFigures, SystemState
from tickets.delivery_ports import Answer, SendResult
from tickets.delivery_queries import due
from tickets.errors import BadRequest, RuleBroken
from tickets.model import Actor, Area, NewTicket, Person, Role, Ticket
from tickets.service import Desk

Make = Callable[..., NewTicket]
DISPATCHER, OFFICE = Actor("7001", Role.DISPATCHER), Actor("民政局", Role.OFFICE)
LEASE = timedelta(minutes=1)
OK = SendResult(Answer.ACCEPTED, 204)
BROKEN = SendResult(Answer.FAILED, 500, "it answered 500")
CITY, COUNTY = "city", "county"
SCHEDULE = (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)  # seconds; Standard Webhooks 1.0.0


@pytest.fixture
def deliveries(engine: Engine, clock: StandingClock) -> Deliveries:
    found = Deliveries(engine, clock, random=lambda: 0.0)
    found.register(CITY, "beginning")
    return found


@pytest.fixture
def file(desk: Desk, new_ticket: Make) -> Callable[[], Ticket]:
    """Files a ticket of its own and dispatches it: two events."""
    filed = 0

    def make() -> Ticket:
        nonlocal filed
        filed += 1
        person, place = Person(f"李{filed}", f"1381234{filed:04d}"), Area("湖南省", "邵阳市", "隆回县")
        ticket = desk.file(new_ticket(applicant=person, area=place))
        return desk.move(ticket.number, "dispatch", actor=DISPATCHER, office="民政局")

    return make


def claim(deliveries: Deliveries, limit: int = 100, system: str = CITY) -> list[Claim]:
    deliveries.hand_out(system)
    return deliveries.claim(system, "worker", LEASE, limit)


def brief(claims: list[Claim]) -> list[tuple[str, int]]:
    return [(one.number, one.position) for one in claims]


def deliver_all(deliveries: Deliveries, system: str = CITY) -> list[tuple[str, int]]:
    """Deliver whatever is due until nothing is; gives it in the order of sending."""
    sent: list[tuple[str, int]] = []
    while claims := claim(deliveries, system=system):
        for one in claims:
            deliveries.accepted(one, OK)
        sent += brief(claims)
    return sent


def kill(deliveries: Deliveries, clock: StandingClock) -> Claim:
    """Let the next due event fail until it is a dead letter."""
    for _ in range(20):
        clock.forward(days=2)
        (one,) = claim(deliveries, 1)
        if deliveries.failed(one, BROKEN) is DeliveryState.DEAD:
            return one
    raise AssertionError("it never dies")


def states(deliveries: Deliveries, number: str) -> dict[int, str]:
    return {row.position: row.state.value for row in deliveries.find(DeliveryFilter(number=number))}


def figures(deliveries: Deliveries, system: str = CITY) -> SystemFigures:
    return next(each for each in deliveries.figures() if each.name == system)


def test_every_event_goes_out_once_and_in_the_order_of_its_ticket(deliveries: Deliveries, file: Callable):
    """每张工单的每一步都送一次，按先后来。"""
    one, other = file(), file()

    first = claim(deliveries)
    nothing_yet = claim(deliveries)
    for each in first:
        deliveries.accepted(each, OK)

    assert brief(first) == [(one.number, 1), (other.number, 1)]
    assert nothing_yet == [], "what follows waits until the first step has arrived"
    assert deliver_all(deliveries) == [(one.number, 2), (other.number, 2)]
    assert deliver_all(deliveries) == []
    assert figures(deliveries).counts[DeliveryState.DELIVERED] == 4


def test_a_system_that_begins_now_gets_what_changes_from_now_on(
    deliveries: Deliveries, desk: Desk, file: Callable
):
    before = file()
    deliveries.register(COUNTY, "now")
    deliveries.register(COUNTY, "beginning")  # the operator changed the file later: what was begun stays
    desk.move(before.number, "sign", actor=OFFICE)

    assert deliver_all(deliveries, COUNTY) == [(before.number, 3)]
    assert len(deliver_all(deliveries)) == 3


def test_batches_hand_out_everything(deliveries: Deliveries, file: Callable):
    for _ in range(5):
        file()

    handed_out = [deliveries.hand_out(CITY, limit=3) for _ in range(5)]

    assert handed_out == [3, 3, 3, 1, 0]


@pytest.mark.parametrize("claimers", [2, 8])
def test_claimers_at_once_never_hold_one_event_twice(
    deliveries: Deliveries, engine: Engine, clock: StandingClock, file: Callable, claimers: int
):
    """八个进程抢着发，一步也不会被两个人拿着。"""
    tickets = [file() for _ in range(12)]
    taken: list[Claim] = []
    under_way: set[str] = set()
    trouble: list[str] = []
    lock = threading.Lock()
    begin = threading.Barrier(claimers)

    def work() -> None:
        mine = Deliveries(engine, clock)
        begin.wait()
        for _ in range(60):
            mine.hand_out(CITY, limit=5)
            for one in mine.claim(CITY, "worker", LEASE, 3):
                with lock:
                    if one.number in under_way:
                        trouble.append(f"{one} while {one.number} is under way")
                    under_way.add(one.number)
                    taken.append(one)
                with lock:
                    under_way.discard(one.number)
                mine.accepted(one, OK)
            if len(taken) == 2 * len(tickets):
                return

    threads = [threading.Thread(target=work) for _ in range(claimers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert trouble == []
    assert sorted(brief(taken)) == sorted((ticket.number, step) for ticket in tickets for step in (1, 2))
    for ticket in tickets:
        assert [one.position for one in taken if one.number == ticket.number] == [1, 2]


def test_what_a_dead_process_held_goes_out_again_after_the_lease(
    deliveries: Deliveries, clock: StandingClock, file: Callable
):
    file()
    (held,) = claim(deliveries)

    clock.forward(seconds=59)
    assert claim(deliveries) == []
    clock.forward(seconds=1)
    (again,) = claim(deliveries)

    assert brief([again]) == brief([held])
    assert again.holder != held.holder


def test_a_report_after_the_lease_still_counts_when_it_says_accepted(
    deliveries: Deliveries, clock: StandingClock, file: Callable
):
    """迟到的“收到了”也算数；迟到的“没成”不算，事情已经在别人手里。"""
    ticket = file()
    (late,) = claim(deliveries)
    clock.forward(minutes=2)
    (other,) = claim(deliveries)

    assert deliveries.failed(late, BROKEN) is None
    assert claim(deliveries) == [], "the other still holds it"
    deliveries.accepted(late, OK)
    assert deliveries.failed(other, BROKEN) is None

    assert states(deliveries, ticket.number)[1] == "delivered"


def test_a_dead_letter_holds_back_its_own_ticket_only(
    deliveries: Deliveries, clock: StandingClock, file: Callable
):
    """一张单送不出去，只压住它自己后面的步骤。"""
    stuck = file()
    dead = kill(deliveries, clock)
    free = file()

    assert brief([dead]) == [(stuck.number, 1)]
    assert deliver_all(deliveries) == [(free.number, 1), (free.number, 2)]
    assert states(deliveries, stuck.number) == {1: "dead", 2: "waiting"}
    assert figures(deliveries).counts[DeliveryState.DEAD] == 1


def test_a_failed_event_is_tried_on_schedule_and_not_earlier(
    deliveries: Deliveries, clock: StandingClock, file: Callable
):
    file()
    waited = []
    for wait in SCHEDULE:
        clock.forward(seconds=wait - 1)
        assert not wait or claim(deliveries) == []
        clock.forward(seconds=1)
        (one,) = claim(deliveries)
        waited.append(deliveries.failed(one, BROKEN))

    assert waited == [DeliveryState.WAITING] * 9 + [DeliveryState.DEAD]


def test_retry_after_holds_the_event_back(deliveries: Deliveries, clock: StandingClock, file: Callable):
    file()
    (one,) = claim(deliveries)

    deliveries.failed(one, SendResult(Answer.FAILED, 429, "it answered 429", timedelta(minutes=20)))

    clock.forward(minutes=19, seconds=59)
    assert claim(deliveries) == []
    clock.forward(seconds=1)
    assert len(claim(deliveries)) == 1


def test_a_paused_system_gets_nothing_until_it_is_resumed(
    deliveries: Deliveries, clock: StandingClock, file: Callable
):
    """谁停的、为什么停，都记着；恢复以后一步不少。"""
    ticket = file()

    deliveries.pause(CITY, "cli:ops", "他们今晚升级")
    assert claim(deliveries) == []
    found = figures(deliveries)
    assert (found.state, found.changed_by, found.reason) == (SystemState.PAUSED, "cli:ops", "他们今晚升级")
    clock.forward(hours=1)
    deliveries.resume(CITY, "cli:ops", "升级完了")

    assert deliver_all(deliveries) == [(ticket.number, 1), (ticket.number, 2)]
    assert figures(deliveries).state is SystemState.ACTIVE


def test_a_system_that_is_gone_gets_nothing_more_and_loses_nothing(deliveries: Deliveries, file: Callable):
    ticket = file()
    (one,) = claim(deliveries)

    deliveries.gone(one, SendResult(Answer.GONE, 410, "it answered 410"))

    found = figures(deliveries)
    assert (found.state, found.reason) == (SystemState.DISABLED, "it answered 410")
    assert found.changed_by == "hotline"
    assert claim(deliveries) == []
    with pytest.raises(RuleBroken, match="disabled"):
        deliveries.pause(CITY, "cli:ops", "不用了")
    deliveries.resume(CITY, "cli:ops", "他们回来了")
    assert deliver_all(deliveries) == [(ticket.number, 1), (ticket.number, 2)]


def test_replaying_one_event_sends_it_and_nothing_else(deliveries: Deliveries, file: Callable):
    ticket, _other = file(), file()
    deliver_all(deliveries)

    count = deliveries.replay(DeliveryFilter(CITY, number=ticket.number, first=1, last=1))

    assert count == 1
    assert deliver_all(deliveries) == [(ticket.number, 1)]


def test_a_dead_letter_that_is_replayed_lets_its_ticket_go_on(
    deliveries: Deliveries, clock: StandingClock, file: Callable
):
    ticket = file()
    kill(deliveries, clock)

    assert deliveries.replay(DeliveryFilter(CITY, DeliveryState.DEAD)) == 1

    assert deliver_all(deliveries) == [(ticket.number, 1), (ticket.number, 2)]
    assert deliveries.find(DeliveryFilter(number=ticket.number, first=1, last=1))[0].attempts == 1


def test_replaying_a_range_keeps_the_order_of_every_ticket(
    deliveries: Deliveries, clock: StandingClock, file: Callable
):
    """按天、按序号、按工单重放，同一张单的先后不乱。"""
    yesterday = [file(), file()]
    clock.forward(days=1)
    today = file()
    deliver_all(deliveries)

    by_day = DeliveryFilter(CITY, since=clock.now - timedelta(days=2), until=clock.now)
    assert deliveries.replay(by_day) == 4
    again = deliver_all(deliveries)
    newest = deliveries.find(DeliveryFilter(CITY))[0].sequence
    assert deliveries.replay(DeliveryFilter(CITY, first_sequence=newest - 1, last_sequence=newest)) == 2

    assert sorted(again) == sorted((ticket.number, step) for ticket in yesterday for step in (1, 2))
    for ticket in yesterday:
        assert [step for number, step in again if number == ticket.number] == [1, 2]
    assert deliver_all(deliveries) == [(today.number, 1), (today.number, 2)]


def test_replaying_gives_a_system_what_it_was_never_given(deliveries: Deliveries, desk: Desk, file: Callable):
    """从现在开始接的系统，对账发现缺旧单，重放就补上。"""
    ticket = file()
    deliveries.register(COUNTY, "now")

    assert deliveries.replay(DeliveryFilter(COUNTY, number=ticket.number)) == 2

    assert deliver_all(deliveries, COUNTY) == [(ticket.number, 1), (ticket.number, 2)]
    assert deliveries.replay(DeliveryFilter(COUNTY, number=ticket.number)) == 2, "each row once"


def test_an_event_under_way_is_not_sent_twice_at_once_by_a_replay(deliveries: Deliveries, file: Callable):
    file()
    (held,) = claim(deliveries)

    deliveries.replay(DeliveryFilter(CITY))

    assert claim(deliveries) == []
    deliveries.accepted(held, OK)
    assert len(deliver_all(deliveries)) == 1


def test_a_settled_event_is_not_sent_and_the_later_ones_are(
    deliveries: Deliveries, clock: StandingClock, file: Callable
):
    """人工送过去的，记下是谁、为什么，后面的步骤照发。"""
    ticket = file()
    kill(deliveries, clock)
    only_first = DeliveryFilter(CITY, number=ticket.number, first=1, last=1)

    assert deliveries.settle(only_first, "cli:ops", "电话里报过去了") == 1
    assert deliveries.settle(only_first, "cli:ops", "再来一次") == 0

    found = deliveries.find(only_first)[0]
    assert (found.state, found.settled_by, found.last_error) == (
        DeliveryState.SETTLED,
        "cli:ops",
        "电话里报过去了",
    )
    assert deliver_all(deliveries) == [(ticket.number, 2)]


def test_nobody_changes_a_system_that_does_not_exist(deliveries: Deliveries):
    for change in (deliveries.pause, deliveries.resume):
        with pytest.raises(BadRequest, match="no case system 'nowhere'"):
            change("nowhere", "cli:ops", "试试")
    with pytest.raises(BadRequest):
        deliveries.replay(DeliveryFilter("nowhere"))
    with pytest.raises(BadRequest):
        deliveries.settle(DeliveryFilter(), "cli:ops", "试试")


def test_lists_are_narrowed_and_newest_first(deliveries: Deliveries, file: Callable):
    one, other = file(), file()
    deliver_all(deliveries)

    everything = deliveries.find()
    page = deliveries.find(limit=1)
    rest = deliveries.find(before=page[0].sequence)

    assert [row.sequence for row in everything] == sorted((row.sequence for row in everything), reverse=True)
    assert page + rest == everything
    assert {row.number for row in deliveries.find(DeliveryFilter(number=one.number))} == {one.number}
    assert deliveries.find(DeliveryFilter(state=DeliveryState.DEAD)) == []
    assert everything[0].id == f"evt_{other.number}_2"
    assert (everything[0].action, everything[0].settled_at is not None) == ("dispatch", True)


def test_figures_tell_since_when_something_waits_and_why(
    deliveries: Deliveries, clock: StandingClock, file: Callable
):
    """还没发给任何人的也算：派发进程没跑，一看就知道。"""
    clock.forward(hours=1)
    began = clock.now
    file()
    clock.forward(minutes=5)
    before = figures(deliveries)
    (one,) = claim(deliveries)
    deliveries.failed(one, BROKEN)
    after = figures(deliveries)
    clock.forward(minutes=1)
    deliver_all(deliveries)
    done = figures(deliveries)

    assert (before.not_handed_out, before.oldest_undelivered) == (2, began)
    assert (after.not_handed_out, after.counts[DeliveryState.WAITING]) == (0, 2)
    assert (after.last_status, after.last_error) == (500, "it answered 500")
    assert after.oldest_undelivered == began + timedelta(minutes=5)
    assert (done.oldest_undelivered, done.last_error) == (None, None)


def test_work_is_found_by_index_and_in_its_order(engine: Engine, clock: StandingClock):
    """办完的再多，找下一条也不翻遍、不重排。"""
    query = due(CITY, clock(), 4).compile(engine, compile_kwargs={"literal_binds": True})

    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
        else:  # an empty table would be read through, which costs nothing
            connection.exec_driver_sql("SET enable_seqscan = off")
            connection.exec_driver_sql("SET enable_bitmapscan = off")
            rows = connection.exec_driver_sql(f"EXPLAIN {query}").all()
    plan = " ".join(str(row) for row in rows)

    assert "ix_deliveries_system_deliveries_state_deliveries_next_at" in plan
    assert "SCAN deliveries" not in plan and "Seq Scan on deliveries" not in plan


def test_no_event_is_dropped_when_two_processes_hand_out_at_once(
    deliveries: Deliveries, engine: Engine, clock: StandingClock, file: Callable
):
    tickets = [file() for _ in range(15)]
    handed_out: list[int] = []

    def work() -> None:
        mine = Deliveries(engine, clock)
        while count := mine.hand_out(CITY, limit=2):
            handed_out.append(count)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(handed_out) == 2 * len(tickets)
    assert len(deliveries.find(limit=1000)) == 2 * len(tickets)
