"""Alive, ready with each part, and the counters."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.metrics import DELIVERIES, DELIVERY_LEVEL, DELIVERY_OLDEST
from api.routes.access import ServiceDep
from api.schemas import PartOut, ReadyOut
from api.service import Service
from tickets.delivery_alerts import Level, standing_of
from tickets.errors import TicketError

router = APIRouter(tags=["operations"])


@router.get("/healthz")
def alive() -> dict[str, str]:
    """The process runs."""
    return {"status": "alive"}


@router.get("/readyz", responses={503: {"model": ReadyOut, "description": "A part does not work."}})
def ready(service: ServiceDep, response: Response) -> ReadyOut:
    """200 when every part works, else 503; the hotline still answers citizens while Rasa is down."""
    parts = {"database": _database(service), "knowledge": _knowledge(service), "rasa": _rasa(service)}
    everything = all(part.ready for part in parts.values())
    response.status_code = 200 if everything else 503
    return ReadyOut(ready=everything, parts=parts)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(service: ServiceDep) -> Response:
    """Prometheus text format."""
    _count_deliveries(service)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _count_deliveries(service: Service) -> None:
    """Set the figures of the case systems; they stay as they were while the database does not answer."""
    try:
        found = service.deliveries.figures()
    except TicketError:
        return
    systems, now = service.case_systems.systems(), datetime.now(UTC)
    for figures in found:
        standing = standing_of(figures, systems, now)
        for state, count in figures.counts.items():
            DELIVERIES.labels(figures.name, state).set(count)
        DELIVERY_OLDEST.labels(figures.name).set(standing.undelivered_seconds)
        for level in Level:
            DELIVERY_LEVEL.labels(figures.name, level).set(level is standing.level)


def _database(service: Service) -> PartOut:
    try:
        with service.database.connect() as db:
            db.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return PartOut(ready=False, detail=f"the database does not answer: {type(error).__name__}")
    return PartOut(ready=True, detail=service.database.dialect.name)


def _knowledge(service: Service) -> PartOut:
    if not service.knowledge.ready:
        return PartOut(ready=False, detail="no index: run hotline knowledge build")
    return PartOut(ready=True, detail=f"index {service.knowledge.generation}")


def _rasa(service: Service) -> PartOut:
    if service.settings.rasa_url is None:
        return PartOut(ready=False, detail="not configured: the stand-in answers; start with hotline serve")
    if not service.engine.ready():
        return PartOut(ready=False, detail="rasa does not answer; the stand-in takes over meanwhile")
    return PartOut(ready=True, detail=f"answers; breaker {service.breaker}")
