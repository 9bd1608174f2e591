"""Drops: every day a file into a case system's folder, with everything that changed since the last one.

A drop is planned in the database before its file is written, and done once file and manifest lie in the
folder: whatever happens in between, the next try goes on with the same drop, under the same number.
"""

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from tickets.case_systems import CaseSystem, Drop
from tickets.database import reading, writing
from tickets.drop_files import (
    FOR_THE_GROUP,
    Manifest,
    digest_of,
    file_name,
    lying_there,
    remove_drafts,
    told_by_name,
    write_manifest,
)
from tickets.errors import Conflict, NotFound, TicketError
from tickets.export import export_tickets, whole_file
from tickets.model import Disclosure, Ticket
from tickets.numbering import BEIJING
from tickets.outbox import head
from tickets.ports import Clock
from tickets.privacy import Sealer
from tickets.profiles import Profile, load_profile
from tickets.pulling import BEGINNING, Pull, TicketPulls
from tickets.schema import ticket_disclosures, ticket_drops

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
_RENEWED_EVERY = 500


@dataclass(frozen=True)
class _Plan:
    system: str
    ordinal: int
    after: int
    up_to: int
    file: str
    planned_at: datetime


class Drops:
    """Makes the drops that are due. Several processes may share the tables: one of them makes each."""

    def __init__(
        self,
        engine: Engine,
        sealer: Sealer,
        systems: Callable[[], Mapping[str, CaseSystem]],
        clock: Clock,
        own_profiles: Path | None = None,
    ) -> None:
        """`systems` is asked at every round, so that a changed file counts at once."""
        self._engine = engine
        self._pulls = TicketPulls(engine, sealer)
        self._systems = systems
        self._clock = clock
        self._own_profiles = own_profiles
        self._me = secrets.token_hex(8)

    def run_once(self) -> list[Manifest]:
        """Make every drop that is due, and those that were begun and not finished.

        What goes wrong with one is logged and tried again at the next round; the others go on.
        """
        made = []
        try:
            systems = self._systems()
        except TicketError as error:
            log.warning("drops_not_known", extra={"error": str(error)})
            return []
        for name, system in systems.items():
            if system.drop is None:
                continue
            try:
                if self._due(name, system.drop):
                    made.append(self._make(name, system.drop))
            except Conflict:
                continue  # another process makes it at this moment
            except (TicketError, OSError) as error:
                log.warning("drop_failed", extra={"system": name, "error": str(error)})
        return made

    def make(self, name: str) -> Manifest:
        """Make a drop now.

        Raises:
            NotFound: no such case system, or it gets no drops.
            Conflict: another process makes one at this moment.
            BadRequest, Unavailable, OSError: it could not be made; the next try goes on with it.
        """
        system = self._systems().get(name)
        if system is None or system.drop is None:
            known = [each for each, one in self._systems().items() if one.drop]
            raise NotFound(f"no case system {name!r} with a drop; there are: {', '.join(known) or 'none'}")
        return self._make(name, system.drop)

    def _due(self, name: str, drop: Drop) -> bool:
        with reading(self._engine) as connection:
            last = _last(connection, name)
        if last is None or last["made_at"] is None:
            return True
        return last["planned_at"] < _last_time(drop, self._clock())

    def _make(self, name: str, drop: Drop) -> Manifest:
        profile = load_profile(drop.profile, self._own_profiles)
        plan = self._plan(name, drop)
        try:
            manifest = lying_there(drop.folder / plan.file) or self._write(plan, drop, profile)
        except BaseException:
            with suppress(TicketError):
                self._change(plan, claimed_by=None, claimed_until=None)
            raise
        self._change(plan, made_at=self._clock(), claimed_by=None, claimed_until=None)
        log.info("drop_made", extra={"system": name, "drop": plan.ordinal, "tickets": manifest.count})
        return manifest

    def _plan(self, name: str, drop: Drop) -> _Plan:
        """Settle what the next drop covers, or take over the one that was begun.

        Raises:
            Conflict: another process has it.
        """
        now = self._clock()
        try:
            with writing(self._engine) as connection:
                mine = self._take_over(connection, name, now)
                if mine:
                    return mine
                last = _last(connection, name)
                if last and last["made_at"] is None:
                    raise Conflict(f"a drop for {name} is being made by another process")
                ordinal = last["ordinal"] + 1 if last else 1
                after = last["up_to"] if last else BEGINNING
                file = file_name(name, ordinal, now, drop.format)
                plan = _Plan(name, ordinal, after, head(connection), file, now)
                claim = {"claimed_by": self._me, "claimed_until": now + LEASE}
                connection.execute(insert(ticket_drops).values(asdict(plan) | claim))
                return plan
        except IntegrityError as error:
            raise Conflict(f"a drop for {name} is being made by another process") from error

    def _take_over(self, connection: Connection, name: str, now: datetime) -> _Plan | None:
        """Claim the drop that was begun and that nobody works on; the transaction begins with this write."""
        row = ticket_drops.c
        free = or_(row.claimed_until.is_(None), row.claimed_until < now, row.claimed_by == self._me)
        columns = [row[field] for field in _Plan.__dataclass_fields__]
        found = connection.execute(
            update(ticket_drops)
            .where(row.system == name, row.made_at.is_(None), free)
            .values(claimed_by=self._me, claimed_until=now + LEASE)
            .returning(*columns)
        ).first()
        return _Plan(*found) if found else None

    def _write(self, plan: _Plan, drop: Drop, profile: Profile) -> Manifest:
        if Path(plan.file).suffix != f".{drop.format}":  # the format was changed after the plan
            plan = replace(plan, file=file_name(plan.system, plan.ordinal, plan.planned_at, drop.format))
            self._change(plan, file=plan.file)
        remove_drafts(drop.folder / plan.file)
        if drop.reveal:
            self._disclose(plan, drop.reveal, f"drop {plan.file} {profile.name}")
        pull = self._pulls.begin_at(plan.after, plan.up_to)
        path = drop.folder / plan.file
        with told_by_name(path), whole_file(path, FOR_THE_GROUP) as file:
            count = export_tickets(
                self._kept_alive(plan, pull), profile, drop.format, file, reveal=drop.reveal is not None
            )
        manifest = Manifest(
            system=plan.system,
            drop=plan.ordinal,
            file=plan.file,
            format=drop.format,
            profile=profile.name,
            revealed=drop.reveal is not None,
            count=count,
            bytes=path.stat().st_size,
            sha256=digest_of(path),
            from_cursor=self._pulls.cursor_at(plan.after),
            to_cursor=pull.next_cursor,
            made_at=self._clock().astimezone(BEIJING).isoformat(timespec="seconds"),
        )
        write_manifest(path, manifest)
        return manifest

    def _disclose(self, plan: _Plan, reason: str, scope: str) -> None:
        """Record that the file shows personal data in full, once however often it is tried."""
        told = Disclosure(self._clock(), f"case-system:{plan.system}", reason, scope, None)
        known = select(ticket_disclosures.c.id).where(
            ticket_disclosures.c.scope == scope, ticket_disclosures.c.at >= plan.planned_at
        )
        with writing(self._engine) as connection:
            if connection.execute(known).first() is None:
                connection.execute(insert(ticket_disclosures).values(asdict(told)))

    def _kept_alive(self, plan: _Plan, pull: Pull) -> Iterator[Ticket]:
        for index, change in enumerate(self._pulls.changes(pull)):
            if index % _RENEWED_EVERY == 0:
                self._change(plan, claimed_until=self._clock() + LEASE)
            yield change.ticket

    def _change(self, plan: _Plan, **values: Any) -> None:
        """Write to a drop that is ours.

        Raises:
            Conflict: another process has taken it over.
        """
        row = ticket_drops.c
        ours = and_(row.system == plan.system, row.ordinal == plan.ordinal, row.claimed_by == self._me)
        with writing(self._engine) as connection:
            if connection.execute(update(ticket_drops).where(ours).values(values)).rowcount != 1:
                raise Conflict(f"drop {plan.ordinal} for {plan.system} was taken over by another process")


def _last(connection: Connection, name: str) -> Mapping[str, Any] | None:
    row = ticket_drops.c
    query = select(ticket_drops).where(row.system == name).order_by(row.ordinal.desc()).limit(1)
    return connection.execute(query).mappings().first()  # type: ignore[return-value]


def _last_time(drop: Drop, now: datetime) -> datetime:
    """Give the last instant at which a drop was to be made."""
    today = datetime.combine(now.astimezone(BEIJING).date(), drop.at, BEIJING)
    return today if today <= now else today - timedelta(days=1)
