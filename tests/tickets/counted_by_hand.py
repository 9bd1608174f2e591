"""Tables of deadlines counted by hand, in data/deadlines*.tsv."""

import csv
from datetime import datetime
from pathlib import Path

from tickets.numbering import BEIJING

DATA = Path(__file__).parent / "data"


def cases(name: str) -> list[dict[str, str]]:
    """Rows of a table of cases; lines with # say how it was made."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))


def beijing(text: str) -> datetime:
    """Read an instant that is written in Beijing time."""
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)
