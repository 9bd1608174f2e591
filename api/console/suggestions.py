"""Suggested answers and canned replies in the console: fragments beside whatever field an agent writes in.

The page that holds them loads static/console/suggestions.css and suggestions.js and listens to the event
`hotline:insert` (detail: {text, suggestion}) on the document.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import Response

from api.accounts.model import Caller, Scope
from api.chat.errors import UnknownConversation
from api.console.shell import (
    AgentDep,
    FormDep,
    FragmentDep,
    OurFormDep,
    PageNotAllowed,
    console_page,
    may,
    not_found_page,
)
from api.routes.access import ServiceDep
from api.routes.rendering import say
from api.suggestions.errors import UnknownSuggestion
from api.suggestions.model import Offer, Reason
from api.texts import texts
from knowledge.errors import BadRegion

MAX_TEXT = 4000

router = APIRouter(prefix="/console")

Asker = Annotated[Caller, Depends(may(Scope.ANSWERS))]
Id = Annotated[str, Form(max_length=40)]


@router.get("/suggestions")
def suggestions(
    service: ServiceDep,
    agent: Asker,
    form: FormDep,
    fragment: FragmentDep,
    conversation: Annotated[str, Query(max_length=80)] = "",
    shown: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Suggestions for what the citizen said last; 204 if `shown` names the offer that is on the page."""
    if not conversation:
        return _show(agent, form, fragment, None)
    if Scope.CHATS_READ not in agent.permissions:
        raise PageNotAllowed(agent, Scope.CHATS_READ)
    try:
        offer = service.suggestions.for_conversation(conversation, agent.name)
    except UnknownConversation:
        return not_found_page(agent)
    if fragment and shown == offer.id:
        return Response(status_code=204)
    return _show(agent, form, fragment, offer)


@router.post("/suggestions")
def suggestions_for_words(
    service: ServiceDep,
    agent: Asker,
    form: FormDep,
    ours: OurFormDep,
    fragment: FragmentDep,
    text: Annotated[str, Form(max_length=MAX_TEXT)] = "",
    region: Annotated[str, Form(max_length=6)] = "",
    call: Id = "",
) -> Response:
    """Suggestions for words typed or pasted; within a `call` the same suggestion counts once."""
    if not ours:
        return _show(agent, form, fragment, None, 403, say("console")["other_site"], text)
    if not text.strip():
        return _show(agent, form, fragment, None)
    suggested = service.suggestions.for_text
    try:
        offer = suggested(text, region=region or None, agent=agent.name, call_id=call or None)
    except BadRegion:
        offer = suggested(text, agent=agent.name, call_id=call or None)
    return _show(agent, form, fragment, offer, text=text)


@router.post("/suggestions/{suggestion_id}/reject")
def reject(
    suggestion_id: str,
    service: ServiceDep,
    agent: Asker,
    form: FormDep,
    ours: OurFormDep,
    fragment: FragmentDep,
    reason: Annotated[str, Form(max_length=20)] = "",
    words: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Note why a suggestion is no good; what has a fate already keeps it."""
    told = texts("console_suggestions")
    if not ours:
        return _told(agent, form, fragment, say("console")["other_site"], 403)
    why = Reason(reason) if reason in set(Reason) else Reason.OTHER
    try:
        talk = service.suggestions.conversation_of(suggestion_id)
        if talk and Scope.CHATS_READ not in agent.permissions:
            raise PageNotAllowed(agent, Scope.CHATS_READ)
        new = service.suggestions.reject(suggestion_id, agent.name, why, words)
    except UnknownSuggestion:
        return _told(agent, form, fragment, told["gone"], 404)
    names: dict[str, str] = told["reasons"]  # type: ignore[assignment]
    done = told["rejected"].format(reason=names[why]) if new else told["rejected_before"]
    return _told(agent, form, fragment, done)


@router.get("/canned")
def canned(
    service: ServiceDep,
    agent: AgentDep,
    fragment: FragmentDep,
    q: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Canned replies by words or by letters of pinyin initials; all of them for nothing."""
    groups: dict[str, list] = {}
    found = service.suggestions.canned.find(q)
    for reply in found:
        # Looked for, the nearest comes first whatever its group; otherwise group by group.
        groups.setdefault("" if q.strip("/ ") else reply.group, []).append(reply)
    template = "console/_canned.html" if fragment else "console/canned.html"
    return console_page(template, agent, groups=groups, q=q, words=texts("console_suggestions"))


def _show(
    agent: Caller,
    form: str,
    fragment: bool,
    offer: Offer | None,
    status: int = 200,
    problem: str | None = None,
    text: str = "",
) -> Response:
    return console_page(
        "console/_suggestions.html" if fragment else "console/suggestions.html",
        agent,
        status=status,
        here="search",
        form=form,
        offer=offer,
        problem=problem,
        text=text,
        max_chars=MAX_TEXT,
        reasons=list(Reason),
        words=texts("console_suggestions"),
    )


def _told(agent: Caller, form: str, fragment: bool, told: str, status: int = 200) -> Response:
    """One sentence in place of the card; htmx leaves the card as it is for an error."""
    template = "console/_suggestion_told.html" if fragment else "console/suggestions.html"
    return console_page(
        template,
        agent,
        status=status,
        here="search",
        form=form,
        offer=None,
        problem=told,
        text="",
        max_chars=MAX_TEXT,
        reasons=list(Reason),
        words=texts("console_suggestions"),
    )
