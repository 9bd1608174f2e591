"""The citizen's pages that need no script: the whole chat at /plain, a ticket's progress at /progress."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.chat.errors import ConversationClosed, UnknownConversation
from api.chat.model import Conversation, Owner, Role
from api.hanzi import Script, ScriptAsked, in_script, message_in_script, words_in_script
from api.protection.rates import PLAIN_COOKIE
from api.protection.refusals import Refused
from api.protection.turns import taking_turn
from api.routes.access import ServiceDep
from api.routes.citizen import address_of, erase, progress, transcript_file
from api.routes.rendering import beijing_time, page
from api.service import Service
from api.texts import texts

router = APIRouter(include_in_schema=False)

AskedScript = Annotated[ScriptAsked, Query(alias="script")]
SentScript = Annotated[ScriptAsked, Form(alias="script")]
SentForm = Annotated[str, Form(max_length=80)]
Words = Annotated[str, Form(max_length=20_000)]


@dataclass(frozen=True)
class Visitor:
    """Who has a conversation open here. `form`: what every form of hers carries, so that no other page can
    send one for her."""

    conversation: Conversation
    token: str

    @property
    def form(self) -> str:
        return hashlib.sha256(b"plain form\0" + self.token.encode()).hexdigest()

    def sent(self, form: str) -> bool:
        """Whether this form was given to her."""
        return secrets.compare_digest(self.form.encode(), form.encode())


def visitor(
    service: ServiceDep, kept: Annotated[str | None, Cookie(alias=PLAIN_COOKIE)] = None
) -> Visitor | None:
    """The conversation that the browser's cookie opens; None when there is none."""
    conversation_id, _, token = (kept or "").partition(".")
    try:
        return Visitor(service.conversations.authorised(conversation_id, token), token) if token else None
    except UnknownConversation:
        return None


VisitorDep = Annotated[Visitor | None, Depends(visitor)]


@router.get("/plain")
def chat(
    service: ServiceDep, known: VisitorDep, script: AskedScript = Script.HANS, started: bool = False
) -> Response:
    """The conversation so far, or the door to a new one."""
    if known is None:
        return _door(script, "no_cookie" if started else None)
    return _talk(service, known)


