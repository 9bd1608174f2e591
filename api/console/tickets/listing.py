"""The ticket desk: the list with its filters, searching for a person, and dispatching several at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse, Response

from api.accounts.model import Caller, Scope
from api.console.shell import AgentDep, FormDep, FragmentDep, OurFormDep, console_page, may
from api.console.tickets.filters import LIST, TABS, FiltersDep, TicketFilters, understand
from api.console.tickets.words import WORDS, deadline_of, refusal, seen_by_now, tidy
from api.routes.access import ServiceDep, desk_actor
from api.routes.rendering import say
from api.routes.ticket_access import may_see, own, own_filter
from api.service import Service
from tickets.errors import BadRequest, TicketError
from tickets.lifecycle import MOVES, allowed_from
from tickets.lists import Order, TicketPage, TicketQuery
from tickets.model import Category, Ticket, TicketFilter, Urgency
from tickets.privacy import mask_ticket

PER_PAGE = 50
OF_ONE_PERSON = 100
DISPATCH = "dispatch"

router = APIRouter(prefix=LIST, dependencies=[Depends(may(Scope.TICKETS_READ))])


@dataclass(frozen=True)
class Sent:
    """What became of one ticket of several; `problem` says why nothing did."""

    number: str
    office: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Typed:
    """What somebody typed and chose beside the filters; it stands there again when nothing came of it."""

    phone: str = ""
    id_number: str = ""
    office: str = ""
    reason: str = ""
    chosen: tuple[str, ...] = ()


NOTHING_TYPED = Typed()


@router.get("")
def tickets(
    service: ServiceDep, agent: AgentDep, form: FormDep, fragment: FragmentDep, filters: FiltersDep
) -> Response:
    """The list; asked for by htmx only what the filters change, with the address to remember."""
    template = "console/_ticket_list.html" if fragment else "console/tickets.html"
    page = _page(service, agent, form, filters, template=template)
    if fragment:
        page.headers["HX-Push-Url"] = filters.address(after=filters.after)
    return page


@router.post("/search")
def search(
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    ours: OurFormDep,
    filters: FiltersDep,
    phone: Annotated[str, Form(max_length=30)] = "",
    id_number: Annotated[str, Form(max_length=30)] = "",
) -> Response:
    """The tickets of one person, by exact phone or ID number; these never stand in an address."""
    typed = Typed(phone=phone.strip(), id_number=id_number.strip())
    if not ours:
        return _page(service, agent, form, filters, typed, status=403, problem=say("console")["other_site"])
    if not typed.phone and not typed.id_number:
        return _page(service, agent, form, filters, typed, status=409, problem=WORDS["person_needed"])
    person = TicketFilter(phone=typed.phone or None, id_number=typed.id_number or None)
    wanted = own_filter(agent, person)
    found = service.ticket_lists.page(TicketQuery(wanted), Order.NEWEST, limit=OF_ONE_PERSON)
    return _page(service, agent, form, filters, typed, found=found)


@router.post("/dispatch")
def dispatch(
    service: ServiceDep,
    agent: AgentDep,
    form: FormDep,
    ours: OurFormDep,
    filters: FiltersDep,
    chosen: Annotated[list[str] | None, Form(max_length=PER_PAGE)] = None,
    office: Annotated[str, Form(max_length=100)] = "",
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Dispatch every chosen ticket (`number:version`) to one office for one reason; each stands alone."""
    typed = Typed(office=office.strip(), reason=tidy(reason), chosen=tuple(chosen or ()))
    if not ours:
        return _page(service, agent, form, filters, typed, status=403, problem=say("console")["other_site"])
    if not _may_dispatch(agent):
        return _page(service, agent, form, filters, typed, status=403, problem=say("console")["not_allowed"])
    problem = None
    if not typed.chosen:
        problem = WORDS["none_chosen"]
    elif not typed.office or not typed.reason:
        problem = WORDS["office_and_reason_needed"]
    if problem:
        return _page(service, agent, form, filters, typed, status=409, problem=problem)
    sent = [_dispatch_one(service, agent, one, typed.office, typed.reason) for one in typed.chosen]
    return _page(service, agent, form, filters, sent=sent)


