"""One conversation in the console: read it, take it over, answer, hand it back, pass it on, close it."""

import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response

from api.accounts.model import Caller, Scope
from api.chat.errors import (
    ChatError,
    ConversationClosed,
    HeldByOther,
    MessageRejected,
    UnknownAgent,
    UnknownConversation,
)
from api.chat.notes import MAX_NOTE_CHARS
from api.console.shell import (
    AgentDep,
    FormDep,
    FragmentDep,
    OurFormDep,
    console_page,
    may,
    not_found_page,
)
from api.console.talks.page import Shown, about_page, new_message_id, talk_news, talk_page
from api.routes.access import ServiceDep
from api.routes.agents import transfer_for
from api.routes.rendering import say
from api.service import Service

router = APIRouter(prefix="/console/conversations")

ReaderDep = Annotated[Caller, Depends(may(Scope.CHATS_READ))]
Words = Annotated[str, Form(max_length=10_000)]
Note = Annotated[str, Form(max_length=500)]


class Change:
    """A form that somebody sent about one conversation, and how it is answered; one per request."""

    def __init__(
        self,
        conversation_id: str,
        service: ServiceDep,
        agent: ReaderDep,
        form: FormDep,
        ours: OurFormDep,
        fragment: FragmentDep,
    ) -> None:
        self.id = conversation_id
        self.service: Service = service
        self.agent: Caller = agent
        self.form = form
        self.ours = ours
        self.fragment = fragment

    def made(self, do: Callable[[], object], text: str = "", suggested: str = "") -> Response:
        """Do it and show the conversation again; what was not done is said there, no typed word is lost."""
        return self.refused(do, text, suggested) or self.shown()

    def refused(self, do: Callable[[], object], text: str = "", suggested: str = "") -> Response | None:
        """Do it; give the page that says why not, or None when it was done."""
        if refusal := self.refusal():
            return self.shown(403, problem=refusal, text=text, suggested=suggested)
        try:
            do()
        except UnknownConversation:
            return not_found_page(self.agent)
        except (HeldByOther, ConversationClosed, MessageRejected, UnknownAgent) as error:
            told = _told(self.service, error)
            return self.shown(409, problem=told, text=text, suggested=suggested)
        return None

    def refusal(self) -> str | None:
        """Why this person may change nothing with this form; None when they may."""
        words = say("console")
        if not self.ours:
            return words["other_site"]
        return None if Scope.CHATS_WRITE in self.agent.permissions else words["not_allowed"]

    def shown(self, status: int = 200, **values: Any) -> Response:
        """The conversation as it is now."""
        if status == 200 and not self.fragment:
            return RedirectResponse(f"/console/conversations/{self.id}#end", 303)
        return talk_page(
            self.service, self.agent, self.form, self.id, fragment=self.fragment, status=status, **values
        )


ChangeDep = Annotated[Change, Depends()]


@router.get("/{conversation_id}")
def conversation(
    conversation_id: str,
    service: ServiceDep,
    agent: ReaderDep,
    form: FormDep,
    everything: Annotated[bool, Query(alias="all")] = False,
) -> Response:
    """One conversation; in full only for the agent who has it."""
    return talk_page(service, agent, form, conversation_id, everything=everything)


@router.get("/{conversation_id}/news")
def news(
    conversation_id: str,
    service: ServiceDep,
    agent: ReaderDep,
    form: FormDep,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    owner: Annotated[str, Query(max_length=40)] = "",
    about: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """What an open page does not show yet; asking counts as looking at it."""
    return talk_news(service, agent, form, conversation_id, Shown(after, owner, about))


@router.post("/{conversation_id}/left")
def left(conversation_id: str, service: ServiceDep, agent: AgentDep, ours: OurFormDep) -> Response:
    """The page was closed: nobody needs to wait until it is no longer heard of."""
    if ours:
        service.looks.left(conversation_id, agent.name)
        service.wakeups.announce(conversation_id)
    return Response(status_code=204)


@router.post("/{conversation_id}/take")
def take(change: ChangeDep) -> Response:
    """Take it over."""
    return change.made(lambda: change.service.hand_over.take(change.id, change.agent.name))


@router.post("/{conversation_id}/messages")
def answer(
    change: ChangeDep,
    text: Words = "",
    agent_message_id: Annotated[str, Form(max_length=80)] = "",
    suggestions: Annotated[str, Form(max_length=2_000)] = "",
) -> Response:
    """Answer the citizen; the same page sent twice speaks once. `suggestions`: what the words came from."""

    def speak() -> None:
        say_it = change.service.hand_over.say
        said = say_it(change.id, change.agent.name, text, agent_message_id or None)
        used = [each for each in suggestions.split(",") if each]
        if used:
            change.service.suggestions.sent(used, change.agent.name, said.text)

    refused = change.refused(speak, text, suggestions)
    if refused is not None or not change.fragment:
        return refused or change.shown()
    done = console_page("console/_sent.html", change.agent, agent_message_id=new_message_id())
    done.headers["HX-Trigger"] = json.dumps({"hotline:said": ""})
    return done


@router.post("/{conversation_id}/hand-back")
def hand_back(change: ChangeDep, note: Note = "", for_citizen: Annotated[bool, Form()] = False) -> Response:
    """Let the bot go on."""
    hand_over, name = change.service.hand_over, change.agent.name
    return change.made(lambda: hand_over.hand_back(change.id, name, note, for_citizen=for_citizen))


@router.post("/{conversation_id}/transfer")
def transfer(change: ChangeDep, to: Annotated[str, Form(max_length=80)] = "", note: Note = "") -> Response:
    """Give it to another agent, or back to the queue."""
    return change.made(lambda: transfer_for(change.service, change.agent, change.id, to, note))


@router.post("/{conversation_id}/close")
def close(change: ChangeDep, note: Note = "") -> Response:
    """End it."""
    return change.made(lambda: change.service.hand_over.close(change.id, change.agent.name, note))


@router.post("/{conversation_id}/notes")
def add_note(change: ChangeDep, text: Words = "") -> Response:
    """Write a private note; whoever may answer conversations may, whoever has this one."""
    problem, status = change.refusal(), 403
    if problem is None and not 0 < len(text.strip()) <= MAX_NOTE_CHARS:
        problem, status = say("console")["note_empty"].format(max=MAX_NOTE_CHARS), 409
    try:
        if problem is None:
            change.service.notes.add(change.id, change.agent.name, text)
            change.service.wakeups.announce(change.id)
        if change.fragment:
            parts = (change.service, change.agent, change.form, change.id)
            return about_page(*parts, status if problem else 200, problem)
    except UnknownConversation:
        return not_found_page(change.agent)
    if problem:
        return change.shown(status, note_problem=problem, note_text=text)
    return RedirectResponse(f"/console/conversations/{change.id}#notes", 303)


def _told(service: Service, error: ChatError) -> str:
    words = say("console")
    owner = words["owner"].get(getattr(error, "owner", None), "")
    who = getattr(error, "agent", None) or owner
    return words["refusals"][error.code].format(who=who, max=service.settings.max_message_chars)
