"""The use case: what people asked and got no answer to, the commonest matter first.

read → sift → group → word (masked) → look up what the library has; the command and the console share it.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from api.unanswered.model import Nearest, UnansweredGroup, UnansweredQuestion, UnansweredReport
from api.unanswered.store import UnansweredStore
from api.unanswered.wording import masked
from knowledge.grouping import MOST, group_alike
from knowledge.model import Outcome, RetrievalHit
from knowledge.normalisation import matter_of, searchable
from knowledge.ports import Embedder
from knowledge.service import KnowledgeBase
from knowledge.sifting import asks_something
from tickets.numbering import BEIJING

OTHER_WORDINGS = 2
_MASK = "*"


def list_unanswered(
    store: UnansweredStore,
    base: KnowledgeBase,
    embedder: Embedder,
    *,
    since: datetime | None = None,
    limit: int = 50,
) -> UnansweredReport:
    """Group the questions without an answer since an instant; gives the `limit` largest groups.

    Of groups of one size the one asked about last comes first. At most the newest 5,000 messages are read.
    `embedder` measures likeness: the one of the installation.

    Raises:
        tickets.errors.Unreadable: a question was sealed with another key.
        knowledge.errors.Unavailable: the database that keeps the vectors cannot be reached.
    """
    read = store.latest(since, MOST + 1)
    asked = [question for question in read[:MOST] if asks_something(question.text)]
    # Grouped by what the editor sees: names and numbers would put one matter of two people apart.
    texts = [masked(question.text) for question in asked]
    groups = group_alike(texts, embedder)
    groups.sort(key=lambda group: (-len(group), -max(asked[i].asked_at.timestamp() for i in group)))
    shown = tuple(_group([(asked[i], texts[i]) for i in group], base) for group in groups[:limit])
    left_out = min(len(read), MOST) - len(asked)
    return UnansweredReport(shown, len(groups), len(asked), left_out, cut_off=len(read) > MOST)


def _group(members: Sequence[tuple[UnansweredQuestion, str]], base: KnowledgeBase) -> UnansweredGroup:
    """Members as (question, masked words), the most typical first."""
    wordings: dict[str, str] = {}
    # What needed no mask first: it tells the matter and nothing else.
    for _, words in sorted(members, key=lambda member: _MASK in member[1]):
        wordings.setdefault(matter_of(searchable(words)), words)
    first, *others = wordings.values()
    days = [question.asked_at.astimezone(BEIJING).date() for question, _ in members]
    answer = base.answer(first, region=_region(members)) if base.ready else None
    return UnansweredGroup(
        count=len(members),
        wording=first,
        others=tuple(others[:OTHER_WORDINGS]),
        first_on=min(days),
        last_on=max(days),
        got=dict(sorted(Counter(question.got for question, _ in members).items())),
        nearest=_nearest(answer.hits) if answer else None,
        confidence=answer.confidence if answer else None,
        answered_now=answer is not None and answer.outcome == Outcome.ANSWERED,
    )


def _region(members: Sequence[tuple[UnansweredQuestion, str]]) -> str | None:
    """Where most of them were asked."""
    regions = Counter(question.region for question, _ in members if question.region)
    return min(regions, key=lambda region: (-regions[region], region)) if regions else None


def _nearest(hits: Sequence[RetrievalHit]) -> Nearest | None:
    if not hits:
        return None
    found = hits[0].citation
    return Nearest(hits[0].chunk_id, found.title, found.article, round(hits[0].score, 4))
