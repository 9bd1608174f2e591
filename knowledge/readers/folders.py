"""Which files below a folder are to be taken in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from knowledge.readers.part import is_left_out


def files_under(paths: Sequence[Path]) -> Iterator[Path]:
    """All files to take in: files as named, and all below a folder that is not hidden, by name.

    Linked folders are followed once, so that a loop of links ends. A folder that cannot be listed is itself
    given, so that reading it says so; so is what is no file (a pipe, a device).
    """
    for path in paths:
        # os.path, because Path.is_dir raises for names that are too long.
        if os.path.isdir(path):
            yield from _below(path)
        else:
            yield path


def _below(top: Path) -> Iterator[Path]:
    visited: set[tuple[int, int]] = set()
    waiting = [top]
    while waiting:
        path = waiting.pop()
        if not os.path.isdir(path):
            yield path
            continue
        try:
            state = path.stat()
            children = sorted(os.listdir(path), reverse=True)
        except OSError:
            yield path
            continue
        if (state.st_dev, state.st_ino) not in visited:
            visited.add((state.st_dev, state.st_ino))
            waiting += [path / child for child in children if not is_left_out(child)]