@router.post("/plain/start")
def start(
    request: Request,
    service: ServiceDep,
    known: VisitorDep,
    script: SentScript = Script.HANS,
    text: Words = "",
) -> Response:
    """Open a conversation, with the words that an ended one did not take; who has one comes back to it."""
    if known is not None and known.conversation.owner is not Owner.CLOSED:
        return RedirectResponse("/plain#end", 303)
    conversation, token, _ = service.gateway.open(service.settings.region, script)
    answer: Response = RedirectResponse("/plain?started=true", 303)
    if text:
        answer = _talk(service, Visitor(conversation, token), text=text)
    answer.set_cookie(
        PLAIN_COOKIE,
        f"{conversation.id}.{token}",
        path="/plain",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@router.post("/plain/messages")
def send(
    service: ServiceDep,
    known: VisitorDep,
    form: SentForm = "",
    message_id: Annotated[str, Form(pattern=r"^[A-Za-z0-9_-]{0,60}$")] = "",
    text: Words = "",
    choice: Words = "",
) -> Response:
    """Say something; the same page sent twice is heard once. What was not taken stays in the form."""
    if known is None:
        return _door(Script.HANS, "closed", text=choice or text)
    if not known.sent(form) or not message_id:
        return _talk(service, known, 403, "stale", text)
    said, most = choice or text, service.settings.max_message_chars
    if not said.strip():
        return _talk(service, known, 422, "empty")
    if len(said) > most:
        return _talk(service, known, 422, "too_long", text, count=len(said), max=most)
    try:
        with taking_turn(service, known.conversation.id):
            # With its words: from an old page something else may be said under the same number.
            named = f"{message_id}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"
            service.gateway.receive(known.conversation.id, known.token, said, named)
    except Refused:
        return _talk(service, known, 429, "waiting", text)
    except ConversationClosed:
        return _talk(service, known, 409, "closed", text)
    return RedirectResponse("/plain#end", 303)


@router.post("/plain/person")
def ask_for_person(service: ServiceDep, known: VisitorDep, form: SentForm = "") -> Response:
    """Put the conversation into the agents' queue."""
    if known is None:
        return _door(Script.HANS, "closed")
    if not known.sent(form):
        return _talk(service, known, 403, "stale")
    try:
        service.gateway.ask_for_person(known.conversation.id, known.token)
    except ConversationClosed:
        return _talk(service, known, 409, "closed")
    return RedirectResponse("/plain#end", 303)


@router.get("/plain/transcript.txt")
def download(service: ServiceDep, known: VisitorDep) -> Response:
    """The conversation as a file to keep."""
    if known is None:
        return _door(Script.HANS, "closed")
    return transcript_file(service, known.conversation.id, known.conversation.script)


@router.post("/plain/leave")
def leave(service: ServiceDep, known: VisitorDep, form: SentForm = "") -> Response:
    """Forget the conversation on this device; it stays with the hotline."""
    if known is not None and not known.sent(form):
        return _talk(service, known, 403, "stale")
    return _left(_door(Script(known.conversation.script) if known else Script.HANS, "left"))


@router.post("/plain/erase")
def erase_talk(service: ServiceDep, known: VisitorDep, form: SentForm = "") -> Response:
    """Erase the conversation; the page says which tickets stay."""
    if known is None:
        return _left(_door(Script.HANS, "erased"))
    if not known.sent(form):
        return _talk(service, known, 403, "stale")
    kept = erase(service, known.conversation.id, known.token)
    return _left(_door(Script(known.conversation.script), "erased", kept=kept))


@router.get("/progress")
def progress_form(
    script: AskedScript = Script.HANS, number: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Ask for the number and the phone's last four digits."""
    return _progress_page(script, number=number)


@router.post("/progress")
def show_progress(
    request: Request,
    service: ServiceDep,
    number: Annotated[str, Form(max_length=40)] = "",
    phone_tail: Annotated[str, Form(max_length=20)] = "",
    script: SentScript = Script.HANS,
) -> Response:
    """Tell where the ticket stands."""
    try:
        found = progress(service, number, phone_tail, address_of(request), script)
    except Refused as refused:
        told = texts("errors")[refused.code].format(minutes=max(1, round(refused.wait / 60)))
        answer = _progress_page(script, refused.status, number=number, problem=in_script(told, script))
        if refused.wait:
            answer.headers["Retry-After"] = str(round(refused.wait) + 1)
        return answer
    return _progress_page(script, number=found.number, found=found)


def _progress_page(
    script: Script, status: int = 200, *, number: str = "", problem: str | None = None, found: Any = None
) -> Response:
    say = words_in_script(texts("plain"), script)
    values = {"number": number, "problem": problem, "found": found}
    return page("progress.html", status=status, say=say, script=script, **values)


def _door(
    script: Script, told: str | None = None, *, kept: list[str] | None = None, text: str = ""
) -> Response:
    """What somebody sees who has no conversation here."""
    say = words_in_script(texts("plain"), script)
    greeting = in_script(texts("chat")["greeting"], script)
    sentences = [say[told]] if told else []
    if kept:
        sentences.append(say["erased_tickets"].format(numbers="、".join(kept)))
    told_all = "\n".join(sentences)
    return page("plain.html", say=say, script=script, greeting=greeting, told=told_all, talk=None, text=text)


def _talk(
    service: Service,
    known: Visitor,
    status: int = 200,
    problem: str | None = None,
    text: str = "",
    **values: Any,
) -> Response:
    script, now = known.conversation.script, datetime.now(UTC)
    say = words_in_script(texts("plain"), script)
    said = service.conversations.transcript(known.conversation.id)
    return page(
        "plain.html",
        status=status,
        say=say,
        script=script,
        told=say[problem].format(**values) if problem else "",
        talk=[message_in_script(message, script) for message in said],
        last_word=max((each.seq for each in said if each.role is Role.CITIZEN), default=0),
        ended=known.conversation.owner is Owner.CLOSED,
        form=known.form,
        message_id="n_" + secrets.token_hex(12),
        text=text,
        max_chars=service.settings.max_message_chars,
        beijing=partial(beijing_time, now=now),
    )


def _left(answer: Response) -> Response:
    answer.delete_cookie(PLAIN_COOKIE, path="/plain", httponly=True, samesite="strict")
    return answer
