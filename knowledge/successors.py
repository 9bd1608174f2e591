"""What no text tells of itself: renamed successors, days of effect, and articles that give way to higher law.

The table that ships with the project is successors.yml; an office adds lines in a file of the same form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from knowledge.errors import BadSuccessors
from knowledge.titles import title_key
from knowledge.yaml_files import LOADER


@dataclass(frozen=True)
class Succession:
    """A document replaced under another name from a day on, or repealed (`new` is None)."""

    old: str
    new: str | None
    since: date
    reason: str


@dataclass(frozen=True)
class Effect:
    """The day on which an amended version took effect; its text still states that of the first one.

    `version` is the date in the file name, which is the day it was adopted.
    """

    document: str
    version: date
    since: date
    reason: str


@dataclass(frozen=True)
class Revision:
    """A newer version of a document that is in force since a day but has not been loaded."""

    document: str
    since: date
    reason: str


@dataclass(frozen=True)
class Precedence:
    """Articles that still stand in a text while later, higher or special rules (`by`) go first."""

    document: str
    articles: tuple[str, ...]
    by_document: str
    by_articles: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Successors:
    """The tables of successors.yml."""

    documents: tuple[Succession, ...] = ()
    articles: tuple[Precedence, ...] = ()
    effective: tuple[Effect, ...] = ()
    revised: tuple[Revision, ...] = ()

    @cached_property
    def outranked(self) -> Mapping[tuple[str, str], Precedence]:
        """What goes before an article, by (title key, 第X条)."""
        return {(title_key(line.document), name): line for line in self.articles for name in line.articles}

    @property
    def outranked_articles(self) -> frozenset[tuple[str, str]]:
        """The articles that give way, as (title key, 第X条)."""
        return frozenset(self.outranked)


@cache
def load_successors() -> Successors:
    """The table that ships with the project."""
    return _read((resources.files("knowledge") / "successors.yml").read_text("utf-8"), "successors.yml")


def successors_with(path: Path) -> Successors:
    """The shipped table and, before it, the lines of an office's own file; a file that is absent adds none.

    A line about the same document (`old`), version or article takes the place of the shipped one.

    Raises:
        BadSuccessors: the file cannot be read or breaks the form; the message names file, line and field.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return load_successors()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSuccessors(f"{path.name}: not a readable UTF-8 file: {error}") from error
    return _merged(load_successors(), _read(text, path.name))


def _merged(shipped: Successors, own: Successors) -> Successors:
    replaced = {title_key(line.old) for line in own.documents}
    dated = {(title_key(line.document), line.version) for line in own.effective}
    revised = {title_key(line.document) for line in own.revised}
    return Successors(
        documents=(*own.documents, *(s for s in shipped.documents if title_key(s.old) not in replaced)),
        # Later lines win in `outranked`, so the office's own come last.
        articles=(*shipped.articles, *own.articles),
        effective=(
            *own.effective,
            *(e for e in shipped.effective if (title_key(e.document), e.version) not in dated),
        ),
        revised=(*own.revised, *(r for r in shipped.revised if title_key(r.document) not in revised)),
    )


def _read(text: str, name: str) -> Successors:
    try:
        data, lines = yaml.load(text, Loader=LOADER), _lines(text)
    except (yaml.YAMLError, ValueError) as error:  # a day such as 2024-13-45 is a ValueError
        raise BadSuccessors(f"{name}: not valid YAML: {error}") from error
    if data is None:
        return Successors()
    if not isinstance(data, dict):
        raise BadSuccessors(f"{name}: expected the sections {', '.join(_SECTIONS)}")
    found: dict[str, Any] = {}
    for section, rows in data.items():
        if section not in _SECTIONS:
            raise BadSuccessors(f"{name}: unknown section {section!r}; expected {', '.join(_SECTIONS)}")
        if not isinstance(rows, list):
            raise BadSuccessors(f"{name}: {section} must be a list")
        at = [f"{name}, line {lines[section, n]}, {section}" for n in range(len(rows))]
        found[section] = tuple(_SECTIONS[section](_Row(*pair)) for pair in zip(rows, at, strict=True))
    return Successors(**found)


def _lines(text: str) -> dict[tuple[str, int], int]:
    """The line on which each row of each section begins, from 1."""
    root = yaml.compose(text, Loader=LOADER)
    if not isinstance(root, yaml.MappingNode):
        return {}
    return {
        (key.value, n): row.start_mark.line + 1
        for key, section in root.value
        if isinstance(section, yaml.SequenceNode)
        for n, row in enumerate(section.value)
    }


class _Row:
    """One row of the file, read field by field; `at` says where it stands."""

    def __init__(self, data: Any, at: str) -> None:
        if not isinstance(data, dict):
            raise BadSuccessors(f"{at}: expected fields and values")
        self._data, self.at = data, at

    def only(self, *fields: str) -> None:
        for field in self._data:
            if field not in fields:
                raise BadSuccessors(f"{self.at}: unknown field {field!r}; expected {', '.join(fields)}")

    def text(self, field: str) -> str:
        value = self._data.get(field)
        if not isinstance(value, str) or not value.strip():
            raise BadSuccessors(f"{self.at}: {field} must be a text")
        return value.strip()

    def optional_text(self, field: str) -> str | None:
        return None if self._data.get(field) is None else self.text(field)

    def day(self, field: str) -> date:
        value = self._data.get(field)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise BadSuccessors(f"{self.at}: {field} must be a date such as 2024-09-01")
        return value

    def texts(self, field: str) -> tuple[str, ...]:
        value = self._data.get(field)
        if not isinstance(value, list) or not value or not all(isinstance(v, str) and v for v in value):
            raise BadSuccessors(f"{self.at}: {field} must be a list such as [第七条]")
        return tuple(value)

    def part(self, field: str) -> _Row:
        return _Row(self._data.get(field), f"{self.at}, {field}")


def _succession(row: _Row) -> Succession:
    row.only("old", "new", "since", "reason")
    return Succession(row.text("old"), row.optional_text("new"), row.day("since"), row.text("reason"))


def _precedence(row: _Row) -> Precedence:
    row.only("document", "articles", "by", "reason")
    by = row.part("by")
    by.only("document", "articles")
    return Precedence(
        row.text("document"), row.texts("articles"), by.text("document"), by.texts("articles"),
        row.text("reason"),
    )  # fmt: skip


def _effect(row: _Row) -> Effect:
    row.only("document", "version", "since", "reason")
    return Effect(row.text("document"), row.day("version"), row.day("since"), row.text("reason"))


def _revision(row: _Row) -> Revision:
    row.only("document", "since", "reason")
    return Revision(row.text("document"), row.day("since"), row.text("reason"))


_SECTIONS: dict[str, Callable[[_Row], Succession | Precedence | Effect | Revision]] = {
    "documents": _succession,
    "articles": _precedence,
    "effective": _effect,
    "revised": _revision,
}
