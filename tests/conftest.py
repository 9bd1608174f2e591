"""The whole hotline, really running, for the tests that need it: api, trained Rasa, index, SQLite file."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.settings import PROJECT_ROOT, UNLIMITED, Settings

START_SECONDS = 240

# Hundreds of citizens speak from one address here; the tests of the limits set their own.
os.environ |= {name: os.environ.get(name, value) for name, value in UNLIMITED.items()}


@dataclass
class LiveHotline:
    """A hotline started by `hotline serve` in a data folder of its own."""

    base_url: str
    data_dir: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    def command(self, *arguments: str) -> str:
        """Run a `hotline` command on the same data and return what it prints."""
        done = subprocess.run(
            [hotline_program(), *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def child(self, part: str) -> int:
        """Process id of the api or of Rasa."""
        needle = {"api": "api.process", "rasa": "start.py"}[part]
        return next(pid for pid, line in children_of(self.process.pid) if needle in line)


class Citizen:
    """Talks over HTTP as the page does."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=30)
        opened = self.http.post("/v1/conversations", json={}).raise_for_status().json()
        self.id, self.token = opened["conversation_id"], opened["token"]
        self.greeting = opened["greeting"]
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def say(self, text: str, client_message_id: str | None = None) -> dict[str, Any]:
        body = {"text": text, "client_message_id": client_message_id}
        sent = self.http.post(f"/v1/conversations/{self.id}/messages", json=body, headers=self.headers)
        return sent.raise_for_status().json()

    def transcript(self) -> list[dict[str, Any]]:
        read = self.http.get(f"/v1/conversations/{self.id}/messages", headers=self.headers)
        return read.raise_for_status().json()["messages"]


def hotline_program() -> str:
    return str(Path(sys.executable).parent / "hotline")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def children_of(pid: int) -> list[tuple[int, str]]:
    """(process id, command line) of the direct children, read from /proc."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (OSError, ValueError):
            continue
        if parent == pid:
            found.append((int(folder.name), line))
    return found


def is_running(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(what, seconds: float = 60, every: float = 0.2):
    """Return the first true value of `what()`; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := what():
            return value
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s")


def is_ready(base_url: str) -> bool:
    try:
        return httpx.get(f"{base_url}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def prepare_data(folder: Path) -> None:
    """Give a data folder the trained model, so that no test trains it again."""
    trained = Settings().model_path
    assert trained.exists(), "no trained model: run hotline train"
    (folder / "models").mkdir(parents=True)
    shutil.copy(trained, folder / "models")
    shutil.copy(trained.with_suffix(".json"), folder / "models")


def start_hotline(data_dir: Path, **settings: str) -> LiveHotline:
    """Start it and wait until every part answers; `settings` are further environment variables."""
    port = free_port()
    environment = {
        **os.environ,
        "HOTLINE_DATA_DIR": str(data_dir),
        "HOTLINE_PORT": str(port),
        "HF_HUB_OFFLINE": "1",
        # Patient: a busy machine alone must not bring the stand-in; tests of the time-out set their own.
        "HOTLINE_RASA_TIMEOUT": "15",
        **settings,
    }
    with (data_dir / "serve.log").open("ab") as log:
        process = subprocess.Popen(
            [hotline_program(), "serve"], cwd=PROJECT_ROOT, env=environment, stdout=log, stderr=log
        )
    base_url = f"http://127.0.0.1:{port}"

    def came_up() -> bool:
        assert process.poll() is None, (data_dir / "serve.log").read_text()
        return is_ready(base_url)

    wait_until(came_up, START_SECONDS)
    return LiveHotline(base_url, data_dir, process, environment)


def stop_hotline(hotline: LiveHotline) -> None:
    if hotline.process.poll() is None:
        hotline.process.send_signal(signal.SIGINT)
        hotline.process.wait(30)


@pytest.fixture(scope="session")
def indexed_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the trained model and an index of what ships with the project."""
    folder = tmp_path_factory.mktemp("hotline")
    prepare_data(folder)
    subprocess.run(
        [hotline_program(), "knowledge", "build"],
        env={**os.environ, "HOTLINE_DATA_DIR": str(folder)},
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="session")
def hotline(indexed_data: Path) -> Iterator[LiveHotline]:
    """One hotline for the whole test run."""
    running = start_hotline(indexed_data)
    yield running
    stop_hotline(running)


@pytest.fixture(scope="session")
def live_hotline(hotline: LiveHotline) -> str:
    """The address of the running hotline."""
    return hotline.base_url


@pytest.fixture
def citizen(hotline: LiveHotline) -> Citizen:
    """Someone who has just opened the page."""
    return Citizen(hotline.base_url)
