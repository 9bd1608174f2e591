"""Policy texts and hotline entries: taken in, searched, and answered from with citations.

`open_knowledge` is the way in; the words of the field are in `model`, the use cases in `service`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knowledge.curation import Curator
    from knowledge.ports import Embedder, VectorStore
    from knowledge.service import KnowledgeBase

__all__ = ["open_curator", "open_knowledge"]

# Imports stand inside the functions: `import knowledge` opens nothing and loads no library.


def open_knowledge(
    data_dir: Path,
    *,
    embedder_dir: Path | None = None,
    default_region: str = "430000",
    vector_database: str | None = None,
    reranker_dir: Path | None = None,
) -> KnowledgeBase:
    """Open the knowledge base of an installation; with no index yet, `ready` is False until `build` has run.

    Args:
        embedder_dir: a local sentence-transformers folder to use instead of the model that ships.
        default_region: 6-digit adcode of callers who do not say where they are.
        vector_database: address of a PostgreSQL with pgvector to keep the vectors in, instead of files.
        reranker_dir: a local CrossEncoder folder that weighs the first results again; None: none does.

    Raises:
        BadRegion: default_region is not an adcode. BadModel: reranker_dir holds no CrossEncoder.
    """
    from knowledge.reranking import CrossEncoderReranker
    from knowledge.service import KnowledgeBase

    embedder, vectors = _swappable_parts(data_dir, embedder_dir, vector_database)
    reranker = CrossEncoderReranker(reranker_dir) if reranker_dir else None
    return KnowledgeBase(data_dir, embedder, default_region, vectors=vectors, reranker=reranker)


def open_curator(
    data_dir: Path, *, embedder_dir: Path | None = None, vector_database: str | None = None
) -> Curator:
    """Open the documents and generations of an installation for a command that answers no question.

    It is the `curator` of `open_knowledge`, without loading what only answering needs; arguments as there.
    """
    from knowledge.curation import Curator
    from knowledge.index.generations import Generations
    from knowledge.store import DocumentStore

    embedder, vectors = _swappable_parts(data_dir, embedder_dir, vector_database)
    folder = data_dir / "knowledge"
    return Curator(DocumentStore(folder), Generations(folder / "index", vectors), embedder)


def _swappable_parts(
    data_dir: Path, embedder_dir: Path | None, vector_database: str | None
) -> tuple[Embedder, VectorStore]:
    from knowledge.dense.stores import VectorFiles, VectorsInDatabase
    from knowledge.derived import Derived
    from knowledge.embedders import SentenceEmbedder, ShippedEmbedder
    from knowledge.embedding.features import keep_dictionary

    keep_dictionary(Derived(data_dir / "knowledge" / "derived"))
    embedder = SentenceEmbedder(embedder_dir) if embedder_dir else ShippedEmbedder()
    if not vector_database:
        return embedder, VectorFiles()
    from knowledge.dense.database import VectorDatabase

    return embedder, VectorsInDatabase(VectorDatabase(vector_database))
