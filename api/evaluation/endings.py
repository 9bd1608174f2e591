"""In which state a dialogue ended, seen from the tickets and the turns."""

from collections.abc import Callable, Mapping

from api.evaluation.crisis import CRISIS, PERSON_CALLED
from api.evaluation.driver import Run
from api.evaluation.script import (
    CANCELLED,
    CREATED,
    ESCALATED,
    INFO_ONLY,
    NO_NEW_TICKET,
    STATUS_SHOWN,
    WITHDRAWN,
)

URGENT = "紧急"
UNFINISHED, ALARMED = "unfinished", "alarmed"


def reached(run: Run) -> bool:
    """Whether the dialogue ended in the state that was expected."""
    return _REACHED[run.dialogue.final_state](run)


def observed(run: Run) -> str:
    """Name the state in which the dialogue ended; `unfinished`: a request was begun and left open;
    `alarmed`: an alarm that left no urgent ticket or called nobody."""
    order = (WITHDRAWN, ESCALATED, CREATED, NO_NEW_TICKET)
    found = next((state for state in order if _REACHED[state](run)), None)
    if found:
        return found
    if _alarmed(run):
        return ALARMED
    if run.form_open:
        return UNFINISHED
    if any(one.outcome == "withdrawn" for one in run.exchanges):
        return CANCELLED
    return STATUS_SHOWN if _REACHED[STATUS_SHOWN](run) else INFO_ONLY


def supplements(ticket: Mapping) -> int:
    """Count the times that words were added to a ticket."""
    return sum(event["action"] == "supplement" for event in ticket["history"])


def _created(run: Run) -> bool:
    return bool(run.open_tickets) and not _alarmed(run)


def _escalated(run: Run) -> bool:
    urgent = any(ticket["urgency"] == URGENT for ticket in run.open_tickets)
    return urgent and run.owner in PERSON_CALLED


def _cancelled(run: Run) -> bool:
    return not run.open_tickets and not run.form_open and not _alarmed(run)


def _info_only(run: Run) -> bool:
    began = any(one.outcome == "intake" for one in run.exchanges)
    return not run.tickets and not run.form_open and not _alarmed(run) and not began


def _status_shown(run: Run) -> bool:
    """The bot named the ticket's number and its progress, and changed nothing."""
    number = run.existing["number"] if run.existing else None
    shown = any(
        one.outcome == "ticket_status" and number and one.ticket_number == number for one in run.exchanges
    )
    return shown and not run.open_tickets and not _existing_withdrawn(run)


def _no_new_ticket(run: Run) -> bool:
    if run.existing is None or run.existing_before is None:
        return False
    added = supplements(run.existing) > supplements(run.existing_before)
    return added and not run.open_tickets and not _existing_withdrawn(run)


def _withdrawn(run: Run) -> bool:
    own = any(ticket["status"] == "withdrawn" for ticket in run.tickets) and run.existing is None
    return (_existing_withdrawn(run) or own) and not run.open_tickets


def _existing_withdrawn(run: Run) -> bool:
    before, after = run.existing_before, run.existing
    return bool(before and after and after["status"] == "withdrawn" != before["status"])


def _alarmed(run: Run) -> bool:
    return any(one.outcome == CRISIS for one in run.exchanges)


_REACHED: Mapping[str, Callable[[Run], bool]] = {
    CREATED: _created,
    ESCALATED: _escalated,
    CANCELLED: _cancelled,
    STATUS_SHOWN: _status_shown,
    NO_NEW_TICKET: _no_new_ticket,
    INFO_ONLY: _info_only,
    WITHDRAWN: _withdrawn,
}
