"""Phone mode: the agent types what the caller says; form, danger, suggestions and tickets follow."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response

from api.accounts.model import Caller, Scope
from api.console.filing.desk import NotFiled, file_for_call, form_of_call, may_dispatch
from api.console.filing.sheet import Sent, sent_form, sheet_of, spoken_digits
from api.console.shell import AgentDep, FormDep, FragmentDep, OurFormDep, console_page, may, not_found_page
from api.filling.calls import Call, new_call_id
from api.routes.access import ServiceDep, desk_actor
from api.routes.rendering import BEIJING, say
from api.service import Service
from api.texts import texts
from tickets.citizen_words import beijing_words
from tickets.digits import phones_in
from tickets.errors import BadNumber, NotFound, TicketError
from tickets.model import Category, Ticket, TicketFilter, Urgency
from tickets.numbering import find_number, parse_number
from tickets.privacy import mask_ticket
from tickets.record import last_result

MOST_FOUND = 5
CALL_ID = r"^k_[0-9a-f]{32}$"

SentDep = Annotated[Sent, Depends(sent_form)]
Words = Annotated[str, Form(max_length=8000)]

router = APIRouter(prefix="/console/phone", dependencies=[Depends(may(Scope.TICKETS_FILE))])


@dataclass(frozen=True)
class Found:
    """Tickets that were looked for, masked. `nothing`: there is none; `mistyped`: it was no number."""

    tickets: tuple[Ticket, ...] = ()
    nothing: bool = False
    mistyped: bool = False


@router.get("")
def phone(
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    call: Annotated[str, Query(max_length=40)] = "",
    new: Annotated[str, Query(max_length=5)] = "",
) -> Response:
    """A call: the one that is named, else the newest that is open, else a new one."""
    if call:
        found = service.calls.find(call, agent.name)
        if found is None:
            return not_found_page(agent)
        return _show(service, agent, form, found)
    waiting = [] if new else service.calls.open_calls(agent.name)
    blank = Call(new_call_id(), agent.name, datetime.now(UTC))
    return _show(service, agent, form, waiting[0] if waiting else blank)


@router.post("/lookup")
def lookup(
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    ours: OurFormDep,
    fragment: FragmentDep,
    q: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Tickets by number or phone, for a caller who asks how far hers is; masked."""
    found = _look_up(service, q) if ours else Found()
    if fragment and ours:
        return console_page("console/_phone_found.html", agent, **_found_values(service, agent, form, found))
    waiting = service.calls.open_calls(agent.name)
    blank = Call(new_call_id(), agent.name, datetime.now(UTC))
    problem = None if ours else say("console")["other_site"]
    return _show(
        service, agent, form, waiting[0] if waiting else blank, 200 if ours else 403, problem, looked_up=found
    )


