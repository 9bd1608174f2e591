"""Changes beside the moves: corrections by the desk, added words, links, and the undoing of each."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from tickets.errors import BadRequest, Conflict, RuleBroken
from tickets.history import with_event
from tickets.lifecycle import CLOSED, DESK, TO_DISPATCH, stage_due
from tickets.model import Actor, Area, Category, HistoryEvent, NewTicket, Person, Ticket, Urgency
from tickets.ports import Deadlines, Judged, Routing

CORRECT, SUPPLEMENT, SPLIT, LINK, UNLINK = "correct", "supplement", "split", "link", "unlink"
BECAUSE = "because"

_BY_URGENCY = (Urgency.NORMAL, Urgency.PRIORITY, Urgency.URGENT)
_SUMMARY_CHARS = 60


@dataclass(frozen=True)
class Told:
    """What a citizen's added words say about herself and the place, as far as they do."""

    applicant: Person = field(default_factory=Person)
    area: Area | None = None
    anonymous: bool = False


NOTHING_TOLD = Told()


def corrected(
    ticket: Ticket,
    *,
    actor: Actor,
    at: datetime,
    deadlines: Deadlines,
    routing: Routing,
    reason: str,
    category: Category | None,
    urgency: Urgency | None,
    area: Area | None,
) -> Ticket:
    """Give the ticket with category, urgency or area put right.

    Raises:
        RuleBroken: the ticket is closed, or the role may not correct.
        BadRequest: no reason, or nothing that differs.
    """
    _for_the_desk(ticket, actor, CORRECT, reason)
    changed = replace(
        ticket,
        category=category or ticket.category,
        urgency=urgency or ticket.urgency,
        area=area or ticket.area,
    )
    if changed == ticket:
        raise BadRequest(f"ticket {ticket.number}: the correction changes nothing", "corrects_nothing")
    if changed.status in TO_DISPATCH:
        changed = replace(
            changed, office=routing.office_for(changed.area, changed.category, changed.urgency).office
        )
    changed = _hurried(ticket, changed, at, deadlines)
    return with_event(ticket, changed, at=at, actor=actor, action=CORRECT, reason=reason)


def added_words(
    ticket: Ticket,
    words: str,
    *,
    actor: Actor,
    at: datetime,
    deadlines: Deadlines,
    routing: Routing,
    urgency: Urgency | None,
    because: str | None = None,
    told: Told = NOTHING_TOLD,
) -> Ticket:
    """Give the ticket with words added to its history; it becomes more urgent if they are.

    Args:
        because: why they were taken to be about this ticket; the event keeps it among its changes.
        told: what the words say about caller and place; it takes the place of what the ticket says.
    Raises:
        Conflict: the ticket is closed.
    """
    if ticket.status in CLOSED:
        raise Conflict(
            f"ticket {ticket.number} is {ticket.status}: nothing can be added to it; file a new one"
        )
    more_urgent = max(ticket.urgency, urgency or ticket.urgency, key=_BY_URGENCY.index)
    person, said = ticket.applicant, told.applicant
    changed = replace(
        ticket,
        urgency=more_urgent,
        area=told.area or ticket.area,
        anonymous=ticket.anonymous or told.anonymous,
        applicant=Person(
            None if told.anonymous else said.name or person.name,
            said.phone or person.phone,
            said.id_number or person.id_number,
        ),
    )
    if changed.area != ticket.area and changed.status in TO_DISPATCH:
        changed = replace(
            changed, office=routing.office_for(changed.area, changed.category, changed.urgency).office
        )
    longer = _hurried(ticket, changed, at, deadlines)
    longer = with_event(ticket, longer, at=at, actor=actor, action=SUPPLEMENT, reason=words)
    if because is None:
        return longer
    event = longer.history[-1]
    explained = replace(event, changes=event.changes | {BECAUSE: (None, because)})
    return replace(longer, history=(*ticket.history, explained))


