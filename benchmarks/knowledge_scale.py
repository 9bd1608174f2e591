"""What the policy library costs at different sizes: taking in, building, disk, start, memory, queries.

    python benchmarks/knowledge_scale.py FOLDER_OF_LAWS… [--questions questions.jsonl] [--json]

Each folder is a library of its own, in a temporary data folder; every step runs in a process of its own, so
that its memory is its own. Prints one line a folder. The questions are asked one after the other; an answer
counts in processor time, which is the clock's on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HOTLINE = Path(sys.executable).with_name("hotline")
QUESTIONS = (
    "低保怎么申请", "临时救助找谁办", "孤儿每月有多少生活费", "残疾人两项补贴给哪些人",
    "房子被洪水冲了怎么办", "老人没有儿女谁来管", "孩子上学没钱有补助吗", "流浪的人可以去哪里",
    "看病花光了积蓄能救助吗", "工伤认定要多久",
)  # fmt: skip
ROUNDS = 20


def resident_mb() -> float:
    """Memory of this process now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def serve(data: Path, questions: list[str]) -> dict[str, float]:
    """Open the index as the api does and answer."""
    started = time.perf_counter()
    from api.logs import configure_logs
    from knowledge import open_knowledge

    configure_logs("WARNING")
    base = open_knowledge(data)
    assert base.ready
    ready = time.perf_counter() - started
    took = []
    for question in questions * ROUNDS:
        begun = time.process_time()
        base.answer(question)
        took.append((time.process_time() - begun) * 1000)
    later = took[len(questions) :]
    return {
        "ready_s": round(ready, 2),
        "first_ms": round(took[0], 1),
        "p50_ms": round(statistics.median(later), 1),
        "p95_ms": round(statistics.quantiles(later, n=20)[-1], 1),
        "resident_mb": round(resident_mb()),
    }


def timed(*command: str, data: Path) -> tuple[float, float]:
    """Run a hotline command; its seconds and peak memory in MB."""
    script = (
        "import resource, subprocess, sys; c = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000); sys.exit(c.returncode > 1)"
    )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", script, str(HOTLINE), "knowledge", *command],
        env={"HOTLINE_DATA_DIR": str(data), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return round(time.perf_counter() - started, 1), round(float(done.stdout))


def measure(folder: Path, questions: Path | None) -> dict[str, object]:
    """All figures of one library."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        add_s, add_mb = timed("add", "--no-build", str(folder), data=data)
        build_s, build_mb = timed("build", data=data)
        again_s, _ = timed("build", data=data)
        index = data / "knowledge" / "index"
        generation = index / (index / "current").read_text()
        size = sum(p.stat().st_size for p in generation.rglob("*") if p.is_file()) / 1e6
        manifest = json.loads((generation / "manifest.json").read_text())
        command = [sys.executable, __file__, "--serve", str(data)]
        if questions:
            command += ["--questions", str(questions)]
        served = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        return {
            "documents": manifest["documents"],
            "articles": manifest["articles"],
            "add_s": add_s,
            "add_peak_mb": add_mb,
            "build_s": build_s,
            "build_peak_mb": build_mb,
            "nothing_changed_s": again_s,
            "index_mb": round(size),
            **json.loads(served.stdout.splitlines()[-1]),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        lines = given.questions.read_text("utf-8").splitlines() if given.questions else []
        print(
            json.dumps(
                serve(given.serve, [json.loads(line)["question"] for line in lines] or list(QUESTIONS))
            )
        )
        return
    figures = [measure(folder, given.questions) for folder in given.folders]
    if given.json:
        print(json.dumps(figures, indent=1))
        return
    for row in figures:
        print("  ".join(f"{name} {value}" for name, value in row.items()))


if __name__ == "__main__":
    main()
