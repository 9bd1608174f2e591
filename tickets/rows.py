"""Turns tickets into sealed rows and rows into tickets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tickets.model import Area, Category, HistoryEvent, NewTicket, Person, Status, Ticket, Urgency
from tickets.privacy import Sealer, plain_phone

TAIL_DIGITS = 4

Row = Mapping[Any, Any]


class TicketRows:
    """Seals on the way in and opens on the way out; every sealed value is bound to its ticket and column."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def tail_print(self, number: str, tail: str) -> str:
        """Fingerprint the last four digits of a phone for one ticket only: four digits alone would repeat."""
        return self._sealer.fingerprint(tail, f"phone_tail/{number}")

    def prints(self, person: Person) -> dict[str, str]:
        """Fingerprint phone and ID number, as far as they are known, whichever way they are written."""
        found = {}
        if person.phone:
            found["phone_print"] = self._sealer.fingerprint(plain_phone(person.phone), "phone")
        if person.id_number:
            found["id_number_print"] = self._sealer.fingerprint(person.id_number, "id_number")
        return found

    def other_beneficiary(self, row: Row, new: NewTicket) -> bool:
        """Say whether a stored ticket is known to be for somebody else than the new one (代办)."""
        stored = self._open(row, "beneficiary_sealed")
        return bool(stored and new.beneficiary and stored.strip() != new.beneficiary.strip())

    def ticket_values(
        self, new: NewTicket, number: str, day: int, sequence: int, opened_at: datetime, due_at: datetime
    ) -> dict[str, Any]:
        """Give the column values of a ticket about to be written."""
        area = new.area
        return {
            "number": number,
            "day": day,
            "sequence": sequence,
            "category": new.category.value,
            "urgency": new.urgency.value,
            "status": Status.ACCEPTED.value,
            "province": area.province,
            "city": area.city,
            "county": area.county,
            "township": area.township,
            "adcode": area.adcode,
            "address_sealed": self._seal(number, "address_sealed", area.detail),
            "summary_sealed": self._seal(number, "summary_sealed", new.summary),
            "description_sealed": self._seal(number, "description_sealed", new.description),
            "beneficiary_sealed": self._seal(number, "beneficiary_sealed", new.beneficiary),
            **self._person_values(number, new.applicant),
            "relation": new.relation,
            "anonymous": new.anonymous,
            "channel": new.channel,
            "conversation_id": new.conversation_id,
            "origin_message_id": new.origin_message_id,
            "opened_at": opened_at,
            "due_at": due_at,
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
        }

    def ticket(self, row: Row, events: Sequence[Row], related: Sequence[str]) -> Ticket:
        """Build a ticket from its row, its events in order, and the numbers linked to it."""
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
        )

    def _event(self, row: Row) -> HistoryEvent:
        sealed = row["reason_sealed"]
        reason = self._sealer.open(sealed, f"{row['number']}/reason/{row['position']}") if sealed else None
        origin = Status(row["from_status"]) if row["from_status"] else None
        return HistoryEvent(row["at"], row["actor"], row["action"], origin, Status(row["to_status"]), reason)

    def _person_values(self, number: str, person: Person) -> dict[str, str | None]:
        phone, id_number = person.phone, person.id_number
        tail = plain_phone(phone or "")[-TAIL_DIGITS:]
        return {
            "name_sealed": self._seal(number, "name_sealed", person.name),
            "phone_sealed": self._seal(number, "phone_sealed", phone),
            "phone_tail_print": self.tail_print(number, tail) if len(tail) == TAIL_DIGITS else None,
            "id_number_sealed": self._seal(number, "id_number_sealed", id_number),
            "phone_print": None,
            "id_number_print": None,
            **self.prints(person),
        }

    def _seal(self, number: str, column: str, text: str | None) -> str | None:
        return self._sealer.seal(text, f"{number}/{column}") if text else None

    def _open(self, row: Row, column: str) -> str | None:
        return self._sealer.open(row[column], f"{row['number']}/{column}") if row[column] else None
