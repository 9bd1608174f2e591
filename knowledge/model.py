"""The words of the policy library: documents, articles, our own entries, and what a question gets back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

WHOLE_COUNTRY = "000000"

IN_FORCE = "现行"
SUPERSEDED = "已被取代"
REPEALED = "已废止"
NOT_YET_IN_FORCE = "尚未施行"
EXCERPT = "摘录"
DRAFT = "草案"
OUTDATED = "已修订"  # the newer text is known of but not loaded: still shown, never without a warning

_DRAFT_TITLE = re.compile(
    r"[（(][^（()）]*(?:征求意见稿|送审稿|讨论稿|草案)[^（()）]*[）)]|(?:征求意见稿|送审稿|讨论稿|草案)$"
)


class Level(StrEnum):
    """Who issued a document, by rank; the value is what people read."""

    NATIONAL = "国家"
    PROVINCE = "省"
    CITY = "市"
    COUNTY = "县"


@dataclass(frozen=True)
class PolicyDocument:
    """One version of one published document.

    `doc_id` is "title@version date", or "title@undated"; a part of a code carries its name
    ("中华人民共和国民法典·继承编@undated"). `effective_from` is the date that the text itself states,
    `amended_on` the latest date of its own history, used to order versions. `repealed_on` is the first day on
    which it no longer applies; `superseded_by` the doc_id (or, if that is not loaded, the title) of what took
    its place. `region` is a 6-digit adcode, "000000" for the whole country. `excerpt_of` names the law that a
    text gives only parts of; `repeals` the titles that its own closing article repeals as a whole;
    `revised_on` is the first day of a newer version that is known of but not loaded.
    """

    doc_id: str
    title: str
    document_no: str
    issuer: str
    level: str
    region: str
    promulgated_on: date | None
    version_date: date | None
    effective_from: date | None
    status: str
    superseded_by: str | None
    source_file: str
    url: str | None
    amended_on: date | None = None
    repealed_on: date | None = None
    excerpt_of: str | None = None
    repeals: tuple[str, ...] = ()
    revised_on: date | None = None

    @property
    def in_force_from(self) -> date:
        """The first day this version applied; `date.min` when nothing is known.

        The closing article of an amended law still states the day the first version took effect, so an
        amended version begins on its own date, or that of its last amendment if it bears none, not before.
        """
        own = self.version_date or self.amended_on or date.min
        return max(own, self.effective_from or date.min)

    @property
    def is_draft(self) -> bool:
        """True if its title says that it is not law yet (征求意见稿, 草案)."""
        return _DRAFT_TITLE.search(self.title) is not None

    def applies_on(self, day: date) -> bool:
        """True if this version was the law on that day; a draft never is."""
        ended = self.repealed_on is not None and self.repealed_on <= day
        return self.in_force_from <= day and not ended and not self.is_draft


@dataclass(frozen=True)
class PolicyArticle:
    """One numbered 条 as published. Repealed ones stay in the library and are filtered when asked.

    `article` is the number as published (第十一条), `ordinal` the 1-based position in the document,
    `path` the headings above it (编, 章, 节). `text` is never altered and holds all its paragraphs.
    """

    doc_id: str
    article: str
    ordinal: int
    path: tuple[str, ...]
    text: str


CORPUS, PUBLIC_PAGE, UNCHECKED = CHECKED = ("corpus", "public_page", "unchecked")


@dataclass(frozen=True)
class SourceRef:
    """What an entry rests on: a document by its title without date, and one of its articles.

    `checked` says where its writer read it: in a text that can be loaded, on the public page `url`, nowhere.
    """

    document: str
    article: str
    checked: str = CORPUS
    url: str = ""


@dataclass(frozen=True)
class HotlineEntry:
    """A question often asked, answered by us in plain words, with the articles it rests on (知识条目)."""

    id: str
    category: str
    title: str
    questions: tuple[str, ...]
    answer: str
    conditions: tuple[str, ...]
    materials: tuple[str, ...]
    steps: tuple[str, ...]
    where: str
    time_limit: str
    fee: str
    if_refused: str
    sources: tuple[SourceRef, ...]
    owner: str
    reviewed_on: date
    region: str


@dataclass(frozen=True)
class Citation:
    """A stored text put before the citizen, quoted exactly.

    `status` is its state on the day that was asked about; `repealed_on`, `superseded_by` and `revised_on` as
    in PolicyDocument, also where that day lies ahead.
    """

    doc_id: str
    title: str
    document_no: str
    article: str
    text: str
    effective_from: date | None
    region: str
    source_file: str
    url: str | None
    status: str = IN_FORCE
    repealed_on: date | None = None
    superseded_by: str | None = None
    revised_on: date | None = None


@dataclass(frozen=True)
class RetrievalHit:
    """A chunk offered as evidence; score has no unit and is comparable only within one query.

    An article hit has `chunk_id` "<doc_id>#第十一条", no sources. An entry hit has "entry:<id>", its title
    and answer as citation, and as `sources` the articles it rests on that bear on the question.
    """

    chunk_id: str
    score: float
    citation: Citation
    entry_id: str | None
    sources: tuple[Citation, ...]


class Outcome(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    CLARIFY = "clarify"
    NO_EVIDENCE = "no_evidence"
    OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True)
class Answer:
    """What the citizen gets: text, what it rests on, and how sure we are (0..1).

    `first` is the text's short form, to be shown first (about 200 characters beside its basis); the whole is
    shown when asked for. They are the same where there is nothing more to say. `choices` are questions to
    offer in its place or next.
    """

    outcome: str
    text: str
    citations: tuple[Citation, ...]
    hits: tuple[RetrievalHit, ...]
    confidence: float
    entry_id: str | None
    first: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class IngestionReport:
    """What became of one file: the document understood, or the reason it was refused.

    `notes` says what could not be told from the text: codes of texts/reports.zh.yml, with a detail. The
    document is shown with the fields that a person had `corrected` before.
    """

    source_file: str
    document: PolicyDocument | None
    articles: int
    notes: tuple[str, ...]
    refused: str | None = None
    corrected: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """Something in the library that a knowledge editor should mend."""

    kind: str
    subject: str
    message: str


@dataclass(frozen=True)
class BuildReport:
    """A published generation and what is in it."""

    generation: str
    documents: int
    articles: int
    entries: int
    rows: int
    seconds: float


@dataclass(frozen=True)
class GenerationReport:
    """A generation that is kept, and whether it is the one in use; `built_at` is an ISO instant."""

    name: str
    built_at: str
    documents: int
    articles: int
    cause: str
    current: bool
