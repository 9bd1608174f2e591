"""What leaves over HTTP about tickets (the interface: /openapi.json)."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from tickets.lifecycle import Move
from tickets.model import Category, Disclosure, HistoryEvent, Status, Ticket, Urgency
from tickets.texts import desk_texts
from tickets.wording import changes_in_words


class AreaOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    province: str | None
    city: str | None
    county: str | None
    township: str | None
    adcode: str | None
    detail: str | None = None


class PersonOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str | None
    phone: str | None
    id_number: str | None


class EventOut(BaseModel):
    """One line of the history. `changes`: field → [before, after]; `position` counts from 1."""

    position: int
    at: datetime
    actor: str
    action: str
    action_title: str
    from_status: Status | None
    to_status: Status
    reason: str | None
    changes: dict[str, tuple[str | None, str | None]]
    changes_in_words: str

    @classmethod
    def of(cls, position: int, event: HistoryEvent) -> "EventOut":
        return cls(
            position=position,
            at=event.at,
            actor=event.actor,
            action=event.action,
            action_title=desk_texts()["action"].get(event.action, event.action),
            from_status=event.from_status,
            to_status=event.to_status,
            reason=event.reason,
            changes=event.changes,
            changes_in_words=changes_in_words(event.changes),
        )


class HistoryOut(BaseModel):
    number: str
    version: int
    history: list[EventOut]

    @classmethod
    def of(cls, ticket: Ticket) -> "HistoryOut":
        return cls(number=ticket.number, version=ticket.version, history=events_of(ticket))


class TicketOut(BaseModel):
    """A ticket; personal data is masked unless it was asked for with a reason.

    `due_at` is the promise to the citizen, `stage_due_at` the time by which the present step must be done.
    """

    number: str
    category: Category
    urgency: Urgency
    status: Status
    area: AreaOut
    summary: str
    description: str
    applicant: PersonOut
    beneficiary: str | None
    relation: str | None
    anonymous: bool
    channel: str
    conversation_id: str | None
    opened_at: datetime
    due_at: datetime
    stage_due_at: datetime | None
    closed_at: datetime | None
    office: str | None
    related: list[str]
    merged_into: str | None
    triage: list[str]
    erased_at: datetime | None
    version: int
    history: list[EventOut]

    @classmethod
    def of(cls, ticket: Ticket) -> Self:
        own = {name: getattr(ticket, name) for name in TicketOut.model_fields if name != "history"}
        return cls.model_validate(own | {"history": events_of(ticket)})


class FiledOut(TicketOut):
    """The ticket of a request. `added_to` is its number when the words were added to an earlier one."""

    added_to: str | None = None


class TicketListOut(BaseModel):
    """One page. `next_before` is the `before` of the page below; null when this one was not full."""

    tickets: list[TicketOut]
    next_before: str | None = None


class MoveOut(BaseModel):
    """A move that is open to the caller; `needs` names what must be given (reason, office, into)."""

    transition: str
    title: str
    needs: list[str]
    target: Status | None

    @classmethod
    def of(cls, move: Move) -> "MoveOut":
        return cls(
            transition=move.transition,
            title=desk_texts()["action"][move.transition],
            needs=sorted(move.needs),
            target=move.target,
        )


class MovesOut(BaseModel):
    number: str
    status: Status
    version: int
    moves: list[MoveOut]


class DisclosureOut(BaseModel):
    """Who saw personal data in full, when and why: of one ticket, or of an export."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    actor: str
    reason: str
    scope: str
    number: str | None

    @classmethod
    def of(cls, disclosure: Disclosure) -> "DisclosureOut":
        return cls.model_validate(disclosure)


class DisclosureListOut(BaseModel):
    disclosures: list[DisclosureOut]


class ProblemOut(BaseModel):
    """An error (RFC 9457). `allowed`, `needed` and `has`, `version` come where they help to go on."""

    type: str
    title: str
    status: int
    detail: str
    citizen_message: str
    allowed: list[str] | None = None
    needed: str | None = None
    has: list[str] | None = None
    version: int | None = None
    errors: list[dict[str, Any]] | None = None


def events_of(ticket: Ticket) -> list[EventOut]:
    """Give the history with its positions."""
    return [EventOut.of(position, event) for position, event in enumerate(ticket.history, start=1)]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the errors of a route for /openapi.json."""
    return {status: {"model": ProblemOut, "content": {"application/problem+json": {}}} for status in statuses}
