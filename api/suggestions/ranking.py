"""Ranks what an agent could answer: danger first, then the answer of the library, then what else it found.

Where the library has no answer, canned replies that ask, wait or pass on come first and are said to be that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from api.chat.danger import DangerScreen
from api.chat.model import Outcome
from api.suggestions.canned import Canned, CannedReplies
from api.suggestions.likeness import say_the_same
from api.suggestions.model import Draft, Kind
from api.suggestions.wording import article_words, entry_words, part_line, parts_asked
from knowledge.asking import leans
from knowledge.errors import NotReady
from knowledge.model import IN_FORCE, OUTDATED, Answer, Citation, HotlineEntry, RetrievalHit
from knowledge.normalisation import searchable
from knowledge.service import KnowledgeBase
from knowledge.sifting import asks_something
from knowledge.texts import keys, say

MOST, LEAST = 5, 3
WORTH_READING = 0.1  # confidence below which what was found has nothing to do with the question
NEAR_ENOUGH = 0.35  # of the best hit's score: below, a hit is only offered to fill up to LEAST
CANNED_FIRST = 2  # replies that ask or pass on, before anything uncertain

MATTERS_BEFORE = 2  # entries on what was asked before, for a question that leans on it
ANSWERS_IN_DOUBT = 2  # right behind an alarm that is not certain


@dataclass(frozen=True)
class Ranking:
    """Drafts, best first, and what the hotline would make of the words (api.chat.model.Outcome)."""

    drafts: tuple[Draft, ...]
    outcome: str


@dataclass(frozen=True)
class _Alarm:
    draft: Draft
    certain: bool


class Ranker:
    """Makes and ranks drafts. Writes nothing. Safe between threads."""

    def __init__(self, knowledge: KnowledgeBase, danger: DangerScreen, canned: CannedReplies) -> None:
        self._knowledge = knowledge
        self._danger = danger
        self._canned = canned

    def rank(
        self,
        words: Sequence[str],
        *,
        region: str | None = None,
        earlier: Sequence[str] = (),
        without: frozenset[str] = frozenset(),
    ) -> Ranking:
        """What to answer to the words that nobody has answered yet (oldest first, at least one).

        Args:
            earlier: what the citizen said before these, newest last.
            without: sources that must not be offered (again).

        Without an index, canned replies are all there is (outcome failed).

        Raises:
            BadRegion: region is not an adcode.
        """
        question = "\n".join(words)
        alarm = self._alarm(words, earlier)
        known = [text for text in earlier if asks_something(text)]
        if not asks_something(question):
            outcome, found = Outcome.SMALLTALK.value, self._small_talk(question)
        else:
            outcome, found = self._looked_up(question, region, known)
        if alarm:
            outcome, found = Outcome.CRISIS.value, self._in_danger(alarm, outcome, found)
        drafts = _distinct(each for each in found if each.source not in without)
        return Ranking(tuple(drafts[:MOST]), outcome)

    def _looked_up(
        self, question: str, region: str | None, earlier: Sequence[str]
    ) -> tuple[str, list[Draft]]:
        try:
            answer = self._knowledge.answer(question, region=region, earlier=earlier)
        except NotReady:
            return Outcome.FAILED.value, self._drafts(self._canned.of_outcome(Outcome.FAILED), 0.5)
        found = self._from_answer(question, answer)
        if not found or found[0].kind is not Kind.ENTRY:
            found = [*self._on_the_matter_before(question, region, earlier), *found]
        return answer.outcome, found

    def _on_the_matter_before(self, question: str, region: str | None, earlier: Sequence[str]) -> list[Draft]:
        """Entries on what was asked before that tell the part asked for now (那要带什么材料)."""
        parts = parts_asked(question)
        matter = next((text for text in reversed(earlier) if not leans(searchable(text))), "")
        if not (parts and matter and leans(searchable(question))):
            return []
        answer = self._knowledge.answer(matter, region=region)
        telling = [
            hit
            for hit in answer.hits
            if (entry := self._entry(hit)) and any(part_line(entry, part) for part in parts)
        ]
        return [self._from_hit(matter, hit, parts, answer.confidence) for hit in telling[:MATTERS_BEFORE]]

    def _alarm(self, words: Sequence[str], earlier: Sequence[str]) -> _Alarm | None:
        """The newest danger among the words, if any, with the number and the calm sentence for it."""
        said = [*earlier, *words]
        for at in range(len(said) - 1, len(earlier) - 1, -1):
            danger = self._danger.look(said[at], said[max(0, at - 2) : at])
            if danger:
                text = self._canned.said_by_agent(danger.reply)
                title = self._canned.danger_title.format(number=danger.number)
                draft = Draft(Kind.CANNED, f"canned:danger.{danger.kind}", text, title, (), 1.0)
                return _Alarm(draft, self._danger.is_certain(said[at]))
        return None

    def _in_danger(self, alarm: _Alarm, outcome: str, found: list[Draft]) -> list[Draft]:
        """The number first. What is asked then, comes before any article, unless the alarm is a doubtful one:
        a tenth of the policy questions of benchmarks/data tell of a danger that is past or of others."""
        asking = self._drafts(self._canned.of_outcome(Outcome.CRISIS), 1.0)
        answers = found if outcome == Outcome.ANSWERED else []
        if alarm.certain:
            return [alarm.draft, *asking, *answers]
        return [alarm.draft, *answers[:ANSWERS_IN_DOUBT], *asking, *answers[ANSWERS_IN_DOUBT:]]

    def _small_talk(self, text: str) -> list[Draft]:
        fitting = self._canned.of_situation(text)
        return self._drafts([*fitting, *self._canned.of_outcome(Outcome.SMALLTALK)], 0.5)

    def _from_answer(self, question: str, answer: Answer) -> list[Draft]:
        near = list(self._near(question, answer))
        if answer.outcome == Outcome.ANSWERED:
            fitting = self._drafts(self._canned.of_situation(question)[:1], 0.5)
            leading = self._leading(question, answer)
            near = self._telling_first(question, answer, [leading, *near])[1:]
            return [leading, *near[: LEAST - 1], *fitting, *near[LEAST - 1 :]]
        unsure = 1 - answer.confidence
        asking = self._canned.of_outcome(answer.outcome)
        if answer.outcome == Outcome.OUT_OF_SCOPE:
            return self._drafts([*self._outside(answer), *asking], unsure)
        if answer.outcome == Outcome.CLARIFY:
            which = self._which(answer, unsure)
            return [*near[:1], *which, *near[1:], *self._drafts(asking, unsure)]
        first = self._drafts([*self._canned.of_situation(question), *asking], unsure)
        return [*first[:CANNED_FIRST], *near, *first[CANNED_FIRST:]]

    def _leading(self, question: str, answer: Answer) -> Draft:
        """The answer that the hotline itself would give, with the parts asked for."""
        hit = next((h for h in answer.hits if answer.entry_id and h.entry_id == answer.entry_id), None)
        entry = self._entry(hit) if hit else None
        text = answer.first
        if entry:
            body, mark, basis = text.rpartition("\n\n")
            lines = [part_line(entry, part) for part in parts_asked(question)]
            more = [line for line in lines if line and line not in text]
            text = mark.join(["\n".join([body, *more]), basis])
        if answer.entry_id:
            title = hit.citation.title if hit else answer.citations[0].title
            source = f"entry:{answer.entry_id}"
            return Draft(Kind.ENTRY, source, text, title, answer.citations, answer.confidence)
        return Draft(
            Kind.ARTICLE, _name(answer.citations[0]), text, _title(answer.citations[0]),
            answer.citations, answer.confidence,
        )  # fmt: skip

    def _near(self, question: str, answer: Answer) -> Iterator[Draft]:
        """What else was found, best first, each with its own words."""
        if not answer.hits:
            return
        top = max(hit.score for hit in answer.hits)
        parts = parts_asked(question)
        for position, hit in enumerate(answer.hits):
            if hit.citation.status not in (IN_FORCE, OUTDATED):
                continue
            share = min(hit.score / top, 1.0) if top > 0 else 0.0
            sure = round(answer.confidence * share, 4)
            if sure >= WORTH_READING and (share >= NEAR_ENOUGH or position < LEAST):
                yield self._from_hit(question, hit, parts, sure)

    def _telling_first(self, question: str, answer: Answer, drafts: list[Draft]) -> list[Draft]:
        """The drafts, the first as it was; next comes one that tells a part asked for, if that does not."""
        parts, hits = parts_asked(question), {hit.chunk_id: hit for hit in answer.hits}

        def tells(draft: Draft) -> bool:
            entry = self._entry(hits[draft.source]) if draft.source in hits else None
            return entry is not None and any(part_line(entry, part) for part in parts)

        telling = [draft for draft in drafts if parts and tells(draft)][:1]
        if not telling or telling[0] is drafts[0]:
            return drafts
        return [drafts[0], *telling, *(draft for draft in drafts[1:] if draft is not telling[0])]

    def _from_hit(self, question: str, hit: RetrievalHit, parts: Sequence[str], confidence: float) -> Draft:
        if hit.entry_id is None:
            text = article_words(hit.citation, question)
            citations, title = (hit.citation,), _title(hit.citation)
            return Draft(Kind.ARTICLE, hit.chunk_id, text, title, citations, confidence)
        entry = self._entry(hit)
        text = entry_words(entry, hit.sources, parts) if entry else hit.citation.text
        return Draft(Kind.ENTRY, hit.chunk_id, text, hit.citation.title, hit.sources, confidence)

    def _entry(self, hit: RetrievalHit) -> HotlineEntry | None:
        return self._knowledge.entry(hit.entry_id) if hit.entry_id else None

    def _which(self, answer: Answer, sure: float) -> list[Draft]:
        """The question which of several matters is meant."""
        if not answer.choices:
            return []
        reply = self._canned["which_matter"]
        text = self._canned.which_of.format(choices="；".join(answer.choices))
        return [Draft(Kind.CANNED, reply.source, text, reply.title, (), sure)]

    def _outside(self, answer: Answer) -> list[Canned]:
        """Who to turn to with a matter of another office, if the library says whose it is."""
        for kind in keys("answers", "outside") & self._canned.outside.keys():
            if answer.text == say("answers", f"outside.{kind}"):
                return [self._canned[self._canned.outside[kind]]]
        return []

    def _drafts(self, replies: Sequence[Canned], sure: float) -> list[Draft]:
        return [Draft(Kind.CANNED, r.source, r.text, r.title, (), round(sure, 4)) for r in replies]


def _distinct(drafts: Iterator[Draft]) -> list[Draft]:
    """Leave out what says the same as something better: of the same source, articles told, alike in words."""
    kept: list[Draft] = []
    told: set[str] = set()
    for draft in drafts:
        named = {_name(citation) for citation in draft.citations}
        same = any(draft.source == other.source or say_the_same(draft.text, other.text) for other in kept)
        if same or (draft.kind is Kind.ARTICLE and named <= told):
            continue
        told |= named
        kept.append(draft)
    return kept


def _name(citation: Citation) -> str:
    return f"{citation.doc_id}#{citation.article}"


def _title(citation: Citation) -> str:
    return f"{citation.title} {citation.article}"
