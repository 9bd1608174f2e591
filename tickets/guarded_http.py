"""HTTP to a case system: only to checked addresses, certificates verified, and over when the time is over.

On httpcore, the engine under httpx, because httpx lets nobody choose the address that a connection goes to,
and bounds the pauses of an exchange but not the exchange. Redirects, proxies, cookies and environment play
no part.
"""

import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpcore

from tickets.network_guard import NetworkGuard, NoAddress, RefusedAddress

KEEP_ALIVE = 30.0  # seconds that an idle connection is kept
_CHUNK = 16 * 1024
_until: ContextVar[float] = ContextVar("until")  # monotonic time at which the exchange of this thread is over


class NoAnswer(Exception):
    """No HTTP answer came; the text is one sentence that holds nothing of what the other side sent."""


@dataclass(frozen=True)
class Reply:
    """An answer. `headers`: names in lower case. `body`: None when longer than asked for, cut off or late."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


def tls_context(
    ca_file: Path | None = None, client_cert: Path | None = None, client_key: Path | None = None
) -> ssl.SSLContext:
    """Make the TLS settings: names and certificates are always checked, TLS 1.2 at least.

    Args:
        ca_file: PEM of the authority that alone is trusted; None: those that this machine trusts.
        client_cert, client_key: PEM files with which this side shows who it is; the key is not encrypted.
    Raises:
        ValueError: a file is missing or not what it should be; the field is named.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"ca_file {ca_file} cannot be used: {_reason(error)}") from error
    if client_cert and client_key:
        try:
            context.load_cert_chain(client_cert, client_key, password=lambda: "")
        except (OSError, ssl.SSLError) as error:
            raise ValueError(
                f"client_cert {client_cert} with client_key {client_key} cannot be used: {_reason(error)}"
            ) from error
    return context


class Line:
    """Connections to one case system, kept alive between exchanges; any number of threads may use it."""

    def __init__(self, guard: NetworkGuard, tls: ssl.SSLContext | None = None, idle: int = 4) -> None:
        """`tls`: None when it is reached over plain http. `idle`: connections kept while nothing is sent."""
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=None,
            max_keepalive_connections=idle,
            keepalive_expiry=KEEP_ALIVE,
            network_backend=_GuardedNetwork(guard),
        )

    def exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        seconds: float,
        most_bytes: int,
        body_seconds: float | None = None,
    ) -> Reply:
        """Send one request and read the answer.

        Args:
            seconds: for everything, from the look-up of the name to the last byte.
            most_bytes: of the answer's body; of a longer one nothing is given.
            body_seconds: for the answer's body alone, within `seconds`.
        Raises:
            NoAnswer: no status and headers arrived in time.
        """
        mark = _until.set(time.monotonic() + seconds)
        try:
            with self._pool.stream(method, url, headers=list(headers.items()), content=body) as response:
                if body_seconds is not None:
                    _until.set(min(_until.get(), time.monotonic() + body_seconds))
                return Reply(response.status, _plain(response.headers), _read(response, most_bytes))
        except (NoAddress, RefusedAddress) as error:
            raise NoAnswer(str(error)) from error
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise NoAnswer(f"no answer within {seconds:g} s") from error
        except httpcore.ProtocolError as error:
            raise NoAnswer("the answer was missing, cut off or not HTTP") from error
        except (httpcore.NetworkError, OSError) as error:
            raise NoAnswer(f"no connection, or it broke: {_reason(error)}") from error
        finally:
            _until.reset(mark)

    def close(self) -> None:
        """Close every connection, also those in use."""
        self._pool.close()


def _read(response: httpcore.Response, most_bytes: int) -> bytes | None:
    content = b""
    try:
        for chunk in response.iter_stream():
            content += chunk
            if len(content) > most_bytes:
                return None
    except (TimeoutError, OSError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        return None
    return content


def _plain(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


def _reason(error: BaseException) -> str:
    """Say why in the words of the operating system or of OpenSSL, never in those of the other side."""
    cause = next((each for each in (*error.args, error) if isinstance(each, OSError)), None)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return f"TLS: {(cause.reason or 'failed').replace('_', ' ').lower()}"
    return (cause and cause.strerror) or type(cause or error).__name__


def _left() -> float:
    seconds = _until.get() - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class _GuardedNetwork(httpcore.NetworkBackend):
    """Connects to the addresses that the guard gives for a name, one after the other; TLS keeps the name."""

    def __init__(self, guard: NetworkGuard) -> None:
        self._guard = guard
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._guard.addresses(host.strip("[]"), port, _left())
        for tries_left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                share = _left() / tries_left
                return _TimedStream(self._network.connect_tcp(str(address), port, share))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if tries_left == 1:
                    raise
        raise AssertionError("the guard gives at least one address")


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every step may take no longer than what is left of the whole exchange."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        connection: socket.socket = self._stream.get_extra_info("socket")
        try:
            while buffer:
                connection.settimeout(_left())
                buffer = buffer[connection.send(buffer[:_CHUNK]) :]
        except TimeoutError:
            raise
        except OSError as error:
            raise httpcore.WriteError(error) from error

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, _left()))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
