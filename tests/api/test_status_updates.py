"""业务系统的回告每条只办一次：重发、同时到、办到一半被杀，工单和对话都只有一份。两种数据库都一样。"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from api.chat.hand_over_model import Reason
from api.chat.hand_over_store import Move
from api.chat.model import Message, Owner, Role
from api.chat.ticket_news import TicketNews
from tests.api.filled import Filled, filled_house  # noqa: F401
from tests.postgres import postgres_server  # noqa: F401
from tickets.coming_back import Kind, StatusUpdate
from tickets.errors import BadRequest, NotFound, RuleBroken
from tickets.history import recorded_state, replayed
from tickets.limits import load_limits
from tickets.model import Actor, Person, Status, Ticket
from tickets.model import Role as DeskRole
from tickets.schema import status_updates, ticket_outbox
from tickets.status_updates import Receipt, StatusUpdates

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("status_update_process.py")
DISPATCHER = Actor("005", DeskRole.DISPATCHER)
OFFICE = "隆回县民政局"
WORDS = {
    Kind.ACCEPTED: None,
    Kind.PROGRESS: "已入户核查",
    Kind.RETURNED: "不归我们管",
    Kind.RESOLVED: "已发放500元",
}


class Bureau:
    """A case system that tells this house about its tickets."""

    def __init__(self, house: Filled) -> None:
        self.house = house
        news = TicketNews(house.sealer, lambda: house.now)
        self._updates = StatusUpdates(house.engine, house.sealer, load_limits(), lambda: house.now, news.tell)

    def tells(self, kind: Kind, ticket: Ticket, message_id: str = "msg_1", **changes: Any) -> Receipt:
        fields = {"number": ticket.number, "at": self.house.now, "words": WORDS[kind]} | changes
        return self._updates.take_in("bureau", None, StatusUpdate(message_id, kind, **fields))


@pytest.fixture
def bureau(house: Filled) -> Bureau:
    return Bureau(house)


@pytest.fixture
def dispatched(house: Filled) -> Callable[..., Ticket]:
    """Files a request in a conversation and dispatches it."""

    def make(**changes: Any) -> Ticket:
        ticket = house.file(house.talk("我要登记求助"), **changes)
        return house.desk.move(ticket.number, "dispatch", actor=DISPATCHER, office=OFFICE)

    return make


def heard(house: Filled, ticket: Ticket) -> list[Message]:
    """The notices of the conversation that a ticket was filed in."""
    said = house.conversations.transcript(ticket.conversation_id or "")
    return [message for message in said if message.role is Role.SYSTEM]


def rows(house: Filled) -> int:
    with house.engine.connect() as db:
        return len(db.execute(select(status_updates)).all())


def test_the_same_id_again_gives_the_same_answer_and_does_nothing(house, bureau, dispatched):
    ticket = dispatched()
    first = bureau.tells(Kind.ACCEPTED, ticket)
    bureau.tells(Kind.RESOLVED, ticket, "msg_2")

    again = bureau.tells(Kind.ACCEPTED, ticket)

    assert (again.status, again.version, again.outcome) == (first.status, first.version, first.outcome)
    assert house.desk.find(ticket.number).status is Status.ANSWERED
    assert len(heard(house, ticket)) == 2
    assert again.told is None


def test_the_same_id_of_another_case_system_is_another_update(house, bureau, dispatched):
    ticket = dispatched()
    bureau.tells(Kind.ACCEPTED, ticket)
    other = StatusUpdate("msg_1", Kind.RESOLVED, ticket.number, house.now, "办好了")

    bureau._updates.take_in("other", None, other)

    assert house.desk.find(ticket.number).status is Status.ANSWERED


def test_an_id_that_was_used_for_something_else_is_refused(house, bureau, dispatched):
    ticket, other = dispatched(), dispatched(applicant=Person("王五", "13900000001"))
    bureau.tells(Kind.ACCEPTED, ticket)

    for kind, about in ((Kind.RESOLVED, ticket), (Kind.ACCEPTED, other)):
        with pytest.raises(BadRequest, match="msg_1 was used for accepted"):
            bureau.tells(kind, about)

    assert house.desk.find(other.number).status is Status.DISPATCHED


def test_what_was_refused_is_judged_again(house, bureau, dispatched):
    ticket = house.file(house.talk("我要登记求助"))
    with pytest.raises(RuleBroken):
        bureau.tells(Kind.RESOLVED, ticket)
    house.desk.move(ticket.number, "dispatch", actor=DISPATCHER, office=OFFICE)

    assert bureau.tells(Kind.RESOLVED, ticket).status is Status.ANSWERED


def test_what_arrives_eight_times_at_once_is_done_once(house, bureau, dispatched):
    ticket = dispatched()

    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda _: bureau.tells(Kind.RESOLVED, ticket), range(8)))

    found = house.desk.find(ticket.number)
    assert {(each.outcome, each.status, each.version) for each in receipts} == {("moved", "answered", 4)}
    assert [event.action for event in found.history] == ["file", "dispatch", "sign", "answer"]
    assert (len(heard(house, ticket)), rows(house)) == (1, 1)
    assert sum(each.told is not None for each in receipts) == 1


def test_what_was_taken_in_between_two_looks_is_not_refused(house, bureau, dispatched):
    """同一条几乎同时到两次：第二次看到的工单已经办结，仍然得到第一次的答复，不是 409。"""
    ticket, first = dispatched(), []

    def meanwhile(_connection, _cursor, statement, *_rest):
        if "FROM tickets" in statement and not first:
            first.append(None)
            first[0] = Bureau(house).tells(Kind.RESOLVED, ticket)

    event.listen(house.engine, "before_cursor_execute", meanwhile)
    again = bureau.tells(Kind.RESOLVED, ticket)

    assert (again.outcome, again.status, again.version) == ("moved", first[0].status, first[0].version)
    assert len(heard(house, ticket)) == 1


def test_different_updates_at_once_are_all_taken_in(house, bureau, dispatched):
    ticket = dispatched()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: bureau.tells(Kind.PROGRESS, ticket, f"msg_{n}", words=f"第{n}次"), range(4)))

    found = house.desk.find(ticket.number)
    assert {event.reason for event in found.history[2:]} == {f"第{n}次" for n in range(4)}
    assert found.version == len(found.history) == 6
    assert len(heard(house, ticket)) == 4


def test_every_event_of_an_update_goes_out_to_the_other_case_systems(house, bureau, dispatched):
    ticket = dispatched()
    bureau.tells(Kind.RESOLVED, ticket)

    with house.engine.connect() as db:
        positions = db.execute(
            select(ticket_outbox.c.position).where(ticket_outbox.c.number == ticket.number)
        )
        assert sorted(positions.scalars()) == [1, 2, 3, 4]


def test_what_the_case_system_wrote_is_sealed(house, bureau, dispatched):
    ticket = dispatched()
    bureau.tells(Kind.RESOLVED, ticket, words="李秀英领到500元")

    with house.engine.connect() as db:
        for table in ("ticket_events", "messages", "status_updates"):
            assert "李秀英领到" not in str(db.exec_driver_sql(f"SELECT * FROM {table}").all())
    assert house.desk.find(ticket.number).history[-1].reason == "李秀英领到500元"


@pytest.mark.parametrize("owner", [Owner.BOT, Owner.QUEUE, Owner.AGENT, Owner.CLOSED])
def test_the_citizen_is_told_whoever_owns_the_conversation(house, bureau, dispatched, owner):
    ticket = dispatched()
    agent = "017" if owner is Owner.AGENT else None
    if owner is not Owner.BOT:
        move = Move(owner, Reason.TAKEN, "017", to_agent=agent)
        house.conversations.owners.move(ticket.conversation_id, move)

    receipt = bureau.tells(Kind.ACCEPTED, ticket)

    assert receipt.told == ticket.conversation_id
    assert OFFICE in heard(house, ticket)[-1].text
    assert house.conversations.held.find(ticket.conversation_id).owner is owner


def test_an_anonymous_caller_is_told_and_nobody_is_named(house, bureau, dispatched):
    ticket = dispatched(anonymous=True, applicant=Person())
    bureau.tells(Kind.RESOLVED, ticket, words="已核实，请打13812345678")

    assert "138****5678" in heard(house, ticket)[-1].text


def test_the_result_comes_with_a_button_to_have_it_taken_up_again(house, bureau, dispatched):
    ticket = dispatched()
    bureau.tells(Kind.RESOLVED, ticket)

    message = heard(house, ticket)[-1]
    assert "已发放500元" in message.text
    assert [button.payload for button in message.buttons] == [f"重新办理工单 {ticket.number}"]


def test_a_return_puts_the_ticket_back_on_the_dispatcher_s_list(house, bureau, dispatched):
    ticket = dispatched()
    bureau.tells(Kind.RETURNED, ticket)

    found = house.desk.find(ticket.number)
    assert (found.status, found.history[-1].reason) == (Status.RETURNED, "不归我们管")
    assert "dispatch" in {move.transition for move in house.desk.moves(ticket.number, DISPATCHER)}
    assert "不归我们管" not in heard(house, ticket)[-1].text


def test_a_ticket_without_a_conversation_and_one_whose_conversation_is_gone_move_all_the_same(
    house, bureau, dispatched
):
    """对话按期删除了，工单照样能办结，只是没有人可告诉。"""
    ticket, by_phone = dispatched(), house.file(None)
    house.desk.move(by_phone.number, "dispatch", actor=DISPATCHER, office=OFFICE)
    with house.engine.begin() as db:
        for table in ("open_forms", "turns", "messages", "conversations"):
            column = "id" if table == "conversations" else "conversation_id"
            db.exec_driver_sql(f"DELETE FROM {table} WHERE {column} = '{ticket.conversation_id}'")

    assert bureau.tells(Kind.RESOLVED, ticket).status is Status.ANSWERED
    assert bureau.tells(Kind.RESOLVED, by_phone, "msg_2").status is Status.ANSWERED


def test_an_unknown_number_is_not_found(bureau, dispatched):
    ticket = dispatched()

    with pytest.raises(NotFound):
        bureau.tells(Kind.ACCEPTED, ticket, number="20260312-9999-9")
    with pytest.raises(NotFound):
        bureau.tells(Kind.ACCEPTED, ticket, number="12345")


class Children:
    """Processes that take an update in and are killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def take_in(
        self, house: Filled, number: str, message_id: str, point: int
    ) -> tuple[str | None, int | None]:
        """Let one child work: what it answered before it died, and how many points it passed at its end."""
        assert self._process.stdin and self._process.stdout
        address = house.engine.url.render_as_string(hide_password=False)
        self._process.stdin.write(f"{house.settings.data_dir} {address} {number} {message_id} {point}\n")
        self._process.stdin.flush()
        answered, passed = None, None
        for line in self._process.stdout:
            match line.split():
                case ["ended", points]:
                    passed = int(points)
                case ["killed", _]:
                    return answered, None
                case ["left", code]:
                    assert code == "0", "the child failed by itself"
                    return answered, passed
                case [_, _, _]:
                    answered = line.strip()
        raise AssertionError("the program ended")

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)


