"""The agents' side of conversations: who waits; take over, answer, hand back, pass on, close."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.accounts.model import Caller, Role, Scope
from api.agent_schemas import (
    TICKET_OUTCOMES,
    ChatOut,
    CloseIn,
    HandBackIn,
    HeldListOut,
    HeldOut,
    OwnerChangeOut,
    SaidOut,
    SayIn,
    TransferIn,
    unmasked,
)
from api.chat.errors import UnknownAgent
from api.chat.hand_over_model import Held
from api.chat.model import Owner
from api.routes.access import ServiceDep, needs
from api.service import Service
from api.ticket_schemas import problems
from tickets.intake_words import read_back
from tickets.privacy import mask_text

router = APIRouter(prefix="/v1/agent/conversations", tags=["agents"], responses=problems(401, 403))

_LEADS = (Role.SUPERVISOR, Role.ADMIN)


def reading(service: ServiceDep, caller: Annotated[Caller, Depends(needs("chats:read"))]) -> Caller:
    """Let those who may read conversations pass; who may also answer counts as being at work now."""
    note_presence(service, caller)
    return caller


def answering(service: ServiceDep, caller: Annotated[Caller, Depends(needs("chats:write"))]) -> Caller:
    """Let those who may answer conversations pass."""
    note_presence(service, caller)
    return caller


Reader = Annotated[Caller, Depends(reading)]
Answerer = Annotated[Caller, Depends(answering)]


@router.get("")
def list_conversations(
    caller: Reader,
    service: ServiceDep,
    owner: Owner | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> HeldListOut:
    """Who waits, danger first and then the longest; then what agents have. `owner`: only queue or agent."""
    held, now = service.conversations.held, service.conversations.owners.now()
    found: list[Held] = []
    if owner in (None, Owner.QUEUE):
        found += held.waiting(limit)
    if owner in (None, Owner.AGENT):
        found += sorted(held.with_agents(limit), key=lambda each: each.agent != caller.name)
    return HeldListOut(conversations=[HeldOut.of(each, now, caller.name) for each in found])


@router.get("/{conversation_id}", responses=problems(404))
def read_conversation(
    conversation_id: str,
    caller: Reader,
    service: ServiceDep,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
) -> ChatOut:
    """One conversation; `after`: only messages that follow this event id."""
    store = service.conversations
    held = store.held.find(conversation_id)
    mask = unmasked if held.agent == caller.name else mask_text
    return ChatOut(
        conversation=HeldOut.of(held, store.owners.now(), caller.name),
        messages=[SaidOut.seen(message, mask) for message in store.transcript(conversation_id, after)],
        tickets=tickets_of(service, conversation_id),
        owners=[OwnerChangeOut.of(change) for change in store.owners.changes(conversation_id)],
        draft=draft_of(service, conversation_id, mask),
    )


@router.post("/{conversation_id}/take", responses=problems(404, 409))
def take(conversation_id: str, caller: Answerer, service: ServiceDep) -> HeldOut:
    """Take a conversation over; 409 names who was quicker."""
    return _out(service, caller, service.hand_over.take(conversation_id, caller.name))


@router.post("/{conversation_id}/messages", responses=problems(404, 409))
def say(conversation_id: str, body: SayIn, caller: Answerer, service: ServiceDep) -> SaidOut:
    """Answer the citizen; the same `agent_message_id` again does nothing twice."""
    message = service.hand_over.say(conversation_id, caller.name, body.text, body.agent_message_id)
    return SaidOut.seen(message, unmasked)


@router.post("/{conversation_id}/hand-back", responses=problems(404, 409))
def hand_back(
    conversation_id: str, caller: Answerer, service: ServiceDep, body: HandBackIn | None = None
) -> HeldOut:
    """Let the bot go on."""
    body = body or HandBackIn()
    held = service.hand_over.hand_back(conversation_id, caller.name, body.note, for_citizen=body.for_citizen)
    return _out(service, caller, held)


@router.post("/{conversation_id}/transfer", responses=problems(404, 409))
def transfer(
    conversation_id: str, caller: Answerer, service: ServiceDep, body: TransferIn | None = None
) -> HeldOut:
    """Give a conversation to another agent or back to the queue; a supervisor may move those of others."""
    body = body or TransferIn()
    return _out(service, caller, transfer_for(service, caller, conversation_id, body.to, body.note))


@router.post("/{conversation_id}/close", responses=problems(404, 409))
def close(
    conversation_id: str, caller: Answerer, service: ServiceDep, body: CloseIn | None = None
) -> HeldOut:
    """End a conversation; tickets filed in it are not touched."""
    held = service.hand_over.close(conversation_id, caller.name, body.note if body else None)
    return _out(service, caller, held)


def note_presence(service: Service, caller: Caller) -> None:
    """Note that an agent is at work, if the caller may answer."""
    if Scope.CHATS_WRITE in caller.permissions:
        service.conversations.presence.seen(caller.name)


def tickets_of(service: Service, conversation_id: str) -> list[str]:
    """Numbers of the tickets filed in a conversation, each once."""
    numbers = [
        number
        for outcome in TICKET_OUTCOMES
        for number in service.conversations.tickets_of(conversation_id, outcome)
    ]
    return list(dict.fromkeys(numbers))


def draft_of(service: Service, conversation_id: str, mask: Callable[[str], str]) -> dict[str, str] | None:
    """The request that is being taken down there, as it is read back, masked; None when there is none."""
    draft = service.intake.draft(conversation_id)
    return {name: mask(words) for name, words in read_back(draft).items()} if draft else None


def transfer_for(
    service: Service, caller: Caller, conversation_id: str, to: str | None, note: str | None
) -> Held:
    """Transfer a conversation, provided that the other agent is there to answer.

    Raises:
        UnknownAgent: nobody of this name is signed in or has a key, or may not answer.
    """
    to = (to or "").strip() or None
    if to is not None:
        other = service.accounts.at_work(to)
        if other is None or Scope.CHATS_WRITE not in other.permissions:
            raise UnknownAgent(f"{to} is not at work or may not answer: leave `to` out to use the queue")
    lead = caller.role in _LEADS
    return service.hand_over.transfer(conversation_id, caller.name, to, note, lead=lead)


def _out(service: Service, caller: Caller, held: Held) -> HeldOut:
    return HeldOut.of(held, service.conversations.owners.now(), caller.name)
