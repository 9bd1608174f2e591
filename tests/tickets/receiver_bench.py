"""A case system on loopback: takes signed events over real HTTP, applies each once, and fails as told.

    with Receiver(secrets=(SECRET,)) as receiver:
        receiver.script.extend(["500", "never", Fault("429", retry_after="7")])
        system = receiver.system("bureau")          # a CaseSystem that pushes to it
        ...
        assert [event.number for event in receiver.applied] == [...]

Faults are taken from `script` one per request, in the order of arrival; when it is empty `always` holds, and
without that the request is answered 204. What is signed wrongly is answered 401 and never applied.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tickets.case_systems import CaseSystem
from tickets.signing import BadSignature, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
METADATA = "http://169.254.169.254/latest/meta-data/"
FAULTS = (
    "ok", "late", "never", "500", "502", "503", "504", "400", "429", "410", "redirect",
    "applied_500", "applied_never", "applied_close", "half_head", "half_body", "close", "reset",
    "slow_head", "slow_body", "endless_body",
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One way to answer.

    Attributes:
        kind: one of FAULTS. `late`: applied, and answered 204 after `pace` seconds. `applied_…`: applied, and
            the answer is 500, none at all, or the connection closed in silence. `half_head`: applied, then
            "HTTP/1.1 200" and nothing more. `half_body`: applied, 200 with half the body it announced.
            `close`, `reset`: closed, or reset, before anything is read. `slow_head`, `slow_body`: applied,
            then one byte every `pace` seconds.
        retry_after: value of that header as it stands: seconds, or an HTTP date (`http_date`).
        location: where `redirect` points.
    """

    kind: str
    retry_after: str | None = None
    location: str = METADATA
    pace: float = 0.1

    def __post_init__(self) -> None:
        if self.kind not in FAULTS:
            raise ValueError(f"no fault {self.kind!r}; there are {', '.join(FAULTS)}")


@dataclass(frozen=True)
class Arrival:
    """One signed request as it came in. `applied`: it was new; False: its id had been applied before."""

    id: str
    number: str
    position: int
    payload: dict[str, Any]
    body: bytes
    headers: dict[str, str]
    applied: bool
    fault: str


class Receiver:
    """Runs on a port of its own until closed; every list here is in the order of arrival.

    Attributes:
        script: answers for the coming requests. always: the answer once the script is empty.
        arrivals: every well signed request that was read, refused and repeated ones too.
        applied: what took effect, each id once.
        refused: why requests were turned away (signature, time).
        connections: how many connections were ever opened.
    """

    def __init__(
        self,
        secrets: tuple[str, ...] = (SECRET,),
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        tls: ssl.SSLContext | None = None,
        port: int = 0,
        script: Iterable[Fault | str] = (),
        always: Fault | str = "ok",
    ) -> None:
        self.secrets = secrets
        self.clock = clock
        self.script: deque[Fault | str] = deque(script)
        self.always: Fault | str = always
        self.arrivals: list[Arrival] = []
        self.refused: list[str] = []
        self.connections = 0
        self._ids: set[str] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._tls = tls
        self.port = port
        self._server: ThreadingHTTPServer | None = None
        self.start()

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Take connections, on the same port as before when it had one."""
        self._closing.clear()
        self._server = _Server(("127.0.0.1", self.port), self)
        self.port = self._server.server_address[1]
        if self._tls:
            self._server.socket = self._tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on; what was applied stays known. `start` takes them again."""
        self._closing.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @contextlib.contextmanager
    def down(self):
        """Refuse connections for the length of a with block."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @property
    def url(self) -> str:
        """Where it takes events."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/events"

    @property
    def applied(self) -> list[Arrival]:
        """What took effect, each event once, in the order in which it did."""
        with self._lock:
            return [arrival for arrival in self.arrivals if arrival.applied]

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return len(self._server.open) if self._server else 0

    def order(self, number: str) -> list[int]:
        """Give the positions of one ticket in the order in which they took effect."""
        return [arrival.position for arrival in self.applied if arrival.number == number]

    def orders(self) -> dict[str, list[int]]:
        """Give `order` of every ticket that it knows."""
        found: dict[str, list[int]] = {}
        for arrival in self.applied:
            found.setdefault(arrival.number, []).append(arrival.position)
        return found

    def system(self, name: str = "bureau", **push: Any) -> CaseSystem:
        """Give a case system that pushes here; keyword arguments replace fields of `push`."""
        fields = {"url": self.url, "secrets": self.secrets, "networks": ["127.0.0.0/8"], "timeout": 2} | push
        return CaseSystem.model_validate({"name": name, "push": fields})

    def take(self, headers: dict[str, str], body: bytes, fault: Fault) -> str | None:
        """Note a request and apply it if the fault lets it through; give why it is refused, if it is."""
        try:
            id = verify(headers, body, self.secrets, self.clock())
            payload = json.loads(body)
            data = payload["data"]
        except (BadSignature, ValueError, KeyError) as error:
            with self._lock:
                self.refused.append(str(error))
            return str(error)
        applies = fault.kind in (
            "ok",
            "late",
            "half_head",
            "half_body",
            "slow_body",
            "slow_head",
            "endless_body",
        )
        applies = applies or fault.kind.startswith("applied_")
        with self._lock:
            new = applies and id not in self._ids
            if new:
                self._ids.add(id)
            self.arrivals.append(
                Arrival(id, data["number"], data["position"], payload, body, headers, new, fault.kind)
            )
        return None

    def next_fault(self) -> Fault:
        with self._lock:
            fault = self.script.popleft() if self.script else self.always
        return Fault(fault) if isinstance(fault, str) else fault

    def wait(self, seconds: float) -> bool:
        """Wait; say early that the receiver is being stopped."""
        return self._closing.wait(seconds)


