"""Tickets (工单): taking a request for help down, promising a time, following it up, handing it on."""

from pathlib import Path
from typing import TYPE_CHECKING

from tickets.limits import Limits, load_limits
from tickets.ports import Clock
from tickets.privacy import Sealer
from tickets.reminders import Reminders, load_wording
from tickets.repeats import load_repeat_rule
from tickets.routing import NATIONAL, load_offices
from tickets.service import Desk, utc_now
from tickets.store import SqlTicketStore
from tickets.triage import triage as judge_request  # the name of the module stays the module's

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["OWN_OFFICES", "Desk", "office_limits", "open_desk", "open_reminders"]

OWN_OFFICES, OWN_LIMITS = "offices.yml", "limits.d"


def open_desk(
    engine: "Engine",
    sealer: Sealer,
    clock: Clock = utc_now,
    *,
    own: Path | None = None,
    home: str = NATIONAL,
) -> Desk:
    """Join the real parts: tickets in this database, sealed with this key, rules from data/.

    The tables must exist (tickets.schema.metadata); for SQLite call store.prepare_sqlite(engine) first.

    Args:
        own: folder of the office's own tables, offices.yml and limits.d/*.yml, as far as they exist.
        home: code of the region whose office takes matters of unknown place.
    Raises:
        BadRequest: a table cannot be understood; file and row are named.
    """
    offices = load_offices(own and own / OWN_OFFICES, home)
    return Desk(
        SqlTicketStore(engine, sealer), office_limits(own), load_repeat_rule(), offices, judge_request, clock
    )


def open_reminders(
    engine: "Engine", sealer: Sealer, clock: Clock = utc_now, *, own: Path | None = None
) -> Reminders:
    """Join the real parts of the reminders, on the same tables as `open_desk`."""
    return Reminders(SqlTicketStore(engine, sealer), office_limits(own), load_wording(), clock)


def office_limits(own: Path | None) -> Limits:
    """Give the limits with the office's own rows, where its folder has any.

    Raises:
        BadRequest: a row cannot be understood; file and row are named.
    """
    folder = own and own / OWN_LIMITS
    return load_limits(regional=folder) if folder and folder.is_dir() else load_limits()
