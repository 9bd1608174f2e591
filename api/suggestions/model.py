"""What is suggested to agents, and what became of it. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from knowledge.model import Citation


class Kind(StrEnum):
    """Where the words come from: an entry of ours, the text of one article, a canned reply."""

    ENTRY = "entry"
    ARTICLE = "article"
    CANNED = "canned"


class Fate(StrEnum):
    """What became of a suggestion; one without a fate was left lying."""

    USED = "used"
    EDITED = "edited"
    REJECTED = "rejected"


class Reason(StrEnum):
    """Why an agent rejected a suggestion."""

    OFF_TOPIC = "off_topic"
    OUTDATED = "outdated"
    UNCLEAR = "unclear"
    OTHER = "other"


@dataclass(frozen=True)
class Draft:
    """A reply before it is offered.

    `source` names what it was made from: "entry:<id>", "<doc_id>#第十一条" or "canned:<id>". `confidence`
    (0..1) is how surely it fits, comparable between suggestions and questions.
    """

    kind: Kind
    source: str
    text: str
    title: str
    citations: tuple[Citation, ...] = ()
    confidence: float = 0.0


@dataclass(frozen=True)
class Suggestion:
    """A reply that was offered; `rank` counts from 1, `text` can be sent as it is."""

    id: str
    rank: int
    kind: Kind
    text: str
    title: str
    citations: tuple[Citation, ...]
    confidence: float
    source: str = ""


@dataclass(frozen=True)
class Offer:
    """What was offered for one message, best first.

    `outcome` is what the hotline itself would have made of the message (api.chat.model.Outcome); `note` one
    sentence that the agent should read first, or "". `id` is the same for the same message.
    """

    id: str
    suggestions: tuple[Suggestion, ...]
    outcome: str
    note: str = ""
    conversation_id: str | None = None


@dataclass(frozen=True)
class Counts:
    """How many suggestions were offered and what became of them; what has no fate was left."""

    offered: int = 0
    used: int = 0
    edited: int = 0
    rejected: int = 0

    @property
    def left(self) -> int:
        return self.offered - self.used - self.edited - self.rejected

    @property
    def acceptance(self) -> float | None:
        """The share of the offered that was sent, as it was or edited; None if none was offered."""
        return (self.used + self.edited) / self.offered if self.offered else None

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.offered + other.offered,
            self.used + other.used,
            self.edited + other.edited,
            self.rejected + other.rejected,
        )


@dataclass(frozen=True)
class SourceCounts:
    """The counts of one entry, article or canned reply."""

    source: str
    kind: Kind
    title: str
    counts: Counts
    rejected_for: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SuggestionReport:
    """What became of suggestions offered in [since, until); agents are not told apart.

    `messages` is how many messages something was offered for, `messages_helped` for how many of them one was
    sent. `mean_similarity` is the share kept of the edited ones. `reasons` counts rejections; `by_source`
    begins with the most offered.
    """

    since: datetime | None
    until: datetime | None
    messages: int
    messages_helped: int
    total: Counts
    by_kind: Mapping[str, Counts]
    by_rank: Mapping[int, Counts]
    by_source: tuple[SourceCounts, ...]
    reasons: Mapping[str, int]
    mean_similarity: float | None = None
