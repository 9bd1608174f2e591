"""The danger screen: read every citizen message before anything else does.

Deterministic and inspectable: the phrases, the numbers and their sources are data (texts/danger.zh.yml).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Danger:
    """Someone is in danger now: what kind, the number to call first, and the first reply."""

    kind: str
    number: str
    reply: str


class DangerScreen:
    """Finds danger in one message.

    Args:
        phrases: the parsed data file: `kinds` with `signs` and `not_when` regular expressions.
        plain: brings a text into the spelling of the data file (half width, simplified, nothing invisible).
    """

    def __init__(self, phrases: Mapping[str, Any], plain: Callable[[str], str]) -> None:
        self._plain = plain
        self._never = _either(phrases.get("not_when"))
        self._kinds = [
            (
                Danger(kind["kind"], kind["number"], kind["reply"].strip()),
                _either(kind["signs"]),
                _either(kind.get("not_when")),
            )
            for kind in phrases["kinds"]
        ]

    def look(self, text: str) -> Danger | None:
        """Return the first kind of danger that the text shows, in the order of the data file."""
        plain = re.sub(r"\s+", "", self._plain(text))
        if self._never and self._never.search(plain):
            return None
        for danger, signs, not_when in self._kinds:
            if signs and signs.search(plain) and not (not_when and not_when.search(plain)):
                return danger
        return None


@cache
def danger_phrases() -> Mapping[str, Any]:
    path = Path(__file__).parent.parent / "texts" / "danger.zh.yml"
    return yaml.safe_load(path.read_text("utf-8"))


def _either(patterns: list[str] | None) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else None
