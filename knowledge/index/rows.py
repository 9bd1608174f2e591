"""Turns texts into index rows: the numbers of their words and a vector; many texts in several processes."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, chain, islice

import numpy as np

from knowledge.lexical import terms
from knowledge.ports import Embedder

BATCH = 256  # texts
WORTH_PROCESSES = 3_000  # texts; below that, starting processes takes longer than it saves


@dataclass(frozen=True)
class Rows:
    """Rows in order: their words as numbers, and their vectors.

    `words[starts[i]:starts[i + 1]]` (int32) are the words of row i, repeats kept, numbered by the vocabulary
    they were made with; `vectors` is float32 of shape (rows, dimension).
    """

    starts: np.ndarray
    words: np.ndarray
    vectors: np.ndarray

    def __len__(self) -> int:
        return len(self.vectors)

    def part(self, first: int, end: int) -> Rows:
        """Some consecutive rows."""
        starts = self.starts[first : end + 1]
        return Rows(starts - starts[0], self.words[starts[0] : starts[-1]], self.vectors[first:end])


def joined(parts: Sequence[Rows], dimension: int) -> Rows:
    """All rows of several parts, in order; the parts share a vocabulary."""
    lengths = [np.diff(part.starts) for part in parts]
    starts = np.concatenate([[0], np.cumsum(np.concatenate([np.zeros(0, np.int64), *lengths]))])
    words = np.concatenate([np.zeros(0, np.int32), *(part.words for part in parts)])
    vectors = np.concatenate([np.zeros((0, dimension), np.float32), *(part.vectors for part in parts)])
    return Rows(
        starts.astype(np.int64, copy=False),
        words.astype(np.int32, copy=False),
        vectors.astype(np.float32, copy=False),
    )


def encode_rows(
    texts: Sequence[str],
    embedder: Embedder,
    vocabulary: dict[str, int],
    progress: Callable[[int], None],
    processes: int | None = None,
) -> Rows:
    """Cut and embed texts; new words are added to the vocabulary. `progress` hears how many are done.

    Args:
        processes: how many to use; None: one per core if there are many texts.
    """
    processes = processes or (len(os.sched_getaffinity(0)) if len(texts) >= WORTH_PROCESSES else 1)
    parts: list[Rows] = []
    done = 0
    for words, counts, numbers, vectors in _encoded(texts, embedder, processes):
        known = np.array([vocabulary.setdefault(w, len(vocabulary)) for w in words], dtype=np.int32)
        starts = np.array([0, *accumulate(counts)], dtype=np.int64)
        parts.append(Rows(starts, known[numbers], vectors))
        done += len(counts)
        progress(done)
    return joined(parts, embedder.dimension)


# What one batch gives: its words, how many each text has, which ones, and the vectors.
_Batch = tuple[list[str], list[int], np.ndarray, np.ndarray]


def _encoded(texts: Iterable[str], embedder: Embedder, processes: int) -> Iterator[_Batch]:
    stream = iter(texts)
    batches = iter(lambda: list(islice(stream, BATCH)), [])
    if processes == 1 or not embedder.copyable:
        yield from (_encode(batch, embedder) for batch in batches)
        return
    # Spawned, not forked: the parent may hold threads and locks of the search libraries.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_hold, initargs=(embedder,)) as pool:
        yield from pool.map(_encode_held, batches)


def _encode(texts: list[str], embedder: Embedder) -> _Batch:
    cut = [terms(text) for text in texts]
    numbers: dict[str, int] = {}
    flat = [numbers.setdefault(word, len(numbers)) for word in chain.from_iterable(cut)]
    return list(numbers), [len(c) for c in cut], np.array(flat, dtype=np.int32), embedder.encode(texts)


_held: list[Embedder] = []


def _hold(embedder: Embedder) -> None:
    _held[:] = [embedder]
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A build that is killed leaves no process behind that waits for work."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _encode_held(texts: list[str]) -> _Batch:
    return _encode(texts, _held[0])
