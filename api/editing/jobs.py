"""Long work in a process of its own: what it does stands in a file, and one that was killed is known as such.

.work/jobs/<id>/state.json    what it is, how far, how it ended; replaced in one step
.work/jobs/<id>/lock          held by the process as long as it lives

The folder is hidden: neither a backup nor the list of generations looks into it. Several api processes see
the same jobs.
"""

import fcntl
import json
import re
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from api.editing.model import EditingError
from knowledge.atomic import write_atomically

KEPT = 30
MOST_AT_ONCE = 3
_ID = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}")
_ROOT = Path(__file__).parents[2]


class Outcome(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    KILLED = "killed"


@dataclass(frozen=True)
class Job:
    """One piece of work. `stage` names what it is busy with, `done` of `total` of that; 0 of 0: not known.

    `error` is the code of what went wrong, `detail` says it in English; `result` is what came out of it.
    """

    id: str
    kind: str
    who: str
    started_at: str
    note: str = ""
    stage: str = "starting"
    done: int = 0
    total: int = 0
    outcome: Outcome = Outcome.RUNNING
    error: str = ""
    detail: str = ""
    ended_at: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        return self.outcome == Outcome.RUNNING

    @property
    def percent(self) -> int:
        """How far in its stage, 0 to 100."""
        return round(100 * self.done / self.total) if self.total else 0


class TooManyJobs(EditingError):
    """Several are running already."""

    code = "too_many_jobs"


class Jobs:
    """The jobs of an installation, below a hidden folder.

    Args:
        secrets_of: gives what the process needs and no file may hold; it is passed through its input.
    """

    def __init__(self, folder: Path, secrets_of: Callable[[], Mapping[str, Any]]) -> None:
        self._folder = folder
        self._secrets_of = secrets_of

    def start(self, kind: str, who: str, note: str = "", **arguments: Any) -> Job:
        """Start a process for a job of api.editing.worker.

        Raises:
            TooManyJobs: MOST_AT_ONCE are running.
        """
        self.check_room()
        now = datetime.now(UTC)
        job = Job(
            f"{now:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}",
            kind,
            who,
            now.isoformat(timespec="seconds"),
            note,
        )
        folder = self._folder / job.id
        folder.mkdir(parents=True, mode=0o700)
        write_state(folder, job)
        given = {"folder": str(folder), "arguments": arguments, **self._secrets_of()}
        with (folder / "lock").open("w") as lock, (folder / "errors").open("wb") as errors:
            # The process inherits the lock: from now on it is held until that process is gone.
            fcntl.flock(lock, fcntl.LOCK_EX)
            process = subprocess.Popen(
                [sys.executable, "-m", "api.editing.worker"],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=(lock.fileno(),),
            )
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin:
            process.stdin.write(json.dumps(given).encode())
        threading.Thread(target=process.wait, name="editing-job", daemon=True).start()
        self._prune()
        return job

    def check_room(self) -> None:
        """Raises: TooManyJobs: MOST_AT_ONCE are running."""
        if sum(job.is_running for job in self.latest()) >= MOST_AT_ONCE:
            raise TooManyJobs("several jobs are running; wait until one has ended")

    def find(self, job_id: str) -> Job | None:
        """One job as it is now; None if there is none of that id."""
        folder = self._folder / job_id
        if not _ID.fullmatch(job_id) or not folder.is_dir():
            return None
        alive = _is_locked(folder / "lock")
        try:
            job = read_state(folder)
        except (OSError, ValueError, TypeError):
            return None
        return replace(job, outcome=Outcome.KILLED) if job.is_running and not alive else job

    def latest(self, kinds: tuple[str, ...] = ()) -> list[Job]:
        """The jobs that are kept, newest first."""
        found = (self.find(name) for name in reversed(self._names()))
        return [job for job in found if job and (not kinds or job.kind in kinds)]

    def _names(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        return sorted(path.name for path in self._folder.iterdir() if _ID.fullmatch(path.name))

    def _prune(self) -> None:
        for name in self._names()[:-KEPT]:
            if not _is_locked(self._folder / name / "lock"):
                shutil.rmtree(self._folder / name, ignore_errors=True)


def write_state(folder: Path, job: Job) -> None:
    """Replace what is known of a job."""
    write_atomically(folder / "state.json", json.dumps(asdict(job), ensure_ascii=False))


def read_state(folder: Path) -> Job:
    """What is known of a job. Raises: OSError, ValueError, TypeError: nothing, or it is damaged."""
    data = json.loads((folder / "state.json").read_text("utf-8"))
    return Job(**{**data, "outcome": Outcome(data["outcome"])})


def _is_locked(path: Path) -> bool:
    try:
        with path.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
