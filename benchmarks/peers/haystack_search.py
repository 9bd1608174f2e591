"""A Haystack 2 pipeline (Apache-2.0) as its handbook builds hybrid retrieval, over our words and vectors.

    words  ── InMemoryBM25Retriever ───────────────────┐
    text ── QuestionEmbedder ── InMemoryEmbeddingRetriever ── DocumentJoiner (reciprocal rank fusion)

Its BM25 (BM25L by default) cuts texts with a regular expression, so documents hold our words with blanks
between them. The vectors are those of the model we ship, by NumPy: a sentence-transformers component would
give the same ones and add torch to memory and start.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from haystack import Document, Pipeline, component  # pyright: ignore[reportMissingImports]
from haystack.components.joiners import DocumentJoiner  # pyright: ignore[reportMissingImports]
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever  # pyright: ignore[reportMissingImports]
from haystack.document_stores.in_memory import InMemoryDocumentStore  # pyright: ignore[reportMissingImports]

from benchmarks.peers.material import Article
from benchmarks.peers.word_search import FOUND
from knowledge.embedders import ShippedEmbedder
from knowledge.embedding.features import tokenise

CANDIDATES = 50  # of each retriever; with its 10 the fusion would see too little
WRITTEN_AT_ONCE = 1_000


@component
class QuestionEmbedder:
    """Embeds a question with the model we ship."""

    def __init__(self, embedder: ShippedEmbedder) -> None:
        self._embedder = embedder

    @component.output_types(embedding=list[float])
    def run(self, text: str) -> dict[str, list[float]]:
        """Return the vector of a text, of length 1."""
        return {"embedding": self._embedder.encode([text])[0].tolist()}


class HaystackPeer:
    """As in word_search.Peer."""

    def __init__(self, articles: Sequence[Article]) -> None:
        embedder = ShippedEmbedder()
        store = InMemoryDocumentStore(bm25_tokenization_regex=r"\S+")
        batch: list[Document] = []
        for document in _documents(articles, embedder):
            batch.append(document)
            if len(batch) == WRITTEN_AT_ONCE:
                store.write_documents(batch)
                batch = []
        store.write_documents(batch)
        self._pipeline = _pipeline(store, embedder)

    def best(self, question: str, binding: tuple[str, ...] | None) -> list[int]:
        """As in word_search.Peer."""
        words = " ".join(tokenise(question)) or question  # an empty query is refused
        filters = None
        if binding is not None:
            filters = {"field": "meta.region", "operator": "in", "value": list(binding)}
        found: dict[str, Any] = self._pipeline.run(
            {
                "by_words": {"query": words, "filters": filters},
                "embedder": {"text": question},
                "by_meaning": {"filters": filters},
            }
        )
        return [int(document.id) for document in found["joiner"]["documents"]]


def _documents(articles: Sequence[Article], embedder: ShippedEmbedder) -> Iterator[Document]:
    for row, article in enumerate(articles):
        yield Document(
            id=str(row),
            content=" ".join(tokenise(article.text)),
            meta={"region": article.region},
            embedding=embedder.encode([article.text])[0].tolist(),
        )


def _pipeline(store: InMemoryDocumentStore, embedder: ShippedEmbedder) -> Pipeline:
    pipeline = Pipeline()
    pipeline.add_component("by_words", InMemoryBM25Retriever(store, top_k=CANDIDATES))
    pipeline.add_component("embedder", QuestionEmbedder(embedder))
    pipeline.add_component("by_meaning", InMemoryEmbeddingRetriever(store, top_k=CANDIDATES))
    pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=FOUND))
    pipeline.connect("embedder.embedding", "by_meaning.query_embedding")
    pipeline.connect("by_words.documents", "joiner.documents")
    pipeline.connect("by_meaning.documents", "joiner.documents")
    return pipeline
