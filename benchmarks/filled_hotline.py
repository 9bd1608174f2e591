"""Fill an empty hotline with an invented past, to look at the console and to measure it.

    python benchmarks/filled_hotline.py DATA_DIR [--tickets 10000] [--conversations 2000]
    python benchmarks/filled_hotline.py DATA_DIR --database postgresql+psycopg://… [--password "…"]

Sixty days up to now: tickets that went through the real desk under its real rules (places mostly in Hunan,
every status, some late, repeats, a flood in one county today), conversations (answered, unanswered, in
danger, handed over, waiting now), opinions, deliveries to an invented case system. DATA_DIR holds the key
that seals it all. With a password there is one account for each role, of the role's own name, and twelve
agents, zuoxi01 to zuoxi12. The words are in data/filled_hotline.zh.yml; nobody ever said them.
"""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, insert, select

sys.path.insert(0, str(Path(__file__).parent.parent))

from api.accounts.model import Role
from api.accounts.store import AccountStore
from api.chat.model import Owner
from api.chat.presence import Presence
from api.chat.tables import conversations
from api.database import open_database
from api.parts import sealer_from
from api.settings import Settings
from benchmarks.filling.chance import area_of, chance_of, morning_of, named
from benchmarks.filling.talks import Talks, write_talks
from benchmarks.filling.tickets import Office, put, write_tickets
from tickets import open_reminders
from tickets.model import Category
from tickets.privacy import Sealer
from tickets.schema import case_systems, deliveries, ticket_events, ticket_outbox, tickets
from tickets.service import utc_now

DAYS = 60
WAITING, IN_DANGER, ANSWERED_NOW, FLOODED = 14, 3, 10, 24
AGENTS = tuple(f"zuoxi{number:02d}" for number in range(1, 13))
SYSTEM = "shengpingtai"
UNDELIVERED = timedelta(minutes=40)


def fill(
    engine: Engine, sealer: Sealer, count: int, talks: int, *, now: datetime | None = None, seed: int = 1
) -> dict[str, int]:
    """Write so many tickets and conversations of the sixty days before `now`; gives what was written."""
    now = now or datetime.now(UTC)
    office, told = invent(count, talks, now, seed)
    with engine.begin() as connection:
        if connection.execute(select(func.count()).select_from(tickets)).scalar_one():
            raise SystemExit("this hotline holds tickets already: choose an empty folder or database")
        events = write_tickets(connection, office.drawer, sealer)
        spoken = write_talks(connection, told, sealer)
    hand_over(engine, now)
    open_reminders(engine, sealer, lambda: now).run_once()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return {"tickets": len(office.drawer.kept), "events": events, "talks": len(told.made), "messages": spoken}


