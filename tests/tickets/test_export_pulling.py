"""拉取：从上次的位置起，变过的工单一张不少、按先后排好；边改边拉、中途断开，都不漏。"""

import random
from collections.abc import Callable
from threading import Event, Thread

import pytest
from sqlalchemy import Engine, create_engine

from tests.tickets.conftest import KEY, StandingClock
from tickets import open_desk
from tickets.errors import TicketError
from tickets.model import Actor, NewTicket, Role
from tickets.privacy import Sealer
from tickets.pulling import BadCursor, TicketPulls
from tickets.service import Desk
from tickets.store import prepare_sqlite

Make = Callable[..., NewTicket]
SUPERVISOR = Actor("001", Role.SUPERVISOR)


@pytest.fixture
def pulls(engine: Engine) -> TicketPulls:
    return TicketPulls(engine, Sealer(KEY))


@pytest.fixture
def file(desk: Desk, new_ticket: Make) -> Callable[[], str]:
    """Files a request of its own and gives its number."""

    def make() -> str:
        return desk.file(new_ticket()).number

    return make


def pulled(pulls: TicketPulls, cursor: str | None = None, limit: int | None = None) -> tuple[list[str], str]:
    """Give the numbers of one pull, and where the next begins."""
    pull = pulls.begin(cursor, limit)
    return [change.ticket.number for change in pulls.changes(pull)], pull.next_cursor


def test_the_first_pull_gives_every_ticket_once_in_the_order_of_its_last_change(
    pulls: TicketPulls, desk: Desk, file: Callable[[], str]
):
    one, two, three = file(), file(), file()
    desk.move(one, "dispatch", actor=SUPERVISOR, office="司门前镇")

    assert pulled(pulls)[0] == [two, three, one]


def test_the_next_pull_gives_only_what_changed_since(pulls: TicketPulls, desk: Desk, file: Callable[[], str]):
    one, _ = file(), file()
    _, cursor = pulled(pulls)
    assert pulled(pulls, cursor) == ([], cursor)

    desk.supplement(one, "还有老人病了")
    new = file()

    assert pulled(pulls, cursor)[0] == [one, new]


def test_a_ticket_comes_as_it_is_now(pulls: TicketPulls, desk: Desk, file: Callable[[], str]):
    number = file()
    desk.move(number, "dispatch", actor=SUPERVISOR, office="司门前镇")

    [change] = pulls.changes(pulls.begin())

    assert change.ticket == desk.find(number)


def test_a_ticket_that_changes_during_a_pull_comes_now_and_again_with_the_next(
    pulls: TicketPulls, desk: Desk, file: Callable[[], str]
):
    """拉取途中又变了的，这次不缺，下次再给。"""
    numbers = [file() for _ in range(3)]
    pull = pulls.begin()
    desk.supplement(numbers[1], "又来电话催了")

    assert [change.ticket.number for change in pulls.changes(pull)] == numbers
    assert pulled(pulls, pull.next_cursor)[0] == [numbers[1]]


def test_every_line_says_where_to_go_on_behind_it(pulls: TicketPulls, file: Callable[[], str]):
    numbers = [file() for _ in range(5)]
    changes = list(pulls.changes(pulls.begin()))

    for index, change in enumerate(changes):
        assert pulled(pulls, change.cursor)[0] == numbers[index + 1 :]


def test_a_limited_pull_goes_on_with_the_next(pulls: TicketPulls, desk: Desk, file: Callable[[], str]):
    numbers = [file() for _ in range(5)]
    desk.supplement(numbers[0], "又来电话催了")

    first, cursor = pulled(pulls, limit=2)
    second, cursor = pulled(pulls, cursor, limit=2)
    third, cursor = pulled(pulls, cursor, limit=2)

    assert (first, second, third) == (numbers[1:3], numbers[3:5], numbers[:1])
    assert pulled(pulls, cursor, limit=2)[0] == []


