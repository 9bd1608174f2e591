"""Sends events to case systems over HTTP, after Standard Webhooks 1.0.0: signed, only where it may go."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import structlog

from tickets.case_systems import CaseSystem, Push, revealed
from tickets.delivery_ports import Answer, OutgoingEvent, SendResult
from tickets.errors import TicketError
from tickets.guarded_http import Line, NoAnswer, Reply, tls_context
from tickets.network_guard import NetworkGuard, Resolver, look_up
from tickets.payload import ORDINARY_BYTES, payload
from tickets.ports import Clock
from tickets.signing import signed_headers

log = structlog.get_logger()

_MOST_OF_ANSWER = 4096  # bytes read so that the connection can be used again; nothing is done with them
_FOR_ANSWER = 1.0  # seconds
_GONE = 410
_FIXED_HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "relief-hotline"}
_Stamp = tuple[float | None, ...]


class HttpSender:
    """A `delivery_ports.Sender` that keeps connections to each case system alive; safe for many threads."""

    def __init__(self, clock: Clock, profiles: Path | None = None, look_up: Resolver = look_up) -> None:
        """`profiles`: the folder of the office's own export profiles."""
        self._clock = clock
        self._profiles = profiles
        self._look_up = look_up
        self._lines: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def send(self, system: CaseSystem, event: OutgoingEvent) -> SendResult:
        """Try once, within `push.timeout` seconds from the look-up of the name to the answer.

        Any 2xx whose headers arrived counts as accepted, whatever becomes of the rest of the answer.
        """
        push = system.push
        if push is None:
            return _failed("it has no push; give it one in case_systems.yml, or pause it")
        try:
            body = payload(event, push, self._profiles)
            if len(body) > ORDINARY_BYTES:
                log.warning("payload_large", system=system.name, event_id=event.id, bytes=len(body))
            headers = signed_headers(event.id, self._clock(), body, revealed(push.secrets)) | _FIXED_HEADERS
            with self._line(system.name, push) as line:
                reply = line.exchange(
                    "POST", str(push.url), headers, body,
                    seconds=push.timeout, most_bytes=_MOST_OF_ANSWER, body_seconds=_FOR_ANSWER,
                )  # fmt: skip
        except (NoAnswer, TicketError, ValueError) as error:
            return _failed(str(error))
        return _judged(reply, self._clock())

    def close(self) -> None:
        """Close every connection; a later `send` opens new ones."""
        with self._lock:
            kept, self._lines = list(self._lines.values()), {}
        for each in kept:
            each.line.close()

    @contextmanager
    def _line(self, name: str, push: Push) -> Iterator[Line]:
        """Give the system's line; a new one when its row or one of its certificate files has changed."""
        stamp = tuple(_changed_at(path) for path in (push.ca_file, push.client_cert, push.client_key))
        with self._lock:
            kept = self._lines.get(name)
            if kept is None or (kept.push, kept.stamp) != (push, stamp):
                opened = _Kept(open_line(push, self._look_up), push, stamp)
                if kept:
                    kept.retire()
                kept = self._lines[name] = opened
            kept.users += 1
        try:
            yield kept.line
        finally:
            with self._lock:
                kept.users -= 1
                kept.close_if_left()


@dataclass
class _Kept:
    line: Line
    push: Push
    stamp: _Stamp
    users: int = 0
    retired: bool = field(default=False, init=False)

    def retire(self) -> None:
        """Close it when the last exchange on it is over."""
        self.retired = True
        self.close_if_left()

    def close_if_left(self) -> None:
        if self.retired and not self.users:
            self.line.close()


def open_line(push: Push, look_up: Resolver = look_up) -> Line:
    """Open the way to a case system as its row says.

    Raises:
        ValueError: a certificate file cannot be used; the field is named.
    """
    secure = push.url.scheme == "https"
    guard = NetworkGuard(push.networks, public=secure, look_up=look_up)
    tls = tls_context(push.ca_file, push.client_cert, push.client_key) if secure else None
    return Line(guard, tls, idle=push.at_once)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read a Retry-After header, seconds or an HTTP date (RFC 9110, 10.2.3); None when it says neither."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max((at if at.tzinfo else at.replace(tzinfo=UTC)) - now, timedelta())


def _judged(reply: Reply, now: datetime) -> SendResult:
    if 200 <= reply.status < 300:
        return SendResult(Answer.ACCEPTED, reply.status)
    if reply.status == _GONE:
        return SendResult(Answer.GONE, reply.status, "it answered 410: it wants no more events")
    wait = retry_after(reply.headers.get("retry-after"), now)
    if 300 <= reply.status < 400:
        error = f"it answered {reply.status}: redirects are not followed; put the final address into push.url"
    else:
        error = f"it answered {reply.status}"
    return SendResult(Answer.FAILED, reply.status, error, wait)


def _failed(error: str) -> SendResult:
    return SendResult(Answer.FAILED, error=error)


def _changed_at(path: Path | None) -> float | None:
    try:
        return path and path.stat().st_mtime
    except OSError:
        return None
