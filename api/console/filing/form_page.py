"""The ticket form filled from a talk: look it over, file it, see what happens next."""

import secrets
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import RedirectResponse, Response

from api.accounts.model import Caller, Scope
from api.chat.errors import UnknownConversation
from api.chat.hand_over_model import Held
from api.console.filing.desk import (
    NotFiled,
    client_of,
    file_for_conversation,
    filed_in,
    form_of_call,
    form_of_conversation,
    may_dispatch,
    origin_of_talk,
)
from api.console.filing.sheet import Sent, Sheet, sent_form, sheet_of
from api.console.shell import AgentDep, FormDep, FragmentDep, OurFormDep, console_page, may, not_found_page
from api.routes.access import ServiceDep
from api.routes.rendering import say
from api.service import Service
from api.texts import texts
from tickets.citizen_words import beijing_words
from tickets.errors import NotFound
from tickets.model import Category, Urgency
from tickets.privacy import mask_ticket

SentDep = Annotated[Sent, Depends(sent_form)]
Id = Annotated[str, Query(max_length=64)]

router = APIRouter(prefix="/console/filing", dependencies=[Depends(may(Scope.TICKETS_FILE))])


@router.get("")
def filing(
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    fragment: FragmentDep,
    conversation: Id = "",
    call: Id = "",
    again: Annotated[str, Query(max_length=5)] = "",
) -> Response:
    """The form of a conversation or of a call; asked for by htmx without the frame.

    What was told up to here is filed once: who comes back to the form is shown the ticket, and `again` is how
    to file another.
    """
    if call:
        return _form_of_call(service, agent, form, fragment, call)
    held = _own(service, agent, form, conversation)
    if isinstance(held, Response):
        return held
    client = secrets.token_hex(16) if again else client_of(service, held)
    known = service.desk.find_by_origin(origin_of_talk(held, client))
    if known:
        return RedirectResponse(f"/console/filing/{known.number}?conversation={held.id}&kind=already", 303)
    sent = Sent({}, client=client)
    sheet = sheet_of(service, form_of_conversation(service, held), sent)
    return show_form(service, agent, form, sheet, held, fragment=fragment)


@router.post("/check")
def check(
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    ours: OurFormDep,
    fragment: FragmentDep,
    sent: SentDep,
    conversation: Id = "",
) -> Response:
    """What the form would come to as it stands: the place, repeats, office and time. Changes nothing."""
    held = _own(service, agent, form, conversation)
    if isinstance(held, Response):
        return held
    sheet = sheet_of(service, form_of_conversation(service, held), sent, only_sent=True)
    problem = None if ours else say("console")["other_site"]
    if fragment and ours:
        return console_page(
            "console/_filing_told.html",
            agent,
            sheet=sheet,
            words=texts("console_filing"),
            checking=f"/console/filing/check?conversation={held.id}",
        )
    return show_form(service, agent, form, sheet, held, status=200 if ours else 403, problem=problem)


@router.post("")
def file(
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    ours: OurFormDep,
    sent: SentDep,
    conversation: Id = "",
) -> Response:
    """File it, once however often it is sent, and tell the citizen her number in the conversation."""
    held = _own(service, agent, form, conversation)
    if isinstance(held, Response):
        return held
    try:
        if not ours:
            raise NotFiled(say("console")["other_site"], 403)
        if not sent.client:
            raise NotFiled(say("console")["other_site"])
        known = service.desk.find_by_origin(origin_of_talk(held, sent.client))
        filed = file_for_conversation(service, agent, held, sent)
    except NotFiled as error:
        sheet = sheet_of(service, form_of_conversation(service, held), sent, only_sent=True)
        return show_form(service, agent, form, sheet, held, status=error.status, problem=error.told)
    kind = "already" if known else "added" if filed.added else "new"
    others = "".join(f"&also={other.number}" for other in filed.others)
    at = f"/console/filing/{filed.ticket.number}?conversation={held.id}&kind={kind}{others}"
    return RedirectResponse(at, 303)


@router.get("/{number}")
def filed(
    number: str,
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    conversation: Id = "",
    kind: Annotated[str, Query(max_length=10)] = "new",
    also: Annotated[list[str] | None, Query(max_length=10)] = None,
) -> Response:
    """What was filed, and what happens next."""
    try:
        ticket = mask_ticket(service.desk.find(number))
    except NotFound:
        return not_found_page(agent)
    return console_page(
        "console/filed.html",
        agent,
        here="talks",
        form=form,
        words=texts("console_filing"),
        ticket=ticket,
        added=kind == "added",
        already=kind == "already",
        others=[other for other in also or () if other[:20].replace("-", "").isdigit()],
        due=beijing_words(ticket.due_at),
        conversation=conversation,
        to_dispatch=may_dispatch(service, agent, ticket.number),
    )


def show_form(
    service: Service,
    agent: Caller,
    form: str,
    sheet: Sheet,
    held: Held,
    *,
    fragment: bool = False,
    status: int = 200,
    problem: str | None = None,
) -> Response:
    """The form of a conversation, as a page or without the frame."""
    return console_page(
        "console/_filing_form.html" if fragment else "console/filing.html",
        agent,
        status=status,
        here="talks",
        form=form,
        words=texts("console_filing"),
        sheet=sheet,
        held=held,
        action=f"/console/filing?conversation={held.id}",
        checking=f"/console/filing/check?conversation={held.id}",
        filed_here=filed_in(service, held.id),
        problem=problem,
        categories=list(Category),
        urgencies=list(Urgency),
    )


def _form_of_call(service: Service, agent: Caller, form: str, fragment: bool, call_id: str) -> Response:
    call = service.calls.find(call_id, agent.name)
    if call is None:
        return not_found_page(agent)
    if not fragment:
        return RedirectResponse(f"/console/phone?call={call.id}", 303)
    filled, _danger = form_of_call(service, call)
    values = replace(Sent.kept(call.by_hand), client=call.id)
    return console_page(
        "console/_filing_form.html",
        agent,
        form=form,
        words=texts("console_filing"),
        sheet=sheet_of(service, filled, values),
        action=f"/console/phone/{call.id}/file",
        checking=None,
        filed_here=(),
        problem=None,
        categories=list(Category),
        urgencies=list(Urgency),
    )


def _own(service: Service, agent: Caller, form: str, conversation_id: str) -> Held | Response:
    """The conversation, if the agent has it; else the page that says why nothing is filed from it."""
    try:
        held = service.conversations.held.find(conversation_id)
    except UnknownConversation:
        return not_found_page(agent)
    return held if held.agent == agent.name else _not_yours(agent, held, form)


def _not_yours(agent: Caller, held: Held, form: str) -> Response:
    problem = texts("console_filing")["problems"]["not_yours"]  # type: ignore[index]
    return console_page(
        "console/filing_not_yours.html",
        agent,
        status=409,
        here="talks",
        form=form,
        words=texts("console_filing"),
        problem=problem,
        held=held,
    )
