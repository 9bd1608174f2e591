"""Figures of what citizens think of answers, and of what agents make of suggested ones."""

import json
from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from api.chat.feedback import message_feedback
from api.chat.tables import aware, messages
from api.figures.model import Sheet, Unit, sheet
from api.figures.periods import Period
from api.suggestions.model import Counts
from api.suggestions.reporting import report

LISTED = 15


def feedback(db: Connection, period: Period, now: datetime) -> Sheet:
    """By hour or day: answers that citizens called helpful, and those that they did not."""
    given = message_feedback.c
    found = db.execute(select(given.given_at, given.helpful).where(*_within(given.given_at, period))).all()
    counts = {
        helpful: period.counted(aware(row.given_at) for row in found if bool(row.helpful) is helpful)
        for helpful in (True, False)
    }
    slot = {"hour": Unit.HOUR} if period.by_hour else {"day": Unit.DAY}
    rows = [(each, counts[True].get(each, 0), counts[False].get(each, 0)) for each in period.slots()]
    return sheet("feedback", slot | {"helpful": Unit.COUNT, "unhelpful": Unit.COUNT}, rows, now)


def feedback_articles(db: Connection, period: Period, now: datetime) -> Sheet:
    """The articles and entries whose answers helped least often; what cites nothing is left out."""
    given = message_feedback.c
    query = (
        select(given.helpful, messages.c.citations)
        .join(messages, messages.c.id == given.message_id)
        .where(*_within(given.given_at, period))
    )
    good: Counter[tuple[str, str]] = Counter()
    bad: Counter[tuple[str, str]] = Counter()
    for helpful, citations in db.execute(query):
        cited = {(each["title"], each["article"]) for each in json.loads(citations)}
        (good if helpful else bad).update(cited)
    ordered = sorted(bad, key=lambda each: (-bad[each], good[each], each))[:LISTED]
    rows = [(*each, good[each], bad[each]) for each in ordered]
    units = {
        "title": Unit.WORDS,
        "article": Unit.WORDS,
        "helpful": Unit.COUNT,
        "unhelpful": Unit.COUNT,
    }
    return sheet("feedback_articles", units, rows, now)


def suggested(engine: Engine, period: Period, now: datetime) -> tuple[Sheet, Sheet]:
    """What became of suggested answers by their kind, and why agents rejected some."""
    found = report(engine, period.since, period.until)
    rows = [(kind, *_fates(counts)) for kind, counts in found.by_kind.items() if counts.offered]
    units = dict.fromkeys(("offered", "used", "edited", "rejected", "left"), Unit.COUNT)
    kinds = sheet("suggestions", {"kind": Unit.CODE} | units | {"acceptance": Unit.SHARE}, rows, now)
    why = sheet(
        "suggestion_reasons", {"reason": Unit.CODE, "rejected": Unit.COUNT}, [*found.reasons.items()], now
    )
    return kinds, why


def _fates(counts: Counts) -> tuple[int, int, int, int, int, float | None]:
    sent = None if counts.acceptance is None else round(counts.acceptance, 4)
    return counts.offered, counts.used, counts.edited, counts.rejected, counts.left, sent


def _within(column: Any, period: Period) -> list[Any]:
    return [column >= period.since, column < period.until]
