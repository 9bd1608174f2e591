"""What the citizen may do beside talking: say whether it helped, keep or erase the talk, look a ticket up."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, BaseModel, StringConstraints

from api.chat.written_transcript import transcript_name, written_transcript
from api.hanzi import Script, message_in_script, words_in_script
from api.protection.refusals import Refused
from api.routes.access import ServiceDep, TokenDep
from api.schemas import whole_characters
from api.service import Service
from api.texts import texts
from api.ticket_schemas import problems
from tickets.citizen_words import beijing_words, citizen_words, office_words
from tickets.coming_back import last_result
from tickets.errors import BadNumber, NotFound
from tickets.lifecycle import UNANSWERED
from tickets.model import Status, Ticket
from tickets.numbering import parse_number
from tickets.own_ticket_words import status_by_number_words, status_words

router = APIRouter(prefix="/v1", tags=["conversations"], responses=problems(429, 503))


Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(whole_characters)
]


class FeedbackIn(BaseModel):
    message_id: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    helpful: bool
    reason: Reason | None = None


class ErasedOut(BaseModel):
    """`kept_tickets`: what was filed in the conversation stays, people work on it."""

    erased: bool = True
    kept_tickets: list[str]


class ProgressIn(BaseModel):
    number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
    phone_tail: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""
    script: Script = Script.HANS


class ProgressOut(BaseModel):
    """Where a ticket stands; `text` is what the chat says of it.

    `office` and `result` stay out when the ticket was filed without a phone: its number alone shows little.
    `due_at` is the promised time while somebody still has to answer.
    """

    number: str
    text: str
    status: Status
    status_words: str
    office: str | None
    due_at: datetime | None
    due_words: str | None
    late: bool
    result: str | None


@router.post("/conversations/{conversation_id}/feedback", status_code=204, responses=problems(401, 404))
def give_feedback(conversation_id: str, body: FeedbackIn, token: TokenDep, service: ServiceDep) -> None:
    """Say whether an answer helped; the last opinion of a message counts."""
    service.conversations.authorised(conversation_id, token)
    service.feedback.give(conversation_id, body.message_id, body.helpful, body.reason)


@router.get(
    "/conversations/{conversation_id}/transcript.txt",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems(401, 404)},
)
def download_transcript(conversation_id: str, token: TokenDep, service: ServiceDep) -> Response:
    """Everything said so far as a text file to keep."""
    conversation = service.conversations.authorised(conversation_id, token)
    return transcript_file(service, conversation_id, conversation.script)


@router.delete("/conversations/{conversation_id}", responses=problems(401, 404))
def erase_conversation(conversation_id: str, token: TokenDep, service: ServiceDep) -> ErasedOut:
    """Erase what was said, and the token; tickets stay because people work on them."""
    return ErasedOut(kept_tickets=erase(service, conversation_id, token))


@router.post("/progress", responses=problems(404))
def look_up_progress(body: ProgressIn, request: Request, service: ServiceDep) -> ProgressOut:
    """Tell where a ticket stands; the same 404 for a wrong number and a wrong phone tail."""
    return progress(service, body.number, body.phone_tail, address_of(request), body.script)


def transcript_file(service: Service, conversation_id: str, script: str) -> Response:
    """The text file, under its Chinese name and a plain one for old browsers (RFC 6266)."""
    now, say = datetime.now(UTC), words_in_script(texts("plain"), script)
    said = [message_in_script(each, script) for each in service.conversations.transcript(conversation_id)]
    name = quote(transcript_name(now, say))
    disposition = f"attachment; filename=\"conversation.txt\"; filename*=UTF-8''{name}"
    return Response(
        written_transcript(said, now, say),
        media_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": disposition},
    )


def erase(service: Service, conversation_id: str, token: str) -> list[str]:
    """Erase a conversation that nothing is being answered in; give the numbers of the tickets that stay.

    Raises:
        UnknownConversation: the token does not open it.
    """
    service.conversations.authorised(conversation_id, token)
    with service.gateway.holding(conversation_id):
        service.conversations.authorised(conversation_id, token)
        told = texts("plain")["talk_erased"]
        kept = service.erasure.erase_talk(conversation_id, at=service.conversations.owners.now(), told=told)
    service.wakeups.announce(conversation_id)
    return kept


def progress(service: Service, number: str, tail: str, address: str, script: str) -> ProgressOut:
    """Find a ticket by its number and the phone's last four digits, or count a wrong guess.

    Raises:
        Refused: 404, the same for a wrong number and a wrong tail; 429 after too many of them.
    """
    try:
        canonical = parse_number(number)
    except BadNumber:
        canonical = number
    if wait := service.guesses.wait(canonical, address):
        raise Refused(429, "progress_throttled", wait)
    try:
        return words_of(service, service.desk.progress(number, tail), True, script)
    except (NotFound, BadNumber):
        pass
    try:
        shown = service.desk.progress_by_number(number)
    except BadNumber:
        shown = None
    if shown is None:
        service.guesses.missed(canonical, address)
        raise Refused(404, "progress_not_found")
    return words_of(service, shown, False, script)


def words_of(service: Service, ticket: Ticket, proven: bool, script: str) -> ProgressOut:
    """What the citizen may hear of a ticket; `proven`: the phone showed that it is hers."""
    late = service.desk.is_late(ticket)
    open_still = ticket.status in UNANSWERED
    words = {
        "text": (status_words if proven else status_by_number_words)(ticket, late),
        "status_words": citizen_words()["status"][ticket.status],
        "office": office_words(ticket) if proven else None,
        "due_words": beijing_words(ticket.due_at) if open_still else None,
        "result": last_result(ticket) if proven else None,
    }
    return ProgressOut(
        number=ticket.number,
        status=ticket.status,
        due_at=ticket.due_at if open_still else None,
        late=late,
        **words_in_script(words, script),
    )


def address_of(request: Request) -> str:
    """The caller's network address (api.protection takes it from trusted proxies)."""
    return request.client.host if request.client else "unknown"
