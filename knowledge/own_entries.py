"""The office's own entries (知识条目): beside those that ship, in place of one of them, or switching one off.

entries/<digest>.json    an entry with the words of the articles that its writer read; never changed

Which of them are in use says the catalogue (store.py): going back to an earlier index brings them back too.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from knowledge.atomic import write_atomically
from knowledge.entries import entry_from
from knowledge.errors import BadEntry, BadRegion
from knowledge.model import HotlineEntry, SourceRef
from knowledge.region import checked

SWITCHED_OFF = ""  # in the catalogue, in place of a digest
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_URL = re.compile(r"https?://[^\s<>\"']+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class OwnEntry:
    """An entry of the office; `read` gives, by source, the article as it read when it was put in use."""

    entry: HotlineEntry
    read: Mapping[SourceRef, str] = field(default_factory=dict)


class EntryTexts:
    """The folder of entries, each in a file named by its content. Safe between processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, OwnEntry] = {}  # by digest, so what it names never changes

    def write(self, own: OwnEntry) -> str:
        """Keep an entry; gives its digest."""
        text = own_to_json(own)
        digest = hashlib.sha256(text.encode()).hexdigest()[:32]
        if not self._path(digest).exists():
            write_atomically(self._path(digest), text)
        return digest

    def load(self, digests: Mapping[str, str]) -> dict[str, OwnEntry | None]:
        """The entries of a catalogue by id; None for one that is switched off.

        Raises:
            BadEntry: one cannot be read.
        """
        return {i: self._load(digest) if digest else None for i, digest in sorted(digests.items())}

    def holds(self, digests: Iterable[str]) -> bool:
        """True if all of these are stored."""
        return all(self._path(digest).exists() for digest in digests if digest)

    def discard_unused(self, used: Collection[str]) -> None:
        """Delete what none of these digests names."""
        for path in self._folder.glob("*.json"):
            if path.stem not in used:
                path.unlink(missing_ok=True)

    def _load(self, digest: str) -> OwnEntry:
        if digest not in self._read:
            try:
                self._read[digest] = own_from_json(self._path(digest).read_text("utf-8"), digest)
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise BadEntry(f"own entry {digest}: {error}") from error
        return self._read[digest]

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.json"


def own_entry(raw: Any, where: str) -> HotlineEntry:
    """Check an entry of the office: the form of every entry, and what an outsider's words must not bring in.

    Raises:
        BadEntry: the form is broken, the id is not of small letters, digits and hyphens, the region is no
            adcode, an address is not http(s), or a text holds control characters.
    """
    entry = entry_from(raw, where)
    if not _ID.fullmatch(entry.id):
        raise BadEntry(f"{where}: id {entry.id!r}: expected up to 60 of a-z, 0-9 and '-'")
    try:
        checked(entry.region)
    except BadRegion as error:
        raise BadEntry(f"{where}: region {entry.region!r}: expected six digits such as 430000") from error
    for source in entry.sources:
        if source.url and not _URL.fullmatch(source.url):
            raise BadEntry(f"{where}: url {source.url!r}: expected http:// or https://")
    if found := next((t for t in _texts_of(entry) if _CONTROL.search(t)), None):
        raise BadEntry(f"{where}: {found[:20]!r} holds control characters")
    return entry


def _texts_of(entry: HotlineEntry) -> Iterable[str]:
    for value in vars(entry).values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                yield from [item] if isinstance(item, str) else vars(item).values()


def with_own(shipped: Iterable[HotlineEntry], own: Mapping[str, OwnEntry | None]) -> tuple[HotlineEntry, ...]:
    """All entries in use: the shipped ones that nothing takes the place of, then the office's, by id."""
    kept = (entry for entry in shipped if entry.id not in own)
    return (*kept, *(one.entry for one in own.values() if one))


def entry_to_plain(entry: HotlineEntry) -> dict[str, Any]:
    """An entry as the files hold it, without empty fields; the day as ISO text."""
    plain: dict[str, Any] = {}
    for name, value in vars(entry).items():
        if isinstance(value, date):
            plain[name] = value.isoformat()
        elif name == "sources":
            plain[name] = [_source_to_plain(source) for source in value]
        elif value:
            plain[name] = list(value) if isinstance(value, tuple) else value
    return plain


def _source_to_plain(source: SourceRef) -> dict[str, str]:
    plain = {"document": source.document, "article": source.article, "checked": source.checked}
    return plain | ({"url": source.url} if source.url else {})


def own_to_json(own: OwnEntry) -> str:
    """An entry and what its writer read as text, the same for the same content."""
    read = [[s.document, s.article, text] for s, text in own.read.items()]
    return json.dumps({"entry": entry_to_plain(own.entry), "read": read}, ensure_ascii=False, indent=1)


def own_from_json(text: str, where: str) -> OwnEntry:
    """The inverse of own_to_json.

    Raises:
        BadEntry, ValueError, KeyError, TypeError: it is damaged.
    """
    data = json.loads(text)
    entry = own_entry(dated(data["entry"]), where)
    texts = {(document, article): words for document, article, words in data["read"]}
    read = {s: texts[s.document, s.article] for s in entry.sources if (s.document, s.article) in texts}
    return OwnEntry(entry, read)


def dated(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an entry with its day as a date where it is ISO text."""
    day = plain.get("reviewed_on")
    if isinstance(day, str):
        try:
            day = date.fromisoformat(day)
        except ValueError:
            day = None
    return {**plain, "reviewed_on": day}
