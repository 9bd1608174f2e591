"""The case systems' side: what they tell us about tickets, and the figures they compare their own with."""

from datetime import date
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic import model_validator as checks

from api.routes.access import ServiceDep, needs
from api.ticket_bodies import Moment, NumberIn, Short
from api.ticket_schemas import problems
from tickets.case_systems import Back, revealed
from tickets.coming_back import Kind, Outcome, StatusUpdate
from tickets.errors import BadRequest, NotFound
from tickets.model import Status
from tickets.our_side import OurTickets
from tickets.service import utc_now
from tickets.signing import BadSignature, verify

log = structlog.get_logger()

router = APIRouter(tags=["case systems"])

MOST_BYTES = 64 * 1024
_LONGEST_DAYS = 3660
_NEEDED = {Kind.RETURNED: "reason", Kind.PROGRESS: "text", Kind.RESOLVED: "text"}


def _with_time(value: Any) -> Any:
    """A day alone would be midnight, and older than what happened that morning."""
    if isinstance(value, str) and ":" not in value:
        raise ValueError("give the time of day as well: 2026-01-31T08:00:00+08:00")
    return value


Told = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class StatusUpdateIn(BaseModel):
    """What became of a ticket. `returned` needs `reason`, `progress` and `resolved` need `text`.

    `text` is read by the citizen: no names, no numbers of others. Fields that are not listed are ignored.
    """

    model_config = ConfigDict(extra="ignore")

    type: Kind
    number: NumberIn
    at: Annotated[Moment, BeforeValidator(_with_time)] = Field(
        description="When it happened; a time without a zone is Beijing's."
    )
    reason: Told | None = None
    text: Told | None = None
    office: Short | None = Field(None, description="Who handles it in the case system.")
    their_id: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")] | None = Field(
        None, description="The case number in the case system."
    )

    @checks(mode="after")
    def _complete(self) -> "StatusUpdateIn":
        needed = _NEEDED.get(self.type)
        if needed and getattr(self, needed) is None:
            raise ValueError(f"{self.type} needs {needed}")
        return self

    def to_update(self, message_id: str) -> StatusUpdate:
        words = self.reason if self.type is Kind.RETURNED else self.text or self.reason
        return StatusUpdate(message_id, self.type, self.number, self.at, words, self.office, self.their_id)


class StatusUpdateOut(BaseModel):
    """What became of an update, the same however often it is sent; status and version as they were then.

    `moved`: the ticket has this status by it. `noted`: it came too late to move anything, the words are kept.
    """

    model_config = ConfigDict(from_attributes=True)

    number: str
    outcome: Outcome
    status: Status
    version: int


class DayOut(BaseModel):
    """The tickets filed on one Beijing day. `digest`: SHA-256 in hex over a line `number version` per ticket,
    each ended by one line feed, sorted as bytes."""

    model_config = ConfigDict(from_attributes=True)

    day: date
    count: int
    digest: str


class DaysOut(BaseModel):
    days: list[DayOut]


class TicketVersionOut(BaseModel):
    number: str
    version: int


_SIGNED = [
    {
        "name": name,
        "in": "header",
        "required": True,
        "schema": {"type": "string"},
        "description": "Standard Webhooks 1.0.0",
    }
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
]


async def signed_update(name: str, request: Request, service: ServiceDep) -> tuple[StatusUpdate, Back]:
    """Read an update, once it is shown to come from the case system of this name.

    Raises:
        NotFound: no case system of this name reports back. HTTPException: 401 not signed by it, 413 too long.
        RequestValidationError: it does not say what an update must.
    """
    system = service.case_systems.get(name)
    if system is None or system.back is None:
        raise NotFound(f"no case system {name!r} reports back here: give it `back` in case_systems.yml")
    body = await _body(request)
    try:
        message_id = verify(request.headers, body, revealed(system.back.secrets), utc_now())
    except BadSignature as error:
        log.warning("status_update_refused", system=name, reason=str(error))
        raise HTTPException(401, str(error)) from error
    try:
        return StatusUpdateIn.model_validate_json(body).to_update(message_id), system.back
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False, include_context=False)) from error


SignedUpdate = Annotated[tuple[StatusUpdate, Back], Depends(signed_update)]


@router.post(
    "/v1/case-systems/{name}/events",
    responses=problems(401, 404, 409, 413, 422, 503),
    openapi_extra={
        "parameters": _SIGNED,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": StatusUpdateIn.model_json_schema()}},
        },
    },
)
async def take_in_update(name: str, signed: SignedUpdate, service: ServiceDep) -> StatusUpdateOut:
    """A case system tells what became of a ticket; the same webhook-id again changes nothing.

    Signed after Standard Webhooks with the case system's own secret, at most 64 kB.
    """
    update, back = signed
    receipt = await run_in_threadpool(service.status_updates.take_in, name, back.office, update)
    if receipt.told:
        service.wakeups.announce(receipt.told)
    log.info("status_update_taken_in", system=name, kind=update.kind, outcome=receipt.outcome)
    return StatusUpdateOut.model_validate(receipt)


@router.get(
    "/v1/export/digests",
    dependencies=[Depends(needs("tickets:export"))],
    responses=problems(401, 403, 422),
)
def digests(
    service: ServiceDep,
    since: Annotated[date, Query(description="First Beijing day of filing.")],
    until: Annotated[date, Query(description="Last day, included.")],
    day: Annotated[
        date | None, Query(description="Instead of the figures, the tickets of this one day.")
    ] = None,
) -> DaysOut | list[TicketVersionOut]:
    """How many tickets were filed per day, with a digest of their versions, to compare one's own with.

    Days without a ticket are left out. With `day` every ticket of that day: `[{number, version}]`.
    """
    ours = OurTickets(service.database)
    if day is not None:
        return [TicketVersionOut(number=number, version=version) for number, version in ours.day(day)]
    if not 0 <= (until - since).days <= _LONGEST_DAYS:
        raise BadRequest(f"until must be since or up to {_LONGEST_DAYS} days later")
    return DaysOut(days=[DayOut.model_validate(each) for each in ours.days(since, until)])


async def _body(request: Request) -> bytes:
    """Read at most MOST_BYTES, whatever the headers promise."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"an update has at most {MOST_BYTES} bytes")
    return body
