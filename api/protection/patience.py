"""How long a client may take to say what it wants: headers that come too slowly or are too large.

uvicorn waits for the headers of a request for ever and takes any number of them; both tie up the hotline
(slowloris, CWE-400). Answers that nobody reads are let go by the event stream itself.
"""

import asyncio
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEADER_BYTES = 16 * 1024
_REFUSALS = {
    408: b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    431: b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
}


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol that closes a connection whose headers are not whole after `seconds`."""

    seconds = 20.0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._waits: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            if self._waits is None:
                self._wait_for_head()
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MOST_HEADER_BYTES:
            self._end(431)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_waiting()
        head = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if head > MOST_HEADER_BYTES:
            self._end(431)
            raise httptools.HttpParserError("headers too large")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head, self._head_bytes = True, 0

    def send_400_response(self, msg: str) -> None:
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def _wait_for_head(self) -> None:
        self._waits = self.loop.call_later(self.seconds, self._end, 408)

    def _stop_waiting(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _end(self, status: int) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self.transport.write(_REFUSALS[status])
            self.transport.close()


def patient_protocol(seconds: float) -> type[asyncio.Protocol]:
    """Give the protocol class for `uvicorn.run(http=…)` with this much patience."""
    return cast("type[asyncio.Protocol]", type("PatientProtocol", (PatientProtocol,), {"seconds": seconds}))
