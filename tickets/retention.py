"""How long personal data is kept, and how a ticket's is erased: statistics and the audit trail stay.

Rules: 个人信息保护法 Art. 19 (no longer than necessary), 47 (erasure when the purpose is served, or on
request), 56 (records of processing: three years); GB/T 35273-2020 6.1 and 8.3. Figures: data/retention.yml.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine, and_, delete, insert, or_, select, update

from tickets.database import reading, writing
from tickets.errors import BadRequest, Conflict, NotFound, RuleBroken
from tickets.model import Actor, Category, Person, Role
from tickets.outbox import put_out, take_turn
from tickets.privacy import Sealer, mask_text
from tickets.rows import TicketRows
from tickets.schema import ticket_disclosures, ticket_events, ticket_supplements, tickets

ERASE = "erase"
KEEPER = Actor("retention", Role.SYSTEM)
RETENTION_FILE = Path(__file__).parent / "data" / "retention.yml"
_CLEARED = (
    "address_sealed",
    "place_print",
    "name_sealed",
    "phone_sealed",
    "phone_print",
    "phone_tail_print",
    "id_number_sealed",
    "id_number_print",
    "beneficiary_sealed",
    "relation",
    "triage_sealed",
    "conversation_id",
    "origin_message_id",
)


@dataclass(frozen=True)
class RetentionClass:
    """Keep for so long after the event that the file names; `by_category` holds other times for tickets."""

    name: str
    keep: timedelta
    source: str
    own_choice: bool
    by_category: dict[Category, timedelta] = field(default_factory=dict)


@dataclass(frozen=True)
class Retention:
    """The classes by name, and the words that stand where words were erased."""

    classes: dict[str, RetentionClass]
    erased_words: str
    erased_reason: str

    def __getitem__(self, name: str) -> RetentionClass:
        return self.classes[name]

    def reason_for(self, name: str) -> str:
        """Say, for the history, by which rule something was erased."""
        return self.erased_reason.format(source=self[name].source)


def load_retention(own: Path | None = None) -> Retention:
    """Read the shipped figures and those of an office's own file, where there is one, over them.

    Raises:
        BadRequest: the office's file names an unknown class or category, or goes below what the law asks for.
    """
    shipped = yaml.safe_load(RETENTION_FILE.read_text("utf-8"))
    words = {name: shipped.pop(name) for name in ("erased_words", "erased_reason")}
    now_called = {row.pop("formerly"): name for name, row in shipped.items() if "formerly" in row}
    changed = {now_called.get(name, name): row for name, row in _office_rows(own).items()}
    unknown = changed.keys() - shipped.keys()
    if unknown:
        raise BadRequest(f"{own}: no class {', '.join(sorted(unknown))}; there are {', '.join(shipped)}")
    classes = {name: _class(name, row | changed.get(name, {}), row) for name, row in shipped.items()}
    return Retention(classes, **words)


@dataclass(frozen=True)
class ErasedTicket:
    """A ticket whose personal data is gone, and the conversation it was filed in, which must go too."""

    number: str
    conversation_id: str | None


class TicketErasure:
    """Erases personal data of tickets in the database. Category, urgency, status, area down to the township,
    office, dates and every event with its actor stay; words, reasons and all that names somebody go."""

    def __init__(self, engine: Engine, sealer: Sealer, retention: Retention) -> None:
        self._engine = engine
        self._sealer = sealer
        self._retention = retention

    def due(self, now: datetime) -> list[str]:
        """Give the closed tickets whose time is up, oldest first."""
        rule = self._retention["closed_ticket"]
        special = [category.value for category in rule.by_category]
        late = [
            and_(tickets.c.category == category.value, tickets.c.closed_at <= now - keep)
            for category, keep in rule.by_category.items()
        ]
        general = and_(tickets.c.category.not_in(special), tickets.c.closed_at <= now - rule.keep)
        query = (
            select(tickets.c.number)
            .where(tickets.c.erased_at.is_(None), or_(general, *late))
            .order_by(tickets.c.day, tickets.c.sequence)
        )
        with reading(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def of_phone(self, phone: str) -> list[str]:
        """Give the tickets that this phone number left, oldest first."""
        prints = TicketRows(self._sealer).person_prints(Person(phone=phone))
        query = (
            select(tickets.c.number)
            .where(tickets.c.phone_print.in_(prints.get("phone_print", ())), tickets.c.erased_at.is_(None))
            .order_by(tickets.c.day, tickets.c.sequence)
        )
        with reading(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def erase(self, number: str, *, actor: Actor, reason: str, at: datetime) -> ErasedTicket:
        """Erase one closed ticket, all or nothing, with an `erase` event that says who and why.

        Erasing it again changes nothing. Numbers in the reason are masked.

        Raises:
            BadRequest: no reason. NotFound: no such ticket. Conflict: it changed meanwhile.
            RuleBroken: it is still open: somebody is waiting for help that could not reach them any more.
        """
        if not reason.strip():
            raise BadRequest("erasing personal data needs a reason")
        with writing(self._engine) as connection:
            take_turn(connection)
            # A write first: SQLite then holds its lock before anything is read.
            connection.execute(
                update(tickets).where(tickets.c.number == number).values(version=tickets.c.version)
            )
            row = connection.execute(select(tickets).where(tickets.c.number == number)).mappings().first()
            if row is None:
                raise NotFound(f"no ticket {number}")
            if row["erased_at"] is not None:
                return ErasedTicket(number, None)
            if row["closed_at"] is None:
                raise RuleBroken(f"ticket {number} is still open; withdraw or close it, then erase it")
            version = row["version"] + 1
            cleared = connection.execute(
                update(tickets)
                .where(tickets.c.number == number, tickets.c.version == row["version"])
                .values(self._blank(number) | {"version": version, "erased_at": at})
            )
            if cleared.rowcount != 1:
                raise Conflict(f"ticket {number} is no longer at version {row['version']}; read it again")
            self._blank_reasons(connection, number)
            connection.execute(
                insert(ticket_events).values(
                    number=number,
                    position=version,
                    at=at,
                    actor=actor.name,
                    action=ERASE,
                    from_status=row["status"],
                    to_status=row["status"],
                    reason_sealed=self._sealer.seal(mask_text(reason.strip()), f"{number}/reason/{version}"),
                )
            )
            put_out(connection, number, version)
            connection.execute(delete(ticket_supplements).where(ticket_supplements.c.number == number))
        return ErasedTicket(number, row["conversation_id"])

    def forget_disclosures(self, before: datetime, *, dry_run: bool) -> int:
        """Delete the lines of the record of disclosures that are older; give how many there are."""
        late = ticket_disclosures.c.at <= before
        with writing(self._engine) as connection:
            if dry_run:
                return len(connection.execute(select(ticket_disclosures.c.id).where(late)).all())
            return connection.execute(delete(ticket_disclosures).where(late)).rowcount

    def _blank(self, number: str) -> dict[str, Any]:
        words = {
            column: self._sealer.seal(self._retention.erased_words, f"{number}/{column}")
            for column in ("summary_sealed", "description_sealed")
        }
        return words | dict.fromkeys(_CLEARED)

    def _blank_reasons(self, connection: Any, number: str) -> None:
        events = ticket_events.c
        positions: Sequence[int] = (
            connection.execute(
                select(events.position).where(events.number == number, events.reason_sealed.is_not(None))
            )
            .scalars()
            .all()
        )
        for position in positions:
            words = self._sealer.seal(self._retention.erased_words, f"{number}/reason/{position}")
            connection.execute(
                update(ticket_events)
                .where(events.number == number, events.position == position)
                .values(reason_sealed=words)
            )


def _office_rows(own: Path | None) -> dict[str, dict[str, Any]]:
    if own is None or not own.exists():
        return {}
    try:
        rows = yaml.safe_load(own.read_text("utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadRequest(f"{own} is not valid YAML: {error}") from error
    if not isinstance(rows, dict) or not all(isinstance(row, dict) for row in rows.values()):
        raise BadRequest(f"{own}: write a class with its days on each entry, as in {RETENTION_FILE.name}")
    return rows


def _class(name: str, row: dict[str, Any], shipped: dict[str, Any]) -> RetentionClass:
    at_least = shipped.get("at_least", 0)
    try:
        by_category = {Category(key): int(days) for key, days in (row.get("by_category") or {}).items()}
        days = int(row["days"])
    except (ValueError, TypeError) as error:
        raise BadRequest(f"retention of {name}: {error}; give whole days and known categories") from error
    for given in (days, *by_category.values()):
        if given < at_least:
            raise BadRequest(
                f"retention of {name}: {given} days is below the {at_least} of {shipped['source']}"
            )
    return RetentionClass(
        name,
        timedelta(days=days),
        row["source"],
        bool(row["own_choice"]),
        {category: timedelta(days=given) for category, given in by_category.items()},
    )
