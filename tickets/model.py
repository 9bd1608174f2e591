"""What a ticket is. Plain values: no database, no files, no clock of its own."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Category(StrEnum):
    """The matters that the hotline takes down; the values are the contract with case systems."""

    MINIMUM_LIVING = "低保"
    EXTREME_POVERTY = "特困供养"
    TEMPORARY = "临时救助"
    MARGINAL = "低保边缘/刚性支出"
    MEDICAL = "医疗救助"
    EDUCATION = "教育救助"
    HOUSING = "住房救助"
    EMPLOYMENT = "就业救助"
    DISASTER = "受灾救助"
    DISABILITY = "残疾人福利"
    ELDERLY = "老年人福利"
    CHILDREN = "儿童福利"
    VAGRANCY = "流浪乞讨救助"
    FUNERAL_AND_OTHER = "丧葬/其他民政"
    COMPLAINT = "投诉建议"


class Urgency(StrEnum):
    """How soon somebody must act; the limits that go with each are in data/limits.yml."""

    URGENT = "紧急"
    PRIORITY = "优先"
    NORMAL = "普通"


class Status(StrEnum):
    """Where a ticket stands, after GB/T 33358-2016 (政府热线服务规范); moves are in lifecycle.py."""

    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    SIGNED = "signed"
    IN_PROGRESS = "in_progress"
    ANSWERED = "answered"
    FOLLOWED_UP = "followed_up"
    ARCHIVED = "archived"
    RETURNED = "returned"
    REASSIGNED = "reassigned"
    EXTENDED = "extended"
    ESCALATED = "escalated"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    REOPENED = "reopened"


class Role(StrEnum):
    """Who moves a ticket: citizen, agent (坐席), dispatcher (派单员), supervisor, office, software."""

    CITIZEN = "citizen"
    DESK = "desk"
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    OFFICE = "office"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Someone who acts on a ticket: `name` is a work number or an office, never a citizen's name.

    `office`: the one that an actor of Role.OFFICE works for; None for whoever acts for all of them.
    """

    name: str
    role: Role
    office: str | None = None


@dataclass(frozen=True)
class Area:
    """A place down to the township; `adcode` is the 6-digit GB/T 2260 code of the deepest known level.

    `detail` is the rest of the address (village, street, door) and counts as personal data.
    """

    province: str | None = None
    city: str | None = None
    county: str | None = None
    township: str | None = None
    adcode: str | None = None
    detail: str | None = None

    def __str__(self) -> str:
        """Give the names in order, without the detail; a municipality is named once."""
        names = (self.province, self.city, self.county, self.township)
        return "".join(dict.fromkeys(name for name in names if name))


@dataclass(frozen=True)
class Person:
    """How to reach the applicant (诉求人). Everything here is personal data."""

    name: str | None = None
    phone: str | None = None
    id_number: str | None = None


Changes = dict[str, tuple[str | None, str | None]]
"""Field name → (value before, value after), as text; instants in ISO 8601, UTC."""


@dataclass(frozen=True)
class HistoryEvent:
    """One line of the append-only history: who did what, when, and why.

    `changes` gives old and new value of every other field that the event changed (office, due_at, category …;
    never personal data), so that the history explains the state. For `supplement`, `reason` holds the words
    that the citizen added.
    """

    at: datetime
    actor: str
    action: str
    from_status: Status | None
    to_status: Status
    reason: str | None = None
    changes: Changes = field(default_factory=dict)


@dataclass(frozen=True)
class NewTicket:
    """What the intake knows before the desk gives it a number and a time.

    `origin_message_id` is the message that confirmed the request: filing it twice gives one ticket.
    `triage` says why this category and urgency were chosen; it may quote the citizen.
    """

    category: Category
    urgency: Urgency
    summary: str
    description: str
    area: Area = field(default_factory=Area)
    applicant: Person = field(default_factory=Person)
    beneficiary: str | None = None
    relation: str | None = None
    anonymous: bool = False
    channel: str = "web"
    conversation_id: str | None = None
    origin_message_id: str | None = None
    triage: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ticket:
    """One request for help (工单). Instants are timezone-aware UTC; `version` grows with every change.

    `due_at` is the promise to the citizen; `stage_due_at` is when the present step (dispatch, sign, answer,
    follow up) must be done, None once the ticket is closed. `erased_at`: when its personal data was erased.
    """

    number: str
    category: Category
    urgency: Urgency
    status: Status
    area: Area
    summary: str
    description: str
    applicant: Person
    beneficiary: str | None
    relation: str | None
    anonymous: bool
    channel: str
    conversation_id: str | None
    origin_message_id: str | None
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None = None
    office: str | None = None
    related: tuple[str, ...] = ()
    version: int = 1
    history: tuple[HistoryEvent, ...] = ()
    merged_into: str | None = None
    stage_due_at: datetime | None = None
    triage: tuple[str, ...] = ()
    erased_at: datetime | None = None

    def is_overdue(self, now: datetime) -> bool:
        """Say whether the promised time has passed while the ticket is still open."""
        return self.closed_at is None and now > self.due_at


@dataclass(frozen=True)
class TicketFilter:
    """Which tickets a list shows; every field that is None lets all pass.

    `phone` and `id_number` find by keyed fingerprint; `adcode` is a prefix (43 is the whole province);
    `due_before` compares the time by which the present step is due and leaves closed tickets out.
    """

    status: Status | None = None
    category: Category | None = None
    urgency: Urgency | None = None
    office: str | None = None
    adcode: str | None = None
    since: datetime | None = None
    due_before: datetime | None = None
    phone: str | None = None
    id_number: str | None = None


@dataclass(frozen=True)
class Disclosure:
    """One line of the record of who saw personal data in full: a ticket, or an export (`scope`)."""

    at: datetime
    actor: str
    reason: str
    scope: str
    number: str | None
