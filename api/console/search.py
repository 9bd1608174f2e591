"""Search in the policy library: entries with all their parts and whole articles, while a caller waits."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from api.accounts.model import Caller, Scope
from api.console.shell import FragmentDep, console_page, may
from api.routes.access import ServiceDep
from api.suggestions.wording import PARTS
from api.texts import texts
from knowledge.errors import KnowledgeError
from knowledge.model import WHOLE_COUNTRY, HotlineEntry, RetrievalHit
from knowledge.region import by_name, name_of, regions
from knowledge.service import KnowledgeBase

SHOWN = 10

router = APIRouter(prefix="/console")

Asker = Annotated[Caller, Depends(may(Scope.ANSWERS))]


@dataclass(frozen=True)
class Found:
    """One hit as the page shows it: an entry with its parts, or an article; `place` is "" for the country."""

    hit: RetrievalHit
    entry: HotlineEntry | None
    place: str


@router.get("/search")
def search(
    service: ServiceDep,
    agent: Asker,
    fragment: FragmentDep,
    q: Annotated[str, Query(max_length=400)] = "",
    place: Annotated[str, Query(max_length=30)] = "",
    as_of: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """What the library has to a question, best first: as the law is there on that day."""
    words = texts("console_search")
    found: list[Found] = []
    problem = None
    day, region = _day(as_of), _region(place)
    if as_of and day is None:
        problem = words["bad_day"]
    elif place.strip() and region is None:
        problem = words["bad_place"]
    elif q.strip():
        try:
            hits = service.knowledge.search(q, region=region, as_of=day, k=SHOWN)
            found = [_found(service.knowledge, hit) for hit in hits]
        except KnowledgeError:
            problem = words["not_ready"]
    return console_page(
        "console/_search.html" if fragment else "console/search.html",
        agent,
        here="search",
        q=q,
        place=place,
        as_of=as_of,
        found=found,
        problem=problem,
        places=_provinces(),
        parts=PARTS,
        words=words,
    )


def _found(knowledge: KnowledgeBase, hit: RetrievalHit) -> Found:
    entry = knowledge.entry(hit.entry_id) if hit.entry_id else None
    region = hit.citation.region
    return Found(hit, entry, "" if region == WHOLE_COUNTRY else name_of(region))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _region(place: str) -> str | None:
    """The adcode of a place by its name or by the code itself; None for nothing and for what is neither."""
    name = place.strip()
    return name if len(name) == 6 and name.isascii() and name.isdigit() else by_name(name)


@cache
def _provinces() -> tuple[str, ...]:
    return tuple(region.name for region in regions() if region.adcode.endswith("0000"))
