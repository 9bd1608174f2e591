"""The dispatcher: who gets what, when, and what one system's trouble means for the others."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine
from structlog.testing import capture_logs

from tests.tickets.conftest import KEY, StandingClock
from tests.tickets.receiver_bench import SECRET, wait_until
from tickets.case_systems import CaseSystem
from tickets.deliveries import Deliveries
from tickets.delivery_model import DeliveryFilter, DeliveryState, SystemState
from tickets.delivery_ports import Answer, OutgoingEvent, SendResult
from tickets.dispatcher import Dispatcher
from tickets.errors import Unreadable
from tickets.model import Actor, Area, NewTicket, Person, Role, Ticket
from tickets.privacy import Sealer
from tickets.service import Desk
from tickets.store import SqlTicketStore

DISPATCHER, OFFICE = Actor("7001", Role.DISPATCHER), Actor("民政局", Role.OFFICE)
OK = SendResult(Answer.ACCEPTED, 204)
REFUSED = SendResult(Answer.FAILED, None, "connection refused")


class Road:
    """Stands for the way to the systems: keeps what came by, answers as it is told per system."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.answers: dict[str, Callable[[OutgoingEvent], SendResult]] = {}
        self._lock = threading.Lock()

    def send(self, system: CaseSystem, event: OutgoingEvent) -> SendResult:
        with self._lock:
            self.sent.append((system.name, event.id))
        return self.answers.get(system.name, lambda _event: OK)(event)

    def to(self, system: str) -> list[str]:
        return [id for name, id in self.sent if name == system]


class House:
    """A desk, its table of case systems, and a dispatcher before a Road."""

    def __init__(self, engine: Engine, desk: Desk, clock: StandingClock, folder: Path) -> None:
        self.desk, self.clock = desk, clock
        self.table = folder / "case_systems.yml"
        self.road = Road()
        self.deliveries = Deliveries(engine, clock, random=lambda: 0.0)
        self.store = SqlTicketStore(engine, Sealer(KEY))
        self.dispatcher = Dispatcher(
            self.table, self.deliveries, self.store, self.road, clock, poll=timedelta(milliseconds=30)
        )
        self.filed = 0

    def knows(self, *names: str, **push: Any) -> None:
        """Write the table anew: these systems, pushed to."""
        fields = {"url": "https://example.org/events", "secrets": [SECRET]} | push
        self.table.write_text(yaml.safe_dump([{"name": name, "push": fields} for name in names]))

    def file(self, **changes: Any) -> Ticket:
        self.filed += 1
        person = Person(f"李{self.filed}", f"1381234{self.filed:04d}")
        fields: dict[str, Any] = {"applicant": person, "area": Area("湖南省")} | changes
        return self.desk.file(self.make(**fields))

    make: Callable[..., NewTicket]

    def figures(self, name: str = "city") -> Any:
        return next(each for each in self.deliveries.figures() if each.name == name)


@pytest.fixture
def house(
    engine: Engine, desk: Desk, clock: StandingClock, tmp_path: Path, new_ticket: Callable[..., NewTicket]
) -> Iterator[House]:
    found = House(engine, desk, clock, tmp_path)
    found.make = new_ticket
    found.knows("city")
    yield found
    found.dispatcher.stop(5)


def test_every_system_gets_every_event(house: House):
    house.knows("city", "county")
    ticket = house.file()
    house.desk.move(ticket.number, "dispatch", actor=DISPATCHER, office="民政局")

    attempts = house.dispatcher.run_once()

    assert attempts == 4
    for name in ("city", "county"):
        assert house.road.to(name) == [f"evt_{ticket.number}_1", f"evt_{ticket.number}_2"]
    assert house.dispatcher.run_once() == 0


def test_it_sends_by_itself_once_started_and_at_once_when_woken(house: House):
    house.file()
    house.dispatcher.start()
    house.dispatcher.start()
    wait_until(lambda: len(house.road.sent) == 1)

    house.file()
    house.dispatcher.wake()
    wait_until(lambda: len(house.road.sent) == 2)

    assert house.dispatcher.running
    house.dispatcher.stop()
    assert not house.dispatcher.running


