"""The editors' use cases: write, have it looked through by a second person, try it, publish, go back."""

import secrets
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Engine

from api.editing.jobs import Job, Jobs
from api.editing.model import (
    Action,
    Draft,
    EditingError,
    Kind,
    ReasonNeeded,
    State,
    WrongState,
)
from api.editing.remembered import Remembered
from api.editing.rules import Problem, entry_of, problems_of
from api.editing.store import DraftStore
from api.editing.uploads import Uploads
from api.settings import Settings
from knowledge.curation import Curator, beijing_today
from knowledge.library import Library
from knowledge.model import Answer, GenerationReport, PolicyDocument
from knowledge.own_entries import OwnEntry, entry_to_plain
from knowledge.service import KnowledgeBase
from knowledge.texts import say
from tickets.privacy import Sealer
from tickets.service import utc_now

WAIT_SECONDS = 3.0  # for a build that is running, while somebody looks at the page
MOST_QUESTIONS = 12  # tried at once
SYSTEM = "system"


class NotFit(EditingError):
    """A draft holds something that must be mended first."""

    code = "not_fit"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(", ".join(f"{p.field}: {p.code}" for p in problems))


@dataclass(frozen=True)
class Trial:
    """What callers get now, and what they would get with a draft, to one question."""

    question: str
    now: Answer | None
    then: Answer


