"""Files that an editor sends, kept apart until they are taken in. They come in pieces, so that no request is
larger than others are, and nobody who is not signed in can fill memory or disk.

.work/uploads/<id>/owner            who sent them
.work/uploads/<id>/files/<n>/<name> the files, their names made harmless
.work/uploads/<id>/report.json      what was understood of them (worker.py)
"""

import json
import re
import secrets
import shutil
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.editing.model import EditingError

MEGABYTE = 1024 * 1024
MOST_FILES = 50
MOST_BYTES = 50 * MEGABYTE  # of a file, as knowledge.readers.limits
MOST_TOTAL = 200 * MEGABYTE
PIECE_BYTES = 512 * 1024
KEPT_SECONDS = 24 * 3600
MOST_UPLOADS = 20
NAME_BYTES = 200
_ID = re.compile(r"u[0-9a-f]{32}")


class UnknownUpload(EditingError):
    code = "unknown_upload"


class UploadRefused(EditingError):
    """A file or piece was not taken; `code` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Upload:
    """Some files sent together; `report` is None until they were read."""

    id: str
    owner: str
    files: tuple[Path, ...]
    report: list[dict[str, Any]] | None


class Uploads:
    """The uploads of an installation, below a hidden folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self, owner: str) -> str:
        """Begin an upload; old ones go. Raises: UploadRefused: too many wait."""
        self._prune()
        if len(self._names()) >= MOST_UPLOADS:
            raise UploadRefused("too_many_uploads")
        upload_id = f"u{secrets.token_hex(16)}"
        (self.folder / upload_id / "files").mkdir(parents=True, mode=0o700)
        (self.folder / upload_id / "owner").write_text(owner, "utf-8")
        return upload_id

    def put(self, upload_id: str, owner: str, number: int, name: str, at: int, piece: bytes) -> int:
        """Append a piece to a file at an offset in bytes; gives the size so far.

        The same piece sent again at its offset does nothing twice.

        Raises:
            UnknownUpload: there is none of that id and owner. UploadRefused: too large, too many, or a gap.
        """
        upload = self.find(upload_id)
        if upload.owner != owner or upload.report is not None:
            raise UnknownUpload(upload_id)
        if not 0 <= number < MOST_FILES:
            raise UploadRefused("too_many_files")
        if at < 0 or at + len(piece) > MOST_BYTES:
            raise UploadRefused("file_too_large")
        folder = self.folder / upload_id / "files" / f"{number:02d}"
        others = sum(path.stat().st_size for path in upload.files if path.parent != folder)
        if others + at + len(piece) > MOST_TOTAL:
            raise UploadRefused("upload_too_large")
        folder.mkdir(exist_ok=True, mode=0o700)
        path = next(iter(folder.iterdir()), folder / harmless(name, number))
        size = path.stat().st_size if path.exists() else 0
        if at > size:
            raise UploadRefused("piece_missing")
        with path.open("r+b" if path.exists() else "xb") as file:
            file.seek(at)
            file.write(piece)
        return max(size, at + len(piece))

    def find(self, upload_id: str) -> Upload:
        """One upload. Raises: UnknownUpload: there is none of that id."""
        folder = self.folder / upload_id
        if not _ID.fullmatch(upload_id) or not (folder / "owner").is_file():
            raise UnknownUpload(upload_id)
        report = folder / "report.json"
        return Upload(
            upload_id,
            (folder / "owner").read_text("utf-8"),
            tuple(sorted(path for path in (folder / "files").glob("*/*") if path.is_file())),
            json.loads(report.read_text("utf-8")) if report.exists() else None,
        )

    def discard(self, upload_id: str) -> None:
        """Delete an upload. Raises: UnknownUpload."""
        self.find(upload_id)
        shutil.rmtree(self.folder / upload_id, ignore_errors=True)

    def _names(self) -> list[str]:
        return (
            [p.name for p in self.folder.iterdir() if _ID.fullmatch(p.name)] if self.folder.is_dir() else []
        )

    def _prune(self) -> None:
        for name in self._names():
            if time.time() - (self.folder / name).stat().st_mtime > KEPT_SECONDS:
                shutil.rmtree(self.folder / name, ignore_errors=True)


def harmless(name: str, number: int) -> str:
    """A file name without folders, control or direction characters; short enough for every file system."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(char for char in last if unicodedata.category(char)[0] != "C" and char not in ':*?"<>|')
    kept = kept.strip().lstrip(".~$").strip()
    stem, dot, suffix = kept.rpartition(".")
    if len(kept.encode()) > NAME_BYTES:
        keep = NAME_BYTES - len(suffix.encode()[:20]) - 1
        kept = f"{(stem or kept).encode()[:keep].decode(errors='ignore')}{dot}{suffix[:20]}"
    return kept or f"file-{number + 1}"
