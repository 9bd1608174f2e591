"""对账：缺的、旧的、多的、不该有的都说得出；还在路上的不算缺；补投以后再对就干净。"""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import typer
import yaml
from sqlalchemy import Engine
from typer.testing import CliRunner

from api.commands.reconcile import reconcile
from api.database import open_database
from api.parts import sealer_from
from api.settings import Settings
from tests.tickets.conftest import StandingClock
from tickets import open_desk
from tickets.case_systems import Reconcile
from tickets.deliveries import Deliveries
from tickets.delivery_model import DeliveryFilter, DeliveryState
from tickets.delivery_ports import Answer, SendResult
from tickets.errors import BadRequest, Unavailable
from tickets.model import Actor, NewTicket, Role, Ticket
from tickets.numbering import make_number
from tickets.our_side import OurTickets
from tickets.reconciliation import Behind, Findings, digest, of_day, reconciled
from tickets.retry import Timing
from tickets.service import Desk
from tickets.signing import BadSignature, new_secret, verify
from tickets.their_side import TheirAddress, TheirFile, read_their_file

DISPATCHER = Actor("005", Role.DISPATCHER)
DAY, NEXT_DAY = date(2026, 3, 12), date(2026, 3, 13)
SYSTEM = "bureau"
ARRIVED = SendResult(Answer.ACCEPTED, 200)
ONE_ATTEMPT = Timing((timedelta(0),))


class Bureau:
    """What a case system has: it takes what is delivered, and can lose, keep back and make things up."""

    def __init__(self, deliveries: Deliveries, desk: Desk) -> None:
        self.has: dict[str, int] = {}
        self._deliveries = deliveries
        self._desk = desk

    def gets(self, most: int = 1000) -> None:
        """Deliver what is due, event by event."""
        while self._deliveries.hand_out(SYSTEM):
            pass
        for _ in range(most):
            claims = self._deliveries.claim(SYSTEM, "test", timedelta(minutes=1), 1)
            if not claims:
                return
            claim = claims[0]
            self._deliveries.accepted(claim, ARRIVED)
            self.has[claim.number] = max(claim.position, self.has.get(claim.number, 0))

    def refuses(self, claim_limit: int = 1) -> None:
        """Fail what is due until it is a dead letter."""
        for claim in self._deliveries.claim(SYSTEM, "test", timedelta(minutes=1), claim_limit):
            self._deliveries.failed(claim, SendResult(Answer.FAILED, 500, "it answered 500"))

    def days(self, since: date, until: date):
        return self._file().days(since, until)

    def day(self, day: date):
        return self._file().day(day)

    def _file(self) -> TheirFile:
        by_day: dict[date, list[tuple[str, int]]] = {}
        for number, version in self.has.items():
            by_day.setdefault(datetime.strptime(number[:8], "%Y%m%d").date(), []).append((number, version))
        return TheirFile(by_day)


@pytest.fixture
def deliveries(engine: Engine, clock: StandingClock) -> Deliveries:
    made = Deliveries(engine, clock, timing=ONE_ATTEMPT)
    made.register(SYSTEM, "beginning")
    return made


@pytest.fixture
def bureau(deliveries: Deliveries, desk: Desk) -> Bureau:
    return Bureau(deliveries, desk)


@pytest.fixture
def filed(desk: Desk, new_ticket: Callable[..., NewTicket]) -> Callable[[], Ticket]:
    """Files a request and dispatches it."""

    def make() -> Ticket:
        return desk.move(desk.file(new_ticket()).number, "dispatch", actor=DISPATCHER, office="东街街道")

    return make


def compare(engine: Engine, theirs, system: str | None = SYSTEM) -> Findings:
    return reconciled(OurTickets(engine, system), theirs, DAY, NEXT_DAY)


def repair(deliveries: Deliveries, behind: list[Behind]) -> int:
    return sum(deliveries.replay(DeliveryFilter(SYSTEM, number=b.number, first=b.send_from)) for b in behind)


