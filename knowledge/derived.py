"""Keeps what was computed from files that seldom change, so that the next command need not compute it again.

derived/<name>    digest of the rest, key, content

The key names all that the content follows from: the sources, our own code and tables, Python and the
libraries installed. So an upgrade or an edited file is noticed, and a damaged file too: the content is then
made again. Files are replaced in one step; of two commands at once each finds a whole file.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent
# Data that is a source itself, or nothing that a kept content follows from.
_NOT_CODE = {"__pycache__", "corpus", "lexicon", "model", "texts"}
_DIGEST_BYTES = 32


@dataclass(frozen=True)
class Derived:
    """A folder of kept contents; None keeps nothing. It is made when first used, its parent is not."""

    folder: Path | None = None

    def content(self, name: str, sources: Iterable[bytes], make: Callable[[], bytes]) -> bytes:
        """What `make` returns, or returned when these sources were the same, by the same program.

        What `make` raises is raised, and kept by nobody. A folder that cannot be written to costs time only.

        Args:
            name: of the file; another key under the same name replaces it.
            sources: all that `make` reads.
        """
        if self.folder is None:
            return make()
        key, path = _key(sources), self.folder / name
        kept = _read(path, key)
        if kept is None:
            kept = make()
            with suppress(OSError):
                _write(path, key + kept)
        return kept


NOTHING_KEPT = Derived()


def _key(sources: Iterable[bytes]) -> bytes:
    digest = hashlib.sha256(program_digest())
    for source in sources:
        digest.update(len(source).to_bytes(8) + source)
    return digest.digest()


@cache
def program_digest() -> bytes:
    """Changes with our code and its tables, with Python, and with any library that is installed."""
    digest = hashlib.sha256(f"{sys.version}\n{sorted(_installed())}".encode())
    for path in sorted(_code(_PACKAGE)):
        content = Path(path).read_bytes()
        digest.update(f"\n{path.removeprefix(str(_PACKAGE))}:{len(content)}:".encode() + content)
    return digest.digest()


def _installed() -> Iterator[str]:
    """Names of all distributions with their versions, as the folders that describe them are called."""
    for folder in sys.path:
        with suppress(OSError):
            yield from (name for name in os.listdir(folder or ".") if name.endswith(".dist-info"))


def _code(folder: Path) -> Iterator[str]:
    for at, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _NOT_CODE]
        yield from (os.path.join(at, name) for name in files)


def _read(path: Path, key: bytes) -> bytes | None:
    """The content kept under a key; None if there is none, it is damaged, or the key is another."""
    try:
        found = path.read_bytes()
    except OSError:
        return None
    digest, rest = found[:_DIGEST_BYTES], memoryview(found)[_DIGEST_BYTES:]
    if rest[: len(key)] != key or hashlib.sha256(rest).digest() != digest:
        return None
    return bytes(rest[len(key) :])


def _write(path: Path, rest: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(rest).digest() + rest)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
