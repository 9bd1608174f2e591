"""What a knowledge editor does: take documents in, correct them, take them out, publish, go back, check."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from knowledge.corrections import Correction, checked, corrected
from knowledge.entry_curation import EntryCurator
from knowledge.errors import BadCorrection, BadIndex, NothingToReturnTo, UnknownDocument
from knowledge.index.building import Progress
from knowledge.index.generation import Generation
from knowledge.index.generations import Generations
from knowledge.ingestion import IngestedDocument, ingest_all
from knowledge.library import SHIPPED_CORPUS, Library, load_library, load_texts, shipped_documents
from knowledge.model import (
    BuildReport,
    Finding,
    GenerationReport,
    IngestionReport,
    PolicyArticle,
    PolicyDocument,
)
from knowledge.ports import Embedder
from knowledge.store import Catalogue, DocumentStore

WAIT_SECONDS = 600.0  # for a build that another process is busy with


def beijing_today() -> date:
    """The calendar day in China, whatever the machine's own zone."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


class Curator:
    """The documents and index generations of an installation. Changes are findable once published."""

    def __init__(
        self,
        store: DocumentStore,
        generations: Generations,
        embedder: Embedder,
        today: Callable[[], date] = beijing_today,
        corpus: Path = SHIPPED_CORPUS,
    ) -> None:
        self._store = store
        self._generations = generations
        self._embedder = embedder
        self._today = today
        self._corpus = corpus
        self.entries = EntryCurator(store, self.library, today, corpus)

    def add(
        self,
        paths: Sequence[Path],
        heard: Callable[[IngestionReport], None] = lambda report: None,
        named: Callable[[Path], str] = str,
    ) -> list[IngestionReport]:
        """Take in files, folders and archives; one report each, which `heard` gets as soon as it is known.

        A refused file does not stop the rest; what was read before an interruption is kept.

        Args:
            named: how citations name a file; its path by default.
        """
        corrections = self._store.catalogue().corrections
        reports: list[IngestionReport] = []

        def tell(report: IngestionReport) -> None:
            reports.append(report)
            heard(report)

        def understood() -> Iterator[IngestedDocument]:
            for result in ingest_all(paths, named):
                if isinstance(result, IngestionReport):
                    tell(result)
                    continue
                yield result
                tell(_told(result, corrections))

        self._store.put(understood())
        return reports

    def preview(
        self,
        paths: Sequence[Path],
        named: Callable[[Path], str] = str,
        heard: Callable[[Path], None] = lambda path: None,
    ) -> list[tuple[Path, IngestionReport, tuple[PolicyArticle, ...]]]:
        """What `add` would understand of files, each document as it would stand beside all others.

        Nothing is taken in. An archive gives a report for each member; `heard` gets each path once read.
        """
        catalogue = self._store.catalogue()
        results: list[tuple[Path, IngestedDocument | IngestionReport]] = []
        for path in paths:
            results += [(path, result) for result in ingest_all([path], named)]
            heard(path)
        read = [result for _, result in results if isinstance(result, IngestedDocument)]
        texts = load_texts(self._store, catalogue, self._today(), self._corpus, beside=read)
        standing = {texts.origins[d.doc_id]: d for d in texts.documents}
        previews: list[tuple[Path, IngestionReport, tuple[PolicyArticle, ...]]] = []
        for path, result in results:
            if isinstance(result, IngestionReport):
                previews.append((path, result, ()))
                continue
            document = standing.get(result.document.doc_id)
            told = _told(result, catalogue.corrections)
            previews.append((path, replace(told, document=document or told.document), result.articles))
        return previews

    def settled(self, reports: Sequence[IngestionReport]) -> list[IngestionReport]:
        """The same reports, their documents as they stand beside all others: one may be an older version."""
        found = {d.doc_id: d for d in self._texts().documents}
        return [replace(r, document=found.get(r.document.doc_id)) if r.document else r for r in reports]

    def documents(self) -> list[PolicyDocument]:
        """All documents, shipped and added, with their status as of today."""
        return sorted(self._texts().documents, key=lambda d: (d.region, d.title, d.doc_id))

    def corrections(self, doc_id: str) -> tuple[Correction, ...]:
        """What was set right about a document.

        Raises:
            UnknownDocument: none of that id is loaded.
        """
        return self._store.catalogue().corrections.get(self._origin(doc_id), ())

    def correct(self, doc_id: str, values: Mapping[str, str], *, by: str, reason: str) -> PolicyDocument:
        """Set fields of a document right; gives the document as it is now, perhaps under a new id.

        The corrections stay with the document when its file is taken in again. An empty value says that
        the field is not known.

        Raises:
            UnknownDocument: none of that id is loaded. BadCorrection: a field or value is not allowed, or
            another document has that title and version date already.
        """
        new = {f: Correction(f, checked(f, v), by, self._today(), reason) for f, v in values.items()}
        with self._store.changing() as catalogue:
            origin = self._origin(doc_id)
            kept = {c.field: c for c in catalogue.corrections.get(origin, ())}
            return self._save_corrections(catalogue, origin, tuple((kept | new).values()))

    def drop_corrections(self, doc_id: str, fields: Sequence[str]) -> PolicyDocument:
        """Return fields to what the text says; gives the document as it is now.

        Raises:
            UnknownDocument, BadCorrection: as in `correct`.
        """
        with self._store.changing() as catalogue:
            origin = self._origin(doc_id)
            kept = tuple(c for c in catalogue.corrections.get(origin, ()) if c.field not in fields)
            return self._save_corrections(catalogue, origin, kept)

    def _save_corrections(
        self, catalogue: Catalogue, origin: str, corrections: tuple[Correction, ...]
    ) -> PolicyDocument:
        changed = catalogue.corrected(origin, corrections)
        texts = load_texts(self._store, changed, self._today(), self._corpus)
        ids = [doc_id for doc_id, found in texts.origins.items() if found == origin]
        if not ids:
            raise BadCorrection(f"{origin!r}: another document has that title and version date already")
        self._store.save(changed)
        return next(document for document in texts.documents if document.doc_id == ids[0])

    def remove(self, doc_id: str) -> None:
        """Take a document out of use at once, an added one or a shipped one; adding it brings it back.

        Raises:
            UnknownDocument: none of that id is loaded.
        """
        with self._store.changing() as catalogue:
            self._store.save(catalogue.without(self._origin(doc_id)))

    def removed(self) -> list[str]:
        """The documents that were taken out, by the id under which each was read from its file."""
        return sorted(self._store.catalogue().removed)

    def bring_back(self, origin: str) -> None:
        """Put a document that was taken out in use again.

        Raises:
            UnknownDocument: it is not among those taken out, or its text is no longer kept; add its file.
        """
        with self._store.changing() as catalogue:
            if origin not in catalogue.removed:
                raise UnknownDocument(f"{origin!r} was not taken out")
            digest = self._kept_digest(origin)
            shipped = {i.document.doc_id for i in shipped_documents(self._corpus, self._store.derived)}
            if digest is None and origin not in shipped:
                raise UnknownDocument(f"the text of {origin!r} is no longer kept: add its file again")
            self._store.save(catalogue.brought_back(origin, digest))

    def _kept_digest(self, origin: str) -> str | None:
        """The text of a document in the newest generation that has it and is still stored."""
        for name in reversed(self._generations.names()):
            with suppress(BadIndex):
                documents = self._generations.catalogue(name).documents
                if origin in documents and self._store.holds(Catalogue({origin: documents[origin]})):
                    return documents[origin]
        return None

    def publish(
        self,
        progress: Progress = _silent,
        *,
        cause: str = "",
        anew: bool = False,
        wait_seconds: float = WAIT_SECONDS,
    ) -> BuildReport:
        """Index what is in use now as a new generation and switch to it in one step.

        Args:
            cause: why, for the list of generations.
            anew: make every row again, not only those of what changed.
            wait_seconds: how long to wait for a build that is running.

        Raises:
            BadEntry: an entry breaks the format. Busy: another build does not end.
            BadIndex: the result cannot be opened; the old generation stays in use.
        """
        started = time.monotonic()
        with self._generations.building(wait_seconds):
            while True:
                catalogue = self._store.catalogue()
                library = load_library(self._store, catalogue, self._today(), self._corpus)
                built = self._generations.build(
                    library, catalogue, self._embedder, progress, cause=cause, anew=anew
                )
                # What others took in meanwhile waits for nobody.
                if self._store.catalogue() == catalogue:
                    break
            self._discard_unused()
        return _report(built, started)

    @property
    def generation(self) -> str | None:
        """Name of the published index generation; None if none was ever built."""
        return self._generations.current()

    def is_current(self) -> bool:
        """True if the index in use was built from exactly today's documents and entries."""
        try:
            generation = self._generations.open_current()
        except BadIndex:
            return False
        built = generation.manifest if generation else {}
        return (
            built.get("embedder") == self._embedder.fingerprint
            and built.get("library") == self.library().fingerprint()
        )

    def generations(self) -> list[GenerationReport]:
        """The generations that one can go back to, newest first; those that cannot be opened are left out."""
        current, found = self._generations.current(), []
        for name in reversed(self._generations.names()):
            try:
                manifest = self._generations.manifest(name)
            except BadIndex:
                continue
            found.append(
                GenerationReport(
                    name, manifest["built_at"], manifest["documents"], manifest["articles"],
                    manifest["cause"], name == current,
                )
            )  # fmt: skip
        return found

    def roll_back(self, name: str | None = None, wait_seconds: float = WAIT_SECONDS) -> GenerationReport:
        """Go back to an earlier generation, and the documents and entries it was built from.

        Args:
            name: which one; None: the one before that in use.
            wait_seconds: how long to wait for a build that is running.

        Raises:
            UnknownGeneration: none of that name is kept. NothingToReturnTo: there is no earlier one.
            BadIndex: it cannot be opened; the present one stays in use. Busy: a build does not end.
        """
        with self._generations.building(wait_seconds), self._store.changing():
            current = self._generations.current()
            wanted = name or (self._generations.before(current) if current else None)
            if wanted is None:
                raise NothingToReturnTo("no earlier generation is kept")
            generation = self._generations.open(wanted)
            if generation.manifest["embedder"] != self._embedder.fingerprint:
                raise BadIndex(f"{generation.name}: built with another embedding model")
            catalogue = self._generations.catalogue(generation.name)
            if not self._store.holds(catalogue):
                raise BadIndex(f"{generation.name}: some of its documents are no longer stored")
            self._store.save(catalogue)
            self._generations.point_to(generation.name)
        return next(g for g in self.generations() if g.current)

    def check(self) -> list[Finding]:
        """What a knowledge editor should mend: broken citations, expired entries, duplicates."""
        # Here, so that the commands which callers wait for need not load it.
        from knowledge.checking import check_library

        library = self.library()
        shipped = load_library(self._store, Catalogue(), self._today(), self._corpus)
        corrections = self._store.catalogue().corrections
        return check_library(library, self._today(), shipped, corrections)

    def library(self) -> Library:
        """Everything that is in use now."""
        return load_library(self._store, self._store.catalogue(), self._today(), self._corpus)

    def published_entries(self) -> Mapping[str, str]:
        """The office's entries in the generation in use, as a catalogue names them."""
        current = self._generations.current()
        try:
            return self._generations.catalogue(current).entries if current else {}
        except BadIndex:
            return {}

    def is_published(self) -> bool:
        """True if the generation in use was built from exactly the documents and entries in use now."""
        current = self._generations.current()
        try:
            return current is not None and self._generations.catalogue(current) == self._store.catalogue()
        except BadIndex:
            return False

    def _texts(self) -> Library:
        return load_texts(self._store, self._store.catalogue(), self._today(), self._corpus)

    def _origin(self, doc_id: str) -> str:
        try:
            return self._texts().origins[doc_id]
        except KeyError as error:
            raise UnknownDocument(f"no document {doc_id!r}") from error

    def _discard_unused(self) -> None:
        catalogues = []
        for name in self._generations.names():
            try:
                catalogues.append(self._generations.catalogue(name))
            except BadIndex:
                continue
        self._store.discard_unused(catalogues)


def _told(result: IngestedDocument, corrections: Mapping[str, tuple[Correction, ...]]) -> IngestionReport:
    """The report of a document with what was corrected before."""
    made = corrections.get(result.document.doc_id, ())
    fields = tuple(correction.field for correction in made)
    return replace(corrected(result, made).report(), corrected=fields)


def _report(built: Generation, started: float) -> BuildReport:
    return BuildReport(
        built.name, len(built.documents), built.articles, len(built.entries), built.rows,
        round(time.monotonic() - started, 2),
    )  # fmt: skip
