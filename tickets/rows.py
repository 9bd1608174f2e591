"""Turns tickets into sealed rows and rows into tickets."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tickets.model import Area, Category, HistoryEvent, Person, Status, Ticket, Urgency
from tickets.numbering import split_number
from tickets.privacy import Sealer, plain_phone

TAIL_DIGITS = 4

Row = Mapping[Any, Any]


class TicketRows:
    """Seals on the way in and opens on the way out; every sealed value is bound to its ticket and column."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def tail_prints(self, number: str, tail: str) -> tuple[str, ...]:
        """Fingerprint the last four digits of a phone for one ticket only: four digits alone would repeat.

        Several while rows printed with an older key are left, the newest first; the same holds below.
        """
        return self._sealer.fingerprints(tail, f"phone_tail/{number}")

    def person_prints(self, person: Person) -> dict[str, tuple[str, ...]]:
        """Fingerprint phone and ID number, as far as they are known, whichever way they are written."""
        found = {}
        if person.phone:
            found["phone_print"] = self._sealer.fingerprints(plain_phone(person.phone), "phone")
        if person.id_number:
            found["id_number_print"] = self._sealer.fingerprints(person.id_number, "id_number")
        return found

    def place_prints(self, area: Area) -> tuple[str, ...]:
        """Fingerprint the exact place; nothing where the address is not known down to village or street."""
        if not area.detail or not (area.county or area.city):
            return ()
        return self._sealer.fingerprints(f"{area}{area.detail}", "place")

    def ticket_values(self, ticket: Ticket) -> dict[str, Any]:
        """Give the column values of a ticket about to be written."""
        day, sequence = split_number(ticket.number)
        return {
            "number": ticket.number,
            "day": day,
            "sequence": sequence,
            "summary_sealed": self._seal(ticket.number, "summary_sealed", ticket.summary),
            "description_sealed": self._seal(ticket.number, "description_sealed", ticket.description),
            "beneficiary_sealed": self._seal(ticket.number, "beneficiary_sealed", ticket.beneficiary),
            "relation": ticket.relation,
            "channel": ticket.channel,
            "conversation_id": ticket.conversation_id,
            "origin_message_id": ticket.origin_message_id,
            "opened_at": ticket.opened_at,
            **self.changing_values(ticket),
        }

    def changing_values(self, ticket: Ticket) -> dict[str, Any]:
        """Give the column values that a move, a correction or added words may change."""
        area, number = ticket.area, ticket.number
        triage = json.dumps(ticket.triage, ensure_ascii=False) if ticket.triage else None
        return {
            **self._person_values(number, ticket.applicant),
            "anonymous": ticket.anonymous,
            "category": ticket.category.value,
            "urgency": ticket.urgency.value,
            "status": ticket.status.value,
            "province": area.province,
            "city": area.city,
            "county": area.county,
            "township": area.township,
            "adcode": area.adcode,
            "address_sealed": self._seal(number, "address_sealed", area.detail),
            "place_print": next(iter(self.place_prints(area)), None),
            "triage_sealed": self._seal(number, "triage_sealed", triage),
            "due_at": ticket.due_at,
            "stage_due_at": ticket.stage_due_at,
            "closed_at": ticket.closed_at,
            "office": ticket.office,
            "version": ticket.version,
        }

    def event_values(self, number: str, position: int, event: HistoryEvent) -> dict[str, Any]:
        """Give the column values of one history event."""
        return {
            "number": number,
            "position": position,
            "at": event.at,
            "actor": event.actor,
            "action": event.action,
            "from_status": event.from_status and event.from_status.value,
            "to_status": event.to_status.value,
            "reason_sealed": self._seal(number, f"reason/{position}", event.reason),
            "changes": {name: list(values) for name, values in event.changes.items()} or None,
        }

    def ticket(
        self, row: Row, events: Sequence[Row], related: Sequence[str], merged_into: str | None
    ) -> Ticket:
        """Build a ticket from its row, its events in order, and the numbers linked to it."""
        triage = self._open(row, "triage_sealed")
        return Ticket(
            number=row["number"],
            category=Category(row["category"]),
            urgency=Urgency(row["urgency"]),
            status=Status(row["status"]),
            area=Area(
                row["province"],
                row["city"],
                row["county"],
                row["township"],
                row["adcode"],
                self._open(row, "address_sealed"),
            ),
            summary=self._open(row, "summary_sealed") or "",
            description=self._open(row, "description_sealed") or "",
            applicant=Person(
                self._open(row, "name_sealed"),
                self._open(row, "phone_sealed"),
                self._open(row, "id_number_sealed"),
            ),
            beneficiary=self._open(row, "beneficiary_sealed"),
            relation=row["relation"],
            anonymous=row["anonymous"],
            channel=row["channel"],
            conversation_id=row["conversation_id"],
            origin_message_id=row["origin_message_id"],
            opened_at=row["opened_at"],
            due_at=row["due_at"],
            closed_at=row["closed_at"],
            office=row["office"],
            related=tuple(related),
            version=row["version"],
            history=tuple(self._event(event) for event in events),
            merged_into=merged_into,
            stage_due_at=row["stage_due_at"],
            triage=tuple(json.loads(triage)) if triage else (),
            erased_at=row["erased_at"],
        )

    def _event(self, row: Row) -> HistoryEvent:
        sealed = row["reason_sealed"]
        reason = self._sealer.open(sealed, f"{row['number']}/reason/{row['position']}") if sealed else None
        origin = Status(row["from_status"]) if row["from_status"] else None
        changes = {name: (old, new) for name, (old, new) in (row["changes"] or {}).items()}
        return HistoryEvent(
            row["at"], row["actor"], row["action"], origin, Status(row["to_status"]), reason, changes
        )

    def _person_values(self, number: str, person: Person) -> dict[str, str | None]:
        phone, id_number = person.phone, person.id_number
        tail = plain_phone(phone or "")[-TAIL_DIGITS:]
        prints = {column: values[0] for column, values in self.person_prints(person).items()}
        return {
            "name_sealed": self._seal(number, "name_sealed", person.name),
            "phone_sealed": self._seal(number, "phone_sealed", phone),
            "phone_tail_print": self.tail_prints(number, tail)[0] if len(tail) == TAIL_DIGITS else None,
            "id_number_sealed": self._seal(number, "id_number_sealed", id_number),
            "phone_print": None,
            "id_number_print": None,
            **prints,
        }

    def _seal(self, number: str, column: str, text: str | None) -> str | None:
        return self._sealer.seal(text, f"{number}/{column}") if text else None

    def _open(self, row: Row, column: str) -> str | None:
        return self._sealer.open(row[column], f"{row['number']}/{column}") if row[column] else None