def test_pulls_of_many_pages_leave_nothing_out(
    pulls: TicketPulls, desk: Desk, file: Callable[[], str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tickets.pulling._ROWS", 3)
    monkeypatch.setattr("tickets.pulling._PAGE", 2)
    numbers = [file() for _ in range(7)]
    for number in (numbers[3], numbers[0]):
        desk.supplement(number, "又来电话催了")
    wanted = [*(n for n in numbers if n not in (numbers[3], numbers[0])), numbers[3], numbers[0]]

    assert pulled(pulls)[0] == wanted
    assert pulled(pulls, limit=4)[0] == wanted[:4]


@pytest.mark.parametrize("cursor", ["0", "latest", "AAAA", "A" * 20, "=" * 20, "工单", "A" * 400])
def test_a_cursor_that_is_not_ours_is_refused_with_what_to_do(pulls: TicketPulls, cursor: str):
    with pytest.raises(BadCursor, match="begin anew"):
        pulls.begin(cursor)


def test_a_cursor_of_another_database_is_refused(
    engine: Engine,
    postgres_engine: Engine,
    sqlite_engine: Engine,
    pulls: TicketPulls,
    file: Callable[[], str],
    new_ticket: Make,
    clock: StandingClock,
):
    """恢复过备份的库，旧位置不再作数：宁可说清楚，也不悄悄漏掉。"""
    other = sqlite_engine if engine is postgres_engine else postgres_engine
    file()
    _, cursor = pulled(pulls)
    clock.forward(minutes=1)
    desk_there = open_desk(other, Sealer(KEY), clock)
    there = TicketPulls(other, Sealer(KEY))

    with pytest.raises(BadCursor, match="backup"):
        there.begin(cursor)
    desk_there.file(new_ticket())
    with pytest.raises(BadCursor, match="backup"):
        there.begin(cursor)


def test_a_writer_that_is_slow_to_commit_is_not_overtaken(
    engine: Engine, pulls: TicketPulls, file: Callable[[], str], clock: StandingClock
):
    """先写的还没落盘，后写的就不能先露面：否则拉过的人永远看不到前一张。"""
    one, two = file(), file()
    _, cursor = pulled(pulls)
    slow = create_engine(engine.url)
    prepare_sqlite(slow)
    commit, about_to, go_on = slow.dialect.do_commit, Event(), Event()

    def waiting(connection: object) -> None:
        about_to.set()
        go_on.wait(10)
        commit(connection)  # type: ignore[arg-type]

    slow.dialect.do_commit = waiting  # type: ignore[method-assign]

    def change(using: Engine, number: str) -> None:
        open_desk(using, Sealer(KEY), clock).supplement(number, "又来电话催了")

    first, second = Thread(target=change, args=(slow, one)), Thread(target=change, args=(engine, two))
    first.start()
    assert about_to.wait(10)
    second.start()
    second.join(1)
    early, cursor = pulled(pulls, cursor)
    go_on.set()
    for writer in (first, second):
        writer.join(20)
    late, _ = pulled(pulls, cursor)
    slow.dispose()

    assert sorted(early + late) == sorted([one, two])


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_left_out_while_others_write_and_streams_break(
    engine: Engine, pulls: TicketPulls, new_ticket: Make, clock: StandingClock, seed: int
):
    """两个坐席不停登记、改派，拉取在任意一行断开再续：到最后每张工单的最新样子都拉到了，顺序不乱。"""
    chance = random.Random(seed)
    ended = Event()
    filed: list[str] = []

    def work(share: random.Random) -> None:
        desk = open_desk(engine, Sealer(KEY), clock)
        for _ in range(12):
            filed.append(desk.file(new_ticket()).number)
            for _ in range(2):
                try:
                    desk.supplement(share.choice(filed), f"补充{share.random()}")
                except TicketError:
                    continue  # the other one was faster

    writers = [Thread(target=work, args=(random.Random(f"{seed} {name}"),)) for name in "ab"]
    for writer in writers:
        writer.start()

    seen: dict[str, int] = {}
    cursor: str | None = None
    while True:
        was_over = ended.is_set()
        pull = pulls.begin(cursor, chance.choice([None, 1, 3]))
        breaks_at = chance.choice([0, 1, 2, 5, 1000])
        for index, change in enumerate(pulls.changes(pull)):
            if index == breaks_at:
                break
            assert change.ticket.version >= seen.get(change.ticket.number, 0)
            seen[change.ticket.number] = change.ticket.version
            cursor = change.cursor
        else:
            cursor = pull.next_cursor
            if was_over and pull.end == pull.after:
                break
        if not any(writer.is_alive() for writer in writers):
            ended.set()

    desk = open_desk(engine, Sealer(KEY), clock)
    assert len(filed) == 24
    assert seen == {ticket.number: ticket.version for ticket in desk.export()}
