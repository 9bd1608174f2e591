"""The small embedding model that ships with the project, its features and its lexicon."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# Imports stand inside the functions: whoever only needs words does not load torch.


def load_shipped() -> SentenceTransformer:
    """Return the shipped model, ready to encode raw Chinese text; a second once torch is loaded.

    It never touches the network. Its vectors are float32, of length 1; a text without any known feature gets
    the zero vector.
    """
    from knowledge.embedding.features import SHIPPED_MODEL, shipped_tokeniser
    from knowledge.embedding.packing import load_packed

    return load_packed(SHIPPED_MODEL, shipped_tokeniser())


def load_local(folder: Path) -> SentenceTransformer:
    """Return the model of a folder: our own packed form, or any sentence-transformers model.

    Raises:
        OSError, ValueError: the folder holds neither.
    """
    from sentence_transformers import SentenceTransformer

    from knowledge.embedding.packing import load_packed
    from knowledge.embedding.rows import PACKED_FILE

    if (folder / PACKED_FILE).exists():
        return load_packed(folder)
    return SentenceTransformer(str(folder), local_files_only=True, device="cpu")
