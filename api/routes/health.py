"""Alive, ready with each part, and the counters."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.routes.access import ServiceDep
from api.schemas import PartOut, ReadyOut
from api.service import Service

router = APIRouter(tags=["operations"])


@router.get("/healthz")
def alive() -> dict[str, str]:
    """The process runs."""
    return {"status": "alive"}


@router.get("/readyz")
def ready(service: ServiceDep, response: Response) -> ReadyOut:
    """200 when every part works, else 503; the hotline still answers citizens while Rasa is down."""
    parts = {"database": _database(service), "knowledge": _knowledge(service), "rasa": _rasa(service)}
    everything = all(part.ready for part in parts.values())
    response.status_code = 200 if everything else 503
    return ReadyOut(ready=everything, parts=parts)


@router.get("/metrics", response_class=Response)
def metrics() -> Response:
    """Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


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