def test_the_digest_is_the_one_that_is_documented():
    number, other = make_number(20260312, 10000), make_number(20260312, 9999)
    text = f"{number} 1\n{other} 12\n"

    assert digest([(other, 12), (number, 1)]) == hashlib.sha256(text.encode()).hexdigest()
    assert digest([]) == hashlib.sha256(b"").hexdigest()


def test_days_are_those_of_filing_in_beijing(engine, desk, clock, filed):
    first = filed()
    clock.now = datetime(2026, 3, 12, 15, 59, 59, tzinfo=UTC)
    last = filed()
    clock.forward(seconds=1)
    after_midnight = filed()

    days = OurTickets(engine).days(DAY, NEXT_DAY)

    assert days == [
        of_day(DAY, [(ticket.number, desk.find(ticket.number).version) for ticket in (first, last)]),
        of_day(NEXT_DAY, [(after_midnight.number, desk.find(after_midnight.number).version)]),
    ]


def test_everything_delivered_is_the_same_on_both_sides(engine, bureau, filed):
    for _ in range(3):
        filed()
    bureau.gets()

    assert compare(engine, bureau) == Findings()


def test_what_still_waits_is_waiting_and_not_missing(engine, bureau, filed):
    """没投递的、投递了一半的，都是“还在路上”，不是缺。"""
    handed_out, half = filed(), filed()
    bureau.gets(most=0)
    fresh = filed()
    bureau.has[half.number] = 1

    found = compare(engine, bureau)

    assert found.clean
    assert set(found.waiting) == {handed_out.number, half.number, fresh.number}


def test_what_they_lost_is_missing_and_what_they_missed_is_older(engine, desk, bureau, filed):
    kept, lost, stale = filed(), filed(), filed()
    bureau.gets()
    del bureau.has[lost.number]
    bureau.has[stale.number] -= 1

    found = compare(engine, bureau)

    assert found.missing == [Behind(lost.number, 0, lost.version, 1)]
    assert found.older == [Behind(stale.number, stale.version - 1, stale.version, stale.version)]
    assert not found.waiting and kept.number not in str(found.behind)


def test_repairing_sends_exactly_what_is_behind_and_then_it_is_clean(engine, deliveries, bureau, filed):
    kept, lost, stale = filed(), filed(), filed()
    bureau.gets()
    del bureau.has[lost.number]
    bureau.has[stale.number] -= 1

    sent = repair(deliveries, compare(engine, bureau).behind)
    waiting = deliveries.find(DeliveryFilter(SYSTEM, state=DeliveryState.WAITING))
    under_way = compare(engine, bureau)
    bureau.gets()

    assert sent == len(waiting) == lost.version + 1
    assert kept.number not in {each.number for each in waiting}
    assert under_way.clean and set(under_way.waiting) == {lost.number, stale.number}
    assert compare(engine, bureau) == Findings()


def test_a_dead_letter_is_missing_until_it_is_sent_again(engine, deliveries, bureau, filed):
    ticket = filed()
    deliveries.hand_out(SYSTEM)
    bureau.refuses()

    found = compare(engine, bureau)
    repair(deliveries, found.behind)
    bureau.gets()

    assert [each.number for each in found.missing] == [ticket.number]
    assert compare(engine, bureau) == Findings()


def test_what_only_they_have_what_is_newer_there_and_what_they_have_twice(engine, bureau, filed):
    ours = filed()
    bureau.gets()
    invented = make_number(20260312, 777)
    bureau.has |= {invented: 1, ours.number: ours.version + 1}

    found = compare(engine, bureau)
    twice = compare(engine, TheirFile({DAY: [(ours.number, ours.version)] * 2}))

    assert (found.extra, found.newer) == ([invented], [(ours.number, ours.version + 1, ours.version)])
    assert not found.clean and not found.behind
    assert (twice.doubled, twice.clean) == ([ours.number], False)


