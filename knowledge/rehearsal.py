"""A try of what is not published: an index built aside, answered from by the parts that answer callers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from knowledge.dense.stores import VectorFiles
from knowledge.index.building import write_generation
from knowledge.index.generation import Generation
from knowledge.index.generations import Generations
from knowledge.library import Library
from knowledge.own_entries import OwnEntry
from knowledge.ports import Embedder
from knowledge.store import Catalogue

_NAME = "rehearsal"


def build_aside(
    folder: Path,
    library: Library,
    changed: Mapping[str, OwnEntry | None],
    embedder: Embedder,
    previous: Generation | None,
) -> None:
    """Lay out an empty folder as the data folder of a hotline whose library has some entries changed.

    Args:
        changed: by id, the office's entry as it would be; None: none of that id.
        previous: the generation whose rows may be taken over, so that only the changed ones are made.
    """
    index = folder / "knowledge" / "index"
    draft = index / _NAME
    draft.mkdir(parents=True)
    write_generation(
        draft, library.with_own(changed), Catalogue(), embedder, VectorFiles(),
        previous=previous, replaces=None, cause=_NAME, progress=lambda stage, done, total: None,
    )  # fmt: skip
    Generations(index, VectorFiles()).point_to(_NAME)
