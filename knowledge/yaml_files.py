"""The YAML files of a folder as plain data; what was once read of them is kept (derived.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from knowledge.derived import Derived
from knowledge.errors import BadEntry

# The parser written in C, ten times as fast, where the platform has it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DATE, _DATETIME = "!date", "!datetime"


def yaml_texts(folder: Path | Traversable) -> dict[str, str]:
    """All *.yml of a folder by name, in file order."""
    paths = sorted(folder.iterdir(), key=lambda path: path.name)
    return {p.name: p.read_text("utf-8") for p in paths if p.name.endswith((".yml", ".yaml"))}


def data_of(texts: Mapping[str, str], derived: Derived, kind: str) -> dict[str, Any]:
    """What each text holds, by name.

    Args:
        kind: what the files are, in one word: the name under which their data is kept.

    Raises:
        BadEntry: one is not YAML, or more than texts, numbers, days, lists and fields with names.
    """
    sources = (part.encode() for named in texts.items() for part in named)
    kept = derived.content(kind, sources, lambda: _as_json(texts).encode())
    return json.loads(kept, object_hook=_with_days)


def _as_json(texts: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{json.dumps(name)}: {_one_as_json(name, texts[name])}" for name in texts) + "}"


def _one_as_json(name: str, text: str) -> str:
    try:
        return json.dumps(yaml.load(text, Loader=LOADER), ensure_ascii=False, default=_tagged)
    # A day such as 2024-13-45 is a ValueError; a day as a key, or a list within itself, cannot be kept.
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise BadEntry(f"{name}: not valid YAML: {error}") from error


def _tagged(value: Any) -> Any:
    if isinstance(value, datetime):
        return {_DATETIME: value.isoformat()}
    if isinstance(value, date):
        return {_DATE: value.isoformat()}
    return {"!other": repr(value)}  # a set or bytes: no field takes one, so what it holds does not matter


def _with_days(data: dict[str, Any]) -> Any:
    if _DATE in data:
        return date.fromisoformat(data[_DATE])
    if _DATETIME in data:
        return datetime.fromisoformat(data[_DATETIME])
    return data
