"""What filing a request will come to: earlier tickets of the person, the office, the promised time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tickets.model import NewTicket, Ticket, TicketFilter
from tickets.ports import Candidate, Clock, Deadlines, Routing
from tickets.repeats import RepeatRule
from tickets.service import Desk

_EARLIER = 20


@dataclass(frozen=True)
class Outlook:
    """`adds_to` is the open ticket that the words would be added to, None where a new one would be made;
    `earlier` are tickets of the same person, newest first; `office` and `due_at` those of a new ticket."""

    office: str
    due_at: datetime
    earlier: tuple[Ticket, ...] = ()
    adds_to: Ticket | None = None


class Prospects:
    """Looks ahead with the desk's own rules; what happens in the end is the desk's to say."""

    def __init__(
        self, desk: Desk, deadlines: Deadlines, routing: Routing, repeats: RepeatRule, clock: Clock
    ) -> None:
        self._desk = desk
        self._deadlines = deadlines
        self._routing = routing
        self._repeats = repeats
        self._clock = clock

    def of(self, new: NewTicket) -> Outlook:
        """Give what would become of a request if it were filed now."""
        now = self._clock()
        earlier = self._earlier(new, self._repeats.since(now))
        judged = self._repeats.judge(new, [Candidate(ticket, True, False) for ticket in earlier])
        return Outlook(
            office=self._routing.office_for(new.area, new.category, new.urgency).office,
            due_at=self._deadlines.due_at(new.category, new.urgency, now, new.area.adcode),
            earlier=tuple(earlier),
            adds_to=next((one for one in earlier if one.number == judged.adds_to), None),
        )

    def _earlier(self, new: NewTicket, since: datetime) -> Sequence[Ticket]:
        """The tickets of the same phone or ID number, newest first."""
        person = new.applicant
        wanted = [
            TicketFilter(since=since, phone=person.phone) if person.phone else None,
            TicketFilter(since=since, id_number=person.id_number) if person.id_number else None,
        ]
        found = {
            ticket.number: ticket
            for one in wanted
            if one is not None
            for ticket in self._desk.list(one, limit=_EARLIER)
            if ticket.erased_at is None
        }
        return sorted(found.values(), key=lambda ticket: ticket.opened_at, reverse=True)
