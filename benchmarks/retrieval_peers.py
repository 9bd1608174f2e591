"""Our retrieval beside that of libraries one could have taken instead: same texts, same questions, one run.

    python benchmarks/retrieval_peers.py FOLDER_OF_LAWS… QUESTIONS.jsonl [--fair] [--only ours,bm25s]
                                         [--cap 60] [--region 430000] [--json]

The peers are needed for nothing else:  pip install bm25s rank-bm25 "haystack-ai>=2,<3"

Every system searches the articles of the folders and of the laws that ship with the project.

ours        KnowledgeBase.search and .answer of an installation, with the hotline entries and the questions
            asked about articles. An entry stands for the articles it cites.
ours-bare   the same search without entries and asked questions. What `ours` gains over it are texts that our
            editors wrote, which no library brings; compare the peers with this line to compare searches.
bm25s       bm25s alone.
rank-bm25   BM25Okapi of rank-bm25 alone.
haystack    a Haystack 2 pipeline: BM25 and the small model we ship, joined by reciprocal rank fusion.

Peers are set up as a careful user would: the words of our tokeniser, and title, headings and words of an
article as one text. They do not know the caller's place or which version of a law is in force, for such
libraries have no notion of either, whereas ours shows only what binds the caller that day; with several
versions and provinces in the folder that alone costs them. With --fair each peer also stands in a line
"+filter", with the two filters as its user could add them: only texts in force are indexed, and only those of
the caller's regions are found, both told by our own parser.

QUESTIONS has lines with `id`, `question` and `gold` [{doc, article}], read and matched as by `hotline
evaluate`; only the first ten different articles of a system count (recall: any right one among the first).
Of folders that hold one text twice the later one counts: name the one whose paths the questions use last.

Every system runs in a process of its own on one core, libraries on one thread; each question is asked once,
after three others. Times are processor time, which is the clock's on an idle machine. Building ours reads the
stored texts, entries and asked questions and writes files, which a start then opens; a peer is built from
articles cut already, and again at each start. Memory is what stays resident after the questions, the
tokeniser's dictionary included (and the model, but in the two BM25 alone).

With 147,000 articles rank-bm25 and Haystack take long for a question: --cap asks them only so many, evenly
spread. Their recall is then of those, so a second table shows every system on the same ones.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.material import Job
from benchmarks.peers.measuring import FILTERED, PEERS, SLOW, run
from knowledge.curation import beijing_today
from knowledge.errors import KnowledgeError
from knowledge.evaluation import PolicyQuestion, averages, read_questions, score_question
from knowledge.model import Answer, Citation, Outcome, RetrievalHit

OURS = ("ours", "ours-bare")
NEEDED = {  # system: module, package, what to install
    "bm25s": ("bm25s", "bm25s", "bm25s"),
    "rank-bm25": ("rank_bm25", "rank-bm25", "rank-bm25"),
    "haystack": ("haystack", "haystack-ai", '"haystack-ai>=2,<3"'),
}
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
QUALITY = ("recall_at_1", "recall_at_5", "reciprocal_rank")
COLUMNS = ("system", "asked", "recall@1", "recall@5", "MRR@10", "p50 ms", "p95 ms", "build s", "resident MB")


def in_a_process(step: str, work: Path) -> Any:
    """Run one step (measuring.run) in a new process; gives its result."""
    result = work / "result.json"
    result.unlink(missing_ok=True)
    environment = os.environ | dict.fromkeys(ONE_THREAD, "1") | {"HAYSTACK_TELEMETRY_ENABLED": "False"}
    done = subprocess.run(
        [sys.executable, __file__, "--step", step, str(work)], env=environment, stdout=sys.stderr
    )
    if done.returncode:
        raise SystemExit(f"{step}: failed, see above")
    return json.loads(result.read_text("utf-8"))


def measure(system: str, work: Path) -> list[dict[str, Any]]:
    """Everything about one system."""
    print(f"measuring {system} …", file=sys.stderr, flush=True)
    if system not in OURS:
        return in_a_process(system, work)
    if system == "ours-bare":
        in_a_process("fill", work)
    build = in_a_process(f"build:{system}", work)
    return [row | {"build_s": build} for row in in_a_process(system, work)]


def quality(
    row: dict[str, Any], questions: Sequence[PolicyQuestion], which: Sequence[int]
) -> dict[str, float | None]:
    """Means of the measures over some of the questions."""
    scores = [score_question(questions[place], _as_answer(row["found"][str(place)])) for place in which]
    means = averages(scores)
    return {"asked": len(which)} | {measure: means[measure] for measure in QUALITY}


def _as_answer(found: Sequence[Sequence[str]]) -> Answer:
    """Articles in the form that knowledge.evaluation scores."""
    cited = [Citation("", "", "", article, "", None, "", source, None) for source, article in found]
    hits = tuple(RetrievalHit("", 0.0, citation, None, ()) for citation in cited)
    return Answer(Outcome.ANSWERED, "", (), hits, 0.0, None)


def figures(row: dict[str, Any], questions: Sequence[PolicyQuestion], same: Sequence[int]) -> dict[str, Any]:
    """One system's line; `on_the_same` is its quality on the questions that every system was asked."""
    which = [int(place) for place in row["found"]]
    p50, p95 = np.percentile(row["milliseconds"], [50, 95])
    ranks = {
        questions[place].id: score_question(
            questions[place], _as_answer(row["found"][str(place)])
        ).reciprocal_rank
        for place in which
    }
    return {
        "system": row["system"],
        **quality(row, questions, which),
        "on_the_same": quality(row, questions, same),
        "p50_ms": round(float(p50), 2),
        "p95_ms": round(float(p95), 2),
        "build_s": round(row["build_s"], 1),
        "resident_mb": round(row["resident_mb"]),
        "reciprocal_ranks": ranks,
    }


