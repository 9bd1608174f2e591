"""The small embedding model that ships with the project, its features and its lexicon."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def load_shipped() -> SentenceTransformer:
    """Return the shipped model, ready to encode raw Chinese text; loading takes about a second, no network.

    Its vectors are float32, of length 1; a text without any known feature gets the zero vector.
    """
    # Here, so that `import knowledge.embedding` stays cheap for those who only need words.
    from knowledge.embedding.features import SHIPPED_MODEL, shipped_tokeniser
    from knowledge.embedding.packing import load_packed

    return load_packed(SHIPPED_MODEL, shipped_tokeniser())
