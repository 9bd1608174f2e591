"""How worrying the deliveries to a case system are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tickets.case_systems import CaseSystem, Push
from tickets.delivery_model import DeliveryState, SystemFigures, SystemState

ALARM_TIMES = 10  # an alarm comes at so many times the `warn_after` of the case system
WARN_AFTER = Push.model_fields["warn_after"].default


class Level(StrEnum):
    """QUIET: all is well. WARNING: somebody should look today. ALARM: somebody should look now."""

    QUIET = "quiet"
    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True)
class Standing:
    """Where a case system stands now; `undelivered_seconds` is 0 when nothing waits."""

    figures: SystemFigures
    level: Level
    undelivered_seconds: float


def standing_of(figures: SystemFigures, systems: Mapping[str, CaseSystem], now: datetime) -> Standing:
    """Judge the figures of one case system.

    A dead letter or a disabled system is an alarm, a paused one a warning; an event that waits for longer
    than the system's `warn_after` is a warning, and an alarm after ALARM_TIMES that.
    """
    since = figures.oldest_undelivered
    seconds = max(0.0, (now - since).total_seconds()) if since else 0.0
    system = systems.get(figures.name)
    warn_after = system.push.warn_after if system and system.push else WARN_AFTER
    if (
        figures.counts[DeliveryState.DEAD]
        or figures.state is SystemState.DISABLED
        or seconds > warn_after * ALARM_TIMES
    ):
        level = Level.ALARM
    elif figures.state is SystemState.PAUSED or seconds > warn_after:
        level = Level.WARNING
    else:
        level = Level.QUIET
    return Standing(figures, level, seconds)
