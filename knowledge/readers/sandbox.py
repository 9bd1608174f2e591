"""Runs parsers of complicated formats in a process of their own, so that no file can stop or kill the batch.

One process serves file after file; after a hang, a crash or a lack of memory the next file gets a new one.
The program's end closes its input, which ends it; see sandboxed.py for the other side.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import structlog

from knowledge.errors import UnreadableDocument
from knowledge.readers.limits import PARSE_MEMORY_BYTES, PARSE_SECONDS
from knowledge.readers.source import SourceText, from_plain

log = structlog.get_logger(__name__)

PROJECT_ROOT = Path(__file__).parents[2]
FILES_PER_PROCESS = 200  # parsers keep some memory of every file
GRACE_SECONDS = 5  # the process ends itself by its own clock; this is for when even that fails


class Sandbox:
    """A reusable process for parsers. Several threads may share one; files are read one after the other."""

    def __init__(self, seconds: int = PARSE_SECONDS, memory_bytes: int = PARSE_MEMORY_BYTES) -> None:
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._started_by = 0
        self._files = 0

    @property
    def process_id(self) -> int | None:
        """The process that waits for the next file; None if none has been needed yet."""
        return self._process.pid if self._process else None

    def read(self, reader: str, raw: bytes, source_file: str) -> SourceText:
        """Call a reader, named "module:function", on the content of a file.

        Raises:
            UnreadableDocument: as the reader raises it; too_slow, too_much_memory or parser_failed.
        """
        with self._lock:
            answer = self._answer(reader, raw, source_file)
            if answer.get("killed"):  # from outside, perhaps before it came to this file
                answer = self._answer(reader, raw, source_file)
        if "text" in answer:
            return from_plain(answer["text"])
        if error := answer.get("error"):
            log.warning("parser_failed", source_file=source_file, reader=reader, error=error)
        raise UnreadableDocument(source_file, answer["refused"])

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        # A fork of the program shares the process of its parent and leaves it alone.
        if process is None or self._started_by != os.getpid():
            return
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        process.kill()
        process.wait()

    def _answer(self, reader: str, raw: bytes, source_file: str) -> dict[str, Any]:
        process = self._ready_process()
        job = {"reader": reader, "source_file": source_file, "bytes": len(raw), "seconds": self._seconds}
        deadline = time.monotonic() + self._seconds + GRACE_SECONDS
        reply = b""
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(job).encode() + b"\n" + raw)  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            reply = _line_before(deadline, process.stdout.fileno())  # type: ignore[union-attr]
        if reply.endswith(b"\n"):
            answer = json.loads(reply)
            if answer.get("refused") in ("parser_failed", "too_much_memory"):
                self.close()
            return answer
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
        code = process.returncode
        self.close()
        slow = code is None or code == -signal.SIGALRM
        reason = "too_slow" if slow else "parser_failed"
        return {"refused": reason, "error": f"exit status {code}", "killed": code == -signal.SIGKILL}

    def _ready_process(self) -> subprocess.Popen[bytes]:
        usable = (
            self._process is not None and self._started_by == os.getpid() and self._process.poll() is None
        )
        if not usable or self._files >= FILES_PER_PROCESS:
            self.close()
            self._process, self._started_by, self._files = self._start(), os.getpid(), 0
            atexit.unregister(self.close)
            atexit.register(self.close)
        self._files += 1
        assert self._process is not None
        return self._process

    def _start(self) -> subprocess.Popen[bytes]:
        # A plain new interpreter: a fork would carry the program's threads, locks and models with it.
        command = [sys.executable, "-m", "knowledge.readers.sandboxed", str(self._memory_bytes)]
        return subprocess.Popen(
            command,
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )


def _line_before(deadline: float, source: int) -> bytes:
    """Read up to a line end; what has come so far if the process ends or time runs out."""
    poll = select.poll()
    poll.register(source, select.POLLIN)
    pieces: list[bytes] = []
    while not (pieces and pieces[-1].endswith(b"\n")):
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            break
        piece = os.read(source, 1 << 20)
        if not piece:
            break
        pieces.append(piece)
    return b"".join(pieces)
