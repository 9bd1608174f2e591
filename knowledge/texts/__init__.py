"""The Chinese sentences of this package, kept apart from the code."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml


@cache
def _load(name: str) -> dict[str, Any]:
    return yaml.safe_load((resources.files(__name__) / f"{name}.zh.yml").read_text("utf-8"))


def say(name: str, key: str, **values: object) -> str:
    """Return the sentence under a dotted key of a file, gaps filled: say("answers", "entry.where", …)."""
    found: Any = _load(name)
    for step in key.split("."):
        found = found[step]
    return str(found).format(**values)


def keys(name: str, section: str) -> frozenset[str]:
    """All keys of a section, for checking that none is missing."""
    return frozenset(_load(name)[section])
