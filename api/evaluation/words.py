"""The word lists of the evaluation: what questions sound like, what must not happen, headings of tables."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def words(name: str) -> dict[str, Any]:
    """Return the parsed `data/<name>.zh.yml`."""
    return yaml.safe_load((Path(__file__).parent / "data" / f"{name}.zh.yml").read_text("utf-8"))