def test_a_system_that_began_later_lacks_nothing_of_before(engine, clock, desk, deliveries, filed):
    before, moves_on = filed(), filed()
    deliveries.register("later", "now")
    desk.move(moves_on.number, "sign", actor=Actor("001", Role.SUPERVISOR))
    deliveries.hand_out("later")
    [claim] = deliveries.claim("later", "test", timedelta(minutes=1), 9)
    deliveries.accepted(claim, ARRIVED)

    found = compare(engine, TheirFile({}), "later")

    version = desk.find(moves_on.number).version
    assert found.missing == [Behind(moves_on.number, 0, version, version)]
    assert before.number not in found.waiting


def test_a_ticket_that_moves_while_they_are_asked_is_no_difference(engine, desk, bureau, filed):
    """问对方的同时工单又动了、又投到了：不算对方“比我们新”，也不算缺。"""
    ticket, other, last = filed(), filed(), filed()
    bureau.gets()
    del bureau.has[other.number]

    class Busy:
        def days(self, since, until):
            desk.move(ticket.number, "sign", actor=Actor("001", Role.SUPERVISOR))
            filed()
            bureau.gets()
            desk.move(last.number, "sign", actor=Actor("001", Role.SUPERVISOR))
            return bureau.days(since, until)

        day = staticmethod(bureau.day)

    found = compare(engine, Busy())

    assert [each.number for each in found.missing] == [other.number]
    assert not (found.newer or found.extra or found.older)


def test_a_system_without_push_should_have_everything(engine, filed):
    ticket = filed()

    assert compare(engine, TheirFile({}), None).missing == [Behind(ticket.number, 0, ticket.version, 1)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.csv", "number,version,name\n{number},2,李\n20260312-0777-x,1,王\n"),
        ("list.csv", "\ufeffversion,number\r\n2,{number}\r\n1,20260312-0777-x\r\n"),
        (
            "list.jsonl",
            '{{"number": "{number}", "version": 2}}\n\n{{"number": "20260312-0777-x", "version": 1}}\n',
        ),
    ],
)
def test_their_file_is_csv_or_jsonl(engine, filed, tmp_path, name, text):
    ticket = filed()
    (tmp_path / name).write_text(text.format(number=ticket.number), "utf-8")

    found = compare(engine, read_their_file(tmp_path / name), None)

    assert (found.extra, found.behind, found.newer) == (["20260312-0777-x"], [], [])


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("list.csv", "工单,版本\n1,2\n", "line 1"),
        ("list.csv", "number,version\n20260312-0001-0,two\n", "line 2"),
        ("list.csv", "number,version\n20260312-0001-0\n", "line 2"),
        ("list.jsonl", '{"number": "20260312-0001-0", "version": 1}\n{"number": 3}\n', "line 2"),
        ("list.jsonl", "[1]\nnonsense\n", "line 1"),
        ("list.jsonl", "\n", "empty"),
    ],
)
def test_a_file_that_cannot_be_understood_names_the_line(tmp_path, name, text, line):
    """一行读不懂就停下来说是哪一行，决不当作“对方没有”去全部补投。"""
    (tmp_path / name).write_text(text, "utf-8")

    with pytest.raises(BadRequest, match=line):
        read_their_file(tmp_path / name)


