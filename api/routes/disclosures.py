"""The record of who saw personal data in full, for the auditor."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.routes.access import ServiceDep
from api.routes.ticket_access import Auditor
from api.ticket_bodies import Moment
from api.ticket_schemas import DisclosureListOut, DisclosureOut, problems

router = APIRouter(prefix="/v1/disclosures", tags=["audit"], responses=problems(401, 403))


@router.get("")
def list_disclosures(
    service: ServiceDep,
    caller: Auditor,
    since: Moment | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> DisclosureListOut:
    """Who saw personal data in full, when and why; newest first."""
    found = service.desk.disclosures(since, limit)
    return DisclosureListOut(disclosures=[DisclosureOut.of(one) for one in found])