@router.get("/dispatch")
@router.get("/search")
def back_to_the_list(filters: FiltersDep) -> Response:
    """What was posted cannot be asked for again by its address: the list is what remains."""
    return RedirectResponse(filters.address(), 303)


def _dispatch_one(service: Service, agent: Caller, chosen: str, office: str, reason: str) -> Sent:
    number, _, told = chosen.rpartition(":")
    version = int(told) if told.isascii() and told.isdigit() else 0
    try:
        seen = own(service.desk, agent, number)
        service.desk.move(
            seen.number,
            DISPATCH,
            actor=desk_actor(agent),
            office=office,
            reason=reason,
            version=seen_by_now(seen, version),
        )
    except TicketError as error:
        return Sent(number[:30], problem=refusal(service, agent, number, error, version))
    return Sent(seen.number, office)


def _may_dispatch(agent: Caller) -> bool:
    return Scope.TICKETS_MOVE in agent.permissions and desk_actor(agent).role in MOVES[DISPATCH].roles


def _page(
    service: Service,
    agent: Caller,
    form: str,
    filters: TicketFilters,
    typed: Typed = NOTHING_TYPED,
    *,
    template: str = "console/tickets.html",
    status: int = 200,
    problem: str | None = None,
    found: TicketPage | None = None,
    sent: Sequence[Sent] = (),
) -> Response:
    """Show the list of the filters, or what was `found` otherwise."""
    now, lists = datetime.now(UTC), service.ticket_lists
    meant = understand(filters, agent, now, service.limits.hours, service.settings.region)
    problems = [WORDS["problems"][name] for name in meant.problems]
    page = found or TicketPage([], None)
    if found is None and not problems:
        try:
            page = lists.page(meant.query, meant.order, after=filters.after or None, limit=PER_PAGE)
        except BadRequest:
            problems.append(WORDS["problems"]["page_unknown"])
    shown = [ticket for ticket in page.tickets if may_see(agent, ticket)]
    dispatching = _may_dispatch(agent)
    return console_page(
        template,
        agent,
        now,
        status,
        here="tickets",
        form=form,
        words=WORDS,
        filters=filters,
        tabs=_tabs(filters, lists.counts(meant.query)),
        rows=[_row(service, agent, ticket, now, dispatching) for ticket in shown],
        next_page=page.after,
        person=found is not None,
        problem=problem,
        problems=problems,
        choices=meant.choices,
        dispatching=dispatching,
        offices=_office_names(service, agent),
        categories=[(each.value, each.value) for each in Category],
        urgencies=[(each.value, each.value) for each in Urgency],
        sent=sent,
        typed=typed,
        limit_of_person=OF_ONE_PERSON,
    )


def _tabs(filters: TicketFilters, counts: dict[Any, int]) -> list[tuple[str, str, int]]:
    """Give key, address and count of each group of the list."""
    total = sum(counts.values())
    sums = {"open": total - counts["closed"], "all": total}
    return [(tab, filters.address(group=tab), sums.get(tab, counts.get(tab, 0))) for tab in TABS]


def _row(service: Service, agent: Caller, ticket: Ticket, now: datetime, dispatching: bool) -> dict[str, Any]:
    role = desk_actor(agent).role
    return {
        "ticket": mask_ticket(ticket),
        "due": deadline_of(ticket, now, service.limits),
        "may_dispatch": dispatching
        and ticket.erased_at is None
        and DISPATCH in allowed_from(ticket.status, role),
    }


def _office_names(service: Service, agent: Caller) -> list[str]:
    """Name the offices of the table and those that tickets went to; an office only itself."""
    if agent.office:
        return [agent.office]
    return sorted({row.office for row in service.offices.rows} | set(service.ticket_lists.offices()))