@pytest.fixture
def children() -> Iterator[Children]:
    children = Children()
    yield children
    children.close()


def test_a_kill_at_any_point_leaves_all_of_an_update_or_nothing(house, dispatched, children):
    """在任何一步被 kill -9：要么全没办，要么办了、记了、也告诉了；重发以后正好一份。"""
    _, points = children.take_in(house, dispatched().number, "msg_0", 0)
    assert points and points >= 14

    for point in range(1, points + 1):
        house.forward(minutes=1)
        ticket = dispatched(applicant=Person("王五", f"139{point:08d}"))
        children.take_in(house, ticket.number, f"msg_{point}", point)

        half = house.desk.find(ticket.number)
        assert (half.status, len(heard(house, ticket))) in {(Status.DISPATCHED, 0), (Status.ANSWERED, 1)}
        answered, _ = children.take_in(house, ticket.number, f"msg_{point}", 0)

        whole = house.desk.find(ticket.number)
        assert answered == f"moved answered {whole.version}"
        assert [event.action for event in whole.history][-3:] == ["dispatch", "sign", "answer"]
        assert replayed(whole.history) == recorded_state(whole)
        assert len(heard(house, ticket)) == 1
    assert rows(house) == points + 1


def test_an_update_older_than_the_dispatch_is_kept_and_told_to_nobody(house, bureau, dispatched):
    ticket = dispatched()

    receipt = bureau.tells(Kind.RESOLVED, ticket, at=house.now - timedelta(days=1))

    assert (receipt.outcome, receipt.status, receipt.told) == ("noted", Status.DISPATCHED, None)
    assert house.desk.find(ticket.number).history[-1].reason == "已发放500元"
