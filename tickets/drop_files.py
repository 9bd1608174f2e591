"""What lies in a drop's folder: files named in order, each with a manifest that is written last.

A receiver looks for manifests; a file without one is not finished.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from tickets.errors import BadRequest
from tickets.export import whole_file
from tickets.numbering import BEIJING

FOR_THE_GROUP = 0o640
_MANIFEST = ".manifest.json"
_BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Manifest:
    """What a receiver needs to know of a file: whether it is whole, and what it covers.

    Attributes:
        drop: counts a system's drops from 1 without a gap.
        from_cursor, to_cursor: as the pull knows them; a drop begins where the one before it ended.
        revealed: whether personal data is in full.
    """

    system: str
    drop: int
    file: str
    format: str
    profile: str
    revealed: bool
    count: int
    bytes: int
    sha256: str
    from_cursor: str
    to_cursor: str
    made_at: str


def file_name(system: str, ordinal: int, at: datetime, format_name: str) -> str:
    """Name a drop's file, names in the order of the drops: county-000012-20261122-020000.csv."""
    return f"{system}-{ordinal:06d}-{at.astimezone(BEIJING):%Y%m%d-%H%M%S}.{format_name}"


def manifest_of(data: Path) -> Path:
    """Give where the manifest of a file lies."""
    return data.with_name(data.name + _MANIFEST)


def write_manifest(data: Path, manifest: Manifest) -> None:
    """Put the manifest beside its file, whole and on disk.

    Raises:
        BadRequest: the folder is missing, full, or not ours to write.
    """
    with told_by_name(data), whole_file(manifest_of(data), FOR_THE_GROUP) as file:
        file.write(json.dumps(asdict(manifest), ensure_ascii=False, indent=2).encode())


def lying_there(data: Path) -> Manifest | None:
    """Give the manifest of a file that is finished; also when the receiver took the file away already."""
    try:
        found = Manifest(**json.loads(manifest_of(data).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
    return found if not data.exists() or digest_of(data) == found.sha256 else None


def digest_of(path: Path) -> str:
    """Give the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def remove_drafts(data: Path) -> None:
    """Remove what a process that died has left half written."""
    for draft in data.parent.glob(f".{data.name}*.part"):
        with suppress(OSError):
            os.unlink(draft)


@contextmanager
def told_by_name(path: Path) -> Iterator[None]:
    """Say of trouble with the folder which it is and what to do.

    Raises:
        BadRequest: the folder is missing, full, or not ours to write.
    """
    try:
        yield
    except (OSError, BadRequest) as error:
        trouble = error.__cause__ if isinstance(error, BadRequest) else error
        if not isinstance(trouble, OSError):
            raise
        raise BadRequest(
            f"cannot write {path}: {trouble.strerror}; see to the folder, then it goes on"
        ) from error
