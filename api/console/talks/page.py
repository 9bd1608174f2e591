"""Puts one conversation together for the console: what was said, who has it, who looks, what hangs on it.

A page that is open asks for news with what it shows (`Shown`) and gets no more than what is new. When the
owner changed it gets the whole talk: other controls are due, and other masking.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fastapi.responses import Response

from api.accounts.model import Caller, Role, Scope
from api.agent_schemas import unmasked
from api.chat.errors import UnknownConversation
from api.chat.hand_over_model import Held
from api.chat.looks import Look
from api.chat.model import Message, Owner
from api.chat.notes import MAX_NOTE_CHARS
from api.console.shell import console_page, not_found_page
from api.routes.agents import draft_of, tickets_of
from api.service import Service
from tickets.errors import NotFound
from tickets.model import Ticket
from tickets.privacy import mask_text, mask_ticket

MOST_SHOWN = 200
HERE_SINCE = timedelta(minutes=3)
"""An agent who was heard of since then is offered when a conversation is passed on; a page is heard of each
minute."""

_LEADS = (Role.SUPERVISOR, Role.ADMIN)


@dataclass(frozen=True)
class Shown:
    """What an open page shows: messages up to `after`, and fingerprints of the rest."""

    after: int = 0
    owner: str = ""
    about: str = ""


@dataclass(frozen=True)
class Colleague:
    """Another agent who is at work, and how many conversations they have."""

    name: str
    has: int


def talk_page(
    service: Service,
    agent: Caller,
    form: str,
    conversation_id: str,
    *,
    fragment: bool = False,
    status: int = 200,
    everything: bool = False,
    **more: Any,
) -> Response:
    """The conversation; to htmx only the talk, with what lies beside it."""
    try:
        held = service.conversations.held.find(conversation_id)
    except UnknownConversation:
        return not_found_page(agent)
    values = _values(service, agent, held)
    said = (
        service.conversations.transcript(held.id)
        if everything
        else service.conversations.lately(held.id, MOST_SHOWN)
    )
    looks = _look(service, agent, held, said[-1].seq if said else 0)
    values |= _about(service, agent, held, looks, values["shown"])
    answer = console_page(
        "console/_talk_and_about.html" if fragment else "console/transcript.html",
        agent,
        status=status,
        here="talks",
        form=form,
        messages=said,
        left_out=_left_out(held, said),
        after=said[-1].seq if said else 0,
        draft=draft_of(service, held.id, values["shown"]),
        agent_message_id=new_message_id(),
        max_chars=service.settings.max_message_chars,
        **values,
        **{"problem": None, "text": "", "suggested": "", "note_problem": None, "note_text": "", **more},
    )
    if fragment:
        answer.headers.update({"HX-Retarget": "#talk", "HX-Reswap": "outerHTML"})
    return answer


def talk_news(service: Service, agent: Caller, form: str, conversation_id: str, shown: Shown) -> Response:
    """What a page does not show yet; 204 when it shows everything."""
    try:
        held = service.conversations.held.find(conversation_id)
    except UnknownConversation:
        return not_found_page(agent)
    values = _values(service, agent, held)
    if values["owner_print"] != shown.owner:
        return talk_page(service, agent, form, conversation_id, fragment=True)
    said = service.conversations.transcript(held.id, shown.after)
    looks = _look(service, agent, held, said[-1].seq if said else shown.after)
    values |= _about(service, agent, held, looks, values["shown"])
    if not said and values["about_print"] == shown.about:
        return Response(status_code=204)
    return console_page(
        "console/_news.html",
        agent,
        form=form,
        messages=said,
        after=said[-1].seq if said else shown.after,
        about_changed=values["about_print"] != shown.about,
        note_problem=None,
        **values,
    )


def about_page(
    service: Service, agent: Caller, form: str, conversation_id: str, status: int, problem: str | None
) -> Response:
    """What lies beside the talk, alone."""
    held = service.conversations.held.find(conversation_id)
    values = _values(service, agent, held)
    values |= _about(service, agent, held, service.looks.at(held.id), values["shown"])
    return console_page(
        "console/_about.html", agent, status=status, form=form, note_problem=problem, **values
    )


def new_message_id() -> str:
    """A name for what the agent says next: sent twice it is said once."""
    return "p_" + secrets.token_hex(8)


def colleagues(service: Service, agent: Caller) -> list[Colleague]:
    """Who else is at work and may answer."""
    store, found = service.conversations, []
    has = store.held.by_agent()
    for name in store.presence.since(store.owners.now() - HERE_SINCE):
        other = service.accounts.at_work(name) if name != agent.name else None
        if other and Scope.CHATS_WRITE in other.permissions:
            found.append(Colleague(name, has.get(name, 0)))
    return found


def _values(service: Service, agent: Caller, held: Held) -> dict[str, Any]:
    mine = held.agent == agent.name
    may_answer = Scope.CHATS_WRITE in agent.permissions
    may_pass_on = mine or (may_answer and agent.role in _LEADS and held.owner is not Owner.CLOSED)
    return {
        "held": held,
        "mine": mine,
        "may_answer": may_answer,
        "may_pass_on": may_pass_on,
        "colleagues": colleagues(service, agent) if may_pass_on else [],
        "shown": unmasked if mine else mask_text,
        "owner_print": _print(held.owner, held.agent, held.danger, held.reason),
    }


def _about(
    service: Service, agent: Caller, held: Held, looks: list[Look], shown: Callable[[str], str]
) -> dict[str, Any]:
    notes = service.notes.of(held.id)
    tickets = _tickets(service, held.id)
    others = [look.agent for look in looks if look.open and look.agent != agent.name]
    here = service.wakeups.has_listeners(held.id)
    numbers = [f"{ticket.number} {ticket.status} {ticket.version}" for ticket in tickets]
    return {
        "notes": notes,
        "tickets": tickets,
        "others_looking": others,
        "citizen_here": here,
        "changes": service.conversations.owners.changes(held.id),
        "max_note": MAX_NOTE_CHARS,
        "about_print": _print(held.owner, held.agent, len(notes), others, here, numbers),
    }


def _look(service: Service, agent: Caller, held: Held, seen_seq: int) -> list[Look]:
    """Note that the agent looks; give who else does. The others hear at once of somebody new."""
    looks = service.looks.at(held.id)
    if service.looks.note(held.id, agent.name, seen_seq, looks):
        service.wakeups.announce(held.id)
    return looks


def _tickets(service: Service, conversation_id: str) -> list[Ticket]:
    found = []
    for number in tickets_of(service, conversation_id):
        try:
            found.append(mask_ticket(service.desk.find(number)))
        except NotFound:
            continue  # erased meanwhile
    return found


def _left_out(held: Held, said: list[Message]) -> int:
    """How many messages came before those that are shown."""
    return max(0, held.count - len(said))


def _print(*values: object) -> str:
    """A fingerprint that changes whenever one of these does."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]
