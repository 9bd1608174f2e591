"""Open311 GeoReport v2 (https://wiki.open311.org/GeoReport_v2): requests for help from apps that speak it.

Services and discovery are open; reading requests needs a key with tickets:read, filing one tickets:file. The
specification leaves reading open too; requests for help are not for the public. jurisdiction_id is taken
and ignored: there is one jurisdiction. Console sessions are no keys here, as forms can be sent across sites.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response, Security
from fastapi.security import APIKeyHeader, APIKeyQuery, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from pydantic import Field, StringConstraints

from api.accounts.model import Caller, Scope
from api.open311.filing import Blank, ServiceRequestIn, new_ticket, origins_of, receipt
from api.open311.formats import MEDIA_TYPES, Format, Open311Route, refusal, rendered
from api.open311.reading import (
    MOST,
    RequestQuery,
    find_requests,
    requests_named,
    service_request,
    window,
)
from api.open311.schemas import (
    AttributeOut,
    DiscoveryOut,
    EndpointOut,
    ErrorOut,
    FiledRequestOut,
    ServiceDefinitionOut,
    ServiceOut,
    ServiceRequestOut,
    TokenOut,
    ValueOut,
)
from api.open311.services import Attribute, attributes, changeset, notices, service_of, services
from api.routes.access import ServiceDep, desk_actor
from api.routes.ticket_access import IdempotencyKey, check_same_request, own
from api.service import Service
from api.ticket_bodies import Moment
from tickets.errors import BadRequest
from tickets.model import Category
from tickets.service import utc_now

PREFIX = "/open311/v2"
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"

_query = APIKeyQuery(name="api_key", auto_error=False, scheme_name="Open311 api_key")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="API key")
_bearer = HTTPBearer(auto_error=False, scheme_name="API key as bearer token")


def key_sent(
    query: Annotated[str | None, Security(_query)] = None,
    header: Annotated[str | None, Security(_header)] = None,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None,
) -> str | None:
    """The API key from `api_key` in the address, `X-API-Key` or `Authorization: Bearer`."""
    return header or (bearer.credentials if bearer else None) or query


def _answers(model: Any, *errors: int) -> dict[int | str, dict[str, Any]]:
    """Describe answers in both formats for /openapi.json."""
    described: dict[int | str, dict[str, Any]] = {200: {"model": model, "content": _XML}}
    return described | {status: {"model": list[ErrorOut], "content": _XML} for status in (400, 404, *errors)}


_XML: dict[str, Any] = {MEDIA_TYPES["xml"]: {"schema": {"type": "string"}}}
Key = Annotated[str | None, Depends(key_sent)]
Codes = Annotated[
    Annotated[str, StringConstraints(max_length=20_000)] | None,
    Blank,
    Query(description="Several are parted by commas."),
]
At = Annotated[Moment | None, Blank, Query()]
Page = Annotated[Annotated[int, Field(ge=1, le=100_000)] | None, Blank, Query()]
PageSize = Annotated[Annotated[int, Field(ge=1, le=MOST)] | None, Blank, Query()]
Jurisdiction = Annotated[str | None, Query(alias="jurisdiction_id", description="Taken and ignored.")]
Extensions = Annotated[
    bool, Query(description="With extended_attributes (the ticket's own status) and notes (its history).")
]

router = APIRouter(prefix=PREFIX, tags=["open311"], route_class=Open311Route)


@router.get("/discovery.{format}", responses=_answers(DiscoveryOut))
def discovery(format: Format, request: Request) -> Response:
    """Where and in which formats this interface is, and who gives keys."""
    endpoint = EndpointOut(
        specification=SPECIFICATION,
        url=f"{str(request.base_url).rstrip('/')}{PREFIX}",
        changeset=changeset(),
        type="production",
        formats=list(MEDIA_TYPES.values()),
    )
    found = DiscoveryOut(
        changeset=changeset(),
        contact=notices()["contact"],
        key_service=notices()["key_service"],
        endpoints=[endpoint],
    )
    return rendered(format, "discovery", found)


@router.get("/services.{format}", responses=_answers(list[ServiceOut]))
def list_services(format: Format, jurisdiction: Jurisdiction = None) -> Response:
    """What can be asked for: one service per category of tickets."""
    found = [
        ServiceOut(
            service_code=each.code,
            service_name=each.name,
            description=each.description,
            metadata=bool(attributes()),
            type="realtime",
            keywords=", ".join(each.keywords),
            group=each.group,
        )
        for each in services().values()
    ]
    return rendered(format, "services", found)


@router.get("/services/{service_code}.{format}", responses=_answers(ServiceDefinitionOut))
def show_service(service_code: str, format: Format, jurisdiction: Jurisdiction = None) -> Response:
    """What may be told about a request of this service, beyond the fields of the specification."""
    definition = ServiceDefinitionOut(
        service_code=service_of(service_code).code,
        attributes=[_attribute(order, each) for order, each in enumerate(attributes(), start=1)],
    )
    return rendered(format, "service_definition", definition)


@router.get("/requests.{format}", responses=_answers(list[ServiceRequestOut], 403))
def list_requests(
    format: Format,
    service: ServiceDep,
    key: Key,
    service_request_id: Codes = None,
    service_code: Codes = None,
    start_date: At = None,
    end_date: At = None,
    status: Codes = None,
    page: Page = None,
    page_size: PageSize = None,
    extensions: Extensions = False,
    jurisdiction: Jurisdiction = None,
) -> Response:
    """Requests opened within 90 days at most, newest first; service_request_id overrides all else."""
    caller = _allowed(service, key, Scope.TICKETS_READ)
    if service_request_id:
        found = requests_named(service.desk, caller, _split(service_request_id))
    else:
        start, end = window(start_date, end_date, utc_now())
        query = RequestQuery(
            start, end, _categories(service_code), _closed(status), page or 1, page_size or MOST
        )
        found = find_requests(service.desk, caller, query)
    requests = [service_request(ticket, extended=extensions) for ticket in found]
    return rendered(format, "service_requests", requests)


@router.get("/requests/{service_request_id}.{format}", responses=_answers(list[ServiceRequestOut], 403))
def show_request(
    service_request_id: str,
    format: Format,
    service: ServiceDep,
    key: Key,
    extensions: Extensions = False,
    jurisdiction: Jurisdiction = None,
) -> Response:
    """One request by the number of its ticket."""
    caller = _allowed(service, key, Scope.TICKETS_READ)
    ticket = own(service.desk, caller, service_request_id)
    return rendered(format, "service_requests", [service_request(ticket, extended=extensions)])


@router.get("/tokens/{token}.{format}", responses=_answers(list[TokenOut], 403))
def show_token(
    token: str, format: Format, service: ServiceDep, key: Key, jurisdiction: Jurisdiction = None
) -> Response:
    """The request behind a token. Every service is realtime: the number of the ticket is its own token."""
    caller = _allowed(service, key, Scope.TICKETS_READ)
    ticket = own(service.desk, caller, token)
    return rendered(format, "service_requests", [TokenOut(service_request_id=ticket.number, token=token)])


@router.post(
    "/requests.{format}",
    status_code=201,
    responses={
        201: {"model": list[FiledRequestOut], "content": _XML},
        **{status: {"model": list[ErrorOut], "content": _XML} for status in (400, 403, 404, 503)},
    },
)
def file_request(
    format: Format,
    sent: Annotated[ServiceRequestIn, Form()],
    service: ServiceDep,
    key: Key,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Take a request down as POST /v1/tickets does; it is on disk when the answer comes.

    The words of the same person about the same open matter are added to her ticket: its number is given. A
    form that is sent again is filed once: by its Idempotency-Key, else for an hour if it says who asks.
    """
    secret = sent.api_key or key
    caller = _allowed(service, secret, Scope.TICKETS_FILE)
    origins = origins_of(sent, caller, secret or "", idempotency_key, utc_now())
    new = new_ticket(sent, service.settings.region, origins.now)
    known = service.desk.find_by_origin(origins.earlier) if origins.earlier else None
    known = known or (service.desk.find_by_origin(origins.now) if origins.now else None)
    if known:
        ticket, outcome = known, "known"
    else:
        filing = service.desk.take_down(new, desk_actor(caller))
        ticket, outcome = filing.ticket, "added" if filing.added else "filed"
    check_same_request(ticket, new)
    return rendered(format, "service_requests", [receipt(sent, ticket, outcome)], 201)


