"""The process of one job: `python -m api.editing.worker`, told what to do through its input (jobs.py).

publish    index what is in use and switch to it
read       say of uploaded files what is understood of them; nothing is taken in
take       take chosen files in, then publish
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.commands.priority import stand_back
from api.editing.jobs import Outcome, read_state, write_state
from knowledge.atomic import write_atomically

if TYPE_CHECKING:
    from knowledge.curation import Curator

STEP_SECONDS = 0.3  # between two notes of progress
SHOWN_ARTICLES, SHOWN_CHARS = 400, 120


class Progress:
    """Writes how far a job is, not more often than somebody could read it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.job = read_state(folder)
        self._written = 0.0

    def step(self, stage: str, done: int, total: int) -> None:
        changed = stage != self.job.stage
        self.job = replace(self.job, stage=stage, done=done, total=total)
        if changed or time.monotonic() - self._written > STEP_SECONDS:
            self._written = time.monotonic()
            write_state(self.folder, self.job)

    def end(self, outcome: Outcome, **values: Any) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.job = replace(self.job, outcome=outcome, ended_at=now, **values)
        write_state(self.folder, self.job)


def publish(curator: "Curator", progress: Progress, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Index what is in use and switch to it."""
    report = curator.publish(progress.step, cause=arguments["cause"])
    return vars(report)


def read(curator: "Curator", progress: Progress, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What is understood of each file of an upload, kept beside them as report.json."""
    folder, files = Path(arguments["upload"]), list(map(Path, arguments["files"]))
    known = {d.doc_id for d in curator.documents()}
    progress.step("reading", 0, len(files))
    read_so_far = count(1)
    previews = curator.preview(
        files, _name, lambda path: progress.step("reading", next(read_so_far), len(files))
    )
    reports = [_understood(files.index(path), report, articles, known) for path, report, articles in previews]
    write_atomically(folder / "report.json", json.dumps(reports, ensure_ascii=False))
    return {"understood": sum(not r["refused"] for r in reports), "files": len(files)}


def take(curator: "Curator", progress: Progress, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Take the chosen files in, then publish."""
    files: Sequence[Path] = list(map(Path, arguments["files"]))
    progress.step("reading", 0, len(files))
    reports = curator.add(files, named=_name)
    taken = [r.document.doc_id for r in reports if r.document]
    if not taken:
        return {"taken": [], "refused": len(reports)}
    more = [f"+{len(taken) - 1}"] if len(taken) > 1 else []
    cause = " ".join(["add", taken[0], *more, arguments["cause"]])
    return {"taken": taken, "refused": len(reports) - len(taken)} | publish(
        curator, progress, {"cause": cause}
    )


JOBS = {"publish": publish, "read": read, "take": take}


def main() -> None:
    stand_back()
    given = json.load(sys.stdin)
    progress = Progress(Path(given["folder"]))
    # Here, so that a process which is told nothing loads nothing.
    from api.logs import configure_logs
    from knowledge import open_curator
    from knowledge.errors import KnowledgeError

    configure_logs("WARNING")
    try:
        curator = open_curator(
            Path(given["data_dir"]),
            embedder_dir=Path(given["embedder_dir"]) if given["embedder_dir"] else None,
            vector_database=given["vector_database"],
        )
        result = JOBS[progress.job.kind](curator, progress, given["arguments"])
    except KnowledgeError as error:
        progress.end(Outcome.FAILED, error=error.code, detail=str(error)[:500])
    except Exception as error:  # the outermost edge of this process: the page must not wait for ever
        progress.end(Outcome.FAILED, error="job_broken", detail=f"{type(error).__name__}: {error}"[:500])
        raise
    else:
        progress.end(Outcome.DONE, result=result)


def _name(path: Path) -> str:
    """How citations name an uploaded file: by its own name."""
    return path.name


def _understood(number: int, report: Any, articles: Sequence[Any], known: set[str]) -> dict[str, Any]:
    from knowledge.wire import document_to_json

    return {
        "file": number,
        "source_file": report.source_file,
        "refused": report.refused,
        "notes": list(report.notes),
        "corrected": list(report.corrected),
        "document": document_to_json(report.document) if report.document else None,
        "replaces": bool(report.document and report.document.doc_id in known),
        "articles": report.articles,
        "shown": [[a.article, a.text[:SHOWN_CHARS]] for a in articles[:SHOWN_ARTICLES]],
    }


if __name__ == "__main__":
    main()
