"""The list of conversations: who waits, what I have, what others have, what was said last. All of it masked.

What an agent does with one conversation is in conversations.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from api.accounts.model import Caller, Scope
from api.chat.hand_over_model import Held
from api.console.shell import FormDep, FragmentDep, console_page, may
from api.routes.access import ServiceDep
from api.service import Service

LISTED = 100
NEWEST = 30

router = APIRouter(prefix="/console")

ReaderDep = Annotated[Caller, Depends(may(Scope.CHATS_READ))]


@dataclass(frozen=True)
class Mine:
    """A conversation that the agent has; `unread` of the citizen's messages he was not shown yet."""

    held: Held
    unread: int


@router.get("")
def overview(service: ServiceDep, agent: ReaderDep, form: FormDep, fragment: FragmentDep) -> Response:
    """Who waits, danger and the longest first; what agents have; what was said last. To htmx: the lists."""
    held = service.conversations.held
    return console_page(
        "console/_lists.html" if fragment else "console/overview.html",
        agent,
        here="talks",
        waiting=held.waiting(LISTED),
        mine=mine_of(service, agent),
        others=[each for each in held.with_agents(LISTED) if each.agent != agent.name],
        newest=service.conversations.latest(NEWEST),
        may_answer=Scope.CHATS_WRITE in agent.permissions,
        form=form,
    )


@router.get("/mine")
def mine(service: ServiceDep, agent: ReaderDep, here: str = "") -> Response:
    """What the agent has, in one line beside the conversation `here`."""
    return console_page("console/_mine.html", agent, mine=mine_of(service, agent), talk=here)


@router.get("/next")
def following(service: ServiceDep, agent: ReaderDep, after: str = "", back: bool = False) -> Response:
    """Go on to the conversation after this one: first who waits, then what the agent has, and round again."""
    held = service.conversations.held
    own = held.of_agent(agent.name)
    ids = [each.id for each in [*held.waiting(LISTED), *own]]
    step = -1 if back else 1
    before = ids.index(after) if after in ids else min(-step, 0)
    address = f"/console/conversations/{ids[(before + step) % len(ids)]}" if ids else "/console"
    return RedirectResponse(address, 303)


def mine_of(service: Service, agent: Caller) -> list[Mine]:
    """What this agent has, danger first, then who wrote something he has not read."""
    own = service.conversations.held.of_agent(agent.name)
    unread = service.looks.unread(agent.name, [each.id for each in own]) if own else {}
    found = [Mine(each, unread.get(each.id, 0)) for each in own]
    return sorted(found, key=lambda each: (not each.held.danger, not each.unread))
