"""The api as its own process, as operators run it, for attacks that a client library would not send."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from api.settings import PROJECT_ROOT
from tests.conftest import free_port, wait_until


@dataclass
class Served:
    """A running api: where, its log file, its process."""

    port: int
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def raw(self, sent: bytes, seconds: float = 10.0) -> bytes:
        """Send bytes as they are and give everything that comes back until it closes or says nothing more."""
        with self.connected() as line:
            line.settimeout(seconds)
            line.sendall(sent)
            return received(line)

    def connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def open(self) -> tuple[str, str, str]:
        """A new conversation: its id, its token, its path."""
        opened = httpx.post(f"{self.url}/v1/conversations", json={}, timeout=30).raise_for_status().json()
        return opened["conversation_id"], opened["token"], f"/v1/conversations/{opened['conversation_id']}"

    def alive(self) -> bool:
        return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200


def received(line: socket.socket) -> bytes:
    """Everything until the other side closes, or is silent for as long as the line's time-out."""
    got = b""
    try:
        while piece := line.recv(65536):
            got += piece
    except (TimeoutError, ConnectionResetError):
        pass
    return got


def closes_within(line: socket.socket, seconds: float) -> bool:
    """Whether the other side ends the connection in time."""
    line.settimeout(0.2)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if line.recv(65536) == b"":
                return True
        except TimeoutError:
            continue
        except ConnectionResetError:
            return True
    return False


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Served]:
    """Start the api without Rasa and end it again; `settings` are environment variables."""
    port, log = free_port(), folder / "api.log"
    environment = {**os.environ, "HOTLINE_DATA_DIR": str(folder), "HOTLINE_PORT": str(port), **settings}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.process"],
            cwd=PROJECT_ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        )
    served = Served(port, log, process)

    def came_up() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return served.alive()
        except httpx.HTTPError:
            return False

    try:
        wait_until(came_up, 120)
        yield served
    finally:
        process.terminate()
        process.wait(20)
