"""What the rest of the project uses: the knowledge base of an installation."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import structlog

from knowledge.answering import answer_to_several, compose_answer, which_matter, with_repairs
from knowledge.asking import applying_question, general_question, in_context, is_bare_topic, parts_of, side_of
from knowledge.curation import Curator, beijing_today
from knowledge.dense.stores import VectorFiles
from knowledge.errors import BadIndex, BadModel, NotReady, Unavailable
from knowledge.index.generation import Generation
from knowledge.index.generations import Generations
from knowledge.library import SHIPPED_CORPUS
from knowledge.model import Answer, HotlineEntry, RetrievalHit
from knowledge.normalisation import searchable
from knowledge.own_entries import OwnEntry
from knowledge.ports import Embedder, Reranker, VectorStore
from knowledge.query import Signals
from knowledge.region import checked
from knowledge.repair import repair
from knowledge.retrieval import Places, Retrieval, Retriever, places_for
from knowledge.store import DocumentStore

log = structlog.get_logger(__name__)
LOOK_EVERY_SECONDS = 0.25  # two stat calls each time
BUSY_SWITCH_SECONDS = 0.0005
HITS = 10


class KnowledgeBase:
    """Answers from the index of an installation; its documents are the curator's. Safe between threads."""

    def __init__(
        self,
        data_dir: Path,
        embedder: Embedder,
        default_region: str,
        today: Callable[[], date] = beijing_today,
        corpus: Path = SHIPPED_CORPUS,
        vectors: VectorStore | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self._store = DocumentStore(data_dir / "knowledge")
        self._generations = Generations(data_dir / "knowledge" / "index", vectors or VectorFiles())
        self._embedder = embedder
        self._reranker = reranker
        self._default_region = checked(default_region)
        self._today = today
        self._refreshing = threading.Lock()
        self._retriever: Retriever | None = None
        self._generation: Generation | None = None
        self._seen: tuple[object, object] = (None, None)
        self._looked_at = float("-inf")
        self.curator = Curator(self._store, self._generations, embedder, today, corpus)

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

    @property
    def embedder(self) -> Embedder:
        """What turns texts into vectors in this installation."""
        return self._embedder

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
        text = repair(searchable(question)).text
        return [found.hit for found in self._found(text, region, as_of, k).evidence]

    def answer(
        self,
        question: str,
        *,
        region: str | None = None,
        as_of: date | None = None,
        earlier: Sequence[str] = (),
    ) -> Answer:
        """The whole answer as a citizen gets it; other arguments and errors as in `search`.

        Args:
            earlier: what the caller said before in this conversation, newest last: for 那要带什么.
        """
        started = time.monotonic()
        asked = in_context(searchable(question), [searchable(text) for text in earlier])
        if asked.matterless:
            return which_matter()
        repaired = repair(asked.text)
        parts = parts_of(repaired.text)
        found_of = ((part, self._retrieve(part, region, as_of, HITS)) for part in parts)
        answer = answer_to_several(found_of) if len(parts) > 1 else None
        if answer is None:
            found = self._found(repaired.text, region, as_of, HITS)
            if is_bare_topic(repaired.text):
                general = self._retrieve(general_question(repaired.text), region, as_of, HITS)
                found = replace(found, topics=general.topics)
            side = "" if asked.aspect else side_of(repaired.text)[1]
            answer = compose_answer(repaired.text, found, asked.aspect or side, first_asked=bool(side))
        answer = with_repairs(answer, repaired.changes)
        log.info(
            "question_answered",
            outcome=answer.outcome,
            hits=len(answer.hits),
            confidence=answer.confidence,
            took_ms=round((time.monotonic() - started) * 1000),
        )
        return answer

    def signals(self, question: str) -> Signals:
        """The raw signs of whether a question is one for this hotline, as of today; for calibrating."""
        return self._retrieve(repair(searchable(question)).text, None, None, HITS).signals

    def rehearsal(self, folder: Path, changed: Mapping[str, OwnEntry | None]) -> KnowledgeBase:
        """The same library with some entries changed, answered from as it would be; no caller hears of it.

        Args:
            folder: an empty one that is the caller's to delete, once it asks no more.
            changed: by id, the office's entry as it would be; None: none of that id.
        """
        # Here, so that answering does not load what builds.
        from knowledge.rehearsal import build_aside

        self._look()
        with _giving_way():
            build_aside(folder, self.curator.library(), changed, self._embedder, self._generation)
            aside = KnowledgeBase(
                folder, self._embedder, self._default_region, self._today, reranker=self._reranker
            )
            aside.refresh()
        return aside

    def entry(self, entry_id: str) -> HotlineEntry | None:
        """The entry of this id in the index in use, with all its parts."""
        self._look()
        return self._generation.entry(entry_id) if self._generation else None

    def names_article(self, text: str) -> bool:
        """True if a text names an article together with its document (《慈善法》第10条)."""
        self._look()
        return self._retriever is not None and self._retriever.names_article(text)

    def follow(self) -> Callable[[], None]:
        """Keep up with what is published and taken out even while nobody asks; gives what ends it.

        Without it the first caller after a quiet night would still be answered from the index of the evening.
        """
        done = threading.Event()

        def look() -> None:
            while not done.wait(LOOK_EVERY_SECONDS):
                try:
                    if self._stamps() != self._seen:
                        self._refresh_safely()
                except Exception:  # the thread's outermost edge: whatever it was, the next look may go well
                    log.exception("following_failed")

        threading.Thread(target=look, name="knowledge-follow", daemon=True).start()
        return done.set

    def refresh(self) -> bool:
        """Switch to what is now published and in use, by this process or another; True if it changed.

        A document that was taken out is masked at once, before any index without it is built. A generation
        that cannot be used leaves the one in use, and is not tried again.

        Raises:
            BadIndex: what is published cannot be opened, or was built with another embedding model.
            Unavailable: the database that keeps the vectors cannot be reached.
        """
        with self._refreshing:
            self._looked_at = time.monotonic()
            seen = self._stamps()
            if seen == self._seen:
                return False
            published, self._seen = seen[0] != self._seen[0], seen
            removed = self._store.catalogue().removed
            if self._retriever and not published:
                return self._mask(removed)
            generation = self._generations.open_current()
            if generation is None:
                return False
            built_with = generation.manifest["embedder"]
            if built_with != self._embedder.fingerprint:
                raise BadIndex(
                    f"{generation.name}: built with {built_with}, not {self._embedder.fingerprint}"
                )
            retriever = Retriever(generation, self._embedder, removed, self._reranker)
            # The first question would pay for what is computed once; better now than while someone waits.
            retriever.prepare(Places((self._default_region,), named=False), self._today())
            self._generation, self._retriever = generation, retriever
            took = round((time.monotonic() - self._looked_at) * 1000)
            log.info("index_switched", generation=generation.name, took_ms=took)
            return True

    def _mask(self, removed: frozenset[str]) -> bool:
        """Hide what was taken out since the index was built; True if that changed anything."""
        assert self._retriever is not None
        if removed == self._retriever.removed:
            return False
        self._retriever = self._retriever.without(removed)
        return True

    def _look(self) -> None:
        """Follow the pointer, looked at a few times a second at most.

        With something to answer from, the new generation is opened in the background: nobody waits for it.
        """
        if time.monotonic() - self._looked_at < LOOK_EVERY_SECONDS:
            return
        self._looked_at = time.monotonic()
        if self._retriever is None:
            self._refresh_safely()
        elif self._stamps() != self._seen and not self._refreshing.locked():
            threading.Thread(target=self._refresh_safely, name="knowledge-refresh", daemon=True).start()

    def _refresh_safely(self) -> None:
        """Switch if there is something to switch to; a damaged generation leaves the one in use."""
        with _giving_way():
            try:
                self.refresh()
            except (BadIndex, BadModel) as error:
                log.error("index_unusable", reason=str(error))
            except Unavailable as error:
                self._seen = (None, None)  # to be tried again
                log.error("vectors_unavailable", reason=str(error))

    def _stamps(self) -> tuple[object, object]:
        return self._generations.stamp(), self._store.stamp()

    def _found(self, question: str, given: str | None, as_of: date | None, k: int) -> Retrieval:
        """What is found for a question; for one side of a matter, with what the matter itself finds."""
        found = self._retrieve(question, given, as_of, k)
        matter, side = side_of(question)
        if not matter or found.leads_to(matter):
            return found
        return found.about(self._retrieve(applying_question(matter), given, as_of, k), side)

    def _retrieve(self, question: str, given: str | None, as_of: date | None, k: int) -> Retrieval:
        self._look()
        retriever = self._retriever
        if retriever is None:
            raise NotReady("no usable index: run `hotline knowledge build`")
        places = places_for(question, given, self._default_region)
        return retriever.search(question, places, as_of or self._today(), k)


@contextmanager
def _giving_way() -> Iterator[None]:
    """Opening an index keeps Python busy; questions that are being answered get their turn more often."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(BUSY_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