class EditingDesk:
    """What the console's pages about knowledge work with."""

    def __init__(
        self,
        drafts: DraftStore,
        base: KnowledgeBase,
        jobs: Jobs,
        uploads: Uploads,
        home: str,
        today: Callable[[], date] = beijing_today,
    ) -> None:
        self.drafts = drafts
        self.jobs = jobs
        self.uploads = uploads
        self.base = base
        self.home = home
        self.today = today
        self._trying = threading.Lock()
        self.unanswered = Remembered()

    @property
    def curator(self) -> Curator:
        """The documents and entries of the installation."""
        return self.base.curator

    def library(self) -> Library:
        """Everything that is in use now."""
        return self.curator.library()

    def problems(self, draft: Draft) -> list[Problem]:
        """What is to be mended before a draft may be submitted or approved."""
        if draft.kind == Kind.ENTRY:
            return problems_of(draft.entry_id, draft.content, self.library(), self.today())
        return [] if draft.content.get("reason") else [Problem("reason", "missing")]

    def begin_new(self, who: str, hint: str | None = None) -> Draft:
        """Begin an entry that is not there yet; `hint`: the masked wording of a citizen it should answer."""
        content = {"region": self.home, "owner": who, "reviewed_on": self.today().isoformat()}
        return self.drafts.create(who, f"own-{secrets.token_hex(5)}", Kind.ENTRY, "", content, hint)

    def begin_from(self, who: str, entry_id: str) -> Draft:
        """Begin to change an entry that is there. Raises: UnknownEntry, AlreadyDrafted."""
        entry = self.curator.entries.find(entry_id).entry
        content = entry_to_plain(entry)
        content.pop("id")
        return self.drafts.create(who, entry_id, Kind.ENTRY, entry.title, content)

    def begin_other(self, who: str, entry_id: str, kind: Kind, reason: str) -> Draft:
        """Begin to switch an entry off, or to take back the office's own.

        Raises:
            UnknownEntry, AlreadyDrafted, ReasonNeeded.
        """
        entry = self.curator.entries.find(entry_id).entry
        if not reason.strip():
            raise ReasonNeeded("say why")
        return self.drafts.create(who, entry_id, kind, entry.title, {"reason": reason.strip()})

    def submit(self, draft: Draft, version: int, who: str) -> Draft:
        """Ask for approval. Raises: NotFit, and as DraftStore.submit."""
        self._check(draft, version)
        return self.drafts.submit(draft.id, version, who)

    def approve(self, draft: Draft, version: int, who: str, note: str) -> Draft:
        """Approve what somebody else wrote. Raises: NotFit, and as DraftStore.approve."""
        self._check(draft, version)
        return self.drafts.approve(draft.id, version, who, note)

    def _check(self, draft: Draft, version: int) -> None:
        found = [problem for problem in self.problems(draft) if problem.blocking]
        if found and draft.version == version:
            raise NotFit(found)

    def publish(self, who: str) -> Job:
        """Put every approved draft in use and build; callers go on being answered from the old index.

        Raises:
            TooManyJobs. NotFit: a source ended since the approval; its draft says which.
        """
        approved = self.approved()
        for draft in approved:
            self._check(draft, draft.version)
        self.jobs.check_room()
        changed = self.curator.entries.apply(
            put=[entry_of(d.entry_id, d.content) for d in approved if d.kind == Kind.ENTRY],
            off=[d.entry_id for d in approved if d.kind == Kind.OFF],
            drop=[d.entry_id for d in approved if d.kind == Kind.DROP],
        )
        for draft in approved:
            # What was changed this very moment must be approved again; what is in use now was approved.
            with suppress(EditingError):
                self.drafts.hand_over(draft, _mark(changed[draft.entry_id]), who)
        return self.build(who, ["entries", *(draft.title for draft in approved)] if approved else ["build"])

    def build(self, who: str, cause: Sequence[str]) -> Job:
        """Publish what is in use, in a process of its own. Raises: TooManyJobs."""
        words = " ".join(cause)[:300]
        return self.jobs.start("publish", who, words, cause=f"{words} ({who})")

    def approved(self) -> list[Draft]:
        """The approved drafts that are not in use yet."""
        named = self.curator.entries.named()
        drafts = self.drafts.latest((State.APPROVED,))
        return [draft for draft in drafts if draft.digest != _mark(named.get(draft.entry_id))]

    def in_use(self, draft: Draft) -> bool:
        """True if what a draft was published as is what the catalogue has now."""
        return draft.digest == _mark(self.curator.entries.named().get(draft.entry_id))

    def settle(self) -> None:
        """Note which drafts the generation in use holds by now, whoever built it."""
        handed = [draft for draft in self.drafts.latest((State.APPROVED,)) if draft.digest]
        if not handed:
            return
        published, generation = self.curator.published_entries(), self.curator.generation or ""
        for draft in handed:
            if draft.digest == _mark(published.get(draft.entry_id)):
                with suppress(WrongState):
                    self.drafts.settle(draft, generation, SYSTEM)

    def try_out(self, draft: Draft, questions: Sequence[str], region: str | None) -> list[Trial]:
        """Ask with a draft in place, on an index built aside, and without it.

        Raises:
            knowledge.errors.BadEntry: the draft is not complete. BadRegion: region is no adcode.
        """
        changed: dict[str, OwnEntry | None] = {draft.entry_id: self._as_own(draft)}
        asked = [question for question in questions if question.strip()][:MOST_QUESTIONS]
        # One at a time: an index takes memory, and callers want the processor too.
        with self._trying, tempfile.TemporaryDirectory(prefix="hotline-trial-") as folder:
            then = self.base.rehearsal(Path(folder), changed)
            return [
                Trial(
                    question,
                    self.base.answer(question, region=region) if self.base.ready else None,
                    then.answer(question, region=region),
                )
                for question in asked
            ]

    def _as_own(self, draft: Draft) -> OwnEntry | None:
        if draft.kind == Kind.ENTRY:
            return self.curator.entries.read(entry_of(draft.entry_id, draft.content))
        shipped = self.curator.entries.find(draft.entry_id).shipped
        return self.curator.entries.read(shipped) if draft.kind == Kind.DROP and shipped else None

    def correct(
        self, doc_id: str, values: Mapping[str, str], reset: Sequence[str], who: str, reason: str
    ) -> PolicyDocument:
        """Set right what was understood of a document.

        Raises:
            UnknownDocument, BadCorrection, ReasonNeeded.
        """
        if not reason.strip():
            raise ReasonNeeded("say why")
        document: PolicyDocument | None = None
        if reset:
            document = self.curator.drop_corrections(doc_id, reset)
        if values:
            document = self.curator.correct(
                document.doc_id if document else doc_id, values, by=who, reason=reason.strip()
            )
        assert document is not None
        origin = self.library().origins.get(document.doc_id, document.doc_id)
        changed = "; ".join(
            [f"{_field(f)} → {v}" for f, v in values.items()] + [f"{_field(f)} ←" for f in reset]
        )
        self.drafts.note(f"document:{origin}", Action.CORRECTED, who, f"{changed}: {reason.strip()}")
        return document

    def take_out(self, doc_id: str, who: str, reason: str) -> None:
        """Take a document out at once. Raises: UnknownDocument, ReasonNeeded."""
        if not reason.strip():
            raise ReasonNeeded("say why")
        origin = self.library().origins.get(doc_id, doc_id)
        self.curator.remove(doc_id)
        self.drafts.note(f"document:{origin}", Action.TAKEN_OUT, who, reason.strip())

    def bring_back(self, origin: str, who: str) -> None:
        """Put a document in use again. Raises: UnknownDocument."""
        self.curator.bring_back(origin)
        self.drafts.note(f"document:{origin}", Action.BROUGHT_BACK, who)

    def roll_back(self, name: str, who: str, reason: str) -> GenerationReport:
        """Go back to an earlier generation. Raises: as Curator.roll_back, and ReasonNeeded."""
        if not reason.strip():
            raise ReasonNeeded("say why")
        report = self.curator.roll_back(name, wait_seconds=WAIT_SECONDS)
        self.drafts.note("generations", Action.ROLLED_BACK, who, f"{name}: {reason.strip()}")
        return report

    def read_upload(self, upload_id: str, who: str) -> Job:
        """Let the files of an upload be read, in a process of its own. Raises: UnknownUpload, TooManyJobs."""
        upload = self.uploads.find(upload_id)
        return self.jobs.start(
            "read",
            who,
            upload_id,
            upload=str(self.uploads.folder / upload_id),
            files=list(map(str, upload.files)),
        )

    def take_upload(self, upload_id: str, numbers: Sequence[int], who: str) -> Job:
        """Take chosen files in and publish. Raises: UnknownUpload, TooManyJobs, ReasonNeeded: none chosen."""
        upload = self.uploads.find(upload_id)
        files = [str(path) for number, path in enumerate(upload.files) if number in set(numbers)]
        if not files:
            raise ReasonNeeded("choose a file")
        job = self.jobs.start("take", who, upload_id, files=files, cause=f"({who})")
        names = "、".join(Path(path).name for path in files)
        self.drafts.note(f"upload:{upload_id}", Action.ADDED, who, names)
        return job


def open_editing(settings: Settings, database: Engine, sealer: Sealer, base: KnowledgeBase) -> EditingDesk:
    """The editing desk of an installation."""

    def needs() -> dict[str, str | None]:
        folder = settings.embedder_dir
        return {
            "data_dir": str(settings.data_dir),
            "embedder_dir": str(folder) if folder else None,
            "vector_database": settings.vector_database,
        }

    work = settings.data_dir / "knowledge" / ".work"
    drafts = DraftStore(database, sealer, utc_now)
    return EditingDesk(drafts, base, Jobs(work / "jobs", needs), Uploads(work / "uploads"), settings.region)


def _field(name: str) -> str:
    return say("reports", f"columns.{name}")


def _mark(digest: str | None) -> str:
    """How a draft remembers what the catalogue has: a digest, "off" or "dropped"."""
    return "dropped" if digest is None else digest or "off"