@router.api_route("/{path:path}", methods=["GET", "POST"], include_in_schema=False)
def nothing_here(path: str) -> Response:
    """An address that the specification does not have, or a format that there is not."""
    return refusal("xml" if path.endswith(".xml") else "json", 404, f"nothing at {PREFIX}/{path}")


def _allowed(service: Service, key: str | None, scope: Scope) -> Caller:
    caller = service.accounts.key(key) if key else None
    if caller is None:
        raise HTTPException(403, "api_key is missing or not valid: hotline keys add NAME gives one")
    caller.require(scope)
    return caller


def _split(told: str | None) -> list[str]:
    return [part.strip() for part in (told or "").split(",") if part.strip()]


def _categories(codes: str | None) -> frozenset[Category]:
    return frozenset(service_of(code).category for code in _split(codes))


def _closed(statuses: str | None) -> frozenset[bool]:
    told = {status.lower() for status in _split(statuses)}
    if told - {"open", "closed"}:
        raise BadRequest("status is open, closed or both, parted by a comma")
    return frozenset(status == "closed" for status in told)


def _attribute(order: int, attribute: Attribute) -> AttributeOut:
    described = AttributeOut(
        variable=True,
        code=attribute.code,
        datatype=attribute.datatype,  # type: ignore[arg-type]  # pydantic checks it
        required=False,
        datatype_description=attribute.datatype_description,
        order=order,
        description=attribute.description,
    )
    if attribute.values:
        described.values = [ValueOut(key=key, name=name) for key, name in attribute.values.items()]
    return described
