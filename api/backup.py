"""One file that holds everything the hotline cannot make again, taken while it runs; and putting it back.

manifest.json        what is inside, with digests, schema version and the ids of the master keys it needs
data/…               files of the data folder: policy texts and corrections, the office's own tables
data/hotline.db      the database, when it is SQLite
database.dump        the database, when it is PostgreSQL (pg_dump's own format)
data/master.key      only when asked for
"""

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from api import postgresql_tools as postgresql
from api.left_behind import LEFT_BEHIND
from api.parts import keys_from
from api.resealing import UNNAMED_KEY, keys_needed
from api.settings import Settings
from api.sqlite_files import copy_database, is_in_use
from tickets.errors import TicketError
from tickets.export import whole_file
from tickets.keyring import parse_keys, read_keys

FORMAT = 1
MIGRATIONS = Path(__file__).parent / "migrations"
MANIFEST = "manifest.json"
DUMP = "database.dump"
DATABASE = "hotline.db"
# What is made again, belongs to this machine only, or is read by nothing any more.
_LEFT_OUT = {"models", "rasa-cache", "log", "serve.log", "knowledge/index", *LEFT_BEHIND}
_NO_LONGER_READ = {f"data/{name}" for name in LEFT_BEHIND}
_KEPT_ASIDE = "before-restore-"


class BackupRefused(TicketError):
    """The backup or the restore was not done; the message says what to do. Nothing was changed."""

    code = "backup_refused"


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `files` gives size in bytes and SHA-256 by path; `keys` ids of master keys."""

    made_at: str
    database: str
    schema: str
    keys: tuple[str, ...]
    with_key: bool
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    format: int = FORMAT


def make_backup(settings: Settings, target: Path, *, with_key: bool = False) -> Manifest:
    """Write a backup that appears under its name only when it is complete; only its owner can read it.

    The database is copied as of one moment, while the hotline goes on working.

    Raises:
        BackupRefused: the database or a tool for it is missing.
        tickets.errors.BadRequest: the target cannot be written.
    """
    with (
        whole_file(target) as out,
        tempfile.TemporaryDirectory(dir=target.absolute().parent, prefix=".backup-") as folder,
    ):
        work = Path(folder)
        sources = _copied(_plain_files(settings), work)
        if with_key and settings.key_path.exists():
            sources["data/master.key"] = settings.key_path
        database = _copy_main_database(settings, work, sources)
        files = {name: (path.stat().st_size, _digest(path)) for name, path in sorted(sources.items())}
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = Manifest(made_at, *database, with_key, files)
        with tarfile.open(fileobj=out, mode="w") as tar:
            _add_bytes(tar, MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
            for name, path in sorted(sources.items()):
                tar.add(path, arcname=name, filter=_for_the_owner)
    return manifest


def read_backup(source: Path, folder: Path) -> Manifest:
    """Unpack a backup into an empty folder and hold every file against the manifest.

    Raises:
        BackupRefused: it is no backup, was cut off, altered, or made by a newer version.
    """
    try:
        with tarfile.open(source) as tar:
            member = tar.extractfile(MANIFEST)
            if member is None:
                raise BackupRefused(f"{source} is no backup of the hotline; choose another file")
            data = json.load(member)
            if data.get("format") != FORMAT:
                raise BackupRefused(
                    f"{source} has format {data.get('format')}; restore it with a newer version"
                )
            data["files"] = {name: tuple(value) for name, value in data["files"].items()}
            manifest = Manifest(**data | {"keys": tuple(data["keys"])})
            for name in manifest.files:
                tar.extract(name, folder, filter="data")
    except (KeyError, tarfile.TarError, ValueError, TypeError, EOFError) as error:
        raise BackupRefused(
            f"{source} is damaged or no backup of the hotline ({error}); choose another"
        ) from error
    except OSError as error:
        raise BackupRefused(f"{source} cannot be read: {error.strerror}; choose another file") from error
    for name, (size, digest) in manifest.files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size or _digest(path) != digest:
            raise BackupRefused(f"{source} is damaged: {name} is not what was backed up; choose another file")
    return manifest


def restore_backup(
    settings: Settings, source: Path, *, force: bool = False, key_later: bool = False
) -> tuple[Manifest, Path | None]:
    """Put a backup in place of the data folder and the database; give where the old is kept, if any.

    Raises:
        BackupRefused: the hotline runs, there is data already (and not `force`), the backup is damaged, is of
            another kind of database, or needs a master key that is not here (and not `key_later`).
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix=".restore-") as folder:
        staging = Path(folder)
        manifest = read_backup(source, staging)
        _check_place(settings, manifest, force)
        _check_keys(settings, manifest, staging, key_later)
        kept = _move_aside(settings, manifest)
        if manifest.database == "postgresql":
            postgresql.restore(settings.database_address, staging / DUMP)
        for name in manifest.files:
            if name != DUMP and name not in _NO_LONGER_READ:
                place = _place(settings, name)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(staging / name, place)
        os.sync()
    return manifest, kept


