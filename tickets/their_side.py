"""Their side of a reconciliation: what a case system has, from a file that it wrote or asked over HTTP."""

import csv
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tickets.case_systems import Reconcile, revealed
from tickets.errors import BadNumber, BadRequest, Unavailable
from tickets.guarded_http import Line, NoAnswer, tls_context
from tickets.network_guard import NetworkGuard
from tickets.numbering import split_number
from tickets.ports import Clock
from tickets.reconciliation import Day, Version, of_day
from tickets.signing import signed_headers

_SECONDS = 60.0
_MOST_BYTES = 16 * 1024 * 1024  # of one answer: some 300 000 tickets of one day
_NO_DAY = date.min  # where numbers stand that tell no day: we have none of those


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore")

    number: str = Field(min_length=1, max_length=64)
    version: int = Field(ge=0)


class _DayRow(BaseModel):
    model_config = ConfigDict(extra="ignore")

    day: date
    count: int = Field(ge=0)
    digest: str


class _Days(BaseModel):
    model_config = ConfigDict(extra="ignore")

    days: list[_DayRow]


_ROWS = TypeAdapter(list[_Row])


@dataclass(frozen=True)
class TheirFile:
    """Implements reconciliation.TheirSide from rows that were read."""

    by_day: dict[date, list[Version]]

    def days(self, since: date, until: date) -> Sequence[Day]:
        """Count what the file has; numbers that are none of ours in form come with the first day."""
        return [of_day(day, self.day(day)) for day in self._days(since, until)]

    def day(self, day: date) -> Sequence[Version]:
        """Give the rows of a day."""
        return self.by_day.get(day, [])

    def _days(self, since: date, until: date) -> list[date]:
        return sorted(day for day in self.by_day if since <= day <= until or day == _NO_DAY)


def read_their_file(path: Path) -> TheirFile:
    """Read numbers and versions from a csv (with a heading line) or jsonl file; further columns are ignored.

    Raises:
        BadRequest: it cannot be read, or a line has no number and version; the line is named.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"{path} cannot be read as UTF-8 text: {error}") from error
    if not text.strip():
        raise BadRequest(
            f"{path} is empty; if they have no ticket at all, write `number,version` into it as csv"
        )
    by_day: dict[date, list[Version]] = {}
    for line, row in _json_rows(text) if path.suffix in (".jsonl", ".ndjson") else _csv_rows(path, text):
        try:
            read = _Row.model_validate(json.loads(row) if isinstance(row, str) else row)
        except (ValidationError, ValueError) as error:
            raise BadRequest(f"{path}, line {line}: it needs number and version, a whole number") from error
        by_day.setdefault(_day_of(read.number), []).append((read.number, read.version))
    return TheirFile(by_day)


@dataclass(frozen=True)
class TheirAddress:
    """Implements reconciliation.TheirSide over HTTP: GET, signed like a webhook with an empty body."""

    system: str
    reconcile: Reconcile
    clock: Clock

    def days(self, since: date, until: date) -> Sequence[Day]:
        """Ask for the figures by day."""
        answer = self._ask(_Days.model_validate_json, since=since, until=until)
        return [Day(row.day, row.count, row.digest) for row in answer.days if since <= row.day <= until]

    def day(self, day: date) -> Sequence[Version]:
        """Ask for the tickets of a day."""
        rows = self._ask(_ROWS.validate_json, since=day, until=day, day=day)
        return [(row.number, row.version) for row in rows]

    def _ask(self, read: Any, **asked: date) -> Any:
        address = _with_query(str(self.reconcile.url), {name: day.isoformat() for name, day in asked.items()})
        signed = signed_headers(
            f"rec_{secrets.token_hex(12)}", self.clock(), b"", revealed(self.reconcile.secrets)
        )
        line = self._line()
        try:
            reply = line.exchange("GET", address, signed, seconds=_SECONDS, most_bytes=_MOST_BYTES)
        except NoAnswer as error:
            raise Unavailable(f"{self.system} does not say what it has: {error}") from error
        finally:
            line.close()
        if reply.status != 200 or reply.body is None:
            trouble = (
                f"it answered {reply.status}" if reply.status != 200 else "its answer was too long or cut"
            )
            raise Unavailable(f"{self.system} does not say what it has: {trouble}")
        try:
            return read(reply.body)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"]) or "answer"
            raise Unavailable(f"{self.system} answered something else: {field}: {first['msg']}") from error

    def _line(self) -> Line:
        secure = self.reconcile.url.scheme == "https"
        guard = NetworkGuard(self.reconcile.networks, public=secure)
        try:
            return Line(guard, tls_context(self.reconcile.ca_file) if secure else None)
        except ValueError as error:
            raise BadRequest(f"{self.system}: {error}") from error


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    reader = csv.DictReader(text.splitlines())
    if not {"number", "version"} <= set(reader.fieldnames or ()):
        raise BadRequest(f"{path}, line 1: it needs the headings number and version")
    yield from ((reader.line_num, row) for row in reader)


def _json_rows(text: str) -> Iterator[tuple[int, Any]]:
    yield from ((line, row) for line, row in enumerate(text.splitlines(), start=1) if row.strip())


def _day_of(number: str) -> date:
    try:
        return datetime.strptime(str(split_number(number)[0]), "%Y%m%d").date()
    except (BadNumber, ValueError):
        return _NO_DAY


def _with_query(url: str, asked: dict[str, str]) -> str:
    scheme, host, path, query, _ = urlsplit(url)
    return urlunsplit((scheme, host, path, urlencode([*parse_qsl(query), *asked.items()]), ""))
