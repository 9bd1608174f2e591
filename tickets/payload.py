"""What a case system is sent about one event: the body of the message, after Standard Webhooks 1.0.0.

Thin, with nothing personal in it:

    {"type": "ticket.dispatch", "timestamp": "2026-03-12T09:00:00+08:00",
     "data": {"id": "evt_20260312-0001-9_2", "number": "20260312-0001-9", "position": 2,
              "status": "dispatched", "action": "dispatch", "at": "2026-03-12T09:00:00+08:00",
              "office": "民政局"}}

`status` and `office` are those after this event. Full adds `data.ticket`: the ticket as it is when the
message is sent, perhaps newer than the event (compare `data.ticket.version` with `data.position`).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tickets.case_systems import Push
from tickets.delivery_ports import OutgoingEvent
from tickets.export import record_of
from tickets.model import HistoryEvent, Ticket
from tickets.numbering import BEIJING
from tickets.privacy import anonymise, mask_ticket
from tickets.profiles import load_profile
from tickets.record import Record, ticket_record

ORDINARY_BYTES = 20_000
"""What the specification calls usual. A longer one is sent whole all the same, and logged: never cut."""


def payload(event: OutgoingEvent, push: Push, own_profiles: Path | None = None) -> bytes:
    """Give the body to sign and send: UTF-8 JSON, the same bytes for the same event and ticket.

    Personal data is masked unless `push.reveal` says why it may be shown; of an anonymous request nothing
    leads to the person in any case, and of an erased one nothing is left. Record the disclosure first.

    Raises:
        BadRequest: the profile does not exist or is not valid.
    """
    at = event.event.at.astimezone(BEIJING).isoformat(timespec="seconds")
    data: Record = {
        "id": event.id,
        "number": event.ticket.number,
        "position": event.position,
        "status": event.event.to_status.value,
        "action": event.event.action,
        "at": at,
    }
    if office := _office_after(event.ticket.history[: event.position]):
        data["office"] = office
    if push.payload == "full":
        data["ticket"] = _told(event.ticket, push, own_profiles)
    message = {"type": f"ticket.{event.event.action}", "timestamp": at, "data": data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _told(ticket: Ticket, push: Push, own_profiles: Path | None) -> Record:
    reveal = push.reveal is not None
    if push.profile is None:
        if not reveal:
            return ticket_record(mask_ticket(ticket))
        return ticket_record(anonymise(ticket) if ticket.anonymous else ticket)
    return record_of(ticket, load_profile(push.profile, own_profiles), reveal=reveal)


def _office_after(history: Sequence[HistoryEvent]) -> str | None:
    changes: list[Any] = [event.changes["office"][1] for event in history if "office" in event.changes]
    return changes[-1] if changes else None
