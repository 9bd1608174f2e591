"""The citizen's side: open a conversation, say something, follow it, ask for a person."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.routes.access import ServiceDep, TokenDep
from api.schemas import ConversationIn, ConversationOut, MessageIn, MessageOut, TranscriptOut, TurnOut

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])

# A stream also looks by itself this often, so that a message stored by another process is not missed.
LOOK_SECONDS = 5.0


@router.post("", status_code=201)
def open_conversation(service: ServiceDep, body: ConversationIn | None = None) -> ConversationOut:
    """Start a conversation; the token in the answer is the only key to it."""
    region = (body.region if body else None) or service.settings.region
    conversation, token, greeting = service.gateway.open(region)
    return ConversationOut(conversation_id=conversation.id, token=token, greeting=MessageOut.of(greeting))


@router.post("/{conversation_id}/messages")
def send_message(conversation_id: str, body: MessageIn, token: TokenDep, service: ServiceDep) -> TurnOut:
    """Say something; repeat with the same `client_message_id` after any doubt, nothing happens twice."""
    return TurnOut.of(service.gateway.receive(conversation_id, token, body.text, body.client_message_id))


@router.get("/{conversation_id}/messages")
def read_transcript(conversation_id: str, token: TokenDep, service: ServiceDep) -> TranscriptOut:
    """Everything said so far, oldest first."""
    service.conversations.authorised(conversation_id, token)
    return TranscriptOut(
        messages=[MessageOut.of(m) for m in service.conversations.transcript(conversation_id)]
    )


@router.get("/{conversation_id}/events", response_class=EventSourceResponse)
async def follow(
    conversation_id: str,
    token: TokenDep,
    service: ServiceDep,
    last_event_id: Annotated[int, Header()] = 0,
) -> EventSourceResponse:
    """Messages as they are stored, from the beginning or after `Last-Event-ID`: none lost, none twice."""
    await asyncio.to_thread(service.conversations.authorised, conversation_id, token)

    async def messages() -> AsyncIterator[ServerSentEvent]:
        last = last_event_id
        while True:
            for message in await asyncio.to_thread(service.conversations.transcript, conversation_id, last):
                last = message.seq
                body = MessageOut.of(message).model_dump_json()
                yield ServerSentEvent(data=body, event="message", id=str(message.seq))
            await service.wakeups.wait(conversation_id, LOOK_SECONDS)

    return EventSourceResponse(messages(), ping=15, headers={"X-Accel-Buffering": "no"})


@router.post("/{conversation_id}/handover")
def ask_for_person(conversation_id: str, token: TokenDep, service: ServiceDep) -> TurnOut:
    """Put the conversation into the agents' queue."""
    return TurnOut.of(service.gateway.ask_for_person(conversation_id, token))