def invent(count: int, talks: int, now: datetime, seed: int) -> tuple[Office, Talks]:
    """Make everything up in the order of time, so that repeats find what came before them."""
    chance = chance_of(seed)
    office, since = Office(chance, now), now - timedelta(days=DAYS)
    told = Talks(chance, office, now)
    today = max(morning_of(now), now - timedelta(hours=20))
    waiting, flooded = min(WAITING, talks // 10), min(FLOODED, count // 20)
    in_danger, answered = min(IN_DANGER, waiting), min(ANSWERED_NOW, talks // 10)
    begins: list[tuple[datetime, str]] = []
    begins += [(at, "") for at in chance.instants(talks - waiting - answered, since, now)]
    begins += [(now - chance.minutes(25), "waits") for _ in range(waiting - in_danger)]
    begins += [(now - chance.minutes(6), "danger") for _ in range(in_danger)]
    begins += [(now - timedelta(minutes=15), "answered") for _ in range(answered)]
    by_phone = max(count - flooded - round(talks * 0.23), 0)
    begins += [(at, "phone") for at in chance.instants(by_phone, since, now)]
    begins += [(today + (now - today) * chance.random.random(), "flood") for _ in range(flooded)]
    begins += [(at, "elsewhere") for at in chance.instants(talks // 8, since, now)]
    flood = chance.words["flood"]
    for at, what in sorted(begins):
        if what == "elsewhere":
            told.ask_elsewhere(at)
        elif what == "phone":
            office.file(at)
        elif what == "flood":
            where = area_of(named(flood["place"]))
            office.file(at, category=Category(flood["category"]), area=where)
        else:
            kind = {"waits": "person", "answered": "person", "danger": "crisis"}.get(what)
            told.tell(at, kind, waits=what in ("waits", "danger"))
    for ticket in list(office.drawer.kept.values()):
        office.take_its_course(ticket)
    return office, told


def hand_over(engine: Engine, now: datetime) -> None:
    """Let an invented case system have had every event but those of the last minutes, and refuse two."""
    event = ticket_events.c
    with engine.begin() as connection:
        out = connection.execute(
            select(ticket_outbox.c.sequence, event.number, event.position, event.at)
            .join(
                ticket_events,
                (event.number == ticket_outbox.c.number) & (event.position == ticket_outbox.c.position),
            )
            .order_by(ticket_outbox.c.sequence)
        ).all()
        last = out[-1].sequence if out else 0
        connection.execute(
            insert(case_systems).values(
                name=SYSTEM, state="active", changed_by="hotline", changed_at=now, handed_out_to=last
            )
        )
        refused = {row.sequence for row in out[-400:-398]}
        put(connection, deliveries, [_delivery(row, now, row.sequence in refused) for row in out])


def _delivery(row: Any, now: datetime, refused: bool) -> dict[str, Any]:
    state = "dead" if refused else "waiting" if row.at > now - UNDELIVERED else "delivered"
    sent = state == "delivered"
    return {
        "system": SYSTEM,
        "number": row.number,
        "position": row.position,
        "sequence": row.sequence,
        "state": state,
        "attempts": 1 if sent else 12 if refused else 0,
        "next_at": now if refused else row.at + timedelta(seconds=2),
        "created_at": row.at,
        "settled_at": row.at + timedelta(seconds=3) if sent else now if refused else None,
        "last_status": 202 if sent else 400 if refused else None,
        "last_error": "answered 400" if refused else None,
    }


def add_accounts(engine: Engine, password: str) -> None:
    """One account for each role, and the agents; those who have a conversation are signed in."""
    accounts, presence = AccountStore(engine, utc_now), Presence(engine, utc_now)
    for role in Role:
        accounts.add_user(role.value, role, password)
    for agent in AGENTS:
        accounts.add_user(agent, Role.AGENT, password)
    with engine.connect() as connection:
        busy = connection.execute(
            select(conversations.c.agent).where(conversations.c.owner == Owner.AGENT).distinct()
        ).scalars()
        for agent in busy.all():
            accounts.sign_in(agent, password)
            presence.seen(agent)


def main() -> None:
    asked = argparse.ArgumentParser(description="Fill an empty hotline with an invented past.")
    asked.add_argument("data_dir", type=Path)
    asked.add_argument("--database", help="its database; default: hotline.db in DATA_DIR")
    asked.add_argument("--tickets", type=int, default=10_000)
    asked.add_argument("--conversations", type=int, default=2_000)
    asked.add_argument("--password", help="make accounts with it (at least 12 characters)")
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    started = time.perf_counter()
    given.data_dir.mkdir(parents=True, exist_ok=True)
    settings = Settings(data_dir=given.data_dir, database_url=given.database)
    engine = open_database(settings.database_address)
    wrote = fill(engine, sealer_from(settings), given.tickets, given.conversations, seed=given.seed)
    if given.password:
        add_accounts(engine, given.password)
    print(", ".join(f"{count} {what}" for what, count in wrote.items()), end="")
    print(f" in {engine.dialect.name} after {time.perf_counter() - started:.0f} s")
    engine.dispose()


if __name__ == "__main__":
    main()
