"""What the rest of the project uses: the knowledge base of an installation."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from knowledge.answering import compose_answer
from knowledge.checking import check_library
from knowledge.errors import BadIndex, NotReady, UnknownDocument
from knowledge.index import Generation, Generations, Progress
from knowledge.ingestion import IngestedDocument, ingest_all
from knowledge.library import SHIPPED_CORPUS, Library, corpus_documents, load_library
from knowledge.model import (
    Answer,
    BuildReport,
    Finding,
    IngestionReport,
    PolicyDocument,
    RetrievalHit,
)
from knowledge.ports import Embedder
from knowledge.region import checked
from knowledge.retrieval import Retrieval, Retriever, places_for
from knowledge.store import DocumentStore

log = structlog.get_logger(__name__)
LOOK_EVERY_SECONDS = 1.0
HITS = 10


def beijing_today() -> date:
    """The calendar day in China, whatever the machine's own zone."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


class KnowledgeBase:
    """Documents, entries and index under one data folder, shared by threads and processes."""

    def __init__(
        self,
        data_dir: Path,
        embedder: Embedder,
        default_region: str,
        today: Callable[[], date] = beijing_today,
        corpus: Path = SHIPPED_CORPUS,
    ) -> None:
        self._store = DocumentStore(data_dir / "knowledge" / "documents")
        self._generations = Generations(data_dir / "knowledge" / "index")
        self._embedder = embedder
        self._default_region = checked(default_region)
        self._today = today
        self._corpus = corpus
        self._lock = threading.Lock()
        self._retriever: Retriever | None = None
        self._generation: Generation | None = None
        self._stamp: tuple[int, int] | None = None
        self._looked_at = float("-inf")

    @property
    def ready(self) -> bool:
        """True if questions can be answered."""
        self._look()
        return self._retriever is not None

    @property
    def generation(self) -> str | None:
        """Name of the index generation in use."""
        self._look()
        return self._generation.name if self._generation else None

    def add(self, paths: Sequence[Path]) -> list[IngestionReport]:
        """Take in files and folders; `build` makes them findable. One refused file does not stop the rest."""
        reports: list[IngestionReport] = []
        for result in ingest_all(paths):
            if isinstance(result, IngestedDocument):
                self._store.put(result)
                result = result.report()
            reports.append(result)
        return reports

    def documents(self) -> list[PolicyDocument]:
        """All documents, shipped and added, with their status as of today."""
        return sorted(self._library().documents, key=lambda d: (d.region, d.title, d.doc_id))

    def remove(self, doc_id: str) -> None:
        """Take a document out of use, an added one or a shipped one; adding it again brings it back.

        Raises:
            UnknownDocument: none of that id is loaded.
        """
        was_added = self._store.remove(doc_id)
        if any(i.document.doc_id == doc_id for i in corpus_documents(self._corpus)):
            if doc_id in self._store.withdrawn() and not was_added:
                raise UnknownDocument(f"document {doc_id!r} has been removed already")
            self._store.withdraw(doc_id)
        elif not was_added:
            raise UnknownDocument(f"no document {doc_id!r}")

    def build(self, progress: Progress = _silent) -> BuildReport:
        """Index everything as a new generation and switch to it in one step.

        Raises:
            BadEntry: an entry breaks the format.
            Busy: another build is running.
            BadIndex: the result cannot be opened; the old generation stays in use.
        """
        started = time.monotonic()
        built = self._generations.build(self._library(), self._embedder, progress)
        self.refresh()
        return BuildReport(
            built.name, len(built.documents), built.articles, len(built.entries), built.rows,
            round(time.monotonic() - started, 2),
        )  # fmt: skip

    def is_current(self) -> bool:
        """True if the index in use was built from exactly today's documents and entries."""
        self._look()
        built = self._generation.manifest if self._generation else {}
        return built.get("library") == self._library().fingerprint()

    def search(
        self, question: str, *, region: str | None = None, as_of: date | None = None, k: int = 10
    ) -> list[RetrievalHit]:
        """Ranked evidence for a question.

        Args:
            region: 6-digit adcode of the caller; None: what the question names, else the default.
            as_of: the day whose law is asked for; None: today.

        Raises:
            NotReady: no index has been built. BadRegion: region is not an adcode.
        """
        return [found.hit for found in self._retrieve(question, region, as_of, k).evidence]

    def answer(self, question: str, *, region: str | None = None, as_of: date | None = None) -> Answer:
        """The whole answer as a citizen gets it; arguments and errors as in `search`."""
        started = time.monotonic()
        found = self._retrieve(question, region, as_of, HITS)
        answer = compose_answer(question, found)
        log.info(
            "question_answered",
            outcome=answer.outcome,
            hits=len(answer.hits),
            confidence=answer.confidence,
            took_ms=round((time.monotonic() - started) * 1000),
        )
        return answer

    def check(self) -> list[Finding]:
        """What a knowledge editor should mend: broken citations, expired entries, duplicates."""
        return check_library(self._library(), self._today())

    def refresh(self) -> bool:
        """Switch to the generation now published, by this process or another; True if it changed.

        A generation that cannot be used leaves the one in use, and is not tried again.

        Raises:
            BadIndex: what is published cannot be opened, or was built with another embedding model.
        """
        with self._lock:
            self._looked_at = time.monotonic()
            stamp = self._generations.stamp()
            if stamp == self._stamp:
                return False
            self._stamp = stamp
            generation = self._generations.open_current()
            if generation is None:
                return False
            built_with = generation.manifest["embedder"]
            if built_with != self._embedder.fingerprint:
                raise BadIndex(
                    f"{generation.name}: built with {built_with}, not {self._embedder.fingerprint}"
                )
            self._generation, self._retriever = generation, Retriever(generation, self._embedder)
            return True

    def _look(self) -> None:
        """Follow the pointer, at most once a second; a damaged generation leaves the one in use."""
        if time.monotonic() - self._looked_at >= LOOK_EVERY_SECONDS:
            try:
                self.refresh()
            except BadIndex as error:
                log.error("index_unusable", reason=str(error))

    def _retrieve(self, question: str, given: str | None, as_of: date | None, k: int) -> Retrieval:
        self._look()
        retriever = self._retriever
        if retriever is None:
            raise NotReady("no usable index: run `hotline knowledge build`")
        places = places_for(question, given, self._default_region)
        return retriever.search(question, places, as_of or self._today(), k)

    def _library(self) -> Library:
        return load_library(self._store, self._today(), self._corpus)
