"""Nothing is lost whatever happens: random lives of tickets, with crashes, races and jumps of the clock.

HOTLINE_TEST_EFFORT=100 makes it a hundred times as long: pytest --timeout=0 tests/tickets/test_machine.py
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, create_engine, select

from tests.postgres import PostgresServer
from tests.tickets.conftest import KEY, StandingClock
from tests.tickets.faults import Crash, Faults, Trouble
from tickets import open_desk
from tickets.errors import TicketError, Unavailable
from tickets.history import recorded_state, replayed
from tickets.lifecycle import CLOSED, MOVES
from tickets.limits import load_limits
from tickets.model import Actor, Area, Category, NewTicket, Person, Role, Status, Ticket, Urgency
from tickets.numbering import split_number
from tickets.privacy import Sealer
from tickets.reminders import Reminders, load_wording
from tickets.retention import TicketErasure, load_retention
from tickets.schema import ticket_events, ticket_notices, ticket_numbers, ticket_supplements
from tickets.store import SqlTicketStore, prepare_sqlite

EFFORT = int(os.environ.get("HOTLINE_TEST_EFFORT", "1"))
STEPS = 40

ACTORS = [
    Actor("017", Role.DESK), Actor("018", Role.DESK), Actor("005", Role.DISPATCHER),
    Actor("001", Role.SUPERVISOR), Actor("东街街道", Role.OFFICE), Actor("西街经办", Role.OFFICE, "西街街道"),
    Actor("citizen", Role.CITIZEN), Actor("scheduler", Role.SYSTEM),
]  # fmt: skip
PEOPLE = [
    Person("李秀英", "13812345678", "430524195003120028"), Person(None, "138 1234 5678"),
    Person("王大山", "13900000001"), Person(),
]  # fmt: skip
PLACES = [
    Area("湖南省", "邵阳市", "隆回县", "司门前镇", "430524", "石桥村3组"),
    Area("湖南省", "邵阳市", "新邵县", None, "430522"), Area(),
]  # fmt: skip
MATTERS = [
    "昨天厨房起火，房子烧了一半，一家人没有地方住", "还是起火的事，房子烧了没有地方住，怎么没有人来",
    "老伴住院花了八万，家里的钱都用完了", "孩子考上大学，学费凑不齐",
]  # fmt: skip


TROUBLES = st.one_of(
    st.none(), st.none(), st.builds(Trouble, st.sampled_from(["crash", "disk", "lost"]), st.integers(1, 14))
)
REASONS = st.sampled_from(["", "群众来电说明", "核实后更正，电话13812345678"])


class Hotline(RuleBasedStateMachine):
    """Everybody who acts on tickets, in any order; what they saw may be old."""

    numbers = Bundle("numbers")
    seen = Bundle("seen")

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.engine = engine
        self.clock = StandingClock()
        self.faults = Faults(engine)
        sealer = Sealer(KEY)
        self.desk = open_desk(engine, sealer, self.clock)
        store = SqlTicketStore(engine, sealer)
        self.reminders = Reminders(store, load_limits(), load_wording(), self.clock)
        self.erasure = TicketErasure(engine, sealer, load_retention())
        self.kept: dict[str, Ticket] = {}
        self.said: set[str] = set()
        self.by_origin: dict[str, str] = {}

    def call(self, what: Callable[[], Any], trouble: Trouble | None = None) -> Any:
        """Make a call; one that is refused, or fails before its commit, must have changed nothing."""
        before = self.everything()
        if trouble and trouble.meanwhile:
            other, trouble.meanwhile = trouble.meanwhile, lambda: before.update(self._meanwhile(other))
        try:
            with self.faults.armed(trouble):
                return what()
        except (Crash, Unavailable):
            assert self.faults.struck, "the database was said to be down while it was not"
            if not self.faults.committed:
                assert self.everything() == before
        except TicketError as error:
            assert self.everything() == before, f"refused ({error}), but something was written"
        return None

    def _meanwhile(self, other: Callable[[], object]) -> dict[str, Ticket]:
        with suppress(TicketError):
            other()
        return self.everything()

    def everything(self) -> dict[str, Ticket]:
        return {ticket.number: ticket for ticket in self.desk.export()}

    @rule(
        target=numbers,
        person=st.sampled_from(PEOPLE),
        area=st.sampled_from(PLACES),
        matter=st.sampled_from(MATTERS),
        origin=st.none() | st.integers(1, 8).map("message-{}".format),
        urgency=st.sampled_from(list(Urgency)),
        anonymous=st.booleans(),
        always_new=st.booleans(),
        trouble=TROUBLES,
    )
    def somebody_asks_for_help(
        self,
        person: Person,
        area: Area,
        matter: str,
        origin: str | None,
        urgency: Urgency,
        anonymous: bool,
        always_new: bool,
        trouble: Trouble | None,
    ) -> Any:
        new = NewTicket(
            Category.TEMPORARY, urgency, matter[:8], matter, area, person,
            anonymous=anonymous, origin_message_id=origin,
        )  # fmt: skip

        def take_down() -> str:
            return self.desk.file(new).number if always_new else self.desk.take_down(new).ticket.number

        if origin and trouble is None:  # the page sends the same message twice at once
            trouble = Trouble("twice", 1, take_down)
        number = self.call(take_down, trouble)
        if number is None:
            return multiple()
        self.said.add(number)
        if origin:
            assert self.by_origin.setdefault(origin, number) == number
        return number

    @rule(target=seen, number=numbers)
    def an_agent_looks(self, number: str) -> Ticket:
        return self.desk.find(number)

    @rule(
        ticket=seen,
        transition=st.sampled_from(sorted(MOVES)),
        actor=st.sampled_from(ACTORS),
        reason=REASONS,
        office=st.none() | st.sampled_from(["东街街道", "西街街道"]),
        into=numbers,
        trouble=TROUBLES,
    )
    def somebody_moves_what_they_saw(
        self,
        ticket: Ticket,
        transition: str,
        actor: Actor,
        reason: str,
        office: str | None,
        into: str,
        trouble: Trouble | None,
    ) -> None:
        self.call(
            lambda: self.desk.move(
                ticket.number, transition, actor=actor, reason=reason, office=office, into=into,
                version=ticket.version,
            ),
            trouble,
        )  # fmt: skip

    @rule(number=numbers, choice=st.integers(0, 99), into=numbers, trouble=TROUBLES)
    def the_work_goes_on(self, number: str, choice: int, into: str, trouble: Trouble | None) -> None:
        """A move that is open, by somebody who may make it."""
        status = self.desk.find(number).status
        rows = [row for row in MOVES.values() if status in row.origins]
        if rows:
            self.call(self._legal(number, rows[choice % len(rows)].transition, into), trouble)

    @rule(number=numbers, choice=st.integers(0, 99), into=numbers, other=numbers, second=st.integers(0, 99))
    def two_people_act_at_once(self, number: str, choice: int, into: str, other: str, second: int) -> None:
        """The second commits between the first one's look and write."""
        rows = [row for row in MOVES.values() if self.desk.find(number).status in row.origins]
        others = [
            self._legal(other, "merge", number), self._legal(number, "withdraw", other),
            lambda: self.desk.unlink(other, number, actor=ACTORS[0], reason="不是一件事"),
            lambda: self.desk.supplement(number, "补充：水也停了"),
            lambda: self.desk.link(number, other, actor=ACTORS[0], reason="像一件事"),
            lambda: self.reminders.run_once(),
        ]  # fmt: skip
        if rows:
            transition = rows[choice % len(rows)].transition
            meanwhile = others[second % len(others)]
            self.call(
                self._legal(number, transition, other if second % 2 else into), Trouble("race", 1, meanwhile)
            )

    @rule(number=numbers, other=numbers)
    def two_dispatchers_merge_the_same_two(self, number: str, other: str) -> None:
        """Each into the other one, at the same moment."""
        self.call(
            self._legal(number, "merge", other), Trouble("race", 1, self._legal(other, "merge", number))
        )

    def _legal(self, number: str, transition: str, into: str) -> Callable[[], object]:
        actor = next(actor for actor in ACTORS if actor.role in MOVES[transition].roles and not actor.office)
        return lambda: self.desk.move(
            number, transition, actor=actor, reason="按程序办理", office="东街街道", into=into
        )

    @rule(
        number=numbers,
        actor=st.sampled_from(ACTORS),
        reason=REASONS,
        category=st.none() | st.sampled_from(list(Category)),
        urgency=st.none() | st.sampled_from(list(Urgency)),
        area=st.none() | st.sampled_from(PLACES),
        trouble=TROUBLES,
    )
    def somebody_corrects(
        self,
        number: str,
        actor: Actor,
        reason: str,
        category: Category | None,
        urgency: Urgency | None,
        area: Area | None,
        trouble: Trouble | None,
    ) -> None:
        promised = self.desk.find(number).due_at
        self.call(
            lambda: self.desk.correct(
                number, actor=actor, reason=reason, category=category, urgency=urgency, area=area
            ),
            trouble,
        )
        assert self.desk.find(number).due_at <= promised

    @rule(
        number=numbers,
        words=st.sampled_from(["", "补充：水也停了", "孩子发烧了，快点来"]),
        origin=st.none() | st.integers(1, 8).map("message-{}".format),
        trouble=TROUBLES,
    )
    def words_are_added(self, number: str, words: str, origin: str | None, trouble: Trouble | None) -> None:
        longer = self.call(lambda: self.desk.supplement(number, words, origin_message_id=origin), trouble)
        if longer and origin:
            assert self.by_origin.setdefault(origin, longer.number) == longer.number

    @rule(target=numbers, number=numbers, position=st.integers(1, 9), trouble=TROUBLES)
    def words_are_split_off(self, number: str, position: int, trouble: Trouble | None) -> Any:
        added = [n for n, e in enumerate(self.desk.find(number).history, 1) if e.action == "supplement"]
        at = added[position % len(added)] if added else position
        new = self.call(lambda: self.desk.split(number, at, actor=ACTORS[0], reason="另一件事"), trouble)
        if new is None:
            return multiple()
        self.said.add(new.number)
        return new.number

    @rule(number=numbers, other=numbers, together=st.booleans(), trouble=TROUBLES)
    def tickets_are_linked_or_unlinked(
        self, number: str, other: str, together: bool, trouble: Trouble | None
    ) -> None:
        join = self.desk.link if together else self.desk.unlink
        self.call(lambda: join(number, other, actor=ACTORS[0], reason="核对后"), trouble)

    @rule(trouble=TROUBLES)
    def the_scheduler_runs(self, trouble: Trouble | None) -> None:
        before = self.notices()
        given = self.call(self.reminders.run_once, trouble)
        for notice in given or []:
            assert before[notice.number, notice.kind.value, notice.due_at] == 0
        if given is not None:
            assert self.reminders.run_once() == [], "a second run at the same instant gives nothing twice"

    @rule(number=numbers, trouble=TROUBLES)
    def a_citizen_wants_to_be_forgotten(self, number: str, trouble: Trouble | None) -> None:
        self.call(
            lambda: self.erasure.erase(number, actor=ACTORS[3], reason="本人要求", at=self.clock.now), trouble
        )
        if self.desk.find(number).erased_at:
            self.by_origin = {origin: kept for origin, kept in self.by_origin.items() if kept != number}

    @rule(minutes=st.sampled_from([1, 45, 300, 1440, 5 * 1440, 20 * 1440, 40 * 1440, 400 * 1440]))
    def time_passes(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)

    @rule()
    def the_desk_starts_again(self) -> None:
        self.engine.dispose()

    def notices(self) -> Counter[Any]:
        with self.engine.connect() as connection:
            rows = connection.execute(select(ticket_notices)).all()
        return Counter((row.number, row.kind, row.due_at) for row in rows)

    @invariant()
    def all_is_well(self) -> None:
        tickets = self.everything()
        assert self.said <= set(tickets), "a number that was said is gone"
        for ticket in tickets.values():
            self.stands_alone(ticket)
            self.stands_among(ticket, tickets)
            self.goes_on_from(self.kept.get(ticket.number), ticket)
        self.rows_fit(tickets)
        for origin, number in self.by_origin.items():
            found = self.desk.find_by_origin(origin)
            assert found and found.number == number
        self.kept = tickets

    def stands_alone(self, ticket: Ticket) -> None:
        """A ticket explains itself."""
        assert replayed(ticket.history) == recorded_state(ticket)
        assert ticket.version == len(ticket.history)
        assert (ticket.stage_due_at is None) is (ticket.status in CLOSED)
        assert (ticket.closed_at is None) is (ticket.status not in CLOSED)
        assert (ticket.merged_into is not None) is (ticket.status is Status.MERGED)
        assert [one.at for one in ticket.history] == sorted(one.at for one in ticket.history)

    def stands_among(self, ticket: Ticket, tickets: dict[str, Ticket]) -> None:
        """Links hold from both ends, and merging leads to one ticket that goes on."""
        assert len(set(ticket.related)) == len(ticket.related)
        assert all(ticket.number in tickets[other].related for other in ticket.related)
        followed, kept = {ticket.number}, ticket
        while kept.merged_into:
            assert kept.merged_into in kept.related
            kept = tickets[kept.merged_into]
            assert kept.number not in followed, "merged in a circle: nobody goes on"
            followed.add(kept.number)

    def goes_on_from(self, before: Ticket | None, now: Ticket) -> None:
        """What was visible stays; only erasure takes words away."""
        if before is None:
            return
        assert now.version >= before.version
        told, still_told = before.history, now.history[: len(before.history)]
        if now.erased_at:
            told, still_told = _without_words(told), _without_words(still_told)
            assert now.applicant == Person() and "李秀英" not in repr(now) and "13812345678" not in repr(now)
        else:
            for name in ("description", "summary", "applicant", "origin_message_id"):
                assert getattr(now, name) == getattr(before, name)
        assert still_told == told

    def rows_fit(self, tickets: dict[str, Ticket]) -> None:
        """The tables beside hold exactly what the tickets say."""
        with self.engine.connect() as connection:
            events = connection.execute(select(ticket_events.c.number, ticket_events.c.position)).all()
            counters = connection.execute(select(ticket_numbers)).all()
            supplements = connection.execute(select(ticket_supplements)).all()
        for number, ticket in tickets.items():
            positions = sorted(row.position for row in events if row.number == number)
            assert positions == list(range(1, ticket.version + 1))
        assert {row.number for row in events} == set(tickets)
        days = Counter(split_number(number)[0] for number in tickets)
        assert {row.day: row.last for row in counters} == days, "numbers have gaps or repeat"
        filed_by = {one.origin_message_id: one.number for one in tickets.values() if one.origin_message_id}
        for row in supplements:
            assert tickets[row.number].history[row.position - 1].action in ("file", "supplement")
            assert filed_by.get(row.origin_message_id, row.number) == row.number, "filed and added"
        said = Counter(
            (number, one.action) for number, ticket in tickets.items() for one in ticket.history
            if one.action in ("remind", "overdue")
        )  # fmt: skip
        given: Counter[Any] = Counter()
        for (number, kind, _), times in self.notices().items():
            given[number, kind] += times
        assert said <= given, "a notice in the history that could be given again"


