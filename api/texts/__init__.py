"""The Chinese sentences that the service itself says; code holds only their keys."""

from functools import cache
from pathlib import Path

import yaml


@cache
def texts(name: str) -> dict[str, str]:
    """Return the sentences of `<name>.zh.yml` by key."""
    return yaml.safe_load((Path(__file__).parent / f"{name}.zh.yml").read_text("utf-8"))
