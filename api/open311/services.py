"""The services of GeoReport v2: one per category of tickets, as services.zh.yml names them."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tickets.errors import NotFound
from tickets.model import Category

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Open311Service:
    """A kind of request: `code` is stable ASCII, the rest is Chinese for people."""

    code: str
    category: Category
    name: str
    description: str
    keywords: tuple[str, ...]
    group: str


@dataclass(frozen=True)
class Attribute:
    """A question beyond the fields of the specification; `values`: key → name, for a list to choose from."""

    code: str
    datatype: str
    description: str
    datatype_description: str
    values: dict[str, str] = field(default_factory=dict)


@cache
def services() -> dict[str, Open311Service]:
    """Give the services by their codes, in the order of the file."""
    return {
        code: Open311Service(
            code,
            Category(told["category"]),
            told["name"],
            told["description"],
            tuple(told["keywords"]),
            told["group"],
        )
        for code, told in _file("services")["services"].items()
    }


def service_of(code: str) -> Open311Service:
    """Find a service by its code.

    Raises:
        NotFound: there is none.
    """
    found = services().get(code)
    if found is None:
        raise NotFound(f"no service_code {code!r}: GET services lists those that there are")
    return found


def service_for(category: Category) -> Open311Service:
    """Give the service that stands for a category."""
    return _by_category()[category]


@cache
def attributes() -> tuple[Attribute, ...]:
    """Give the attributes that every service takes, in their order."""
    return tuple(Attribute(**told) for told in _file("services")["attributes"])


def changeset() -> str:
    """Say when services and attributes last changed (ISO 8601)."""
    return _file("services")["changeset"]


def notices() -> dict[str, str]:
    """Give the sentences of notices.zh.yml by key."""
    return _file("notices")


@cache
def _by_category() -> dict[Category, Open311Service]:
    return {service.category: service for service in services().values()}


@cache
def _file(name: str) -> dict[str, Any]:
    return yaml.safe_load((_FOLDER / f"{name}.zh.yml").read_text("utf-8"))
