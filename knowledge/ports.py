"""The parts of retrieval that an installation may swap."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from knowledge.readers import SourceText


class Embedder(Protocol):
    """Turns texts into directions; the same text always gives the same row."""

    @property
    def dimension(self) -> int: ...

    @property
    def fingerprint(self) -> str:
        """Name the model and its weights; an index is searched only with what it was built with."""
        ...

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 of shape (len(texts), dimension), rows of length 1 (all zero: nothing known)."""
        ...


class Reader(Protocol):
    """Reads one file format into lines; new formats are added to `readers.READERS`."""

    def __call__(self, path: Path) -> SourceText:
        """Return the text of the file.

        Raises:
            UnreadableDocument: the file is not what its name says.
        """
        ...
