"""What a knowledge editor reads about questions without an answer. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Got(StrEnum):
    """What someone got instead of an answer."""

    NO_EVIDENCE = "no_evidence"
    CLARIFY = "clarify"
    HANDED_OVER = "handed_over"  # was answered, and asked for a person with the very next message or click


@dataclass(frozen=True)
class UnansweredQuestion:
    """One question as it was asked, unmasked; `region` is the caller's adcode, None if it was not given."""

    text: str
    region: str | None
    asked_at: datetime
    got: Got


@dataclass(frozen=True)
class Nearest:
    """What the library already has that comes nearest: an entry (then `article` is "") or an article.

    `score` is that of `hotline knowledge search`: comparable only within one question.
    """

    chunk_id: str
    title: str
    article: str
    score: float


@dataclass(frozen=True)
class UnansweredGroup:
    """One matter: how often it was asked, in what words (masked), when, and what is there already.

    `first_on` and `last_on` are Beijing days; `got` counts each ending that occurred. `confidence` (0..1,
    comparable between groups) is how sure today's library is of the most typical wording, and `answered_now`
    whether it would answer it; both empty, like `nearest`, while there is no index.
    """

    count: int
    wording: str
    others: tuple[str, ...]
    first_on: date
    last_on: date
    got: Mapping[Got, int]
    nearest: Nearest | None
    confidence: float | None
    answered_now: bool


@dataclass(frozen=True)
class UnansweredReport:
    """The groups asked about most often, and what they were chosen from.

    `questions` were grouped into `found` groups; `left_out` messages were greetings, gibberish or too short.
    `cut_off` if there were older ones in the period that were not read.
    """

    groups: tuple[UnansweredGroup, ...]
    found: int
    questions: int
    left_out: int
    cut_off: bool
