"""Questions without an answer, grouped: seconds of work, done aside while what was found before is shown."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from api.figures.model import Sheet, Unit, sheet
from api.figures.periods import Period
from api.unanswered.listing import list_unanswered
from api.unanswered.model import Got, UnansweredGroup, UnansweredQuestion, UnansweredReport
from api.unanswered.store import UnansweredStore
from knowledge.ports import Embedder
from knowledge.service import KnowledgeBase

log = structlog.get_logger()

FRESH = timedelta(minutes=10)
LISTED = 15
PATIENCE = 0.25
"""Seconds that a first asking waits before it says that the figure is still being made."""

_REMEMBERED = 12
_SHOWN_CHARS = 80


@dataclass(frozen=True)
class _Asked:
    """The questions of one period, as `list_unanswered` reads them."""

    store: UnansweredStore
    until: datetime

    def latest(self, since: datetime | None, limit: int) -> list[UnansweredQuestion]:
        return [one for one in self.store.latest(since, limit) if one.asked_at < self.until]


class UnansweredWatch:
    """Groups the questions of a period in a thread of its own, anew once it is older than FRESH.

    `embedder` is made when it is first needed. Safe between threads.
    """

    def __init__(
        self,
        store: UnansweredStore,
        base: KnowledgeBase,
        embedder: Callable[[], Embedder],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._base = base
        self._embedder = embedder
        self._clock = clock
        self._lock = threading.Lock()
        self._one_at_a_time = threading.Lock()
        self._found: OrderedDict[Period, tuple[UnansweredReport, datetime]] = OrderedDict()
        self._making: dict[Period, threading.Thread] = {}

    def sheet(self, period: Period, *, patience: float = PATIENCE) -> Sheet:
        """The groups of a period as found last; an empty sheet without `made_at` if nothing was found yet.

        Args:
            patience: seconds to wait for a grouping that nobody has made before.
        """
        with self._lock:
            known = self._found.get(period)
            making = self._making.get(period)
            if making is None and (known is None or self._clock() - known[1] >= FRESH):
                making = threading.Thread(target=self._make, args=(period,), daemon=True)
                self._making[period] = making
                making.start()
        if known is None and making is not None:
            making.join(patience)
            with self._lock:
                known = self._found.get(period)
        return _sheet(*known) if known else _sheet(None, None)

    def _make(self, period: Period) -> None:
        try:
            asked = _Asked(self._store, period.until)
            with self._one_at_a_time:
                report = list_unanswered(
                    asked,  # pyright: ignore[reportArgumentType]  (it reads `latest` alone)
                    self._base,
                    self._embedder(),
                    since=period.since,
                    limit=LISTED,
                )
            with self._lock:
                self._found.pop(period, None)
                self._found[period] = report, self._clock()
                while len(self._found) > _REMEMBERED:
                    self._found.popitem(last=False)
        except Exception:  # a thread of its own: nobody else would tell
            log.exception("unanswered_not_grouped")
        finally:
            with self._lock:
                self._making.pop(period, None)


def _sheet(report: UnansweredReport | None, made_at: datetime | None) -> Sheet:
    units = {
        "wording": Unit.WORDS,
        "count": Unit.COUNT,
        **dict.fromkeys((got.value for got in Got), Unit.COUNT),
        "first": Unit.DAY,
        "last": Unit.DAY,
        "answered_now": Unit.YES_NO,
    }
    groups = report.groups if report else ()
    note = "making" if report is None else "cut_off" if report.found > len(groups) else ""
    return sheet("unanswered", units, [_row(group) for group in groups], made_at, note)


def _row(group: UnansweredGroup) -> tuple[str | int | bool, ...]:
    words = group.wording
    return (
        words if len(words) <= _SHOWN_CHARS else words[:_SHOWN_CHARS] + "…",
        group.count,
        *(group.got.get(got, 0) for got in Got),
        group.first_on.isoformat(),
        group.last_on.isoformat(),
        group.answered_now,
    )
