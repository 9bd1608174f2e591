"""What a delivery is: one history event on its way to one case system. Plain values, nothing personal."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tickets.delivery_ports import event_id
from tickets.errors import BadRequest
from tickets.numbering import parse_number

_EVENT = re.compile(r"evt_(.+)_([1-9][0-9]{0,8})")


class DeliveryState(StrEnum):
    """DEAD: every attempt failed (a dead letter); SETTLED: a person handed it over by other means."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    SETTLED = "settled"


UNFINISHED = (DeliveryState.WAITING, DeliveryState.DEAD)


class SystemState(StrEnum):
    """PAUSED: by a person; DISABLED: the system answered 410, it wants no more events."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


@dataclass(frozen=True)
class Claim:
    """An event that one worker alone may send, until the lease ends.

    `attempts`: how often it failed before; `holder` names the worker and this claim.
    """

    system: str
    number: str
    position: int
    attempts: int
    holder: str


@dataclass(frozen=True)
class Delivery:
    """One row of the deliveries, with what happened and when after the history.

    Attributes:
        sequence: place in the outbox, the order of commits.
        next_at: a waiting one is not sent before.
        settled_at: when it was delivered, settled or given up. settled_by: the person who settled it.
        last_error: why the last attempt failed; of a settled one, why a person settled it.
    """

    system: str
    number: str
    position: int
    sequence: int
    action: str
    at: datetime
    state: DeliveryState
    attempts: int
    next_at: datetime
    claimed_until: datetime | None
    created_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    last_status: int | None
    last_error: str | None

    @property
    def id(self) -> str:
        """The event's id, which is its idempotency key."""
        return event_id(self.number, self.position)


@dataclass(frozen=True)
class DeliveryFilter:
    """Which deliveries are meant; every field that is None lets all pass.

    Attributes:
        first, last: positions in the ticket's history, both included.
        first_sequence, last_sequence: places in the outbox, both included.
        since, until: instants at which the event happened, the second one excluded.
    """

    system: str | None = None
    state: DeliveryState | None = None
    number: str | None = None
    first: int | None = None
    last: int | None = None
    first_sequence: int | None = None
    last_sequence: int | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERY_DELIVERY = DeliveryFilter()


def one_event(system: str | None, id: str) -> DeliveryFilter:
    """Give the filter for a single event, named as receivers know it: evt_20261122-0001-9_3.

    Raises:
        BadRequest: it is no event id. BadNumber: the ticket number in it is mistyped.
    """
    match = _EVENT.fullmatch(id.strip())
    if match is None:
        raise BadRequest(f"{id!r} is no event; write it like evt_20261122-0001-9_3")
    position = int(match[2])
    return DeliveryFilter(system, number=parse_number(match[1]), first=position, last=position)


@dataclass(frozen=True)
class SystemFigures:
    """Where the deliveries to one case system stand.

    Attributes:
        counts: deliveries by state; every state is there.
        not_handed_out: events of the outbox that are no delivery yet; more than a few: no dispatcher runs.
        oldest_undelivered: since when the oldest waiting, dead or not handed out event waits.
        last_status, last_error: of the newest failure among those that are still undelivered.
    """

    name: str
    state: SystemState
    reason: str | None
    changed_by: str
    changed_at: datetime
    counts: Mapping[DeliveryState, int]
    not_handed_out: int
    oldest_undelivered: datetime | None
    last_status: int | None
    last_error: str | None
