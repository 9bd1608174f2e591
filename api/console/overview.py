"""The agents' console: who waits, what agents have, conversations and tickets. Personal data is masked.

What an agent does with a conversation is in conversations.
"""

from datetime import UTC, datetime

from fastapi import APIRouter
from fastapi.responses import Response

from api.accounts.model import Scope
from api.console.shell import AgentDep, FormDep, console_page, not_found_page
from api.routes.access import ServiceDep
from tickets.errors import NotFound
from tickets.privacy import mask_ticket

LISTED = 100
REFRESH_SECONDS = 10

router = APIRouter(prefix="/console")


@router.get("")
def overview(service: ServiceDep, agent: AgentDep, form: FormDep) -> Response:
    """Who waits, danger and the longest first; what agents have; conversations and tickets, newest first."""
    now, held = datetime.now(UTC), service.conversations.held
    with_agents = held.with_agents(LISTED)
    return console_page(
        "console/overview.html",
        agent,
        now,
        here="talks",
        waiting=held.waiting(LISTED),
        mine=[each for each in with_agents if each.agent == agent.name],
        others=[each for each in with_agents if each.agent != agent.name],
        may_answer=Scope.CHATS_WRITE in agent.permissions,
        form=form,
        conversations=service.conversations.latest(LISTED),
        tickets=[mask_ticket(ticket) for ticket in service.desk.list(limit=LISTED)],
        refresh_seconds=REFRESH_SECONDS,
    )


@router.get("/tickets/{number}")
def ticket(number: str, service: ServiceDep, agent: AgentDep) -> Response:
    """One ticket with its history, masked."""
    try:
        found = mask_ticket(service.desk.find(number))
    except NotFound:
        return not_found_page(agent)
    return console_page("console/ticket.html", agent, here="tickets", ticket=found)