@router.post("/reveal")
def reveal(
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    ours: OurFormDep,
    number: Annotated[str, Form(max_length=40)] = "",
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """One ticket in full for the reason given; who saw it and why is recorded first."""
    if not ours or Scope.TICKETS_REVEAL not in agent.permissions:
        told = say("console")["other_site" if not ours else "not_allowed"]
        return console_page("console/not_allowed.html", agent, status=403, problem=told)
    try:
        shown = service.desk.disclose(number, actor=desk_actor(agent), reason=reason)
    except NotFound:
        return not_found_page(agent)
    except TicketError as error:
        told = texts("errors")[error.code]
        return console_page("console/not_allowed.html", agent, status=409, problem=told)
    values = _found_values(service, agent, form, Found((mask_ticket(shown),)))
    values["shown"] = shown
    return console_page("console/_phone_found.html", agent, **values)


@router.post("/{call_id}")
def save(
    call_id: str,
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    ours: OurFormDep,
    fragment: FragmentDep,
    sent: SentDep,
    words: Words = "",
    revision: Annotated[int, Form(ge=0, le=2**53)] = 0,
) -> Response:
    """Keep what was typed, and give what follows from it."""
    saved = Call(call_id, agent.name, datetime.now(UTC), words, sent.hand_values)
    if not ours:
        return _show(service, agent, form, saved, 403, say("console")["other_site"])
    revision = revision or _next_revision(service, call_id, agent)
    call = _save(service, agent, call_id, words, sent, revision)
    if call is None:
        return not_found_page(agent)
    if not fragment:
        return RedirectResponse(f"/console/phone?call={call.id}", 303)
    current = replace(call, words=words, by_hand=sent.hand_values) if not call.ended_at else call
    return console_page("console/_phone_update.html", agent, **_values(service, agent, form, current, sent))


@router.post("/{call_id}/file")
def file(
    call_id: str,
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    ours: OurFormDep,
    sent: SentDep,
    words: Words = "",
    revision: Annotated[int, Form(ge=0, le=2**53)] = 0,
) -> Response:
    """File the call's form, once however often it is sent."""
    call = service.calls.find(call_id, agent.name)
    try:
        if not ours:
            raise NotFiled(say("console")["other_site"], 403)
        if words or call is None:
            call = _save(service, agent, call_id, words, sent, revision or 1) or call
        if call is None:
            return not_found_page(agent)
        if call.ticket_number is None:
            file_for_call(service, agent, call, sent)
    except NotFiled as error:
        call = call or Call(call_id, agent.name, datetime.now(UTC), words, sent.hand_values)
        return _show(service, agent, form, call, error.status, error.told, sent=sent)
    return RedirectResponse(f"/console/phone?call={call.id}", 303)


@router.post("/{call_id}/calm")
def calm(
    call_id: str,
    service: ServiceDep,
    agent: AgentDep,
    ours: OurFormDep,
    sent: SentDep,
    no_danger: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Take back an alarm that was none; another kind of danger alarms again."""
    call = service.calls.find(call_id, agent.name)
    if call is None:
        return not_found_page(agent)
    if ours:
        _save(service, agent, call_id, call.words, replace(sent, calm=no_danger), call.revision + 1)
    return RedirectResponse(f"/console/phone?call={call_id}", 303)


@router.post("/{call_id}/end")
def end(call_id: str, service: ServiceDep, agent: AgentDep, form: FormDep, ours: OurFormDep) -> Response:
    """End a call without a ticket: only a question, a wrong number."""
    call = service.calls.find(call_id, agent.name)
    if not ours:
        blank = Call(call_id, agent.name, datetime.now(UTC))
        return _show(service, agent, form, call or blank, 403, say("console")["other_site"])
    service.calls.end(call_id, agent.name)
    return RedirectResponse(f"/console/phone?call={call_id}" if call else "/console/phone?new=1", 303)


@router.post("/{call_id}/said")
def said(
    call_id: str,
    service: ServiceDep,
    agent: AgentDep,
    ours: OurFormDep,
    text: Annotated[str, Form(max_length=8000)] = "",
    suggestion: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Note that a suggestion was read to the caller."""
    if ours and suggestion and service.calls.find(call_id, agent.name):
        service.suggestions.sent([suggestion], agent.name, text)
    return Response(status_code=204 if ours else 403)


def _save(
    service: Service, agent: Caller, call_id: str, words: str, sent: Sent, revision: int
) -> Call | None:
    if not re.fullmatch(CALL_ID, call_id):
        return None
    return service.calls.save(call_id, agent.name, words, sent.hand_values, revision)


def _next_revision(service: Service, call_id: str, agent: Caller) -> int:
    call = service.calls.find(call_id, agent.name)
    return call.revision + 1 if call else 1


def _show(
    service: Service,
    agent: Caller,
    form: str,
    call: Call,
    status: int = 200,
    problem: str | None = None,
    *,
    sent: Sent | None = None,
    looked_up: Found | None = None,
) -> Response:
    if call.ended_at:
        return _done(service, agent, form, call)
    values = _values(service, agent, form, call, sent, only_sent=sent is not None)
    return console_page(
        "console/phone.html", agent, status=status, **values | {"problem": problem, "looked_up": looked_up}
    )


def _done(service: Service, agent: Caller, form: str, call: Call) -> Response:
    ticket = mask_ticket(service.desk.find(call.ticket_number)) if call.ticket_number else None
    return console_page(
        "console/phone_done.html",
        agent,
        here="phone",
        form=form,
        words=texts("console_filing"),
        phone=texts("console_phone"),
        call=call,
        ticket=ticket,
        digits=spoken_digits(ticket.number) if ticket else "",
        due=beijing_words(ticket.due_at) if ticket else "",
        open_calls=service.calls.open_calls(agent.name),
        to_dispatch=ticket is not None and may_dispatch(service, agent, ticket.number),
    )


def _values(
    service: Service,
    agent: Caller,
    form: str,
    call: Call,
    sent: Sent | None = None,
    *,
    only_sent: bool = False,
) -> dict[str, Any]:
    """What the page and its updates show."""
    filled, danger = form_of_call(service, call)
    asked = replace(sent or Sent.kept(call.by_hand), client=call.id)
    stored = service.calls.open_calls(agent.name)
    heard = _heard_tickets(service, call)
    return _found_values(service, agent, form, heard) | {
        "here": "phone",
        "heard": True,
        "words": texts("console_filing"),
        "call": call,
        "stored": any(one.id == call.id for one in stored),
        "open_calls": stored,
        "hour": _hour,
        "danger": danger,
        "spoken": _spoken,
        "sheet": sheet_of(service, filled, asked, only_sent=only_sent),
        "action": f"/console/phone/{call.id}/file",
        "checking": None,
        "filed_here": (),
        "problem": None,
        "looked_up": None,
        "categories": list(Category),
        "urgencies": list(Urgency),
    }


def _found_values(service: Service, agent: Caller, form: str, found: Found) -> dict[str, Any]:
    results = {ticket.number: last_result(ticket) for ticket in found.tickets}
    return {
        "form": form,
        "phone": texts("console_phone"),
        "found": found,
        "heard": False,
        "results": results,
        "shown": None,
        "may_reveal": Scope.TICKETS_REVEAL in agent.permissions,
    }


def _heard_tickets(service: Service, call: Call) -> Found:
    """The ticket whose number the caller said; without one nothing: her earlier tickets stand in the form."""
    number = find_number(call.words)
    return _look_up(service, number) if number else Found()


def _look_up(service: Service, asked: str) -> Found:
    phones = phones_in(asked)
    if phones and find_number(asked) is None:
        tickets = service.desk.list(TicketFilter(phone=phones[-1]), limit=MOST_FOUND)
        return Found(tuple(map(mask_ticket, tickets)), nothing=not tickets)
    try:
        return Found((mask_ticket(service.desk.find(parse_number(asked))),))
    except BadNumber:
        return Found(mistyped=bool(asked.strip()))
    except NotFound:
        return Found(nothing=True)


def _spoken(reply: str) -> str:
    """A reply of the danger screen as it is said on the phone."""
    instead: dict[str, str] = texts("console_phone")["spoken_instead"]  # type: ignore[assignment]
    for written, said_aloud in instead.items():
        reply = reply.replace(written, said_aloud)
    return reply


def _hour(at: datetime) -> str:
    return f"{at.astimezone(BEIJING):%H:%M}"
