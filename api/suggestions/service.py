"""Use cases of suggested answers: offer some, note what became of them, report."""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy import Engine

from api.chat.danger import DangerScreen
from api.chat.model import Message, Outcome, Role
from api.chat.store import ConversationStore
from api.suggestions.canned import CannedReplies
from api.suggestions.likeness import EDITED_FROM, USED_FROM, share_kept
from api.suggestions.model import Fate, Offer, Reason, SuggestionReport
from api.suggestions.ranking import Ranker
from api.suggestions.reporting import report
from api.suggestions.store import OfferKey, SuggestionStore
from api.texts import texts
from knowledge.service import KnowledgeBase
from tickets.privacy import Sealer, mask_text

log = structlog.get_logger()

LOOKED_BACK = 24  # messages of a conversation
AT_ONCE = 3  # messages of the citizen that nobody has answered yet are read as one, up to so many
EARLIER = 6  # messages of hers before these


class Suggestions:
    """What agents are offered. Safe between threads.

    Nothing that identifies a person reaches the library: words are masked before they are looked up, so what
    is suggested can be shown to whoever may see the conversation masked.
    """

    def __init__(
        self,
        knowledge: KnowledgeBase,
        conversations: ConversationStore,
        danger: DangerScreen,
        canned: CannedReplies,
        database: Engine,
        sealer: Sealer,
        clock: Callable[[], datetime],
    ) -> None:
        self.canned = canned
        self.store = SuggestionStore(database, sealer, clock)
        self._conversations = conversations
        self._database = database
        self._ranker = Ranker(knowledge, danger, canned)

    def for_conversation(self, conversation_id: str, agent: str) -> Offer:
        """Suggestions for what the citizen said last; asked again for the same message it is the same offer.

        Raises:
            UnknownConversation: there is none.
        """
        held = self._conversations.held.find(conversation_id)
        said = self._conversations.lately(conversation_id, LOOKED_BACK)
        words, earlier = _unanswered(said)
        if not words:
            return Offer(
                f"o_{conversation_id}", (), Outcome.SMALLTALK, _note("nothing_said"), conversation_id
            )
        key = OfferKey(words[-1].id, conversation_id)
        return self._offer([w.text for w in words], held.region, [e.text for e in earlier], agent, key)

    def for_text(
        self,
        text: str,
        *,
        region: str | None = None,
        earlier: Sequence[str] = (),
        agent: str,
        conversation_id: str | None = None,
        call_id: str | None = None,
    ) -> Offer:
        """Suggestions for words typed or pasted, say while listening to a caller.

        In a call the same suggestion counts as offered once, however often the words are looked up while they
        are still being typed. Without one every question is an offer of its own.

        Raises:
            BadRegion: region is not an adcode.
        """
        key = OfferKey(call_id and f"call {call_id}", conversation_id, call_id)
        return self._offer([text], region, earlier, agent, key)

    def sent(self, suggestion_ids: Sequence[str], agent: str, text: str) -> dict[str, Fate]:
        """Work out which of the suggestions put into a reply were sent, as they were or edited.

        Gives the fate of each that was; one of which hardly anything is left gets none. Ids that are not
        known (any more) are passed over: the reply has been sent, nothing is to be refused.
        """
        fates: dict[str, Fate] = {}
        for suggestion_id, offered in self.store.texts(list(dict.fromkeys(suggestion_ids))).items():
            kept = share_kept(offered, text)
            if kept < EDITED_FROM:
                continue
            fate = Fate.USED if kept >= USED_FROM else Fate.EDITED
            self.store.decide(suggestion_id, fate, similarity=round(kept, 4))
            fates[suggestion_id] = fate
        log.info("suggestions_sent", agent=agent, of=len(suggestion_ids), sent=len(fates))
        return fates

    def reject(self, suggestion_id: str, agent: str, reason: Reason | str, words: str | None = None) -> bool:
        """Note that a suggestion was no good; False if it has a fate already.

        Raises:
            UnknownSuggestion: there is none of this id.
            ValueError: there is no such reason.
        """
        words = mask_text(words.strip()) if words and words.strip() else None
        new = self.store.decide(suggestion_id, Fate.REJECTED, reason=Reason(reason), words=words)
        log.info("suggestion_rejected", agent=agent, reason=str(reason), new=new)
        return new

    def fate(
        self,
        suggestion_id: str,
        agent: str,
        fate: Fate,
        *,
        text: str | None = None,
        reason: Reason | None = None,
        words: str | None = None,
    ) -> bool:
        """Note a fate that another desktop tells. With the `text` that was sent, used and edited are told
        apart here.

        Raises:
            UnknownSuggestion: there is none of this id.
        """
        if fate is Fate.REJECTED:
            return self.reject(suggestion_id, agent, reason or Reason.OTHER, words)
        offered = self.store.texts([suggestion_id]).get(suggestion_id)
        if not offered or not text:
            return self.store.decide(suggestion_id, fate)
        kept = share_kept(offered, text)
        fate = Fate.USED if kept >= USED_FROM else Fate.EDITED
        return self.store.decide(suggestion_id, fate, similarity=round(kept, 4))

    def conversation_of(self, suggestion_id: str) -> str | None:
        """The conversation that a suggestion was offered in, if any.

        Raises:
            UnknownSuggestion: there is none of this id.
        """
        return self.store.conversation_of(suggestion_id)

    def report(self, since: datetime | None = None, until: datetime | None = None) -> SuggestionReport:
        """What became of the suggestions offered in [since, until)."""
        return report(self._database, since, until)

    def _offer(
        self,
        words: Sequence[str],
        region: str | None,
        earlier: Sequence[str],
        agent: str,
        key: OfferKey,
    ) -> Offer:
        offer_id = key.offer_id()
        ranking = self._ranker.rank(
            [mask_text(each) for each in words],
            region=region,
            earlier=[mask_text(each) for each in earlier],
            without=self.store.rejected(offer_id) if key.about else frozenset(),
        )
        offered = self.store.offer(offer_id, key, ranking.drafts, agent)
        return Offer(offer_id, tuple(offered), ranking.outcome, _note(ranking.outcome), key.conversation_id)


def _unanswered(said: Sequence[Message]) -> tuple[list[Message], list[Message]]:
    """The citizen's messages since somebody last answered (her newest one at least), and those before them.

    What she says while an agent reads comes in pieces: 我妈八十了 / 没有退休金 / 能领什么.
    """
    spoken = [message for message in said if message.role is not Role.SYSTEM]
    last = max((at for at, m in enumerate(spoken) if m.role is Role.CITIZEN), default=None)
    if last is None:
        return [], []
    first = last
    while first > 0 and last - first + 1 < AT_ONCE and spoken[first - 1].role is Role.CITIZEN:
        first -= 1
    before = [m for m in spoken[:first] if m.role is Role.CITIZEN]
    return spoken[first : last + 1], before[-EARLIER:]


def _note(outcome: str) -> str:
    notes: dict[str, str] = texts("console_suggestions")["notes"]  # type: ignore[assignment]
    return notes.get(outcome, "")
