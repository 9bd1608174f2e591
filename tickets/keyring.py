"""The master keys, 32 bytes each, as base64 lines of a file that only its owner reads.

The first one seals, all of them open. A key's id is derived from the key itself (HKDF-SHA256, RFC 5869): the
file holds nothing but keys, and one of a single line, as older versions wrote it, is a ring of one key.
"""

import base64
import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tickets.errors import Unreadable

KEY_BYTES = 32
_ID_BYTES = 4


@dataclass(frozen=True)
class MasterKey:
    """One master key; `id` (8 hex digits) names it in sealed values and gives nothing of it away."""

    id: str
    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: bytes) -> "MasterKey":
        """Name a key of 32 bytes.

        Raises:
            Unreadable: it has another length.
        """
        if len(secret) != KEY_BYTES:
            raise Unreadable(f"the master key has {len(secret)} bytes, expected {KEY_BYTES}")
        return cls(derive(secret, b"hotline/key-id")[:_ID_BYTES].hex(), secret)

    @property
    def line(self) -> str:
        """The key as it stands in a key file."""
        return base64.b64encode(self.secret).decode()


class KeySource(Protocol):
    """Where keys come from."""

    def ring(self) -> tuple[MasterKey, ...]:
        """Give the keys as they are now, at least one, the sealing one first.

        Raises:
            Unreadable: there are none, or they are damaged.
        """
        ...


@dataclass(frozen=True)
class FixedKeys:
    """Keys that stay the same while the process runs."""

    fixed: tuple[MasterKey, ...]

    def ring(self) -> tuple[MasterKey, ...]:
        return self.fixed


class KeyFile:
    """Keys from a file, read again when the file was replaced; costs one stat call when it was not.

    Once read, a file that is missing or damaged for a moment changes nothing: the keys in memory stay.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ring: tuple[MasterKey, ...] = ()
        self._stamp: tuple[int, int, int] | None = None

    def ring(self) -> tuple[MasterKey, ...]:
        try:
            found = self.path.stat()
            stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
            if stamp != self._stamp:
                self._ring, self._stamp = read_keys(self.path), stamp
        except (OSError, Unreadable) as error:
            if not self._ring:
                raise Unreadable(f"{self.path}: {error}") from error
        return self._ring


def derive(secret: bytes, purpose: bytes) -> bytes:
    """Give the working key of 32 bytes for one purpose: none gives another, or the master key, away."""
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret)


def new_key() -> MasterKey:
    """Make a key from the system's randomness."""
    return MasterKey.of(os.urandom(KEY_BYTES))


def parse_keys(text: str, origin: str) -> tuple[MasterKey, ...]:
    """Read base64 keys set apart by white space or commas; `origin` names their place in errors.

    Raises:
        Unreadable: something else than keys of 32 bytes, or nothing at all.
    """
    keys = []
    for word in text.replace(",", " ").split():
        try:
            keys.append(MasterKey.of(base64.b64decode(word, validate=True)))
        except (ValueError, Unreadable) as error:
            raise Unreadable(
                f"{origin} holds something else than base64 keys of {KEY_BYTES} bytes; "
                "restore it from the backup"
            ) from error
    if not keys:
        raise Unreadable(f"{origin} holds no key; restore it from the backup")
    return tuple(dict.fromkeys(keys))


def read_keys(path: Path) -> tuple[MasterKey, ...]:
    """Read a key file.

    Raises:
        Unreadable: it is damaged.
        OSError: it cannot be read.
    """
    return parse_keys(path.read_bytes().decode("ascii", "replace"), str(path))


def load_or_create_keys(path: Path) -> tuple[MasterKey, ...]:
    """Read the key file, or make one with a fresh key that only its owner can read (0600).

    Safe when two processes start at once: both get the same key. A damaged file is never replaced.

    Raises:
        Unreadable: the file is damaged.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = _written_beside(path, [new_key()])
        with suppress(FileExistsError):
            os.link(draft, path)  # the first to link wins, nobody sees half a key
        draft.unlink()
        _sync_folder(path)
    return read_keys(path)


def put_in_front(path: Path, key: MasterKey) -> Path:
    """Let a key seal from now on, the others still open; give where the file before it is kept.

    Raises:
        Unreadable: the file is damaged.
    """
    with _alone(path):
        return _replace(path, [key, *(old for old in read_keys(path) if old != key)])


def keep_only_first(path: Path) -> Path:
    """Drop every key but the sealing one; give where the file before it is kept.

    Make sure before that nothing is left that only the others open.
    """
    with _alone(path):
        return _replace(path, read_keys(path)[:1])


def _replace(path: Path, keys: Sequence[MasterKey]) -> Path:
    before = path.with_name(f"{path.name}.{read_keys(path)[0].id}.bak")
    number = 1
    while before.exists():
        number += 1
        before = path.with_name(f"{path.name}.{read_keys(path)[0].id}.{number}.bak")
    draft = _written_beside(path, keys)
    os.link(path, before)
    os.replace(draft, path)
    _sync_folder(path)
    return before


def _written_beside(path: Path, keys: Sequence[MasterKey]) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.writelines(f"{key.line}\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync_folder(path: Path) -> None:
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from changing the same key file."""
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
