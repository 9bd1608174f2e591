"""Pulling tickets: complete, in the order of their last change, resumable at every line."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from typing import Annotated, Any, BinaryIO, Literal

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import StreamingResponse

from api.accounts.model import Caller, Scope
from api.parts import sealer_from
from api.routes.access import ServiceDep, desk_actor, needs
from api.ticket_schemas import problems
from tickets.export import default_name, export_tickets, streamed
from tickets.profiles import OWN_PROFILES, Profile, named_profile
from tickets.pulling import BadCursor, Change, Pull, TicketPulls
from tickets.service import utc_now

NEXT_CURSOR = "Hotline-Next-Cursor"
MEDIA_TYPES = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_BLOCK = 64 * 1024

Format = Literal["jsonl", "csv", "xlsx"]
Exporter = Annotated[Caller, Depends(needs("tickets:export"))]

router = APIRouter(prefix="/v1/export", tags=["tickets"], responses=problems(401, 403))

_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file. It is complete when the response ends as HTTP says it does.",
        "content": {kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in MEDIA_TYPES.values()},
        "headers": {
            NEXT_CURSOR: {"schema": {"type": "string"}, "description": "Where the next pull begins."}
        },
    }
}


def ticket_pulls(service: ServiceDep) -> TicketPulls:
    """Pulls on the database of the service."""
    return TicketPulls(service.database, sealer_from(service.settings))


@router.get("/tickets", response_class=StreamingResponse, responses={**problems(400, 422, 503), **_FILES})
def pull_tickets(
    service: ServiceDep,
    caller: Exporter,
    pulls: Annotated[TicketPulls, Depends(ticket_pulls)],
    cursor: Annotated[
        str | None, Query(max_length=100, description="Where to begin; none: with the first ticket.")
    ] = None,
    file_format: Annotated[Format, Query(alias="format")] = "jsonl",
    profile: Annotated[
        str, Query(pattern=r"^[A-Za-z0-9_-]{1,40}$", description="Which columns, by name.")
    ] = "generic",
    limit: Annotated[int | None, Query(ge=1, le=1_000_000, description="At most so many tickets.")] = None,
    reveal_reason: Annotated[
        str | None,
        Query(min_length=2, max_length=200, description="Why personal data must be seen; recorded."),
    ] = None,
) -> StreamingResponse:
    """Every ticket that changed since `cursor`, as it is now, masked, in the order of its last change.

    `Hotline-Next-Cursor` says where the next pull begins; each line of jsonl has the cursor to go on behind
    it, should the stream break. With `reveal_reason` (scope tickets:reveal) the columns that the profile
    marks so are in full, except of anonymous requests, and that is recorded.
    """
    reveal = reveal_reason is not None
    if reveal:
        caller.require(Scope.TICKETS_REVEAL)
    columns = named_profile(profile, service.settings.data_dir / OWN_PROFILES)
    try:
        pull = pulls.begin(cursor, limit)
    except BadCursor as error:
        raise HTTPException(400, str(error)) from error
    if reveal_reason is not None:
        scope = f"pull {columns.name} {file_format} after {pull.after} up to {pull.end}"
        service.desk.record_disclosure(actor=desk_actor(caller), reason=reveal_reason, scope=scope)
    return StreamingResponse(
        _pieces(pulls, pull, columns, file_format, reveal),
        media_type=MEDIA_TYPES[file_format],
        headers={
            NEXT_CURSOR: pull.next_cursor,
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{default_name(columns, file_format, utc_now())}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def _pieces(
    pulls: TicketPulls, pull: Pull, columns: Profile, file_format: Format, reveal: bool
) -> Iterator[bytes]:
    """Give the file in pieces; what goes wrong before the first is still an error with a status."""
    changes = pulls.changes(pull)
    if file_format == "xlsx":
        return _blocks(_workbook(changes, columns, reveal))
    pieces = streamed(changes, columns, file_format, reveal=reveal)
    return chain([next(pieces)], pieces)


def _workbook(changes: Iterator[Change], columns: Profile, reveal: bool) -> BinaryIO:
    """Give an open temporary file without a name: it is gone when it is closed, whatever happens."""
    with ExitStack() as closing:
        file = closing.enter_context(tempfile.TemporaryFile())
        export_tickets((one.ticket for one in changes), columns, "xlsx", file, reveal=reveal)
        closing.pop_all()
    return file


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block
