"""Loads the hotline's own entries (知识条目) from YAML and checks their form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from knowledge.derived import NOTHING_KEPT, Derived
from knowledge.errors import BadEntry
from knowledge.model import CHECKED, CORPUS, PUBLIC_PAGE, HotlineEntry, SourceRef
from knowledge.yaml_files import data_of, yaml_texts

CATEGORIES = (
    "低保", "特困供养", "临时救助", "低保边缘/刚性支出", "医疗救助", "教育救助", "住房救助", "就业救助",
    "受灾救助", "残疾人福利", "老年人福利", "儿童福利", "流浪乞讨救助", "丧葬/其他民政", "投诉建议",
)  # fmt: skip
_TEXTS = ("id", "category", "title", "answer", "owner", "region")
_OPTIONAL_TEXTS = ("where", "time_limit", "fee", "if_refused")
_SOURCE_FIELDS = {"document", "article", "checked", "url"}
_LISTS = ("questions", "conditions", "materials", "steps")


def load_entries(folder: Path | Traversable, derived: Derived = NOTHING_KEPT) -> tuple[HotlineEntry, ...]:
    """Read all *.yml of a folder, in file order.

    Args:
        derived: where what the YAML holds is kept; its form is checked every time.

    Raises:
        BadEntry: a file is not YAML, a field is missing or of the wrong kind, or an id stands twice.
    """
    return _entries(tuple(yaml_texts(folder).items()), derived)


@lru_cache(maxsize=4)
def _entries(texts: tuple[tuple[str, str], ...], derived: Derived) -> tuple[HotlineEntry, ...]:
    entries: dict[str, HotlineEntry] = {}
    for name, data in data_of(dict(texts), derived, "entries").items():
        for entry in _entries_in(name, data):
            if entry.id in entries:
                raise BadEntry(f"{name}: entry {entry.id!r} stands twice")
            entries[entry.id] = entry
    return tuple(entries.values())


def _entries_in(name: str, data: Any) -> Iterator[HotlineEntry]:
    if not isinstance(data, dict) or not isinstance(data.get("entries"), list):
        raise BadEntry(f"{name}: expected a list under the key 'entries'")
    for position, raw in enumerate(data["entries"], start=1):
        where = f"{name}, entry {raw.get('id', position) if isinstance(raw, dict) else position}"
        yield entry_from(raw, where)


def entry_from(raw: Any, where: str) -> HotlineEntry:
    """An entry from its fields as a file holds them.

    Args:
        where: how an error names it.

    Raises:
        BadEntry: a field is missing, unknown or of the wrong kind.
    """
    if not isinstance(raw, dict):
        raise BadEntry(f"{where}: expected fields and values")
    unknown = set(raw) - {*_TEXTS, *_OPTIONAL_TEXTS, *_LISTS, "sources", "reviewed_on"}
    if unknown:
        raise BadEntry(f"{where}: unknown field {sorted(unknown)[0]!r}")
    texts: dict[str, Any] = {field: _text(raw.get(field), field, where) for field in _TEXTS}
    optional = {
        field: _text(raw.get(field) or "", field, where, may_be_empty=True) for field in _OPTIONAL_TEXTS
    }
    lists: dict[str, Any] = {field: _texts(raw.get(field) or [], field, where) for field in _LISTS}
    if texts["category"] not in CATEGORIES:
        raise BadEntry(f"{where}: category {texts['category']!r} is not one of the ticket categories")
    if not lists["questions"]:
        raise BadEntry(f"{where}: at least one question is needed")
    if not isinstance(raw.get("reviewed_on"), date):
        raise BadEntry(f"{where}: reviewed_on must be a date such as 2026-11-22")
    return HotlineEntry(
        **texts,
        **optional,
        **lists,
        sources=_sources(raw.get("sources"), where),
        reviewed_on=raw["reviewed_on"],
    )


def _text(value: Any, field: str, where: str, may_be_empty: bool = False) -> str:
    if not isinstance(value, str) or not (value.strip() or may_be_empty):
        raise BadEntry(f"{where}: {field} must be a text")
    return value.strip()


def _texts(value: Any, field: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise BadEntry(f"{where}: {field} must be a list of texts")
    return tuple(_text(item, field, where) for item in value)


def _sources(value: Any, where: str) -> tuple[SourceRef, ...]:
    if not isinstance(value, list) or not value:
        raise BadEntry(f"{where}: at least one source is needed")
    return tuple(_source(item, where) for item in value)


def _source(raw: Any, where: str) -> SourceRef:
    if not isinstance(raw, dict) or not {"document", "article"} <= set(raw) <= _SOURCE_FIELDS:
        raise BadEntry(f"{where}: a source is {{document: title, article: 第X条, checked: …, url: …}}")
    checked = raw.get("checked", CORPUS)
    if checked not in CHECKED:
        raise BadEntry(f"{where}: a source is checked: {' | '.join(CHECKED)}; not {checked!r}")
    if (checked == PUBLIC_PAGE) != bool(raw.get("url")):
        raise BadEntry(f"{where}: a source that was checked on a public page, and no other, names its url")
    url = _text(raw.get("url") or "", "url", where, may_be_empty=True)
    document, article = (_text(raw[field], field, where) for field in ("document", "article"))
    return SourceRef(document, article, checked, url)
