"""Where the vectors of index generations lie: in their own folders, or in PostgreSQL for several workers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from knowledge.dense.faiss_index import DenseIndex
from knowledge.ports import VectorIndex

if TYPE_CHECKING:
    from knowledge.dense.database import VectorDatabase

FOLDER = "dense"
DRAFT = ".draft-"


class VectorFiles:
    """A folder of files in that of each generation; they go with it."""

    def write(self, generation: Path, vectors: np.ndarray) -> None:
        """Write the vectors into the generation's folder."""
        DenseIndex.of(vectors).save(generation / FOLDER)

    def open(self, generation: Path) -> VectorIndex:
        """Open them, mapped into memory.

        Raises:
            BadIndex: a file is missing or damaged.
        """
        return DenseIndex.load(generation / FOLDER)

    def keep_only(self, generations: list[Path]) -> None:
        """Nothing to do: they go with their folder."""


class VectorsInDatabase:
    """A table in PostgreSQL for each generation; the other files stay in its folder."""

    def __init__(self, database: VectorDatabase) -> None:
        self._database = database

    def write(self, generation: Path, vectors: np.ndarray) -> None:
        """Store the vectors under the generation's name.

        Raises:
            Unavailable: the server cannot be reached, or lacks what we need.
        """
        self._database.write(_name(generation), vectors)

    def open(self, generation: Path) -> VectorIndex:
        """Open the vectors of a generation.

        Raises:
            BadIndex: they are not in the database. Unavailable: it cannot be reached.
        """
        return self._database.open(_name(generation))

    def keep_only(self, generations: list[Path]) -> None:
        """Drop the tables of all other generations, also those that a killed build left.

        Raises:
            Unavailable: the server cannot be reached, or is busy reading one of them.
        """
        kept = {_name(generation) for generation in generations}
        for name in self._database.generations():
            if name not in kept:
                self._database.drop(name)


def _name(generation: Path) -> str:
    return generation.name.removeprefix(DRAFT)
