"""The chat gateway: every citizen message is stored first, screened for danger, then answered by one owner.

receive: authorise → take in (durable) → danger → engine, else stand-in → finish the turn (durable) → notify
"""

import threading
import time
import weakref
from collections.abc import Callable
from contextlib import contextmanager

import structlog

from api.chat.crisis import CrisisDesk
from api.chat.danger import Danger, DangerScreen
from api.chat.engine import DialogueEngine
from api.chat.errors import ConversationClosed, EngineUnavailable, MessageRejected
from api.chat.model import (
    Button,
    Context,
    Conversation,
    EngineReply,
    Message,
    Outcome,
    Owner,
    Reply,
    Role,
    Turn,
)
from api.chat.own_ticket import OwnTicket
from api.chat.store import ConversationStore
from api.metrics import ENGINE_FAILURES, TURN_SECONDS, TURNS
from api.texts import texts
from tickets.model import Ticket
from tickets.service import Desk

log = structlog.get_logger()


class ChatGateway:
    """One per process. `announce` is called with each conversation id that has new messages."""

    def __init__(
        self,
        store: ConversationStore,
        desk: Desk,
        engine: DialogueEngine,
        stand_in: DialogueEngine,
        danger: DangerScreen,
        crisis_desk: CrisisDesk,
        *,
        max_chars: int,
        announce: Callable[[str], None] = lambda conversation_id: None,
    ) -> None:
        self._store = store
        self._desk = desk
        self._engine = engine
        self._stand_in = stand_in
        self._danger = danger
        self._crisis_desk = crisis_desk
        self._own_ticket = OwnTicket(store, desk)
        self._max_chars = max_chars
        self._announce = announce
        self._locks: weakref.WeakValueDictionary[str, _Lock] = weakref.WeakValueDictionary()
        self._locks_guard = threading.Lock()

    def open(self, region: str) -> tuple[Conversation, str, Message]:
        """Start a conversation and greet; the token is the citizen's only key to it."""
        say = texts("chat")
        buttons = tuple(
            Button(say[f"greeting_{name}"], say[f"greeting_{name}_payload"])
            for name in ("policy", "help", "person")
        )
        return self._store.open(region, Reply(say["greeting"], buttons=buttons))

    def receive(self, conversation_id: str, token: str, text: str, client_message_id: str | None) -> Turn:
        """Take in one citizen message and answer it; the same `client_message_id` again changes nothing.

        Raises:
            UnknownConversation: the token does not open this conversation.
            MessageRejected: longer than `max_chars`; nothing was stored.
            ConversationClosed: it has ended.
        """
        conversation = self._store.authorised(conversation_id, token)
        if conversation.owner is Owner.CLOSED:
            raise ConversationClosed(f"conversation {conversation_id} is closed: open a new one")
        if len(text) > self._max_chars:
            raise MessageRejected(f"message of {len(text)} characters: at most {self._max_chars} are taken")
        started = time.monotonic()
        with self._holding(conversation_id):
            message, turn = self._store.take_in(conversation_id, text, client_message_id)
            if turn is not None:
                return turn
            self._announce(conversation_id)
            turn = self._answer(self._store.authorised(conversation_id, token), message)
        self._announce(conversation_id)
        took = time.monotonic() - started
        TURNS.labels(turn.outcome).inc()
        TURN_SECONDS.observe(took)
        log.info("turn_answered", outcome=turn.outcome, owner=turn.owner, took_ms=round(took * 1000))
        return turn

    def ask_for_person(self, conversation_id: str, token: str) -> Turn:
        """Put the conversation into the agents' queue, once; asking again only reassures."""
        conversation = self._store.authorised(conversation_id, token)
        if conversation.owner is Owner.CLOSED:
            raise ConversationClosed(f"conversation {conversation_id} is closed: open a new one")
        waiting = conversation.owner in (Owner.QUEUE, Owner.AGENT)
        reply = Reply(texts("chat")["handover_again" if waiting else "handed_over"])
        owner = conversation.owner if waiting else Owner.QUEUE
        message = self._store.say(conversation_id, Role.ASSISTANT, reply, owner)
        self._announce(conversation_id)
        return Turn((message,), Outcome.HANDED_OVER, owner)

    def _answer(self, conversation: Conversation, message: Message) -> Turn:
        """Find the answer in the order of duty and commit it with its owner."""
        danger = self._danger.look(message.text)
        if danger is not None:
            crisis = self._crisis(danger, conversation, message)
            return self._store.finish_turn(message, crisis, _queued(conversation))
        filed = self._desk.find_by_origin(message.id)
        if filed is not None:
            # The process died between filing and answering: tell the number, never file again.
            return self._store.finish_turn(message, self._already_filed(filed), None)
        if conversation.owner is Owner.AGENT:
            return self._store.finish_turn(message, EngineReply((), Outcome.HANDED_OVER), None)
        answer = (
            self._own_ticket.reply(conversation, message)
            or self._crisis_goes_on(conversation, message)
            or self._engine_answer(conversation, message)
        )
        owner = _queued(conversation) if answer.outcome in (Outcome.HANDED_OVER, Outcome.FAILED) else None
        return self._store.finish_turn(message, answer, owner)

    def _crisis_goes_on(self, conversation: Conversation, message: Message) -> EngineReply | None:
        """While people are being called, what she adds is noted, not interrogated; questions are answered."""
        if conversation.owner is not Owner.QUEUE or message.text.rstrip().endswith(("?", "？")):
            return None
        numbers = self._store.tickets_of(conversation.id, Outcome.CRISIS)
        if not numbers:
            return None
        self._crisis_desk.add(numbers[-1], message)
        noted = texts("chat")["crisis_noted"].format(number=numbers[-1])
        return EngineReply((Reply(noted),), Outcome.HANDED_OVER, numbers[-1])

    def _engine_answer(self, conversation: Conversation, message: Message) -> EngineReply:
        text = _harmless(message.text)
        if not text:
            return EngineReply((Reply(texts("chat")["empty_message"]),), Outcome.CLARIFY)
        earlier = self._store.questions_before(conversation.id)
        context = Context(conversation.id, message.id, conversation.region, earlier)
        try:
            return self._engine.reply(text, context)
        except EngineUnavailable as error:
            ENGINE_FAILURES.inc()
            log.warning("engine_unavailable", reason=str(error))
        filed = self._desk.find_by_origin(message.id)
        if filed is not None:
            return self._already_filed(filed)
        try:
            return self._stand_in.reply(text, context)
        except Exception:
            # The outermost edge of a turn: the citizen is answered and a person takes over, whatever broke.
            log.exception("stand_in_failed")
            return EngineReply((Reply(texts("chat")["failed"]),), Outcome.FAILED)

    def _already_filed(self, ticket: Ticket) -> EngineReply:
        text = texts("chat")["ticket_filed_again"].format(number=ticket.number)
        return EngineReply((Reply(text),), Outcome.TICKET_FILED, ticket.number)

    def _crisis(self, danger: Danger, conversation: Conversation, message: Message) -> EngineReply:
        """The number and a calm sentence first; then one urgent ticket for the whole conversation."""
        log.warning("danger_seen", kind=danger.kind)
        say = texts("chat")
        earlier = self._store.tickets_of(conversation.id, Outcome.CRISIS)
        if earlier:
            number = earlier[-1]
            self._crisis_desk.add(number, message)
            follow_up = say["crisis_known"].format(number=number)
        else:
            number = self._crisis_desk.file(conversation, message)
            follow_up = say["crisis_ticket"].format(number=number) if number else say["crisis_unfiled"]
        return EngineReply((Reply(danger.reply), Reply(follow_up)), Outcome.CRISIS, number)

    @contextmanager
    def _holding(self, conversation_id: str):
        """Messages of one conversation are answered one after the other."""
        with self._locks_guard:
            lock = self._locks.setdefault(conversation_id, _Lock())
        with lock.inner:
            yield


class _Lock:
    """A lock that a WeakValueDictionary can hold (plain locks take no weak references)."""

    def __init__(self) -> None:
        self.inner = threading.Lock()


def _queued(conversation: Conversation) -> Owner:
    return Owner.AGENT if conversation.owner is Owner.AGENT else Owner.QUEUE


def _harmless(text: str) -> str:
    """The text as an engine may read it: Rasa obeys a leading "/" as a command, so it becomes full width."""
    bare = text.strip()
    return "／" + bare[1:] if bare.startswith("/") else bare
