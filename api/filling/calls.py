"""Calls as an agent takes them down: words and form, saved while she types; no crash loses a caller."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Engine,
    Index,
    Row,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from api.chat.tables import aware, metadata
from tickets.database import reading, writing
from tickets.privacy import Sealer

phone_calls = Table(
    "phone_calls",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("agent", String(80), nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("sealed_words", Text, nullable=False),
    Column("sealed_form", Text, nullable=False),
    Column("ticket_number", String(20)),
    Index("ix_phone_calls_agent", "agent", "ended_at"),
    Index("ix_phone_calls_started", "started_at"),
    Index("ix_phone_calls_ticket", "ticket_number"),
)

MOST_OPEN = 20


@dataclass(frozen=True)
class Call:
    """One call. `by_hand` holds the fields that the agent changed, by name; `revision` grows with each save
    of one page; `added`: the ticket is an earlier one that the words were added to.
    """

    id: str
    agent: str
    started_at: datetime
    words: str = ""
    by_hand: Mapping[str, str] = field(default_factory=dict)
    revision: int = 0
    ended_at: datetime | None = None
    ticket_number: str | None = None
    added: bool = False


def new_call_id() -> str:
    """Give the id of a call that nothing is stored of yet."""
    return "k_" + uuid.uuid4().hex


class CallStore:
    """Calls in the database, sealed. `clock` gives timezone-aware instants."""

    def __init__(self, engine: Engine, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._sealer = sealer
        self._clock = clock

    def save(
        self, call_id: str, agent: str, words: str, by_hand: Mapping[str, str], revision: int
    ) -> Call | None:
        """Keep what was typed so far; begins the call if there is none. Give it as it is stored now.

        A revision that is not newer than the stored one, and whatever comes after the end, changes nothing.
        None: the call is another agent's.
        """
        values = self._sealed(words, {"by_hand": dict(by_hand), "revision": revision, "added": False})
        for _ in range(2):
            try:
                with writing(self._engine) as db:
                    row = _locked(db, call_id)
                    if row is None:
                        begun = {"id": call_id, "agent": agent, "started_at": self._clock()}
                        db.execute(insert(phone_calls).values(**begun, **values))
                    elif row.agent != agent:
                        return None
                    elif row.ended_at is None and revision > self._call(row).revision:
                        db.execute(update(phone_calls).where(phone_calls.c.id == call_id).values(**values))
                return self.find(call_id, agent)
            except IntegrityError:
                continue  # the same page saved twice at once: now the row is there
        return self.find(call_id, agent)

    def find(self, call_id: str, agent: str) -> Call | None:
        """Give a call of this agent, open or ended; None where there is none."""
        query = select(phone_calls).where(phone_calls.c.id == call_id, phone_calls.c.agent == agent)
        with reading(self._engine) as db:
            row = db.execute(query).first()
        return self._call(row) if row else None

    def open_calls(self, agent: str) -> list[Call]:
        """Give the calls of this agent that were neither filed nor ended, newest first."""
        query = select(phone_calls).where(phone_calls.c.agent == agent, phone_calls.c.ended_at.is_(None))
        with reading(self._engine) as db:
            rows = db.execute(query.order_by(phone_calls.c.started_at.desc()).limit(MOST_OPEN)).all()
        return [self._call(row) for row in rows]

    def end(self, call_id: str, agent: str, ticket_number: str | None = None, *, added: bool = False) -> None:
        """End a call, with the ticket that came of it if one did. Ended again, it keeps its first end."""
        with writing(self._engine) as db:
            row = _locked(db, call_id)
            if row is None or row.agent != agent or row.ticket_number:
                return
            call = self._call(row)
            form = {"by_hand": dict(call.by_hand), "revision": call.revision, "added": added}
            values = self._sealed(call.words, form) | {
                "ended_at": call.ended_at or self._clock(),
                "ticket_number": ticket_number,
            }
            db.execute(update(phone_calls).where(phone_calls.c.id == call_id).values(**values))

    def _sealed(self, words: str, form: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "sealed_words": self._sealer.seal(words),
            "sealed_form": self._sealer.seal(json.dumps(form, ensure_ascii=False)),
        }

    def _call(self, row: Row) -> Call:
        form = json.loads(self._sealer.open(row.sealed_form))
        return Call(
            id=row.id,
            agent=row.agent,
            started_at=aware(row.started_at),
            words=self._sealer.open(row.sealed_words),
            by_hand=form["by_hand"],
            revision=form["revision"],
            ended_at=aware(row.ended_at) if row.ended_at else None,
            ticket_number=row.ticket_number,
            added=form["added"],
        )


def _locked(db: Connection, call_id: str) -> Row | None:
    """Read a call so that nobody else changes it until the transaction ends."""
    # A write comes first on both databases: it takes the lock that a reading on SQLite would not.
    touched = update(phone_calls).where(phone_calls.c.id == call_id)
    if not db.execute(touched.values(agent=phone_calls.c.agent)).rowcount:
        return None
    return db.execute(select(phone_calls).where(phone_calls.c.id == call_id)).one()