class Counter(ThreadingHTTPServer):
    """A case system that is asked what it has: checks the signature and answers what it is given."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.secret = new_secret()
        self.by_day: dict[date, list[tuple[str, int]]] = {}
        self.answer: tuple[int, bytes] | None = None
        self.refused: list[str] = []

    @property
    def side(self) -> TheirAddress:
        config = Reconcile.model_validate(
            {
                "url": f"http://127.0.0.1:{self.server_port}/counts?bureau=4305",
                "secrets": [self.secret],
                "networks": ["127.0.0.0/8"],
            }
        )
        return TheirAddress(SYSTEM, config, lambda: datetime.now(UTC))


class _Asked(BaseHTTPRequestHandler):
    server: Counter

    def do_GET(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        try:
            verify(dict(self.headers), b"", [self.server.secret], datetime.now(UTC))
        except BadSignature as error:
            self.server.refused.append(str(error))
        assert asked["bureau"] == "4305"
        if "day" in asked:
            rows = self.server.by_day[date.fromisoformat(asked["day"])]
            body = json.dumps([{"number": number, "version": version} for number, version in rows])
        else:
            days = [of_day(day, rows) for day, rows in self.server.by_day.items()]
            body = json.dumps(
                {"days": [{"day": str(d.day), "count": d.count, "digest": d.digest.upper()} for d in days]}
            )
        status, content = self.server.answer or (200, body.encode())
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    log_message = staticmethod(lambda *_: None)


@pytest.fixture
def counter() -> Iterator[Counter]:
    server = Counter()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_they_are_asked_over_http_signed_and_only_about_days_that_differ(engine, clock, filed, counter):
    same = filed()
    clock.forward(days=1)
    lost = filed()
    counter.by_day = {DAY: [(same.number, same.version)], NEXT_DAY: []}

    found = compare(engine, counter.side, None)

    assert [each.number for each in found.missing] == [lost.number]
    assert [day for day, _, _ in found.differing] == [NEXT_DAY]
    assert counter.refused == []


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((500, b""), "answered 500"),
        ((302, b""), "answered 302"),
        ((200, b"not json"), "something else"),
        ((200, b'{"days": [{"day": "2026-03-12"}]}'), "days.0.count"),
    ],
)
def test_an_answer_that_says_nothing_is_no_empty_list(engine, filed, counter, answer, says):
    filed()
    counter.answer = answer

    with pytest.raises(Unavailable, match=says):
        compare(engine, counter.side, None)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_ticket) -> Iterator["Office"]:
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("HOTLINE_DATABASE_URL", raising=False)
    office = Office(tmp_path)
    for _ in range(3):
        office.desk.file(new_ticket())
    yield office
    office.engine.dispose()


class Office:
    """An installation with one case system, used by its commands."""

    def __init__(self, folder: Path) -> None:
        push = {"url": "https://cases.example/", "secrets": [new_secret()]}
        (folder / "case_systems.yml").write_text(
            yaml.safe_dump([{"name": SYSTEM, "push": push}, {"name": "files"}]), "utf-8"
        )
        settings = Settings(data_dir=folder)
        self.folder = folder
        self.engine = open_database(settings.database_address)
        self.desk = open_desk(self.engine, sealer_from(settings))
        self.deliveries = Deliveries(self.engine)
        self.deliveries.register(SYSTEM, "beginning")
        self.bureau = Bureau(self.deliveries, self.desk)

    def reconcile(self, *arguments: str, name: str = SYSTEM):
        app = typer.Typer()
        app.command()(reconcile)
        rows = [f"{number},{version}" for number, version in self.bureau.has.items()]
        file = self.folder / "theirs.csv"
        file.write_text("\n".join(["number,version", *rows]), "utf-8")
        return CliRunner().invoke(app, [name, "--theirs", str(file), *arguments])


def test_the_command_tells_repairs_and_is_clean_the_next_time(office):
    office.bureau.gets()
    lost = next(iter(office.bureau.has))
    del office.bureau.has[lost]

    told = office.reconcile()
    repaired = office.reconcile("--repair", "--json")
    meanwhile = office.reconcile("--json")
    office.bureau.gets()
    clean = office.reconcile("--json")

    assert (told.exit_code, lost in told.output) == (1, True)
    assert json.loads(repaired.output)["replayed"] == len(office.desk.find(lost).history)
    assert repaired.exit_code == 0
    assert (meanwhile.exit_code, json.loads(meanwhile.output)["waiting"]) == (0, [lost])
    assert (clean.exit_code, json.loads(clean.output)["differing"]) == (0, [])


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("nobody", (), "no case system 'nobody'"),
        ("files", ("--repair",), "has no push"),
        (SYSTEM, ("--since", "2026-03-02", "--until", "2026-03-01"), "swap them"),
    ],
)
def test_the_command_says_in_one_sentence_what_to_do(office, name, arguments, says):
    answer = office.reconcile(*arguments, name=name)

    assert answer.exit_code == 1
    assert says in answer.output and len(answer.output.strip().splitlines()) == 1
