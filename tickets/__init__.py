"""Tickets (工单): taking a request for help down, promising a time, following it up, handing it on."""

from typing import TYPE_CHECKING

from tickets.limits import load_limits
from tickets.ports import Clock
from tickets.privacy import Sealer
from tickets.repeats import load_repeat_rule
from tickets.service import Desk, utc_now
from tickets.store import SqlTicketStore

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["Desk", "open_desk"]


def open_desk(engine: "Engine", sealer: Sealer, clock: Clock = utc_now) -> Desk:
    """Join the real parts: tickets in this database, sealed with this key, rules from data/.

    The tables must exist (tickets.schema.metadata); for SQLite call store.prepare_sqlite(engine) first.
    """
    return Desk(SqlTicketStore(engine, sealer), load_limits(), load_repeat_rule(), clock)
