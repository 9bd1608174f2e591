"""Hand-over: who answers the citizen next, and what she is told about it. One owner at a time.

bot → queue → agent → bot (handed back) | queue (transferred, fallen silent) | closed
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog

from api.chat.errors import ChatError, HeldByOther, MessageRejected
from api.chat.hand_over_hours import OWN_HOURS, ServiceHours, load_hours
from api.chat.hand_over_model import CITIZEN, HOTLINE, Held, Reason
from api.chat.hand_over_rules import OWN_RULES, HandOverRules, load_rules
from api.chat.hand_over_store import Condition, Move, Says
from api.chat.held import is_idle, is_unanswered
from api.chat.model import Button, Conversation, EngineReply, Message, Outcome, Owner, Reply, Role
from api.chat.store import ConversationStore
from api.texts import texts
from knowledge.normalisation import searchable
from tickets.citizen_words import beijing_words

log = structlog.get_logger()

_AGENT_ONLY = frozenset({Owner.AGENT})
_ALL_OPEN = frozenset({Owner.BOT, Owner.QUEUE, Owner.AGENT})


class HandOver:
    """Moves conversations between bot, queue and agents, and words what the citizen hears of it.

    `announce` is called with each conversation that has new messages; `at_work` says whether an agent of this
    name could still answer (is signed in, or calls with a key).
    """

    def __init__(
        self,
        store: ConversationStore,
        rules: HandOverRules,
        hours: ServiceHours,
        *,
        announce: Callable[[str], None] = lambda conversation_id: None,
        at_work: Callable[[str], bool] = lambda agent: True,
        max_chars: int = 2000,
    ) -> None:
        self._store = store
        self._owners = store.owners
        self._rules = rules
        self._hours = hours
        self._announce = announce
        self._at_work = at_work
        self._max_chars = max_chars

    # The citizen's side

    def ask(self, conversation_id: str) -> tuple[Message, Owner]:
        """Put a conversation into the queue because she asks for it; asking again tells how long it is.

        Raises:
            ConversationClosed: it has ended.
        """
        say = texts("hand_over")
        told = self._where(conversation_id, say["asked"])
        move = Move(Owner.QUEUE, Reason.ASKED, CITIZEN, from_owners=frozenset({Owner.BOT}))
        try:
            said = self._announced(conversation_id, move, [(Role.ASSISTANT, told)])
        except HeldByOther:
            said, owner = None, Owner.AGENT
            told, role = Reply(say["with_agent"]), Role.SYSTEM
        else:
            owner, role = Owner.QUEUE, Role.ASSISTANT
            told = self._where(conversation_id, say["again"])
        if said:
            return said[0], owner
        message = self._store.say(conversation_id, role, told)
        self._announce(conversation_id)
        return message, owner

    def reply(self, conversation: Conversation, message: Message) -> EngineReply | None:
        """Answer what asks for nothing but a person or her place in the queue; None for everything else."""
        queued, say = conversation.owner is Owner.QUEUE, texts("hand_over")
        asks_position = queued and self._rules.asks_position(message.text)
        if not asks_position and not self._rules.asks_person(message.text):
            return None
        told = self._where(conversation.id, say["again" if queued else "asked"])
        return EngineReply((told,), Outcome.HANDED_OVER)

    def judged(
        self, conversation: Conversation, message: Message, answer: EngineReply
    ) -> tuple[EngineReply, Reason | None]:
        """Add to an answer what hand-over has to say, and say why the conversation goes into the queue."""
        say = texts("hand_over")
        if conversation.owner is Owner.QUEUE:
            again = answer.outcome is Outcome.HANDED_OVER and answer.ticket_number is None
            return (_with(answer, self._where(conversation.id, None)) if again else answer), None
        if conversation.owner is not Owner.BOT:
            return answer, None
        verdict = self._rules.judge(message.text, answer.outcome, self._store.recent(conversation.id))
        if verdict.offer:
            button = Button(say["offer_yes"], say["offer_yes_payload"])
            return _with(answer, Reply(say["offer"], buttons=(button,))), None
        if verdict.call is None:
            return answer, None
        opening = None if verdict.call in (Reason.ASKED, Reason.FAILED) else say["called"]
        return _with(answer, self._where(conversation.id, opening)), verdict.call

    def _where(self, conversation_id: str, opening: str | None) -> Reply:
        """Her place in the queue, or what happens while nobody is there."""
        say, now = texts("hand_over"), self._owners.now()
        buttons: tuple[Button, ...] = ()
        if self.is_staffed():
            ahead = self._store.held.ahead(conversation_id)
            told = say["position"].format(ahead=ahead) if ahead else say["next"]
        else:
            opens = None if self._hours.is_open(now) else self._hours.opens_at(now)
            told = say["out_of_hours"].format(opens=beijing_words(opens)) if opens else say["nobody"]
            buttons = (Button(say["callback"], say["callback_payload"]),)
        return Reply("\n".join(filter(None, (opening, told))), buttons=buttons)

    def is_staffed(self) -> bool:
        """Whether it is within office hours and an agent is there now."""
        now = self._owners.now()
        return self._hours.is_open(now) and self._store.presence.anybody_since(now - self._rules.on_duty)

    # The agents' side

    def take(self, conversation_id: str, agent: str) -> Held:
        """Give a conversation of the queue or the bot to an agent; taking one's own again changes nothing.

        Raises:
            UnknownConversation, ConversationClosed: there is none, or it has ended.
            HeldByOther: another agent was quicker; `agent` says who.
        """
        move = Move(Owner.AGENT, Reason.TAKEN, agent, to_agent=agent)
        return self._told(conversation_id, move, "taken")

    def say(self, conversation_id: str, agent: str, text: str, agent_message_id: str | None) -> Message:
        """Say something to the citizen; the same `agent_message_id` again does nothing twice.

        Raises:
            UnknownConversation, ConversationClosed, HeldByOther: the agent does not own it.
            MessageRejected: it is empty or longer than a message may be.
        """
        text = text.strip()
        if not text or len(text) > self._max_chars:
            raise MessageRejected(
                f"a message has 1 to {self._max_chars} characters, this one has {len(text)}"
            )
        message, new = self._owners.say(conversation_id, agent, text, agent_message_id)
        if new:
            self._announce(conversation_id)
        return message

    def hand_back(
        self, conversation_id: str, agent: str, note: str | None = None, *, for_citizen: bool = False
    ) -> Held:
        """Let the bot go on; it says so in one sentence, with the note if that is for her.

        Raises:
            UnknownConversation, ConversationClosed, HeldByOther: the agent does not own it.
        """
        note = (note or "").strip() or None
        say = texts("hand_over")
        told = say["back_with_note"].format(note=note.rstrip("。.")) if note and for_citizen else say["back"]
        move = Move(
            Owner.BOT, Reason.HANDED_BACK, agent, from_owners=_AGENT_ONLY, from_agent=agent, note=note
        )
        self._announced(conversation_id, move, [(Role.ASSISTANT, Reply(told))])
        return self._store.held.find(conversation_id)

    def transfer(
        self, conversation_id: str, agent: str, to: str | None, note: str | None = None, *, lead: bool = False
    ) -> Held:
        """Give a conversation to another agent, or (`to` None) back to the queue where it keeps its place.

        Args:
            lead: the caller leads the desk and may move what others own.
        Raises:
            UnknownConversation, ConversationClosed, HeldByOther: the agent does not own it.
        """
        move = Move(
            Owner.AGENT if to else Owner.QUEUE,
            Reason.TRANSFERRED,
            agent,
            to_agent=to,
            from_owners=_ALL_OPEN if lead else _AGENT_ONLY,
            from_agent=None if lead else agent,
            note=(note or "").strip() or None,
        )
        return self._told(conversation_id, move, "transferred" if to else "agent_gone")

    def close(self, conversation_id: str, agent: str, note: str | None = None) -> Held:
        """End a conversation that the agent owns; what she writes later begins a new one.

        Raises:
            UnknownConversation, ConversationClosed, HeldByOther: the agent does not own it.
        """
        note = (note or "").strip() or None
        move = Move(Owner.CLOSED, Reason.CLOSED, agent, from_owners=_AGENT_ONLY, from_agent=agent, note=note)
        return self._told(conversation_id, move, "closed")

    # What nobody asks for

    def left(self, agent: str) -> None:
        """Put everything that an agent has who is no longer at work back into the queue."""
        self._store.presence.left(agent)
        for held in self._store.held.with_agents(limit=1000):
            if held.agent == agent:
                self._return(held.id, agent, Reason.AGENT_GONE)

    def tidy(self) -> None:
        """Return what silent or absent agents have to the queue, and close what nobody talks in any more.

        Meant to run every few seconds, in any number of processes.
        """
        now = self._owners.now()
        for held in self._store.held.with_agents(limit=1000):
            if held.agent and not self._at_work(held.agent):
                self._return(held.id, held.agent, Reason.AGENT_GONE)
        before = now - self._rules.answer_within
        for conversation_id, agent in self._store.held.silent(before):
            still = partial(is_unanswered, conversation_id=conversation_id, before=before)
            self._return(conversation_id, agent, Reason.AGENT_SILENT, still)
        before = now - self._rules.close_after
        for conversation_id in self._store.held.idle(before):
            move = Move(Owner.CLOSED, Reason.IDLE, HOTLINE, from_owners=frozenset({Owner.BOT, Owner.AGENT}))
            still = partial(is_idle, conversation_id=conversation_id, before=before)
            self._quietly(conversation_id, move, [], still)

    def _return(
        self, conversation_id: str, agent: str, reason: Reason, still: Condition = lambda db: True
    ) -> None:
        move = Move(Owner.QUEUE, reason, HOTLINE, from_owners=frozenset({Owner.AGENT}), from_agent=agent)
        told = Reply(texts("hand_over")["agent_gone"])
        self._quietly(conversation_id, move, [(Role.SYSTEM, told)], still)

    def _quietly(self, conversation_id: str, move: Move, says: Says, still: Condition) -> None:
        """Move what may have moved by itself meanwhile."""
        try:
            self._announced(conversation_id, move, says, still)
        except ChatError as error:
            log.info("owner_unchanged", reason=error.code)

    def _told(self, conversation_id: str, move: Move, key: str) -> Held:
        """Change the owner and tell the citizen in a notice, not in the bot's words."""
        self._announced(conversation_id, move, [(Role.SYSTEM, Reply(texts("hand_over")[key]))])
        return self._store.held.find(conversation_id)

    def _announced(
        self, conversation_id: str, move: Move, says: Says, still: Condition = lambda db: True
    ) -> list[Message] | None:
        """Change the owner and wake who listens; give what was said, None if nothing was to be done."""
        said = self._owners.move(conversation_id, move, says, still=still)
        if said is not None:
            log.info("owner_changed", to=move.to, reason=move.reason)
            self._announce(conversation_id)
        return said


def open_hand_over(
    store: ConversationStore,
    own: Path | None = None,
    *,
    announce: Callable[[str], None] = lambda conversation_id: None,
    at_work: Callable[[str], bool] = lambda agent: True,
    max_chars: int = 2000,
) -> HandOver:
    """Join the real parts, with the figures and hours in the office's own folder where it has any.

    Raises:
        tickets.errors.BadRequest: one of its files cannot be understood.
    """
    return HandOver(
        store,
        load_rules(searchable, own and own / OWN_RULES),
        load_hours(own and own / OWN_HOURS),
        announce=announce,
        at_work=at_work,
        max_chars=max_chars,
    )


def _with(answer: EngineReply, told: Reply) -> EngineReply:
    """Add a reply: before a question that waits for its answer, else after what was said."""
    asking = answer.outcome is Outcome.INTAKE
    replies = (told, *answer.replies) if asking else (*answer.replies, told)
    return replace(answer, replies=replies)
