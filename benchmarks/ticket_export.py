"""How long an export of many tickets takes, and how much memory.

    python benchmarks/ticket_export.py [tickets] [sqlite|postgresql|address]

Fills a fresh database with 100,000 invented tickets of six events each, then pulls them all in each format,
each in a process of its own, and prints seconds until the first byte and in all, seconds of processor time,
the size, and the peak memory of that process; a pull of nothing shows what the process costs by itself. The
small pulls at the end show whether the database finds them without looking at everything.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import ticket_desk
from sqlalchemy import Engine, create_engine, insert

from api.database import open_database
from tickets.database import prepare_sqlite
from tickets.export import export_tickets, streamed
from tickets.model import Ticket
from tickets.profiles import load_profile
from tickets.pulling import Pull, TicketPulls
from tickets.rows import TicketRows
from tickets.schema import ticket_events, ticket_numbers, ticket_outbox, tickets
from tickets.sheets import FORMATS

_BATCH = 2000
_NOTHING = "nothing"


def fill(engine: Engine, count: int) -> None:
    """Write the invented tickets and their events, as the desk would have."""
    rows = TicketRows(ticket_desk.SEALER)
    made = ticket_desk.invented(count, ticket_desk.random.Random(1))
    while batch := list(islice(made, _BATCH)):
        places = [
            {"number": one.number, "position": position}
            for one in batch
            for position in range(1, len(one.history) + 1)
        ]
        events = [
            rows.event_values(one.number, position, event)
            for one in batch
            for position, event in enumerate(one.history, start=1)
        ]
        with engine.begin() as connection:
            connection.execute(insert(tickets), [rows.ticket_values(one) for one in batch])
            connection.execute(insert(ticket_events), events)
            connection.execute(insert(ticket_outbox), places)
    with engine.begin() as connection:
        day = ticket_desk.beijing_day(ticket_desk.NOW)
        connection.execute(insert(ticket_numbers), {"day": day, "last": count})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def opened(address: str) -> tuple[Engine, TicketPulls]:
    engine = create_engine(address)
    prepare_sqlite(engine)
    return engine, TicketPulls(engine, ticket_desk.SEALER)


def pull_one(address: str, format_name: str) -> None:
    """Pull everything as the HTTP route does, and print what it took."""
    _, pulls = opened(address)
    profile = load_profile("generic")
    started = time.perf_counter()
    pull = pulls.begin()
    with tempfile.TemporaryFile() as file:
        first = 0.0
        if format_name == "xlsx":
            export_tickets(read(pulls, pull), profile, format_name, file)
            first = time.perf_counter() - started
        elif format_name != _NOTHING:
            for piece in streamed(pulls.changes(pull), profile, format_name):
                first = first or time.perf_counter() - started
                file.write(piece)
        took, size = time.perf_counter() - started, file.tell() / 1e6
    peak = peak_megabytes()
    times = f"first byte {first:6.1f} s, all {took:6.1f} s, processor {time.process_time():6.1f} s"
    print(f"{format_name:8} {times}, {size:6.1f} MB, peak {peak:4.0f} MB", flush=True)


def peak_megabytes() -> float:
    """Give the most memory that this program had at once; ru_maxrss would count what started it as well."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found.group(1)) / 1024 if found else float("nan")


def read(pulls: TicketPulls, pull: Pull) -> Iterator[Ticket]:
    return (change.ticket for change in pulls.changes(pull))


def small_pulls(address: str) -> None:
    """Time what a case system does all day: the last 50 changes, and 50 from the middle."""
    engine, pulls = opened(address)
    head = pulls.begin().head
    for name, after in {"50 newest": head - 300, "50 from the middle": head // 2}.items():
        cursor = pulls.cursor_at(after)
        started = time.perf_counter()
        count = sum(1 for _ in pulls.changes(pulls.begin(cursor, limit=50)))
        print(f"{name}: {count} tickets in {(time.perf_counter() - started) * 1000:.0f} ms")
        for line in sorted(ticket_desk.plans(engine, lambda c=cursor: pulls.begin(c, limit=50))):
            if "Cond:" not in line:
                print(f"{'':9}{line}")


def main(count: int, kind: str) -> None:
    with ticket_desk.database(kind) as address:
        engine = open_database(address)
        fill(engine, count)
        print(f"{engine.dialect.name}, {count} tickets", flush=True)
        engine.dispose()
        for format_name in (_NOTHING, *FORMATS):
            subprocess.run([sys.executable, __file__, "--pull", address, format_name], check=True)
        small_pulls(address)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--pull", address, format_name]:
            pull_one(address, format_name)
        case arguments:
            count, kind, *_ = [*arguments, *["100000", "sqlite"][len(arguments) :]]
            main(int(count), kind)
