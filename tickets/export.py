"""Hands tickets out as files: which columns, masked or not, in which format, written whole or not at all."""

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from tickets.errors import BadRequest
from tickets.model import Ticket
from tickets.numbering import BEIJING
from tickets.privacy import anonymise, mask_ticket
from tickets.profiles import Profile
from tickets.pulling import Change
from tickets.record import Record, field_value, nested
from tickets.sheets import FORMATS

JSONL = "jsonl"
CURSOR = "cursor"
_CHUNK = 64 * 1024


def row_of(ticket: Ticket, profile: Profile, *, reveal: bool = False) -> list[Any]:
    """Give the values of a ticket's columns, in order.

    Args:
        reveal: show the columns that the profile marks so in full, except of anonymous requests; record the
            disclosure before calling.
    """
    masked = mask_ticket(ticket)
    full = (anonymise(ticket) if ticket.anonymous else ticket) if reveal else masked
    row = []
    for column in profile.columns:
        if column.field is None:
            row.append(column.constant)
            continue
        value = field_value(full if column.reveals else masked, column.field)
        row.append(column.code.code_of(value) if column.code else value)
    return row


def record_of(ticket: Ticket, profile: Profile, *, reveal: bool = False) -> Record:
    """Give the same as nested plain JSON values under the names of the columns."""
    names = [column.name for column in profile.columns]
    return nested(list(zip(names, row_of(ticket, profile, reveal=reveal), strict=True)))


def export_tickets(
    tickets: Iterable[Ticket], profile: Profile, format_name: str, out: BinaryIO, *, reveal: bool = False
) -> int:
    """Write tickets to a binary stream; give how many. `reveal`: as for `row_of`.

    Raises:
        BadRequest: an unknown format.
    """
    need_format(format_name)
    names = [column.name for column in profile.columns]
    headers = [column.header for column in profile.columns]
    count = 0
    with FORMATS[format_name](out, names, headers) as rows:
        for ticket in tickets:
            rows.write(row_of(ticket, profile, reveal=reveal))
            count += 1
    return count


def streamed(
    changes: Iterable[Change], profile: Profile, format_name: str, *, reveal: bool = False
) -> Iterator[bytes]:
    """Give a pull as pieces of one csv or jsonl file, made while they are asked for.

    Each line of jsonl has a `cursor` beside its columns: a pull that begins there goes on behind that line.
    """
    extra = [CURSOR] if format_name == JSONL else []
    names = [column.name for column in profile.columns] + extra
    headers = [column.header for column in profile.columns] + extra
    buffer = io.BytesIO()
    with FORMATS[format_name](buffer, names, headers) as rows:
        for change in changes:
            rows.write([*row_of(change.ticket, profile, reveal=reveal), *([change.cursor] if extra else [])])
            if buffer.tell() >= _CHUNK:
                yield _taken(buffer)
    yield _taken(buffer)


def need_format(format_name: str) -> None:
    """Let a known format pass.

    Raises:
        BadRequest: any other.
    """
    if format_name not in FORMATS:
        raise BadRequest(f"no export format {format_name!r}; there are {', '.join(FORMATS)}")


def _taken(buffer: io.BytesIO) -> bytes:
    content = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return content


def default_name(profile: Profile, format_name: str, at: datetime) -> str:
    """Name an export after its profile and the Beijing time: tickets-generic-20261122-101500.csv."""
    return f"tickets-{profile.name}-{at.astimezone(BEIJING):%Y%m%d-%H%M%S}.{format_name}"


@contextmanager
def whole_file(path: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """Open a file that appears under its name only when complete and on disk.

    Args:
        mode: who may read it; by default its owner alone.
    Raises:
        BadRequest: the folder is missing or cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise BadRequest(f"cannot write {path}: {error.strerror}; choose another --out") from error
    try:
        with os.fdopen(handle, "w+b") as file:
            os.fchmod(file.fileno(), mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
        _keep_names(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _keep_names(folder: Path) -> None:
    """Bring the folder's list of names to the disk: a file that was renamed is else still lost by a crash."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