def _without_words(history: Any) -> list[Any]:
    return [replace(one, reason=None) for one in history]


def live(new_engine: Callable[[], Engine]) -> None:
    """Runs many lives, each in a database of its own."""
    run_state_machine_as_test(
        lambda: Hotline(new_engine()),
        settings=settings(
            max_examples=16 * EFFORT, stateful_step_count=STEPS, deadline=None, derandomize=EFFORT == 1,
            database=None, suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        ),
    )  # fmt: skip


@pytest.mark.timeout(0 if EFFORT > 1 else 300)
def test_nothing_is_lost_in_sqlite(migrated_file: Path, tmp_path: Path):
    """坐席、承办单位、群众、定时任务任意穿插，中途崩溃、断线、跨月：SQLite 里一张不丢，一处不乱。"""
    engines: list[Engine] = []

    def new_engine() -> Engine:
        for engine in engines:
            engine.dispose()
        path = tmp_path / f"life-{len(engines)}.db"
        shutil.copy(migrated_file, path)
        engine = create_engine(f"sqlite:///{path}")
        prepare_sqlite(engine)
        engines.append(engine)
        return engine

    live(new_engine)


@pytest.mark.timeout(0 if EFFORT > 1 else 300)
def test_nothing_is_lost_in_postgresql(postgres: PostgresServer, migrated_database: str):
    """同样的事在 PostgreSQL 上再来一遍。"""
    engines: list[Engine] = []

    def new_engine() -> Engine:
        drop()
        name = f"life_{len(engines)}"
        postgres.execute(f"CREATE DATABASE {name} TEMPLATE {migrated_database}")
        engines.append(create_engine(postgres.address(name), pool_pre_ping=True))
        return engines[-1]

    def drop() -> None:
        if engines:
            engines[-1].dispose()
            postgres.execute(f"DROP DATABASE IF EXISTS life_{len(engines) - 1} WITH (FORCE)")

    live(new_engine)
    drop()
