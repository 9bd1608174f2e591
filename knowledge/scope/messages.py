"""Messages that are not for this hotline (corpus/outside)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from knowledge.errors import BadEntry


def outside(folder: Path) -> dict[str, list[str]]:
    """Messages that are not for this hotline, by kind, from all *.yml of a folder.

    Raises:
        BadEntry: a file is not a mapping from kinds to lists of messages.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yml")):
        data: Any = yaml.safe_load(path.read_text("utf-8"))
        if not isinstance(data, dict) or not all(isinstance(said, list) for said in data.values()):
            raise BadEntry(f"{path.name}: expected kinds with lists of messages")
        for kind, said in data.items():
            found.setdefault(kind, []).extend(map(str, said))
    return found
