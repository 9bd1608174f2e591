"""What an editor does with entries (知识条目): look at them, put the office's own in use, switch one off."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from knowledge.entries import load_entries
from knowledge.errors import UnknownEntry
from knowledge.library import Library
from knowledge.model import HotlineEntry
from knowledge.own_entries import SWITCHED_OFF, OwnEntry, entry_to_plain, own_entry
from knowledge.store import DocumentStore


@dataclass(frozen=True)
class EntryStanding:
    """One entry: as it ships, the office's own in its place, or neither in use because it is switched off."""

    id: str
    shipped: HotlineEntry | None
    own: HotlineEntry | None
    switched_off: bool = False

    @property
    def entry(self) -> HotlineEntry:
        """The one in use, or that would be if it were not switched off."""
        found = self.own or self.shipped
        assert found is not None
        return found


class EntryCurator:
    """The entries of an installation. Changes are findable once published, as those of documents.

    Args:
        library: everything that is in use now.
    """

    def __init__(
        self, store: DocumentStore, library: Callable[[], Library], today: Callable[[], date], corpus: Path
    ) -> None:
        self._store = store
        self._library = library
        self._today = today
        self._corpus = corpus

    def all(self) -> list[EntryStanding]:
        """Every entry, shipped and own, by id."""
        shipped = {e.id: e for e in load_entries(self._corpus / "entries", self._store.derived)}
        own = self._store.own_entries(self._store.catalogue())
        return [
            EntryStanding(
                i, shipped.get(i), one.entry if (one := own.get(i)) else None, i in own and not own[i]
            )
            for i in sorted(shipped.keys() | own.keys())
            if i in shipped or own[i]
        ]

    def find(self, entry_id: str) -> EntryStanding:
        """One entry.

        Raises:
            UnknownEntry: there is none of that id.
        """
        found = next((one for one in self.all() if one.id == entry_id), None)
        if found is None:
            raise UnknownEntry(f"no entry {entry_id!r}")
        return found

    def named(self) -> Mapping[str, str]:
        """How the catalogue names what the office has, by id: a digest, or "" for switched off."""
        return self._store.catalogue().entries

    def read(self, entry: HotlineEntry) -> OwnEntry:
        """An entry with its articles as they read today.

        Raises:
            BadEntry: it breaks the form of an own entry.
        """
        entry = own_entry(entry_to_plain(entry) | {"reviewed_on": entry.reviewed_on}, f"entry {entry.id}")
        library, today = self._library(), self._today()
        found = {source: library.locate(source, today) for source in entry.sources}
        return OwnEntry(entry, {source: at[1].text for source, at in found.items() if at})

    def apply(
        self, put: Sequence[HotlineEntry] = (), off: Collection[str] = (), drop: Collection[str] = ()
    ) -> dict[str, str | None]:
        """Change what is in use in one step.

        Args:
            put: own entries, each in place of what has its id.
            off: ids not to be used at all, neither the shipped nor the own one.
            drop: ids whose own entry, or switching off, is taken back: the shipped one counts again.

        Returns:
            by id, how the catalogue names the result: a digest, "" for switched off, None for dropped.

        Raises:
            BadEntry: an entry breaks the form. UnknownEntry: an id to switch off or drop is not there.
        """
        known = {one.id: one for one in self.all()} if off or drop else {}
        for missing in [i for i in (*off, *drop) if i not in known]:
            raise UnknownEntry(f"no entry {missing!r}")
        changed: dict[str, str | None] = dict.fromkeys(off, SWITCHED_OFF) | dict.fromkeys(drop, None)
        read = [self.read(entry) for entry in put]
        with self._store.changing() as catalogue:
            # Written inside the lock: nobody discards what no catalogue names yet.
            changed |= {own.entry.id: self._store.entry_texts.write(own) for own in read}
            self._store.save(catalogue.with_entries(changed))
        return changed