def supplement_at(ticket: Ticket, position: int) -> str:
    """Give the words that were added at a place of the history (from 1).

    Raises:
        BadRequest: there are none, or they were split off already.
    """
    event = ticket.history[position - 1] if 0 < position <= len(ticket.history) else None
    if event is None or event.action != SUPPLEMENT or not event.reason:
        places = [str(index) for index, one in enumerate(ticket.history, 1) if one.action == SUPPLEMENT]
        raise BadRequest(
            f"ticket {ticket.number} has no words added at {position}; "
            f"there are some at: {', '.join(places) or 'nowhere'}",
            "no_such_words",
        )
    if any(
        one.action == SPLIT and SUPPLEMENT in one.changes and one.changes[SUPPLEMENT][0] == str(position)
        for one in ticket.history
    ):
        raise BadRequest(
            f"ticket {ticket.number}: the words at {position} already have a ticket of their own",
            "split_already",
        )
    return event.reason


def split_off(
    ticket: Ticket, position: int, words: str, judged: Judged, *, actor: Actor, at: datetime, reason: str
) -> tuple[Ticket, NewTicket]:
    """Give the ticket without its claim to the added words, and the request that they become."""
    _for_the_desk(ticket, actor, SPLIT, reason, also_closed=True)
    shorter = with_event(ticket, ticket, at=at, actor=actor, action=SPLIT, reason=reason)
    event: HistoryEvent = replace(shorter.history[-1], changes={SUPPLEMENT: (str(position), None)})
    new = NewTicket(
        category=judged.category,
        urgency=judged.urgency,
        summary=words[:_SUMMARY_CHARS],
        description=words,
        area=ticket.area,
        applicant=ticket.applicant,
        beneficiary=ticket.beneficiary,
        relation=ticket.relation,
        anonymous=ticket.anonymous,
        channel=ticket.channel,
        conversation_id=ticket.conversation_id,
        triage=judged.reasons,
    )
    return replace(shorter, history=(*ticket.history, event)), new


def joined(ticket: Ticket, other: str, *, actor: Actor, at: datetime, reason: str, together: bool) -> Ticket:
    """Give the ticket linked to another one, or no longer.

    Raises:
        BadRequest: no reason, with itself, already so, or the link of a merge (undo that with `unmerge`).
    """
    action = LINK if together else UNLINK
    _for_the_desk(ticket, actor, action, reason, also_closed=True)
    if other == ticket.number:
        raise BadRequest(f"ticket {other} cannot be linked to itself", "link_to_itself")
    if (other in ticket.related) is together:
        raise BadRequest(
            f"ticket {ticket.number} is {'already' if together else 'not'} linked to {other}",
            "linked_already" if together else "not_linked",
        )
    if other == ticket.merged_into:
        raise BadRequest(
            f"ticket {ticket.number} is merged into {other}: undo it with unmerge", "link_of_merge"
        )
    related = (*ticket.related, other) if together else tuple(one for one in ticket.related if one != other)
    return with_event(
        ticket, replace(ticket, related=related), at=at, actor=actor, action=action, reason=reason
    )


def _hurried(before: Ticket, after: Ticket, at: datetime, deadlines: Deadlines) -> Ticket:
    """Count the promise anew where matter, urgency or region changed; it may come earlier, never later."""
    if (before.category, before.urgency, before.area.adcode) == (
        after.category,
        after.urgency,
        after.area.adcode,
    ):
        return after
    promise = deadlines.due_at(after.category, after.urgency, at, after.area.adcode)
    after = replace(after, due_at=min(before.due_at, promise))
    step = stage_due(after, at, deadlines)
    known = [due for due in (before.stage_due_at, step) if due]
    return replace(after, stage_due_at=min(known) if known else None)


def _for_the_desk(
    ticket: Ticket, actor: Actor, action: str, reason: str, *, also_closed: bool = False
) -> None:
    if actor.role not in DESK:
        raise RuleBroken(
            f"ticket {ticket.number}: {action} is for {', '.join(sorted(DESK))}, not {actor.role}"
        )
    if not also_closed and ticket.status in CLOSED:
        raise RuleBroken(f"ticket {ticket.number} is {ticket.status}: reopen it before you {action} it")
    if not reason.strip():
        raise BadRequest(f"ticket {ticket.number}: {action} needs a reason", "no_reason")
