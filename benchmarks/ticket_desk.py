"""How fast the ticket desk is with many tickets: what every list, search and filing costs at the database.

    python benchmarks/ticket_desk.py [tickets] [address]

Fills a fresh SQLite file, or the empty database at `address` (postgresql+psycopg://…), with 10,000 invented
tickets, then makes each call 200 times and prints the median and the 95th percentile in milliseconds,
decryption included, and how the database finds the rows (EXPLAIN); `address` "postgresql" starts a server.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, insert

from api.database import open_database
from tickets import open_desk
from tickets.history import changes_between
from tickets.model import (
    Area,
    Category,
    HistoryEvent,
    NewTicket,
    Person,
    Status,
    Ticket,
    TicketFilter,
    Urgency,
)
from tickets.numbering import beijing_day, make_number
from tickets.privacy import Sealer
from tickets.rows import TicketRows
from tickets.schema import ticket_events, ticket_links, ticket_numbers, ticket_supplements, tickets
from tickets.store import SqlTicketStore

ROUNDS = 200
SEALER = Sealer(bytes(range(32)))
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
CITIES = [f"43{number:02d}" for number in (*range(1, 14), 31)]
OPEN = (Status.ACCEPTED, Status.DISPATCHED, Status.SIGNED, Status.IN_PROGRESS, Status.ESCALATED)
WORDS = (
    "家里着火房子烧了没有地方住，老人住院花了八万，孩子学费还差六千，低保停了三个月，怎么还没有人来看。" * 4
)


def invented(count: int, chance: random.Random) -> Iterator[Ticket]:
    """Give so many tickets of the last year, one in ten still open."""
    for index in range(count):
        opened = NOW - timedelta(days=365) * (1 - index / count)
        status = chance.choice(OPEN) if chance.random() < 0.1 else Status.ARCHIVED
        closed = status is Status.ARCHIVED
        city = chance.choice(CITIES)
        county = f"{city}{chance.randint(1, 12):02d}"
        ticket = Ticket(
            number=make_number(beijing_day(opened), index + 1),
            category=chance.choice(list(Category)),
            urgency=chance.choice(list(Urgency)),
            status=status,
            area=Area("湖南省", f"市{city}", f"县{county}", None, county, f"第{chance.randint(1, 3000)}号"),
            summary=WORDS[:20],
            description=WORDS,
            applicant=Person("李秀英", f"138{chance.randint(0, count // 2):08d}"),
            beneficiary=None,
            relation=None,
            anonymous=False,
            channel="web",
            conversation_id=f"c-{index}",
            origin_message_id=f"m-{index}",
            opened_at=opened,
            due_at=opened + timedelta(days=3),
            closed_at=opened + timedelta(days=3) if closed else None,
            stage_due_at=None if closed else NOW + timedelta(minutes=chance.randint(-3000, 3000)),
            office=f"承办单位{chance.randint(1, 60)}",
        )
        filed = HistoryEvent(
            opened, "hotline", "file", None, Status.ACCEPTED, "按地区", changes_between(None, ticket)
        )
        moved = [
            replace(filed, action="start", from_status=Status.ACCEPTED, to_status=status, changes={})
        ] * 5
        yield replace(ticket, version=6, history=(filed, *moved))


def fill(engine: Engine, count: int) -> list[Ticket]:
    """Write the invented tickets, one in twenty linked to the one before."""
    rows, made = TicketRows(SEALER), list(invented(count, random.Random(1)))
    origins = [
        {"origin_message_id": one.origin_message_id, "number": one.number, "position": 1} for one in made
    ]
    events = [
        rows.event_values(one.number, position, each)
        for one in made
        for position, each in enumerate(one.history, start=1)
    ]
    links = [{"number": made[n].number, "related": made[n - 1].number} for n in range(20, count, 20)]
    with engine.begin() as connection:
        connection.execute(insert(tickets), [rows.ticket_values(one) for one in made])
        connection.execute(insert(ticket_events), events)
        connection.execute(insert(ticket_supplements), origins)
        connection.execute(insert(ticket_links), links)
        connection.execute(insert(ticket_numbers), {"day": beijing_day(NOW), "last": count})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return made


def calls(engine: Engine, made: list[Ticket]) -> dict[str, Callable[[], object]]:
    """Give what is measured, each call with other arguments."""
    chance = random.Random(2)
    store, desk = SqlTicketStore(engine, SEALER), open_desk(engine, SEALER, lambda: NOW)

    def listed(**wanted: Any) -> object:
        return desk.list(TicketFilter(**wanted), limit=50)

    def request() -> NewTicket:
        return NewTicket(
            Category.TEMPORARY, Urgency.NORMAL, "摘要", WORDS,
            Area("湖南省", "市4301", "县430102", None, "430102"),
            Person("李秀英", f"138{chance.randint(0, len(made) // 2):08d}"),
            origin_message_id=f"new-{time.perf_counter_ns()}",
        )  # fmt: skip

    return {
        "list: first page": lambda: desk.list(limit=50),
        "list: a page in the middle": lambda: desk.list(limit=50, before=chance.choice(made).number),
        "list: by status": lambda: listed(status=chance.choice(OPEN)),
        "list: by office": lambda: listed(office=f"承办单位{chance.randint(1, 60)}"),
        "list: by city": lambda: listed(adcode=chance.choice(CITIES)),
        "list: by county and status": lambda: listed(
            adcode=chance.choice(made).area.adcode, status=Status.SIGNED
        ),
        "list: due soon": lambda: listed(due_before=NOW + timedelta(hours=4)),
        "search: by phone": lambda: listed(phone=chance.choice(made).applicant.phone),
        "reminders: awaiting notice": lambda: store.awaiting_notice(NOW, timedelta(hours=4), 50),
        "show one": lambda: desk.find(chance.choice(made).number),
        "find by message": lambda: desk.find_by_origin(chance.choice(made).origin_message_id or ""),
        "file one": lambda: desk.take_down(request()),
    }


def plans(engine: Engine, call: Callable[[], object]) -> set[str]:
    """Give how the database finds the rows of each SELECT that a call makes, in its own words."""
    seen: list[tuple[str, Any]] = []

    def remember(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", remember)
    call()
    event.remove(engine, "before_cursor_execute", remember)
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.connect() as connection:
        lines = [
            str(row[-1]).strip()
            for statement, parameters in seen
            for row in connection.exec_driver_sql(explain + statement, parameters)
        ]
    kinds = ("SCAN ", "SEARCH ", "Seq Scan", "Index", "Bitmap Index")
    return {
        line.partition("  (cost")[0].removeprefix("->").strip()
        for line in lines
        if any(k in line for k in kinds)
    }


def main(count: int, address: str) -> None:
    engine = open_database(address)
    made = fill(engine, count)
    print(f"{engine.dialect.name}, {count} tickets")
    for name, call in calls(engine, made).items():
        took = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            call()
            took.append((time.perf_counter() - started) * 1000)
        p95 = statistics.quantiles(took, n=20)[-1]
        print(f"{name:28} p50 {statistics.median(took):6.1f} ms   p95 {p95:6.1f} ms")
        for line in sorted(plans(engine, call)):
            print(f"{'':30}{line}")
    engine.dispose()


@contextmanager
def database(address: str) -> Iterator[str]:
    """Give an address: the one given, of a fresh file, or of a server that waits for the disk."""
    with tempfile.TemporaryDirectory(prefix="hotline-desk-", ignore_cleanup_errors=True) as folder:
        if address == "sqlite":
            yield f"sqlite:///{Path(folder) / 'desk.db'}"
        elif address == "postgresql":
            from tests.postgres import PostgresServer

            own = PostgresServer(Path(folder), durable=True)
            yield own.address(own.new_database())
            own.remove()
        else:
            yield address


if __name__ == "__main__":
    with database((sys.argv[2:] or ["sqlite"])[0]) as address:
        main(int((sys.argv[1:] or ["10000"])[0]), address)
