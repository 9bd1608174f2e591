"""Index generations: an immutable folder each, and a pointer that readers follow.

index/current         name of the generation in use, replaced in one step
index/<generation>/   see knowledge/index/generation.py
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from knowledge.dense.stores import DRAFT
from knowledge.errors import BadIndex, Busy, Unavailable, UnknownGeneration
from knowledge.index.building import Progress, write_generation
from knowledge.index.generation import Generation, read_catalogue, read_manifest
from knowledge.library import Library
from knowledge.ports import Embedder, VectorStore
from knowledge.store import Catalogue, write_atomically

KEPT = 5
_POLL_SECONDS = 0.2


class Generations:
    """The folder of all generations and the pointer to the current one."""

    def __init__(self, folder: Path, vectors: VectorStore) -> None:
        self.folder = folder
        self._vectors = vectors
        self._pointer = folder / "current"

    def stamp(self) -> tuple[int, int] | None:
        """Changes whenever another generation is published; None if none ever was. Costs one stat call."""
        try:
            found = self._pointer.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    def current(self) -> str | None:
        """Name of the generation in use; None if none was ever built."""
        try:
            return self._pointer.read_text("utf-8").strip()
        except FileNotFoundError:
            return None

    def names(self) -> list[str]:
        """All generations kept, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(p.name for p in self.folder.iterdir() if p.is_dir() and not p.name.startswith("."))

    def manifest(self, name: str) -> dict[str, Any]:
        """What a generation holds and what it was built with.

        Raises:
            BadIndex: it cannot be read.
        """
        return read_manifest(self.folder / name)

    def catalogue(self, name: str) -> Catalogue:
        """The documents a generation was built from.

        Raises:
            BadIndex: it cannot be read.
        """
        return read_catalogue(self.folder / name)

    def before(self, name: str) -> str | None:
        """The generation that was in use before this one, or the newest older one kept; None if none is."""
        replaced = None
        with suppress(BadIndex):  # a damaged one can be left too
            replaced = self.manifest(name)["replaces"]
        older = [kept for kept in self.names() if kept < name]
        return replaced if replaced in older else next(reversed(older), None)

    def open(self, name: str) -> Generation:
        """Open a generation.

        Raises:
            UnknownGeneration: none of that name is kept. BadIndex: it cannot be opened.
        """
        if name not in self.names():
            raise UnknownGeneration(f"no generation {name!r}; kept are {', '.join(self.names()) or 'none'}")
        return Generation(self.folder / name, self._vectors)

    def open_current(self) -> Generation | None:
        """Open the generation in use; None if none was ever built.

        Raises:
            BadIndex: it cannot be opened.
        """
        name = self.current()
        return Generation(self.folder / name, self._vectors) if name else None

    def build(
        self,
        library: Library,
        catalogue: Catalogue,
        embedder: Embedder,
        progress: Progress,
        *,
        cause: str,
        anew: bool = False,
    ) -> Generation:
        """Build a generation beside the others, open it as a reader would, then point to it.

        Call it inside `building`. A build that fails or is killed leaves the current one in use.

        Args:
            anew: make every row again instead of taking over those that have not changed.

        Raises:
            BadIndex: what was built cannot be opened.
        """
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(2)}"
        draft = self.folder / f"{DRAFT}{name}"
        previous = None
        if not anew:
            with suppress(BadIndex):  # then every row is made anew
                previous = self.open_current()
        try:
            draft.mkdir()
            write_generation(
                draft, library, catalogue, embedder, self._vectors,
                previous=previous, replaces=self.current(), cause=cause, progress=progress,
            )  # fmt: skip
            Generation(draft, self._vectors)
            os.replace(draft, self.folder / name)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        built = Generation(self.folder / name, self._vectors)
        self.point_to(name)
        self._prune(name)
        return built

    def point_to(self, name: str) -> None:
        """Make a generation the one in use; readers switch within a second. Call it inside `building`."""
        write_atomically(self._pointer, name)

    @contextmanager
    def building(self, wait_seconds: float = 0.0) -> Iterator[None]:
        """The right to change the pointer, held by one process at a time.

        Raises:
            Busy: another one holds it, also after the wait.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        until = time.monotonic() + wait_seconds
        with (self.folder / ".building").open("w") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if time.monotonic() >= until:
                        raise Busy(f"{self.folder}: another build is running") from error
                    time.sleep(_POLL_SECONDS)
            yield

    def _prune(self, current: str) -> None:
        """Keep the last few, so that an operator can go back; drop what a killed build left."""
        names = self.names()
        old = [name for name in names if name != current][: max(0, len(names) - KEPT)]
        left = [p.name for p in self.folder.glob(f"{DRAFT}*")]
        for name in (*old, *left):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        with suppress(Unavailable):  # what is left over goes with the next build
            self._vectors.keep_only([self.folder / name for name in self.names()])
