"""Reading evaluation sets: JSON Lines, one row a line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from knowledge.errors import BadQuestions

Row = TypeVar("Row")


def read_rows(path: Path, make: Callable[[dict[str, Any]], Row]) -> list[Row]:
    """Read every row that is not blank, in order.

    Raises:
        BadQuestions: a line is not JSON, lacks a field or repeats an id; the message names the line.
    """
    rows, seen = [], set()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if row["id"] in seen:
                raise ValueError(f"id {row['id']} is there twice")
            rows.append(make(row))
            seen.add(row["id"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadQuestions(f"{path}, line {number}: {error!r}") from error
    if not rows:
        raise BadQuestions(f"{path} holds no rows")
    return rows


def share(right: int, count: int) -> float | None:
    """Give right / count, to four places; None when there was nothing to count."""
    return round(right / count, 4) if count else None