def test_a_system_that_never_answers_delays_no_other(house: House):
    """一家堵死了，别家照常收。"""
    house.knows("stuck", "city", at_once=2)
    release = threading.Event()
    house.road.answers["stuck"] = lambda _event: OK if release.wait(20) else REFUSED
    house.dispatcher.start()

    for _ in range(20):
        house.file()
    house.dispatcher.wake()
    wait_until(lambda: len(house.road.to("city")) == 20)

    assert len(house.road.to("stuck")) == 2, "no more than at_once are under way"
    release.set()
    wait_until(lambda: len(house.road.to("stuck")) == 20)


def test_stopping_lets_what_is_under_way_end(house: House):
    house.file()
    begun, release = threading.Event(), threading.Event()

    def slowly(_event: OutgoingEvent) -> SendResult:
        begun.set()
        release.wait(10)
        return OK

    house.road.answers["city"] = slowly
    house.dispatcher.start()
    assert begun.wait(10)
    threading.Timer(0.3, release.set).start()
    house.dispatcher.stop(10)

    assert house.figures().counts[DeliveryState.DELIVERED] == 1


def test_a_restarted_dispatcher_goes_on(house: House):
    house.dispatcher.start()
    house.dispatcher.stop()
    house.file()

    house.dispatcher.start()

    wait_until(lambda: len(house.road.sent) == 1)


