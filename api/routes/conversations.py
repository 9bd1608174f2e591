"""The citizen's side: open a conversation, say something, follow it, ask for a person."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Header
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.chat.errors import UnknownConversation
from api.hanzi import Script
from api.protection.turns import taking_turn
from api.routes.access import ServiceDep, TokenDep
from api.schemas import ConversationIn, ConversationOut, MessageIn, MessageOut, TranscriptOut, TurnOut
from api.service import Service
from api.ticket_schemas import problems

router = APIRouter(prefix="/v1/conversations", tags=["conversations"], responses=problems(429, 503))

# What other processes store is seen for all streams at once (api.chat.news_watch). Each also looks by itself
# this often, should that ever miss something.
LOOK_SECONDS = 30.0
# A listener who takes nothing for so long is let go; coming back she is told what she missed.
UNREAD_SECONDS = 30.0

_STREAM = {"text/event-stream": {"schema": {"type": "string"}}}


@router.post("", status_code=201)
def open_conversation(service: ServiceDep, body: ConversationIn | None = None) -> ConversationOut:
    """Start a conversation; the token in the answer is the only key to it."""
    region = (body.region if body else None) or service.settings.region
    script = body.script if body else Script.HANS
    conversation, token, greeting = service.gateway.open(region, script)
    said = MessageOut.of(greeting, script)
    return ConversationOut(conversation_id=conversation.id, token=token, greeting=said)


@router.post("/{conversation_id}/messages", responses=problems(401, 404, 409, 413))
def send_message(conversation_id: str, body: MessageIn, token: TokenDep, service: ServiceDep) -> TurnOut:
    """Say something; repeat with the same `client_message_id` after any doubt, nothing happens twice.

    While one message is answered one more may wait; a third gets 429.
    """
    script = service.conversations.authorised(conversation_id, token).script
    with taking_turn(service, conversation_id):
        turn = service.gateway.receive(conversation_id, token, body.text, body.client_message_id)
    return TurnOut.of(turn, script)


@router.get("/{conversation_id}/messages", responses=problems(401, 404))
def read_transcript(conversation_id: str, token: TokenDep, service: ServiceDep) -> TranscriptOut:
    """Everything said so far, oldest first."""
    script = service.conversations.authorised(conversation_id, token).script
    said = service.conversations.transcript(conversation_id)
    return TranscriptOut(messages=[MessageOut.of(message, script) for message in said])


@router.get(
    "/{conversation_id}/events",
    response_class=EventSourceResponse,
    responses={200: {"content": _STREAM}, **problems(401, 404)},
)
async def follow(
    conversation_id: str,
    token: TokenDep,
    service: ServiceDep,
    last_event_id: Annotated[int, Header(ge=0, le=2**53)] = 0,
) -> EventSourceResponse:
    """Messages as they are stored, from the beginning or after `Last-Event-ID`: none lost, none twice.

    It ends when the conversation is erased.
    """
    await asyncio.to_thread(service.conversations.authorised, conversation_id, token)

    async def messages() -> AsyncIterator[ServerSentEvent]:
        last = last_event_id
        with service.wakeups.listening(conversation_id) as woken:
            while True:
                woken.clear()
                news = await asyncio.to_thread(_news, service, conversation_id, token, last)
                if news is None:
                    return
                for seq, body in news:
                    last = seq
                    yield ServerSentEvent(data=body, event="message", id=str(seq))
                with suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), LOOK_SECONDS)

    return EventSourceResponse(
        messages(), ping=15, send_timeout=UNREAD_SECONDS, headers={"X-Accel-Buffering": "no"}
    )


@router.post("/{conversation_id}/handover", responses=problems(401, 404, 409))
def ask_for_person(conversation_id: str, token: TokenDep, service: ServiceDep) -> TurnOut:
    """Put the conversation into the agents' queue."""
    script = service.conversations.authorised(conversation_id, token).script
    return TurnOut.of(service.gateway.ask_for_person(conversation_id, token), script)


def _news(service: Service, conversation_id: str, token: str, after: int) -> list[tuple[int, str]] | None:
    """What was said since: (event id, message as JSON); None when the token opens nothing any more."""
    try:
        script = service.conversations.authorised(conversation_id, token).script
    except UnknownConversation:
        return None
    said = service.conversations.transcript(conversation_id, after)
    return [(message.seq, MessageOut.of(message, script).model_dump_json()) for message in said]
