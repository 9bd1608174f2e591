"""What is said once danger was seen: the number first, an urgent ticket, then noting, until the all-clear."""

import structlog

from api.chat.crisis import CrisisDesk
from api.chat.danger import Danger, Judgement
from api.chat.hand_over import HandOver
from api.chat.model import Button, Conversation, EngineReply, Message, Outcome, Owner, Reply
from api.chat.store import ConversationStore
from api.texts import texts

log = structlog.get_logger()

# Log-odds from which a further message raises the alarm again while people are being called.
AGAIN = 2.0
REMEMBERED_TURNS = 40


class CrisisTalk:
    """Answers in a conversation in which somebody is, or seemed to be, in danger."""

    def __init__(self, store: ConversationStore, desk: CrisisDesk, hand_over: HandOver) -> None:
        self._store = store
        self._desk = desk
        self._hand_over = hand_over

    def known(self, conversation_id: str) -> list[str]:
        """Numbers of the urgent tickets of this conversation, oldest first."""
        return self._store.tickets_of(conversation_id, Outcome.CRISIS)

    def is_news(self, judged: Judgement) -> bool:
        """Whether an alarm is worth raising again after the first one."""
        certain = any(hit.certain for hit in judged.rules)
        return certain or judged.verdict is None or judged.verdict.odds >= AGAIN

    def raised(self, danger: Danger, conversation: Conversation, message: Message) -> EngineReply:
        """The number and a calm sentence first; then one urgent ticket for the whole conversation.

        With a way to say that it was a misunderstanding; the ticket stays all the same: a person looks at it.
        """
        log.warning("danger_seen", kind=danger.kind)
        say, staffed = texts("chat"), self._hand_over.is_staffed()
        earlier = self.known(conversation.id)
        if earlier:
            number = earlier[-1]
            self._desk.add(number, conversation, message)
            key = "crisis_known" if staffed else "crisis_known_nobody"
        else:
            number = self._desk.file(conversation, message)
            key = "crisis_ticket" if staffed else "crisis_ticket_nobody"
            key = key if number else "crisis_unfiled"
        clear = Button(say["crisis_clear_title"], say["crisis_clear"])
        follow_up = Reply(say[key].format(number=number), buttons=(clear,))
        return EngineReply((Reply(danger.reply), follow_up), Outcome.CRISIS, number)

    def goes_on(self, conversation: Conversation, message: Message) -> EngineReply | None:
        """While people are being called, what she adds is noted, not interrogated; questions are answered.

        None where somebody else must answer: no danger is known, or she said that there is none.
        """
        numbers = self.known(conversation.id)
        if not numbers or conversation.owner is not Owner.QUEUE:
            return None
        say = texts("chat")
        if message.text.strip() == say["crisis_clear"]:
            self._desk.add(numbers[-1], conversation, message)
            return EngineReply((Reply(say["crisis_cleared"].format(number=numbers[-1])),), Outcome.SMALLTALK)
        if message.text.rstrip().endswith(("?", "？")) or self._is_clear(conversation.id):
            return None
        self._desk.add(numbers[-1], conversation, message)
        noted = Reply(say["crisis_noted"].format(number=numbers[-1]))
        return EngineReply((noted,), Outcome.HANDED_OVER, numbers[-1])

    def _is_clear(self, conversation_id: str) -> bool:
        """Whether she said after the last alarm that nobody is in danger."""
        clear = texts("chat")["crisis_clear"]
        for text, outcome in reversed(self._store.recent(conversation_id, REMEMBERED_TURNS)):
            if outcome is Outcome.CRISIS:
                return False
            if text.strip() == clear:
                return True
        return False