def test_an_hour_down_costs_no_event_and_the_rest_follows_at_once(house: House, clock: StandingClock):
    """对方停一个小时：恢复后几分钟内，没轮到试的立刻送到，试过的最迟两小时内送到。"""
    tickets = [house.file() for _ in range(200)]
    house.road.answers["city"] = lambda _event: REFUSED
    for _ in range(3600 // 30):
        house.dispatcher.run_once()
        clock.forward(seconds=30)
    tried = len(house.road.sent)
    house.road.answers.clear()
    clock.forward(minutes=1)
    house.dispatcher.run_once()
    right_after = house.figures().counts[DeliveryState.DELIVERED]
    clock.forward(hours=2)
    house.dispatcher.run_once()

    assert tried <= 120, "while it is down it is asked once in a while, not for every event"
    assert right_after >= 80
    assert house.figures().counts[DeliveryState.DELIVERED] == len(tickets)


def test_eighty_hours_down_makes_dead_letters_that_a_replay_delivers(house: House, clock: StandingClock):
    """停了八十个小时：试满十次的成死信，等人重放；一件不丢，先后不乱。"""
    tickets = [house.file() for _ in range(3)]
    for ticket in tickets:
        house.desk.move(ticket.number, "dispatch", actor=DISPATCHER, office="民政局")
    house.road.answers["city"] = lambda _event: REFUSED
    for _ in range(80 * 12):
        house.dispatcher.run_once()
        clock.forward(minutes=5)
    house.road.answers.clear()
    house.road.sent.clear()
    house.dispatcher.run_once()

    figures = house.figures()
    assert (figures.counts[DeliveryState.DEAD], figures.counts[DeliveryState.WAITING]) == (3, 3)
    assert house.road.sent == []
    assert house.deliveries.replay(DeliveryFilter("city", DeliveryState.DEAD)) == 3
    clock.forward(minutes=1)
    house.dispatcher.run_once()

    assert house.figures().counts[DeliveryState.DELIVERED] == 6
    for ticket in tickets:
        mine = [id for id in house.road.to("city") if ticket.number in id]
        assert mine == [f"evt_{ticket.number}_1", f"evt_{ticket.number}_2"]


def test_a_system_that_wants_no_more_is_left_alone_until_a_person_resumes_it(house: House):
    house.file()
    house.road.answers["city"] = lambda _event: SendResult(Answer.GONE, 410, "it answered 410")
    house.dispatcher.run_once()
    house.file()

    assert house.dispatcher.run_once() == 0
    assert house.figures().state is SystemState.DISABLED
    house.road.answers.clear()
    house.deliveries.resume("city", "cli:ops", "他们换好了")
    assert house.dispatcher.run_once() == 2


def test_the_table_is_followed_and_a_wrong_one_is_not_taken(house: House):
    """操作员改错了文件：记一条日志，照旧的发；改好了就按新的发。"""
    house.dispatcher.start()
    house.file()
    wait_until(lambda: len(house.road.to("city")) == 1)

    with capture_logs() as logs:
        house.table.write_text("- name: city\n  push: {url: nonsense}\n")
        wait_until(lambda: any(line["event"] == "case_systems_wrong" for line in logs))
        house.file()
        wait_until(lambda: len(house.road.to("city")) == 2)
    assert [line["event"] for line in logs].count("case_systems_wrong") == 1
    house.knows("city", "county")
    wait_until(lambda: len(house.road.to("county")) == 2)
    house.knows("county")
    wait_until(lambda: "city" not in house.dispatcher._lines)
    house.file()
    wait_until(lambda: len(house.road.to("county")) == 3)

    assert len(house.road.to("city")) == 2


def test_showing_in_full_is_recorded_once_per_system_and_ticket_before_it_leaves(house: House):
    """全量推送：每个系统每张单记一笔“谁看了、为什么”，先记后发；匿名的不给看，也就不记。"""
    house.knows("city", "county", payload="full", reveal="社会救助暂行办法第六十一条")
    known_before: list[int] = []

    def look(_event: OutgoingEvent) -> SendResult:
        known_before.append(len(house.store.disclosures()))
        return OK

    house.road.answers["city"] = look
    ticket, hidden = house.file(), house.file(anonymous=True)
    house.desk.move(ticket.number, "dispatch", actor=DISPATCHER, office="民政局")
    house.dispatcher.run_once()
    house.deliveries.replay(DeliveryFilter("city"))
    house.dispatcher.run_once()

    found = house.store.disclosures()
    assert known_before[0] == 1
    assert sorted((one.actor, one.number) for one in found) == [
        ("case-system:city", ticket.number),
        ("case-system:county", ticket.number),
    ]
    assert {one.reason for one in found} == {"社会救助暂行办法第六十一条"}
    assert hidden.number not in {one.number for one in found}


def test_what_goes_out_masked_is_no_disclosure(house: House):
    house.knows("city", payload="full")
    house.file()

    house.dispatcher.run_once()

    assert house.store.disclosures() == []


def test_a_ticket_that_cannot_be_read_is_a_failed_delivery_with_its_reason(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    """解不开的工单不会悄悄漏掉：留在那里，写明原因。"""
    broken, fine = house.file(), house.file()
    read = house.store.get

    def get(number: str) -> Ticket | None:
        if number == broken.number:
            raise Unreadable("sealed text does not open with this key ring")
        return read(number)

    monkeypatch.setattr(house.store, "get", get)
    house.dispatcher.run_once()

    assert house.road.to("city") == [f"evt_{fine.number}_1"]
    (left,) = house.deliveries.find(DeliveryFilter("city", DeliveryState.WAITING))
    assert (left.number, left.attempts) == (broken.number, 1)
    assert "does not open" in (left.last_error or "")


def test_logs_name_the_event_and_nobody(house: House, clock: StandingClock):
    ticket = house.file(applicant=Person("李秀英", "13812345678"))
    house.road.answers["city"] = lambda _event: REFUSED
    with capture_logs() as logs:
        house.dispatcher.run_once()
        house.road.answers.clear()
        clock.forward(minutes=1)
        house.dispatcher.run_once()

    told = [(line["event"], line["delivery"]) for line in logs if "delivery" in line]
    assert told[0] == ("delivery_failed", f"evt_{ticket.number}_1")
    # What went well is logged at INFO, which the process may have been told to leave out.
    assert told[1:] in ([], [("delivery_accepted", f"evt_{ticket.number}_1")])
    assert "13812345678" not in str(logs) and "李秀英" not in str(logs)
