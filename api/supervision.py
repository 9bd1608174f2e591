"""Keeps the api and Rasa running: started together, restarted alone, stopped together.

The supervisor does nothing else, so it has little reason to die. If it is killed all the same, each child
notices that its parent is gone and ends, so that no process is left holding a port.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

log = structlog.get_logger()

LOOK_SECONDS = 0.5
PING_SECONDS = 10.0
MISSED_PINGS = 3
STOP_SECONDS = 8.0
LONGEST_PAUSE = 30.0


class StartFailed(Exception):
    """The hotline could not start; the message says what to do."""


@dataclass
class Child:
    """One process to keep alive.

    Args:
        ready: whether it answers now; called often, must return within about a second.
        log_path: where its output goes; None shows it on the terminal.
        remedy: what an operator should do when it does not come up.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[], bool]
    remedy: str
    log_path: Path | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    failures: int = field(default=0, init=False)
    restart_at: float = field(default=0.0, init=False)
    missed: int = field(default=0, init=False)

    def start(self) -> None:
        environment = {**os.environ, **self.environment, "HOTLINE_PARENT_PID": str(os.getpid())}
        output = open(self.log_path, "ab") if self.log_path else None  # noqa: SIM115 - closed just below
        try:
            # A session of its own: Ctrl-C reaches the supervisor only, which then stops everyone in order.
            self.process = subprocess.Popen(
                self.argv, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        finally:
            if output:
                output.close()
        self.missed = 0

    @property
    def exited(self) -> bool:
        return self.process is None or self.process.poll() is not None


class Supervisor:
    """Starts children, waits until they answer, restarts what dies or hangs, stops all on request."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = children
        self._stopping = threading.Event()

    def request_stop(self, *_signal: object) -> None:
        self._stopping.set()

    def start(self, timeout: float, progress: Callable[[str], None]) -> None:
        """Start everything and return when all answer.

        Raises:
            StartFailed: one of them ended or did not answer within `timeout` seconds; all are stopped.
        """
        signal.signal(signal.SIGINT, self.request_stop)
        signal.signal(signal.SIGTERM, self.request_stop)
        deadline = time.monotonic() + timeout
        waiting = list(self._children)
        for child in waiting:
            child.start()
        while waiting and not self._stopping.wait(LOOK_SECONDS):
            for child in list(waiting):
                if child.exited:
                    self._give_up(f"{child.name} ended while starting. {child.remedy}")
                if child.ready():
                    waiting.remove(child)
                    progress(child.name)
            if waiting and time.monotonic() > deadline:
                names = ", ".join(child.name for child in waiting)
                self._give_up(f"{names} did not answer within {timeout:.0f} s. {waiting[0].remedy}")

    def run(self) -> None:
        """Keep everyone alive until a stop is requested, then stop all."""
        pinged = time.monotonic()
        while not self._stopping.wait(LOOK_SECONDS):
            for child in self._children:
                self._revive(child)
            if time.monotonic() - pinged >= PING_SECONDS:
                pinged = time.monotonic()
                self._ping()
        self.stop()

    def stop(self) -> None:
        """End every child, first kindly; returns when none is left."""
        running = [child for child in self._children if not child.exited]
        for child in running:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in running:
            assert child.process is not None
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(child, signal.SIGKILL)
                child.process.wait()

    def _revive(self, child: Child) -> None:
        if not child.exited:
            return
        now = time.monotonic()
        if child.restart_at == 0.0:
            pause = min(2.0**child.failures, LONGEST_PAUSE) - 1.0
            child.failures += 1
            child.restart_at = now + pause
            code = child.process.returncode if child.process else None
            log.error("process_ended", process=child.name, code=code, restart_in_s=pause)
        if now >= child.restart_at:
            child.restart_at = 0.0
            child.start()

    def _ping(self) -> None:
        for child in self._children:
            if child.exited:
                continue
            if child.ready():
                child.missed = child.failures = 0
                continue
            child.missed += 1
            if child.missed >= MISSED_PINGS * (1 + child.failures):
                # A process that came up slowly gets more patience at each try.
                log.error("process_hangs", process=child.name)
                _signal(child, signal.SIGKILL)

    def _give_up(self, message: str) -> None:
        self.stop()
        raise StartFailed(message)


def _signal(child: Child, what: signal.Signals) -> None:
    if child.process is not None:
        with suppress(ProcessLookupError):
            os.killpg(child.process.pid, what)


def leave_with_parent() -> None:
    """End this process when the one named in HOTLINE_PARENT_PID has ended; does nothing without it."""
    parent = int(os.environ.get("HOTLINE_PARENT_PID") or 0)
    if not parent:
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
