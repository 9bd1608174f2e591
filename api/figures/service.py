"""The use case: every figure of a period, as a sheet. Reading only."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from api.figures import demand, opinions, talks, work
from api.figures.model import Sheet
from api.figures.periods import Period
from api.figures.unanswered import PATIENCE, UnansweredWatch
from tickets.case_systems import CaseSystem
from tickets.database import reading
from tickets.delivery_queries import figures_of
from tickets.workdays import OfficeHours

Count = Callable[[Connection, Period, datetime], Sheet]

BY_PERIOD: Mapping[str, Count] = {
    "volume": talks.volume,
    "first_answers": talks.first_answers,
    "hand_overs": talks.hand_overs,
    "outcomes": talks.outcomes,
    "danger": talks.danger,
    "categories": demand.categories,
    "repeats": work.repeats,
    "feedback": opinions.feedback,
    "feedback_articles": opinions.feedback_articles,
}
"""Figures that need nothing but the database and the period."""

NAMES = (
    *("waiting", "deadlines", "volume", "first_answers", "outcomes", "danger", "categories", "places"),
    *("repeats", "unanswered", "hand_overs", "suggestions", "suggestion_reasons", "feedback"),
    *("feedback_articles", "deliveries"),
)
"""Every figure, in the order of the page."""


@dataclass(frozen=True)
class Figures:
    """Counts for supervisors. `systems` gives the table of case systems, `clock` timezone-aware instants.

    Methods raise tickets.errors.Unavailable when the database does not answer.
    """

    engine: Engine
    hours: OfficeHours
    systems: Callable[[], Mapping[str, CaseSystem]]
    unanswered: UnansweredWatch
    clock: Callable[[], datetime]
    home: str = ""

    def sheets(
        self,
        period: Period,
        names: Collection[str] = NAMES,
        *,
        within: str | None = None,
        patience: float = PATIENCE,
    ) -> dict[str, Sheet]:
        """Count these figures, all from one state of the database; unanswered questions may lag behind.

        Args:
            within: the place whose parts are shown (digits of an adcode); the home province when left out.
            patience: seconds to wait for unanswered questions that were never grouped.
        """
        now = self.clock()
        place = self.home if within is None else within
        found: dict[str, Sheet] = {}
        with reading(self.engine) as db:
            for name in NAMES:
                if name in names and (made := self._counted(db, name, period, now, place)):
                    found[name] = made
        if {"suggestions", "suggestion_reasons"} & set(names):
            kinds, why = opinions.suggested(self.engine, period, now)
            found |= {each.name: each for each in (kinds, why) if each.name in names}
        if "unanswered" in names:
            found["unanswered"] = self.unanswered.sheet(period, patience=patience)
        return {name: found[name] for name in NAMES if name in found}

    def path_to(self, within: str) -> tuple[demand.Place, ...]:
        """The places above and including one, the province first."""
        with reading(self.engine) as db:
            return demand.path_to(db, within)

    def _counted(self, db: Connection, name: str, period: Period, now: datetime, place: str) -> Sheet | None:
        if name in BY_PERIOD:
            return BY_PERIOD[name](db, period, now)
        if name == "waiting":
            return talks.waiting(db, now)
        if name == "deadlines":
            return work.deadlines(db, self.hours, now)
        if name == "places":
            return demand.places(db, period, now, place)
        if name == "deliveries":
            return work.deliveries(figures_of(db), self.systems(), now)
        return None
