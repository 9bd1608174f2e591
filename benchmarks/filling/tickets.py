"""Invented tickets, each filed and moved by the real desk under its real rules; only the disk is left out."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from benchmarks.filling.chance import Chance
from tickets import load_limits, load_offices, load_repeat_rule
from tickets.errors import RuleBroken
from tickets.model import Actor, Area, Category, NewTicket, Person, Role, Status, Ticket, Urgency
from tickets.numbering import beijing_day, make_number
from tickets.ports import Candidate
from tickets.privacy import Sealer
from tickets.rows import TicketRows
from tickets.schema import (
    ticket_events,
    ticket_links,
    ticket_numbers,
    ticket_outbox,
    ticket_supplements,
    tickets,
)
from tickets.service import Desk
from tickets.store import MERGED, REPEAT

URGENCIES = (Urgency.NORMAL, Urgency.PRIORITY, Urgency.URGENT)
REMEMBERED = 5
CHUNK = 2000
LATELY, OFTEN_LATELY = timedelta(days=4), 5
DISPATCHER, LEAD = Actor("paidan01", Role.DISPATCHER), Actor("banzhang01", Role.SUPERVISOR)


@dataclass
class Drawer:
    """Keeps tickets in memory as `tickets.store` does on disk, and what each write would have put there."""

    kept: dict[str, Ticket] = field(default_factory=dict)
    links: dict[tuple[str, str], str] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    by_phone: dict[str, list[str]] = field(default_factory=dict)

    def add(self, draft: Callable[[str], Ticket], opened_at: datetime, links: Sequence[str]) -> Ticket:
        day = beijing_day(opened_at)
        self.last[day] = self.last.get(day, 0) + 1
        ticket = draft(make_number(day, self.last[day]))
        self.kept[ticket.number] = ticket
        self.links |= {(ticket.number, other): REPEAT for other in links}
        self.by_phone.setdefault(ticket.applicant.phone or "", []).append(ticket.number)
        return ticket

    def earlier(self, new: NewTicket, since: datetime) -> list[Candidate]:
        known = self.by_phone.get(new.applicant.phone or "-", [])[-REMEMBERED:]
        return [Candidate(self.kept[number], True, False) for number in known]

    def get(self, number: str) -> Ticket | None:
        return self.kept.get(number)

    def get_by_origin(self, origin_message_id: str) -> None:
        return None

    def save(self, before: Ticket, after: Ticket, *, origin_message_id: str | None = None) -> None:
        self.kept[after.number] = after
        if after.merged_into:
            self.links.pop((after.merged_into, after.number), None)
            self.links[after.number, after.merged_into] = MERGED


class Office:
    """Files requests and lets their tickets take their course up to `now`."""

    def __init__(self, chance: Chance, now: datetime) -> None:
        self.drawer = Drawer()
        self._chance, self._end = chance, now
        self._clock = now
        self._people: list[tuple[Person, Category, Area]] = []
        self._desk = Desk(
            self.drawer,  # pyright: ignore[reportArgumentType]  (what only reads is never asked)
            load_limits(),
            load_repeat_rule(),
            load_offices(None, "430000"),
            lambda words: None,  # pyright: ignore[reportArgumentType]  (urgency and category are given)
            lambda: self._clock,
        )

    def file(self, at: datetime, *, channel: str = "phone", **known: Any) -> Ticket:
        """Take one request down at this instant; one in nine comes from somebody who came before."""
        draw = self._chance
        again = draw.random.choice(self._people[-400:]) if self._people and draw.happens(0.11) else None
        person, category, area = again or (draw.person(), draw.category(), draw.area())
        category, area = known.pop("category", category), known.pop("area", area)
        self._people.append((person, category, area))
        words = draw.of("matters", category.value)
        told = f"{words}我叫{person.name}，电话{person.phone}。"
        new = NewTicket(
            category=category,
            urgency=known.pop("urgency", None) or draw.random.choices(URGENCIES, (80, 15, 5))[0],
            summary=words[:60],
            description=told,
            area=area,
            applicant=person,
            channel=channel,
            anonymous=False,
            **known,
        )
        self._clock = at
        agent = Actor(f"zuoxi{draw.random.randint(1, 12):02d}", Role.DESK)
        return self._desk.file(new, agent if channel == "phone" else Actor("hotline", Role.SYSTEM))

    def take_its_course(self, ticket: Ticket) -> None:
        """Move it as offices do, quickly or late, until it is archived or the present is reached."""
        with suppress(RuleBroken, _Present):
            self._course(ticket)

    def _course(self, ticket: Ticket) -> None:
        draw, number = self._chance, ticket.number
        self._clock = ticket.opened_at
        agent = Actor(f"zuoxi{draw.random.randint(1, 12):02d}", Role.DESK)
        if draw.happens(0.04):
            self._after(draw.minutes(60))
            self._desk.supplement(number, draw.of("extra_words"))
        if draw.happens(0.03):
            return self._move(number, "withdraw", agent, draw.minutes(300))
        if draw.happens(0.06):
            self._move(number, "answer_directly", agent, draw.minutes(20))
        else:
            self._at_the_office(ticket)
        self._move(number, "follow_up", agent, timedelta(hours=20) + draw.minutes(600))
        if draw.happens(0.02):
            self._move(number, "reopen", agent, draw.minutes(900))
            if draw.happens(0.2):
                return
            return self._at_the_office(self._desk.find(number))
        self._move(number, "archive", agent, draw.minutes(400))

    def _at_the_office(self, ticket: Ticket) -> None:
        draw, number = self._chance, ticket.number
        often = OFTEN_LATELY if self._end - ticket.opened_at < LATELY else 1
        if draw.happens(0.015 * often) and (partner := self._open_partner(ticket)):
            return self._move(number, "merge", DISPATCHER, draw.minutes(200), into=partner)
        self._move(number, "dispatch", DISPATCHER, draw.minutes(40))
        if draw.happens(0.03 * often):
            self._move(number, "return", self._clerk(number), draw.minutes(200))
            if draw.happens(0.2):
                return  # nobody has seen yet that it came back
            other = next(iter(draw.random.sample(sorted(self._offices()), 1)))
            self._move(number, "reassign", DISPATCHER, draw.minutes(60), office=other)
            if draw.happens(0.2):
                return
        if draw.happens(0.015):
            return  # lies there: nobody signs for it
        self._move(number, "sign", self._clerk(number), draw.minutes(90))
        self._move(number, "start", self._clerk(number), draw.minutes(60))
        if draw.happens(0.02 * often):
            self._move(number, "request_extension", self._clerk(number), draw.minutes(60))
            self._move(number, "extend", LEAD, draw.minutes(60))
            if draw.happens(0.3):
                return
            self._move(number, "start", self._clerk(number), draw.minutes(60))
        if draw.happens(0.01):
            self._move(number, "escalate", LEAD, draw.minutes(120))
        if draw.happens(0.012):
            return  # is forgotten: nobody answers
        left = self._desk.find(number).due_at - self._clock
        share = draw.random.betavariate(2, 2.2) if draw.happens(0.95) else draw.random.uniform(1, 2.5)
        self._move(number, "answer", self._clerk(number), max(left * share, timedelta(minutes=5)))

    def _clerk(self, number: str) -> Actor:
        office = self._desk.find(number).office or ""
        return Actor(office, Role.OFFICE, office)

    def _offices(self) -> set[str]:
        return {one.office for one in list(self.drawer.kept.values())[-200:] if one.office}

    def _open_partner(self, ticket: Ticket) -> str | None:
        kept = self.drawer.kept
        closed = (Status.ARCHIVED, Status.MERGED, Status.WITHDRAWN)
        return next((number for number in ticket.related if kept[number].status not in closed), None)

    def _move(self, number: str, transition: str, actor: Actor, later: timedelta, **given: Any) -> None:
        self._after(later)
        reason = (
            self._chance.of("reasons", transition) if transition in self._chance.words["reasons"] else None
        )
        self._desk.move(number, transition, actor=actor, reason=reason, **given)

    def _after(self, later: timedelta) -> None:
        if self._clock + later > self._end:
            raise _Present
        self._clock += later


class _Present(Exception):
    """What would come next lies in the future."""


def write_tickets(connection: Connection, drawer: Drawer, sealer: Sealer) -> int:
    """Write them all, their events in the outbox in the order of time; gives the number of events."""
    rows, made = TicketRows(sealer), list(drawer.kept.values())
    made = [replace(one, version=len(one.history)) for one in made]
    events = [
        rows.event_values(one.number, position, each)
        for one in made
        for position, each in enumerate(one.history, start=1)
    ]
    in_order = sorted(events, key=lambda event: event["at"])
    origins = [
        {"origin_message_id": one.origin_message_id, "number": one.number, "position": 1}
        for one in made
        if one.origin_message_id
    ]
    put(connection, tickets, [rows.ticket_values(one) for one in made])
    put(connection, ticket_events, events)
    put(connection, ticket_supplements, origins)
    put(connection, ticket_outbox, [{k: event[k] for k in ("number", "position")} for event in in_order])
    put(
        connection,
        ticket_links,
        [{"number": n, "related": r, "kind": k} for (n, r), k in drawer.links.items()],
    )
    put(connection, ticket_numbers, [{"day": day, "last": last} for day, last in drawer.last.items()])
    return len(events)


def put(connection: Connection, table: Any, values: list[dict[str, Any]]) -> None:
    """Insert rows, some thousands at a time."""
    for begin in range(0, len(values), CHUNK):
        connection.execute(insert(table), values[begin : begin + CHUNK])
