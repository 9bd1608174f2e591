"""What reached the case systems and what did not: look, send again, pause, resume, settle."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from api.accounts.model import Caller, Scope
from api.console.shell import AgentDep, FormDep, console_page, not_allowed_page
from api.routes.access import ServiceDep
from api.routes.rendering import say
from api.service import Service
from tickets.delivery_alerts import standing_of
from tickets.delivery_model import DeliveryFilter, DeliveryState, one_event
from tickets.errors import TicketError
from tickets.texts import desk_texts

LISTED = 100
REFRESH_SECONDS = 10

router = APIRouter(prefix="/console/deliveries")

SentForm = Annotated[str, Form(max_length=80)]
Reason = Annotated[str, Form(max_length=200)]
EventId = Annotated[str, Form(max_length=60)]


@router.get("")
def overview(service: ServiceDep, agent: AgentDep, form: FormDep) -> Response:
    """Every case system with its figures, and the events that did not get through."""
    return _show(service, agent, form)


@router.post("/{system}/pause")
def pause(
    system: str, service: ServiceDep, agent: AgentDep, form: FormDep, sent: SentForm = "", reason: Reason = ""
) -> Response:
    """Send it nothing more for now."""
    return _done(
        service, agent, (form, sent), reason, lambda: service.deliveries.pause(system, agent.name, reason)
    )


@router.post("/{system}/resume")
def resume(
    system: str, service: ServiceDep, agent: AgentDep, form: FormDep, sent: SentForm = "", reason: Reason = ""
) -> Response:
    """Send again what was held back."""
    return _done(
        service, agent, (form, sent), reason, lambda: service.deliveries.resume(system, agent.name, reason)
    )


@router.post("/{system}/replay")
def replay(
    system: str, service: ServiceDep, agent: AgentDep, form: FormDep, sent: SentForm = "", event: EventId = ""
) -> Response:
    """Send one event again; without one, every dead letter of the system."""
    wanted = (
        (lambda: one_event(system, event))
        if event
        else (lambda: DeliveryFilter(system, state=DeliveryState.DEAD))
    )
    return _done(service, agent, (form, sent), "-", lambda: service.deliveries.replay(wanted()))


@router.post("/{system}/settle")
def settle(
    system: str,
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    sent: SentForm = "",
    event: EventId = "",
    reason: Reason = "",
) -> Response:
    """Note that one event was handed over by other means."""
    return _done(
        service,
        agent,
        (form, sent),
        reason,
        lambda: service.deliveries.settle(one_event(system, event), agent.name, reason.strip()),
    )


def _done(
    service: Service, agent: Caller, forms: tuple[str, str], reason: str, do: Callable[[], object]
) -> Response:
    """Do it and show the page again, or say there why it was not done."""
    own, sent = forms
    words = say("console")
    if not secrets.compare_digest(own.encode(), sent.encode()):
        return _show(service, agent, own, 403, words["other_site"])
    if Scope.TICKETS_EXPORT not in agent.permissions or Scope.TICKETS_MOVE not in agent.permissions:
        return _show(service, agent, own, 403, words["not_allowed"])
    if not reason.strip():
        return _show(service, agent, own, 409, words["deliveries"]["needs_reason"])
    try:
        do()
    except TicketError as error:
        return _show(service, agent, own, 409, words["deliveries"]["not_done"].format(why=error))
    return RedirectResponse("/console/deliveries", 303)


def _show(
    service: Service, agent: Caller, form: str, status: int = 200, problem: str | None = None
) -> Response:
    now = datetime.now(UTC)
    if Scope.TICKETS_EXPORT not in agent.permissions:
        return not_allowed_page(agent)
    systems = service.case_systems.systems()
    find = service.deliveries.find
    return console_page(
        "console/deliveries.html",
        agent,
        now,
        status,
        here="deliveries",
        standings=[standing_of(figures, systems, now) for figures in service.deliveries.figures()],
        dead=find(DeliveryFilter(state=DeliveryState.DEAD), limit=LISTED),
        waiting=find(DeliveryFilter(state=DeliveryState.WAITING), limit=LISTED),
        may_change=Scope.TICKETS_MOVE in agent.permissions,
        actions=desk_texts()["action"],
        form=form,
        refresh_seconds=REFRESH_SECONDS,
        problem=problem,
    )
