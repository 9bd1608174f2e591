"""The chat gateway: every citizen message is stored first, screened for danger, then answered by one owner.

receive: authorise → take in (durable) → danger → engine, else stand-in → finish the turn (durable) → notify
"""

import threading
import time
import weakref
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace

import structlog

from actions.forms import HELP_FORM, OFFER, OpenForm
from actions.intake import Intake
from api.chat.attempts import Attempts
from api.chat.crisis import CrisisDesk
from api.chat.crisis_talk import CrisisTalk
from api.chat.danger import DangerScreen
from api.chat.danger_turn import recently_said, with_care
from api.chat.engine import DialogueEngine
from api.chat.errors import EngineUnavailable, MessageRejected
from api.chat.hand_over import HandOver, open_hand_over
from api.chat.hand_over_model import Reason
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
from api.chat.stand_in import said_as
from api.chat.store import ConversationStore
from api.metrics import ENGINE_FAILURES, TURN_SECONDS, TURNS
from api.texts import texts
from tickets.intake import MATTER
from tickets.model import Ticket
from tickets.service import Desk

log = structlog.get_logger()

RECENT_MESSAGES = 12  # enough for what counts as just said (api/chat/danger_turn.py)


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
        intake: Intake,
        attempts: Attempts,
        *,
        max_chars: int,
        announce: Callable[[str], None] = lambda conversation_id: None,
        hand_over: HandOver | None = None,
    ) -> None:
        self._store = store
        self._desk = desk
        self._engine = engine
        self._stand_in = stand_in
        self._danger = danger
        self._intake = intake
        self._attempts = attempts
        self._own_ticket = OwnTicket(store, desk)
        self._max_chars = max_chars
        self._announce = announce
        self._hand_over = hand_over or open_hand_over(store, announce=announce)
        self._crisis = CrisisTalk(store, crisis_desk, self._hand_over)
        self._locks: weakref.WeakValueDictionary[str, _Lock] = weakref.WeakValueDictionary()
        self._locks_guard = threading.Lock()

    def open(self, region: str, script: str = "hans") -> tuple[Conversation, str, Message]:
        """Start a conversation and greet; the token is the citizen's only key to it."""
        say = texts("chat")
        buttons = tuple(
            Button(say[f"greeting_{name}"], say[f"greeting_{name}_payload"])
            for name in ("policy", "help", "person")
        )
        return self._store.open(region, Reply(say["greeting"], buttons=buttons), script)

    def receive(self, conversation_id: str, token: str, text: str, client_message_id: str | None) -> Turn:
        """Take in one citizen message and answer it; the same `client_message_id` again changes nothing.

        Raises:
            UnknownConversation: the token does not open this conversation.
            MessageRejected: longer than `max_chars`; nothing was stored.
            ConversationClosed: it has ended.
        """
        self._store.authorised(conversation_id, token)
        if len(text) > self._max_chars:
            raise MessageRejected(f"message of {len(text)} characters: at most {self._max_chars} are taken")
        started = time.monotonic()
        with self.holding(conversation_id):
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
        """Put the conversation into the agents' queue, once; asking again tells how long it is.

        Raises:
            UnknownConversation: the token does not open this conversation.
            ConversationClosed: it has ended.
        """
        self._store.authorised(conversation_id, token)
        message, owner = self._hand_over.ask(conversation_id)
        return Turn((message,), Outcome.HANDED_OVER, owner)

    def _answer(self, conversation: Conversation, message: Message) -> Turn:
        """Find the answer in the order of duty and commit it with its owner."""
        recent = recently_said(self._store.lately(conversation.id, RECENT_MESSAGES), message)
        known = self._crisis.known(conversation.id)
        # What raised the alarm before must not raise it again with every word that follows.
        judged = self._danger.judge(message.text, () if known else recent.by_citizen)
        if judged.danger is not None and (not known or self._crisis.is_news(judged)):
            crisis = self._crisis.raised(judged.danger, conversation, message)
            return self._store.finish_turn(message, crisis, Reason.CRISIS)
        filed = self._desk.find_by_origin(message.id)
        if filed is not None:
            # The process died between filing and answering: tell the number, never file again.
            return self._store.finish_turn(message, self._already_filed(conversation, filed))
        if conversation.owner in (Owner.AGENT, Owner.CLOSED):
            return self._store.finish_turn(message, EngineReply((), Outcome.HANDED_OVER))
        answer = self._own_ticket.reply(conversation, message) or self._crisis.goes_on(conversation, message)
        if answer is None and (asked := self._hand_over.reply(conversation, message)) is not None:
            return self._store.finish_turn(message, asked, Reason.ASKED)
        answer = with_care(answer or self._engine_answer(conversation, message), judged.care, recent)
        answer, call = self._hand_over.judged(conversation, message, answer)
        return self._store.finish_turn(message, answer, call)

    def _engine_answer(self, conversation: Conversation, message: Message) -> EngineReply:
        text = _harmless(message.text)
        if not text:
            return EngineReply((Reply(texts("chat")["empty_message"]),), Outcome.CLARIFY)
        form = self._open_form(conversation, message)
        context = Context(
            conversation.id,
            message.id,
            conversation.region,
            earlier=self._store.questions_before(conversation.id),
            before=self._store.said_before(message),
            form=form.name if form else None,
            asked=form.asked if form else None,
        )
        try:
            with self._attempts.attempt(message.id):
                return self._engine.reply(text, context)
        except EngineUnavailable as error:
            ENGINE_FAILURES.inc()
            log.warning("engine_unavailable", reason=str(error))
        filed = self._desk.find_by_origin(message.id)
        if filed is not None:
            return self._already_filed(conversation, filed)
        try:
            with self._attempts.attempt(message.id):
                return self._stand_in.reply(text, context)
        except Exception:
            # The outermost edge of a turn: the citizen is answered and a person takes over, whatever broke.
            log.exception("stand_in_failed")
            return EngineReply((Reply(texts("chat")["failed"]),), Outcome.FAILED)

    def _open_form(self, conversation: Conversation, message: Message) -> OpenForm | None:
        """The open form, with what the citizen told an agent meanwhile."""
        form = self._intake.open_form(conversation.id)
        if form is None:
            return None
        if form.name == OFFER:
            accepted = self._intake.accepts_offer(message.text, conversation.id, conversation.region)
            return replace(form, name=HELP_FORM, asked=MATTER) if accepted else None
        away = self._store.said_while_away(conversation.id)
        told = [(each.created_at, each.text) for each in away if each.role is Role.CITIZEN]
        if told:
            self._intake.catch_up(conversation.id, conversation.region, told)
        spoken = any(form.updated_at and each.created_at > form.updated_at for each in away)
        if spoken or form.heard not in (message.id, self._store.said_last(message)):
            # Something else was spoken of since the read-back: a yes may be meant for that.
            self._intake.pause(conversation.id)
        return self._intake.open_form(conversation.id)

    def _already_filed(self, conversation: Conversation, ticket: Ticket) -> EngineReply:
        origin = ticket.origin_message_id
        if origin and self._intake.was_confirmed_by(conversation.id, origin):
            # It died with one of several needs filed, or before the draft was forgotten: finish that.
            taken = self._intake.file(conversation.id, origin)
            return EngineReply(said_as(taken.spoken), Outcome.TICKET_FILED, taken.ticket_number)
        text = texts("chat")["ticket_filed_again"].format(number=ticket.number)
        return EngineReply((Reply(text),), Outcome.TICKET_FILED, ticket.number)

    @contextmanager
    def holding(self, conversation_id: str):
        """Messages of one conversation are answered one after the other: meanwhile nobody else answers it."""
        with self._locks_guard:
            lock = self._locks.setdefault(conversation_id, _Lock())
        with lock.inner:
            yield


class _Lock:
    """A lock that a WeakValueDictionary can hold (plain locks take no weak references)."""

    def __init__(self) -> None:
        self.inner = threading.Lock()


def _harmless(text: str) -> str:
    """The text as an engine may read it: Rasa obeys a leading "/" as a command, so it becomes full width."""
    bare = text.strip()
    return "／" + bare[1:] if bare.startswith("/") else bare
