"""One system in a process of its own, on one core: built, asked, and what that took."""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import resource
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers.material import (
    Asked,
    Job,
    bare_base,
    fill_bare,
    prepare,
    read_articles,
    read_asked,
    whole_base,
)
from benchmarks.peers.word_search import FOUND
from knowledge.embedding.features import tokenise
from knowledge.model import RetrievalHit
from knowledge.service import KnowledgeBase

Found = list[tuple[str, str]]  # (source_file, article), best first

PEERS = {
    "bm25s": ("benchmarks.peers.word_search", "Bm25sPeer"),
    "rank-bm25": ("benchmarks.peers.word_search", "RankBm25Peer"),
    "haystack": ("benchmarks.peers.haystack_search", "HaystackPeer"),
}
SLOW = ("rank-bm25", "haystack")  # they look at every article for every question
FILTERED = "+filter"
# Asked before the clock counts; none of them stands in a question file.
WARMING = ("最低生活保障", "办理需要带什么材料", "对决定不服怎么办")


@dataclass(frozen=True)
class Answers:
    """What one way of asking gave: by position in the question file, what was found and the milliseconds."""

    found: dict[int, Found]
    milliseconds: list[float]


def run(step: str, job: Job) -> Any:
    """Do one step of a run: "prepare", "fill" and "build:…" (ours), or measure a system by its name."""
    if step == "prepare":
        return prepare(job)
    if step == "fill":
        return fill_bare(job)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if step in ("build:ours", "build:ours-bare"):
        return _build_ours(_base(step.removeprefix("build:"), job))
    if step in ("ours", "ours-bare"):
        return _ours(step, job)
    return _peer(step.removesuffix(FILTERED), job, filtered=step.endswith(FILTERED))


def _base(system: str, job: Job) -> KnowledgeBase:
    from api.logs import configure_logs

    configure_logs("WARNING")
    return whole_base(job) if system == "ours" else bare_base(job)


def _build_ours(base: KnowledgeBase) -> float:
    started = time.process_time()
    base.curator.publish()
    return time.process_time() - started


def _ours(system: str, job: Job) -> list[dict[str, Any]]:
    base = _base(system, job)
    assert base.ready
    asked = read_asked(job)
    searched = ask(
        asked, range(len(asked)),
        lambda q: _found(base.search(q.question, region=q.region, as_of=job.day, k=FOUND)),
    )  # fmt: skip
    answered = ask(
        asked, range(len(asked)),
        lambda q: _found(base.answer(q.question, region=q.region, as_of=job.day).hits),
    )  # fmt: skip
    memory = resident_mb()
    return [_result(system, searched, memory), _result(f"{system}, whole answer", answered, memory)]


def _found(hits: Iterable[RetrievalHit]) -> Found:
    """The articles of hits; an entry of ours stands for those it cites, as in knowledge.evaluation."""
    cited = [(c.source_file, c.article) for hit in hits for c in (hit.sources or (hit.citation,))]
    return list(dict.fromkeys(cited))[:FOUND]


def _peer(name: str, job: Job, *, filtered: bool) -> list[dict[str, Any]]:
    asked = read_asked(job)
    articles = [a for a in read_articles(job) if a.in_force or not filtered]
    places = [(article.source_file, article.article) for article in articles]
    module, peer_class = PEERS[name]
    make = getattr(importlib.import_module(module), peer_class)
    started = time.process_time()
    peer = make(articles)
    took = time.process_time() - started
    del articles
    rows = spread(len(asked), job.cap if name in SLOW else None)
    answers = ask(
        asked, rows,
        lambda q: [places[row] for row in peer.best(q.searched, q.binding if filtered else None)],
    )  # fmt: skip
    return [_result(f"{name}{FILTERED if filtered else ''}", answers, resident_mb(), took)]


def ask(asked: Sequence[Asked], which: Sequence[int], search: Callable[[Asked], Found]) -> Answers:
    """Ask each question once, one after the other, none of its words remembered from before.

    What counts is processor time: of a busy machine the clock would tell how busy it is.
    """
    for text in WARMING:
        search(Asked(text, text, None, asked[0].binding))
    found: dict[int, Found] = {}
    milliseconds: list[float] = []
    for place in which:
        tokenise.cache_clear()
        begun = time.process_time()
        found[place] = search(asked[place])
        milliseconds.append((time.process_time() - begun) * 1000)
    return Answers(found, milliseconds)


def spread(questions: int, cap: int | None) -> Sequence[int]:
    """Positions of at most `cap` questions, evenly spread over the file: files are ordered by topic."""
    if cap is None or cap >= questions:
        return range(questions)
    return [place * questions // cap for place in range(cap)]


def resident_mb() -> float:
    """Memory of this process now in MB, what was only needed for building given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _result(system: str, answers: Answers, memory: float, build: float | None = None) -> dict[str, Any]:
    return {
        "system": system,
        "found": answers.found,
        "milliseconds": answers.milliseconds,
        "build_s": build,
        "resident_mb": memory,
    }
