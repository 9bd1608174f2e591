"""Vectors in FAISS files against vectors in PostgreSQL, in one run on one machine.

    python -m benchmarks.vector_indexes                      # a table; PostgreSQL is started for the run
    python -m benchmarks.vector_indexes --json               # the same as JSON
    python -m benchmarks.vector_indexes --postgres postgresql://user:password@host/database

Random unit vectors of 128 numbers, as many as 244 documents have rows and as many as some 2,600 would have.
Prints milliseconds: writing and opening once, searches and similarities as median and 95th percentile over
the rounds, one caller after another. What is written to a database given by --postgres is deleted again.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.dense.database import VectorDatabase
from knowledge.dense.faiss_index import DenseIndex
from knowledge.ports import VectorIndex

ROWS = (13_653, 147_000)
DIMENSION = 128
FOUND = 200  # as many as retrieval asks for
COMPARED = 400
COLUMNS = ("index", "rows", "write", "open", "search all p50", "p95", "search half p50", "p95",
           "similarity 400 p50", "p95")  # fmt: skip


def unit_rows(rows: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((rows, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def milliseconds(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    done = work()
    return (time.perf_counter() - started) * 1000, done


def spread(work: Callable[[np.ndarray], Any], rounds: int) -> tuple[float, float]:
    """Median and 95th percentile over so many questions; three more come first, to warm up."""
    times = [milliseconds(lambda q=query: work(q))[0] for query in unit_rows(rounds + 3, seed=2)][3:]
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def measured(
    name: str, vectors: np.ndarray, write: Callable[[], Any], opened: Callable[[], VectorIndex], rounds: int
) -> dict[str, Any]:
    writing, _ = milliseconds(write)
    opening, index = milliseconds(opened)
    half = np.random.default_rng(3).random(len(vectors)) < 0.5
    rows = np.sort(np.random.default_rng(4).choice(len(vectors), COMPARED, replace=False))
    every = np.ones(len(vectors), dtype=bool)
    return {
        "index": name,
        "rows": len(vectors),
        "write_ms": writing,
        "open_ms": opening,
        "search_all_ms": spread(lambda query: index.search(query, FOUND, every), rounds),
        "search_half_ms": spread(lambda query: index.search(query, FOUND, half), rounds),
        "similarity_ms": spread(lambda query: index.similarity(query, rows), rounds),
    }


def compared(address: str, rounds: int) -> Iterator[dict[str, Any]]:
    database = VectorDatabase(address)
    for rows in ROWS:
        vectors = unit_rows(rows, seed=1)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "dense.faiss"
            yield measured(
                "FAISS file", vectors,
                lambda v=vectors, p=path: DenseIndex.of(v).save(p), lambda p=path: DenseIndex.load(p), rounds,
            )  # fmt: skip
        name = f"benchmark-{rows}"
        yield measured(
            "PostgreSQL", vectors,
            lambda v=vectors, n=name: database.write(n, v), lambda n=name: database.open(n), rounds,
        )  # fmt: skip
        database.drop(name)
    database.close()


@contextmanager
def server(address: str | None) -> Iterator[str]:
    """The given address, or that of a server of its own."""
    if address:
        yield address
        return
    from tests.postgres import PostgresServer

    with tempfile.TemporaryDirectory(prefix="hotline-postgres-", ignore_cleanup_errors=True) as folder:
        own = PostgresServer(Path(folder), durable=True)
        try:
            yield own.address()
        finally:
            own.remove()


def cells(result: dict[str, Any]) -> list[str]:
    values = [result["write_ms"], result["open_ms"], *result["search_all_ms"], *result["search_half_ms"],
              *result["similarity_ms"]]  # fmt: skip
    return [result["index"], f"{result['rows']:,}", *(f"{value:.1f}" for value in values)]


def main() -> None:
    parser = argparse.ArgumentParser(description="FAISS files against PostgreSQL; milliseconds")
    parser.add_argument("--postgres", help="address of a database; without it one is started for the run")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with server(given.postgres) as address:
        results = list(compared(address, given.rounds))
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    if given.json:
        print(json.dumps({"machine": machine, "rounds": given.rounds, "results": results}, indent=2))
        return
    print(f"{machine}; {given.rounds} rounds; milliseconds")
    for line in (COLUMNS, *map(cells, results)):
        print("  ".join(cell.rjust(max(8, len(column))) for cell, column in zip(line, COLUMNS, strict=True)))


if __name__ == "__main__":
    main()
