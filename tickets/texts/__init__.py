"""The Chinese words of the ticket desk; code holds only their keys."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def desk_texts() -> dict[str, Any]:
    """Give the words of desk.zh.yml."""
    return yaml.safe_load((Path(__file__).parent / "desk.zh.yml").read_text(encoding="utf-8"))