def http_date(at: datetime) -> str:
    """Write an instant as HTTP headers do: Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110, 5.6.7)."""
    return format_datetime(at.astimezone(UTC).replace(microsecond=0), usegmt=True)


def in_seconds(seconds: float) -> str:
    """An HTTP date that lies so many seconds from now."""
    return http_date(datetime.now(UTC) + timedelta(seconds=seconds))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], receiver: Receiver) -> None:
        self.receiver = receiver
        self.open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.receiver._lock:
            self.receiver.connections += 1
            self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.receiver._lock:
            self.open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        with self.receiver._lock:
            still_open = list(self.open)
        for connection in still_open:  # a machine that goes down keeps no connection alive
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is not news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        fault = receiver.next_fault()
        if fault.kind == "close":
            return self._hang_up()
        if fault.kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._hang_up()
            return os.close(self.connection.detach())
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        why_not = receiver.take({name.lower(): value for name, value in self.headers.items()}, body, fault)
        if why_not:
            return self._answer(401, why_not.encode())
        getattr(self, f"_{fault.kind}", self._plain_status)(fault)

    def _plain_status(self, fault: Fault) -> None:
        self._answer(int(fault.kind.removeprefix("applied_")), b"", fault)

    def _ok(self, _fault: Fault) -> None:
        self._answer(204)

    def _late(self, fault: Fault) -> None:
        self.server.receiver.wait(fault.pace)
        self._answer(204)

    def _redirect(self, fault: Fault) -> None:
        self._answer(302, b"", fault, fault.location)

    def _never(self, _fault: Fault) -> None:
        self.server.receiver.wait(60)
        self._hang_up()

    _applied_never = _never

    def _applied_close(self, _fault: Fault) -> None:
        self._hang_up()

    def _half_head(self, _fault: Fault) -> None:
        self._write(b"HTTP/1.1 200")
        self._hang_up()

    def _half_body(self, _fault: Fault) -> None:
        self._write(b'HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{"accepted": ')
        self._hang_up()

    def _slow_head(self, fault: Fault) -> None:
        self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"." * 100_000, fault.pace)

    def _slow_body(self, fault: Fault) -> None:
        self._write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        self._drip(b"." * 100_000, fault.pace)

    def _endless_body(self, _fault: Fault) -> None:
        self._write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not self.server.receiver.wait(0):
            self._write(b"1000\r\n" + b"." * 4096 + b"\r\n")

    def _drip(self, content: bytes, pace: float) -> None:
        for byte in content:
            self._write(bytes([byte]))
            if self.server.receiver.wait(pace):
                break
        self._hang_up()

    def _answer(
        self,
        status: int,
        body: bytes = b"",
        fault: Fault | None = None,
        location: str | None = None,
    ) -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        if fault and fault.retry_after is not None:
            self.send_header("Retry-After", fault.retry_after)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _write(self, content: bytes) -> None:
        self.wfile.write(content)
        self.wfile.flush()

    def _hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Tests read `arrivals`, not a log."""


def wait_until(happened: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something that other threads bring about.

    Raises:
        AssertionError: it did not happen in time.
    """
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)