def compare(job: Job, systems: Sequence[str]) -> dict[str, Any]:
    """The whole report.

    Raises:
        BadQuestions: the file breaks the format.
    """
    questions = read_questions(job.questions)
    if not questions:
        raise SystemExit(f"{job.questions}: no questions")
    job.save()
    prepared = in_a_process("prepare", job.work)
    rows = [row for system in systems for row in measure(system, job.work)]
    same = sorted(set.intersection(*({int(place) for place in row["found"]} for row in rows)))
    packages = [NEEDED[name][1] for name in PEERS if name in systems or f"{name}{FILTERED}" in systems]
    return {
        "machine": f"one core of {os.cpu_count()}, {platform.machine()}, {platform.system()}",
        "day": str(job.day),
        "versions": {package: version(package) for package in packages},
        **prepared,
        "cap": job.cap,
        "systems": [figures(row, questions, same) for row in rows],
    }


def table(report: dict[str, Any]) -> str:
    """The report as people read it."""
    rows = report["systems"]
    packages = ", ".join(f"{name} {number}" for name, number in report["versions"].items())
    lines = [
        f"{report['documents']:,} documents, {report['articles']:,} articles"
        f" ({report['articles_in_force']:,} in force on {report['day']}), {report['questions']} questions",
        f"{report['machine']}; {packages or 'no peers'}",
        *_notes(report),
        "",
        *_aligned([COLUMNS, *([row["system"], *_quality_cells(row), *_cost_cells(row)] for row in rows)]),
    ]
    if any(row["asked"] != rows[0]["asked"] for row in rows):
        same = [[row["system"], *_quality_cells(row["on_the_same"])] for row in rows]
        lines += ["", "every system on the same questions:", *_aligned([COLUMNS[:5], *same])]
    return "\n".join(lines)


def _notes(report: dict[str, Any]) -> list[str]:
    notes = []
    if report["gold_not_loaded"]:
        names = ", ".join(report["gold_not_loaded"][:3])
        notes.append(f"WARNING: {len(report['gold_not_loaded'])} right articles are in no text: {names} …")
    if report["refused_files"]:
        notes.append(f"{len(report['refused_files'])} files were refused and are in no system")
    if capped := [row["system"] for row in report["systems"] if row["asked"] < report["questions"]]:
        notes.append(f"asked and timed with {report['cap']} questions only (--cap): {', '.join(capped)}")
    return notes


def _quality_cells(row: dict[str, Any]) -> list[str]:
    return [str(row["asked"]), *(f"{row[measure]:.3f}" for measure in QUALITY)]


def _cost_cells(row: dict[str, Any]) -> list[str]:
    return [
        f"{row['p50_ms']:.1f}",
        f"{row['p95_ms']:.1f}",
        f"{row['build_s']:.1f}",
        f"{row['resident_mb']:,}",
    ]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows
    ]


def chosen(only: str | None, fair: bool) -> list[str]:
    """The systems to measure.

    Raises:
        SystemExit: one is not known, or its library is not installed.
    """
    known = (*OURS, *PEERS, *(f"{name}{FILTERED}" for name in PEERS))
    names = [name.strip() for name in only.split(",")] if only else [*OURS, *PEERS]
    for name in names:
        if name not in known:
            raise SystemExit(f"{name!r} is no system: choose from {', '.join(known)}")
        needed = NEEDED.get(name.removesuffix(FILTERED))
        if needed and not importlib.util.find_spec(needed[0]):
            package, install = needed[1:]
            raise SystemExit(
                f"{package} is not installed: pip install {install}, or leave {name} out by --only"
            )
    filtered = [f"{name}{FILTERED}" for name in names if name in PEERS and fair]
    return list(dict.fromkeys(names + filtered))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument(
        "--only", help=f"systems, with commas between: {', '.join((*OURS, *PEERS))}; or PEER+filter"
    )
    parser.add_argument("--fair", action="store_true", help="also peers that see only what binds the caller")
    parser.add_argument("--cap", type=int, help=f"questions that {' and '.join(SLOW)} are asked at most")
    parser.add_argument("--region", default="430000", help="adcode of callers who do not say where they are")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    systems = chosen(given.only, given.fair)
    for path in (*given.folders, given.questions):
        if not path.exists():
            parser.error(f"{path}: no such file or folder")
    if given.cap is not None and given.cap < 1:
        parser.error("--cap: expected 1 or more")
    folders = tuple(folder.resolve() for folder in given.folders)
    with tempfile.TemporaryDirectory() as name:
        job = Job(Path(name), folders, given.questions.resolve(), beijing_today(), given.region, given.cap)
        try:
            report = compare(job, systems)
        except KnowledgeError as error:
            raise SystemExit(str(error)) from error
    print(json.dumps(report, ensure_ascii=False, indent=1) if given.json else table(report))


def step(name: str, work: Path) -> None:
    """One step, in the process that was started for it."""
    try:
        result = run(name, Job.load(work))
    except KnowledgeError as error:
        raise SystemExit(str(error)) from error
    (work / "result.json").write_text(json.dumps(result, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        step(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
