"""A whole hotline for the time of an evaluation: own ports, an empty database, the configured model.

`python -m api.evaluation.temporary` is the process it runs in: `hotline serve` that ends with its parent.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import typer

from api.settings import PROJECT_ROOT, UNLIMITED, Settings
from api.supervision import StartFailed, leave_with_parent

START_SECONDS = 240.0
STOP_SECONDS = 30.0
LAST_LINES = 6

# What an installation learned or was given; the rest of its data folder (database, keys, logs) stays alone.
LENT = ("models", "triage", "offices.yml", "limits.d")
KNOWLEDGE, DERIVED = "knowledge", "derived"
# Settings that would lead to the database, keys or processes of the real hotline.
OWN = (
    "DATABASE_URL",
    "MASTER_KEY",
    "KEY_FILE",
    "RASA_URL",
    "RASA_TOKEN",
    "RASA_PORT",
    "ACTIONS_TOKEN",
    "HOST",
)


@dataclass(frozen=True)
class RunningHotline:
    """Where it answers, and the API key of a supervisor."""

    url: str
    key: str


@contextmanager
def temporary_hotline(settings: Settings) -> Iterator[RunningHotline]:
    """Start a hotline, wait until all of it answers, and end it again with everything it wrote.

    Raises:
        StartFailed: the dialogue model or the index is missing, or it did not come up; says what to do.
    """
    check_lent(settings)
    with tempfile.TemporaryDirectory(prefix="hotline-evaluation-") as name:
        folder = Path(name)
        _lend(settings.data_dir.absolute(), folder)
        port = _free_port()
        log = folder / "serve.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "api.evaluation.temporary"],
                cwd=PROJECT_ROOT,
                env=_environment(folder, port),
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches the evaluation, which then ends it in order
            )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url, process, log)
            yield RunningHotline(url, _supervisor_key(folder))
        finally:
            _stop(process)


def check_lent(settings: Settings) -> None:
    """Look for what a temporary hotline needs.

    Raises:
        StartFailed: it is missing, or lies where it cannot be lent.
    """
    if settings.vectors == "database":
        raise StartFailed(
            "the index keeps its vectors in the database; start a hotline and evaluate it with --url"
        )
    if not settings.model_path.exists():
        raise StartFailed("there is no trained dialogue model. Run: hotline train")
    if not any((settings.data_dir / "knowledge" / "index").glob("*")):
        raise StartFailed("there is no knowledge index. Run: hotline knowledge build")


def _lend(data: Path, folder: Path) -> None:
    """Link what is only read; what a hotline may add to (texts derived for faster starts) is copied."""
    for part in LENT:
        if (data / part).exists():
            (folder / part).symlink_to(data / part)
    (folder / KNOWLEDGE).mkdir()
    for path in (data / KNOWLEDGE).iterdir():
        if path.name == DERIVED:
            shutil.copytree(path, folder / KNOWLEDGE / DERIVED)
        else:
            (folder / KNOWLEDGE / path.name).symlink_to(path)


def _environment(folder: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {f"HOTLINE_{o}" for o in OWN}}
    own = {
        "HOTLINE_DATA_DIR": str(folder),
        "HOTLINE_PORT": str(port),
        "HOTLINE_PARENT_PID": str(os.getpid()),
    }
    return kept | UNLIMITED | own


def _supervisor_key(folder: Path) -> str:
    from api.accounts.model import Role
    from api.accounts.store import AccountStore
    from api.database import open_database
    from tickets.service import utc_now

    database = open_database(f"sqlite:///{folder / 'hotline.db'}")
    try:
        return AccountStore(database, utc_now).add_key("evaluation", Role.SUPERVISOR)
    finally:
        database.dispose()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    told = "it did not answer"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise StartFailed(f"the temporary hotline ended while starting:\n{_last_words(log)}")
        try:
            ready = httpx.get(f"{url}/readyz", timeout=5)
            if ready.status_code == 200:
                return
            parts = ready.json()["parts"]
            if not parts["knowledge"]["ready"]:
                raise StartFailed(f"the index cannot be used ({parts['knowledge']['detail']})")
            told = "; ".join(f"{name}: {part['detail']}" for name, part in parts.items() if not part["ready"])
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise StartFailed(f"the temporary hotline was not ready within {START_SECONDS:.0f} s ({told})")


def _last_words(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").strip().splitlines()
    return "\n".join(lines[-LAST_LINES:]) or "it said nothing; hotline doctor checks the installation"


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()  # its own children notice and leave
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    from api.commands.serve import serve

    leave_with_parent()
    typer.run(serve)
