"""Zip archives, member by member, in memory: nothing is written to disk and no header is believed."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from knowledge.errors import UnreadableDocument
from knowledge.readers.limits import (
    MAX_DEPTH,
    MAX_FILE_BYTES,
    MAX_MEMBERS,
    MAX_RATIO,
    MAX_TOTAL_BYTES,
    RATIO_FROM_BYTES,
)  # fmt: skip
from knowledge.readers.part import Part, is_left_out
from knowledge.readers.sniffing import kind_of

_UTF8_NAME, _ENCRYPTED = 0x800, 0x1
# What zipfile raises on a damaged archive, of its own and from the libraries below it.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError, OSError,
    ValueError, KeyError, OverflowError,
)  # fmt: skip


@dataclass
class _Allowance:
    """What one archive, with all archives inside it, may still unpack."""

    archive_bytes: int
    members: int = 0
    unpacked: int = 0

    def count(self) -> None:
        self.members += 1
        if self.members > MAX_MEMBERS:
            raise _Exceeded("too_many_members")

    def take(self, size: int) -> None:
        self.unpacked += size
        ratio = self.unpacked / self.archive_bytes
        if self.unpacked > MAX_TOTAL_BYTES or (self.unpacked > RATIO_FROM_BYTES and ratio > MAX_RATIO):
            raise _Exceeded("unpacks_too_large")


class _Exceeded(Exception):
    """The allowance is used up; `args[0]` is the reason."""


def members(raw: bytes, source_file: str) -> Iterator[Part]:
    """Yield every member as a Part named "archive/folder/file"; one that cannot be read carries its refusal.

    Hidden files and the by-products of macOS, Windows and Office are left out. An archive that grows beyond
    the limits ends with a refusal under its own name.
    """
    found = False
    try:
        for part in _members(raw, source_file, 1, _Allowance(len(raw))):
            found = True
            yield part
    except _Exceeded as limit:
        found = True
        yield Part(source_file, refused=limit.args[0])
    if not found:
        yield Part(source_file, refused="empty_archive")


def _members(raw: bytes, source_file: str, depth: int, allowance: _Allowance) -> Iterator[Part]:
    # Before the list of members is read: a list of a million names would itself fill the memory.
    if raw.count(b"PK\x01\x02") > MAX_MEMBERS:
        raise _Exceeded("too_many_members")
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except DAMAGED:
        yield Part(source_file, refused="damaged_archive")
        return
    for info in archive.infolist():
        steps = _steps(info)
        if info.is_dir() or not steps or any(is_left_out(step) for step in steps):
            continue
        allowance.count()
        name = "/".join((source_file, *steps))
        try:
            content = _content(archive, info, name, allowance)
        except UnreadableDocument as error:
            yield Part(name, refused=error.reason)
            continue
        if kind_of(content, name) != "zip":
            yield Part(name, content)
        elif depth < MAX_DEPTH:
            yield from _members(content, name, depth + 1, allowance)
        else:
            yield Part(name, refused="nested_too_deep")


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, allowance: _Allowance) -> bytes:
    if info.flag_bits & _ENCRYPTED:
        raise UnreadableDocument(name, "encrypted_member")
    # Only these two hand out their content in measured pieces; bzip2 may swell from 50 bytes to megabytes.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnreadableDocument(name, "unknown_compression")
    try:
        with archive.open(info) as member:
            content = member.read(MAX_FILE_BYTES + 1)
    except DAMAGED as error:
        raise UnreadableDocument(name, "damaged_archive") from error
    allowance.take(len(content))
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableDocument(name, "too_large")
    return content


def _steps(info: zipfile.ZipInfo) -> tuple[str, ...]:
    """Folder names and file name; ways out of the archive (.., C:, a leading slash) are dropped."""
    name = info.filename
    if not info.flag_bits & _UTF8_NAME:
        name = _in_local_encoding(info.filename)
    steps = PurePosixPath(name.replace("\\", "/")).parts
    return tuple(step for step in steps if step not in ("/", "//", "..", ".") and not step.endswith(":"))


def _in_local_encoding(name: str) -> str:
    """Undo the code page 437 that zipfile assumes: Windows writes GBK, macOS UTF-8 without saying so."""
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name
