"""Counts what became of suggestions; read by supervisors and editors, so agents are not told apart."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, case, distinct, func, select

from api.suggestions.model import Counts, Fate, Kind, SourceCounts, SuggestionReport
from api.suggestions.store import suggestions

_SENT = (Fate.USED, Fate.EDITED)


def report(engine: Engine, since: datetime | None, until: datetime | None) -> SuggestionReport:
    """Count suggestions offered in [since, until); None leaves an end open."""
    table, within = suggestions.c, _within(since, until)
    numbers = (table.kind, table.rank, table.source, table.fate, table.reason)
    grouped = select(*numbers, func.max(table.title).label("title"), func.count().label("n"))
    with engine.connect() as db:
        rows = db.execute(grouped.where(*within).group_by(*numbers)).all()
        helped = func.count(distinct(case((table.fate.in_(_SENT), table.offer_id))))
        offers = db.execute(
            select(
                func.count(distinct(table.offer_id)),
                helped,
                func.avg(case((table.fate == Fate.EDITED, table.similarity))),
            ).where(*within)
        ).one()
    return SuggestionReport(
        since=since,
        until=until,
        messages=offers[0],
        messages_helped=offers[1],
        total=_sum(rows),
        by_kind={kind.value: _sum(row for row in rows if row.kind == kind) for kind in Kind},
        by_rank={rank: _sum(r for r in rows if r.rank == rank) for rank in sorted({r.rank for r in rows})},
        by_source=_by_source(rows),
        reasons=_reasons(rows),
        mean_similarity=None if offers[2] is None else round(float(offers[2]), 4),
    )


def _within(since: datetime | None, until: datetime | None) -> list[Any]:
    at = suggestions.c.offered_at
    after = [at >= since.astimezone(UTC)] if since else []
    return [*after, at < until.astimezone(UTC)] if until else after


def _by_source(rows: Iterable[Any]) -> tuple[SourceCounts, ...]:
    groups: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows:
        groups[(row.source, row.kind)].append(row)
    found = [
        SourceCounts(source, Kind(kind), max(row.title for row in part), _sum(part), _reasons(part))
        for (source, kind), part in groups.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.counts.offered, each.source)))


def _sum(rows: Iterable[Any]) -> Counts:
    return sum((_counts(row) for row in rows), Counts())


def _counts(row: Any) -> Counts:
    fated = {fate: row.n if row.fate == fate else 0 for fate in Fate}
    return Counts(row.n, fated[Fate.USED], fated[Fate.EDITED], fated[Fate.REJECTED])


def _reasons(rows: Iterable[Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        # A reason stays with what was rejected first and sent after all; only rejections are counted.
        if row.fate == Fate.REJECTED:
            found[row.reason] = found.get(row.reason, 0) + row.n
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))
