"""One conversation in the console: read it, take it over, answer, hand it back, pass it on, close it."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from api.accounts.model import Caller, Scope
from api.agent_schemas import unmasked
from api.chat.errors import (
    ChatError,
    ConversationClosed,
    HeldByOther,
    MessageRejected,
    UnknownAgent,
    UnknownConversation,
)
from api.console.shell import AgentDep, FormDep, console_page, not_found_page
from api.routes.access import ServiceDep
from api.routes.agents import draft_of, tickets_of, transfer_for
from api.routes.rendering import say
from api.service import Service
from tickets.privacy import mask_text

REFRESH_SECONDS = 5

router = APIRouter(prefix="/console/conversations")

SentForm = Annotated[str, Form(max_length=80)]
Words = Annotated[str, Form(max_length=10_000)]
Note = Annotated[str, Form(max_length=500)]


@router.get("/{conversation_id}")
def conversation(conversation_id: str, service: ServiceDep, agent: AgentDep, form: FormDep) -> Response:
    """One conversation; in full only for the agent who has it."""
    return _show(service, agent, form, conversation_id)


@router.post("/{conversation_id}/take")
def take(
    conversation_id: str, service: ServiceDep, agent: AgentDep, form: FormDep, sent: SentForm = ""
) -> Response:
    """Take it over."""
    return _done(
        service,
        agent,
        (form, sent),
        conversation_id,
        lambda: service.hand_over.take(conversation_id, agent.name),
    )


@router.post("/{conversation_id}/messages")
def answer(
    conversation_id: str,
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    sent: SentForm = "",
    text: Words = "",
    agent_message_id: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Answer the citizen; the same page sent twice speaks once."""
    return _done(
        service,
        agent,
        (form, sent),
        conversation_id,
        lambda: service.hand_over.say(conversation_id, agent.name, text, agent_message_id or None),
        text,
    )


@router.post("/{conversation_id}/hand-back")
def hand_back(
    conversation_id: str,
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    sent: SentForm = "",
    note: Note = "",
    for_citizen: Annotated[bool, Form()] = False,
) -> Response:
    """Let the bot go on."""
    return _done(
        service,
        agent,
        (form, sent),
        conversation_id,
        lambda: service.hand_over.hand_back(conversation_id, agent.name, note, for_citizen=for_citizen),
    )


@router.post("/{conversation_id}/transfer")
def transfer(
    conversation_id: str,
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    sent: SentForm = "",
    to: Annotated[str, Form(max_length=80)] = "",
    note: Note = "",
) -> Response:
    """Give it to another agent, or back to the queue."""
    return _done(
        service,
        agent,
        (form, sent),
        conversation_id,
        lambda: transfer_for(service, agent, conversation_id, to, note),
    )


@router.post("/{conversation_id}/close")
def close(
    conversation_id: str,
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    sent: SentForm = "",
    note: Note = "",
) -> Response:
    """End it."""
    return _done(
        service,
        agent,
        (form, sent),
        conversation_id,
        lambda: service.hand_over.close(conversation_id, agent.name, note),
    )


def _done(
    service: Service,
    agent: Caller,
    forms: tuple[str, str],
    conversation_id: str,
    do: Callable[[], object],
    text: str = "",
) -> Response:
    """Do it and show the conversation again; what was not done is said there, and no typed word is lost."""
    own, sent = forms
    words = say("console")
    if not secrets.compare_digest(own.encode(), sent.encode()):
        return _show(service, agent, own, conversation_id, 403, words["other_site"], text)
    if Scope.CHATS_WRITE not in agent.permissions:
        return _show(service, agent, own, conversation_id, 403, words["not_allowed"], text)
    try:
        do()
    except UnknownConversation:
        return not_found_page(agent)
    except (HeldByOther, ConversationClosed, MessageRejected, UnknownAgent) as error:
        told = _told(service, error)
        return _show(service, agent, own, conversation_id, 409, told, text)
    return RedirectResponse(f"/console/conversations/{conversation_id}#end", 303)


def _told(service: Service, error: ChatError) -> str:
    words = say("console")
    owner = words["owner"].get(getattr(error, "owner", None), "")
    who = getattr(error, "agent", None) or owner
    return words["refusals"][error.code].format(who=who, max=service.settings.max_message_chars)


def _show(
    service: Service,
    agent: Caller,
    form: str,
    conversation_id: str,
    status: int = 200,
    problem: str | None = None,
    text: str = "",
) -> Response:
    store = service.conversations
    try:
        held = store.held.find(conversation_id)
    except UnknownConversation:
        return not_found_page(agent)
    mine = held.agent == agent.name
    return console_page(
        "console/transcript.html",
        agent,
        datetime.now(UTC),
        status,
        here="talks",
        held=held,
        mine=mine,
        may_answer=Scope.CHATS_WRITE in agent.permissions,
        shown=unmasked if mine else mask_text,
        messages=store.transcript(conversation_id),
        numbers=tickets_of(service, conversation_id),
        changes=store.owners.changes(conversation_id),
        draft=draft_of(service, conversation_id, unmasked if mine else mask_text),
        form=form,
        agent_message_id="p_" + secrets.token_hex(8),
        problem=problem,
        text=text,
        max_chars=service.settings.max_message_chars,
        refresh_seconds=REFRESH_SECONDS,
    )