def _plain_files(settings: Settings) -> dict[str, Path]:
    """Files of the data folder that are copied as they are, by their name in the backup.

    In the order of their names: the catalogue of the policy texts comes before the texts, which are written
    before it names them and stay longer than it does.
    """
    database = str(_sqlite_path(settings) or settings.data_dir / DATABASE)
    own = (database, str(settings.key_path))
    found = {}
    for path in sorted(settings.data_dir.rglob("*")):
        name = path.relative_to(settings.data_dir).as_posix()
        if (
            path.is_file()
            and not path.is_symlink()
            and not _is_left_out(name)
            and not str(path).startswith(own)
        ):
            found[f"data/{name}"] = path
    return found


def _is_left_out(name: str) -> bool:
    parts = name.split("/")
    folders = {"/".join(parts[: count + 1]) for count in range(len(parts))}
    return bool(folders & _LEFT_OUT) or any(part.startswith((".", _KEPT_ASIDE)) for part in parts)


def _copied(sources: dict[str, Path], folder: Path) -> dict[str, Path]:
    """Copy files that others may replace or remove at any moment; what is gone by now is left out."""
    copies = {}
    for number, (name, path) in enumerate(sources.items()):
        try:
            copies[name] = Path(shutil.copyfile(path, folder / str(number)))
        except FileNotFoundError:
            continue
    return copies


def _place(settings: Settings, name: str) -> Path:
    """Where a file of the backup belongs."""
    special = {
        f"data/{DATABASE}": _sqlite_path(settings),
        "data/master.key": settings.key_path,
    }
    return special.get(name) or settings.data_dir / name.removeprefix("data/")


def _copy_main_database(
    settings: Settings, work: Path, sources: dict[str, Path]
) -> tuple[str, str, tuple[str, ...]]:
    """Copy the database; give its kind, its schema version and the keys that its values name."""
    url = make_url(settings.database_address)
    if url.get_backend_name() == "sqlite":
        source = _sqlite_path(settings)
        if source is None or not source.exists():
            raise BackupRefused(f"there is no database {source}; check HOTLINE_DATA_DIR")
        copy_database(source, work / DATABASE)
        sources[f"data/{DATABASE}"] = work / DATABASE
        copied = create_engine(f"sqlite:///{work / DATABASE}")
    else:
        postgresql.dump(settings.database_address, work / DUMP)
        sources[DUMP] = work / DUMP
        copied = create_engine(url)
    try:
        with copied.connect() as db:
            schema = db.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        keys = keys_needed(copied)
    finally:
        copied.dispose()
    if UNNAMED_KEY in keys:
        keys = keys - {UNNAMED_KEY} | {key.id for key in keys_from(settings).ring()}
    return url.get_backend_name(), schema, tuple(sorted(keys))


def _check_place(settings: Settings, manifest: Manifest, force: bool) -> None:
    kind = make_url(settings.database_address).get_backend_name()
    if manifest.database != kind:
        raise BackupRefused(f"the backup is of {manifest.database}, this is {kind}; set HOTLINE_DATABASE_URL")
    try:
        ScriptDirectory(str(MIGRATIONS)).get_revision(manifest.schema)
    except CommandError as error:
        raise BackupRefused(
            f"the backup has schema {manifest.schema}, newer than this program; update the program first"
        ) from error
    path = _sqlite_path(settings)
    if path:
        running, filled = is_in_use(path), path.exists()
    else:
        running = postgresql.others_connected(settings.database_address)
        filled = postgresql.has_tables(settings.database_address)
    if running:
        raise BackupRefused("the hotline is running on this database; stop it, then restore")
    if (filled or _plain_files(settings)) and not force:
        raise BackupRefused(
            f"there is data in {settings.data_dir} already; restore with --force to move it aside, or choose "
            "an empty HOTLINE_DATA_DIR"
        )


def _check_keys(settings: Settings, manifest: Manifest, staging: Path, key_later: bool) -> None:
    ring = []
    if settings.master_key:
        ring += parse_keys(settings.master_key.get_secret_value(), "HOTLINE_MASTER_KEY")
    for path in (settings.key_path, staging / "data" / "master.key"):
        ring += read_keys(path) if path.exists() else ()
    missing = set(manifest.keys) - {key.id for key in ring}
    if missing and not key_later:
        raise BackupRefused(
            f"the backup needs master key {', '.join(sorted(missing))}, which is not in {settings.key_path}; "
            "put that file there first, or say --key-later"
        )


def _move_aside(settings: Settings, manifest: Manifest) -> Path | None:
    """Keep what the backup replaces, and everything else that a backup would hold, in a folder beside it."""
    database = _sqlite_path(settings)
    files = [Path(f"{database}{end}") for end in ("", "-wal", "-shm")] if database else []
    files += [*_plain_files(settings).values(), *(_place(settings, name) for name in manifest.files)]
    moved = {path for path in files if path.exists()}
    dumped = manifest.database == "postgresql" and postgresql.has_tables(settings.database_address)
    if not moved and not dumped:
        return None
    aside = settings.data_dir / f"{_KEPT_ASIDE}{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    aside.mkdir()
    if dumped:
        postgresql.dump(settings.database_address, aside / DUMP)
    for path in sorted(moved):
        inside = path.is_relative_to(settings.data_dir)
        place = aside / (path.relative_to(settings.data_dir) if inside else path.name)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, place)
    return aside


def _sqlite_path(settings: Settings) -> Path | None:
    url = make_url(settings.database_address)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _for_the_owner(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mode, entry.uid, entry.gid, entry.uname, entry.gname = 0o600, 0, 0, "", ""
    return entry


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    tar.addfile(entry, io.BytesIO(content))
