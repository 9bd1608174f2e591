"""Hands tickets out as files: which columns, masked or not, in which format, written whole or not at all."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from tickets.errors import BadRequest
from tickets.model import Ticket
from tickets.numbering import BEIJING
from tickets.privacy import anonymise, mask_ticket
from tickets.profiles import Profile
from tickets.record import field_value
from tickets.sheets import FORMATS


def export_tickets(
    tickets: Iterable[Ticket], profile: Profile, format_name: str, out: BinaryIO, *, reveal: bool = False
) -> int:
    """Write tickets to a binary stream; give how many.

    Args:
        reveal: show the columns that the profile marks so in full, except of anonymous requests; record the
            disclosure before calling.
    Raises:
        BadRequest: an unknown format.
    """
    if format_name not in FORMATS:
        raise BadRequest(f"no export format {format_name!r}; there are {', '.join(FORMATS)}")
    fields = [column.field for column in profile.columns]
    headers = [column.header for column in profile.columns]
    count = 0
    with FORMATS[format_name](out, fields, headers) as rows:
        for ticket in tickets:
            masked = mask_ticket(ticket)
            full = anonymise(ticket) if ticket.anonymous else ticket
            rows.write(
                [field_value(full if reveal and c.reveals else masked, c.field) for c in profile.columns]
            )
            count += 1
    return count


def default_name(profile: Profile, format_name: str, at: datetime) -> str:
    """Name an export after its profile and the Beijing time: tickets-generic-20261122-101500.csv."""
    return f"tickets-{profile.name}-{at.astimezone(BEIJING):%Y%m%d-%H%M%S}.{format_name}"


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that appears under its name only when complete and on disk; only its owner can read it.

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
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
