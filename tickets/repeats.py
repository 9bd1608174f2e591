"""Which earlier tickets a new one is linked to as a likely repeat: the rule in data/repeats.yml."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import yaml

REPEATS_FILE = Path(__file__).parent / "data" / "repeats.yml"


@dataclass(frozen=True)
class RepeatRule:
    """Same person, matter and county within a time. `reason` is what the history says, {number} in it."""

    within: timedelta
    at_most: int
    reason: str

    def since(self, now: datetime) -> datetime:
        """Give the oldest instant at which a repeat may have been filed."""
        return now - self.within

    def reason_for(self, number: str) -> str:
        """Say why a ticket is linked to this earlier one."""
        return self.reason.format(number=number)


def load_repeat_rule(path: Path = REPEATS_FILE) -> RepeatRule:
    """Read the rule."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return RepeatRule(timedelta(days=data["within_days"]), data["at_most"], data["reason"])
