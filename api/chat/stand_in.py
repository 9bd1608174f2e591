"""Answers when Rasa does not (永不中断): policy questions from the texts, requests by the same intake rules.

It keeps nothing of its own: the open form lies in the database, so it carries on where Rasa stopped, and Rasa
where it stopped.
"""

from dataclasses import replace

import structlog

from actions.forms import HELP_FORM, OWN_TICKET_FORM
from actions.intake import Intake, Spot
from actions.ticket_state import Listened
from actions.ticket_talk import TicketTalk
from api.chat.model import Button, Context, EngineReply, Outcome, Reply
from api.texts import texts
from knowledge.errors import KnowledgeError
from knowledge.service import KnowledgeBase
from knowledge.wire import reply_to_json
from tickets.hearing import says_surely_off, says_yes, sounds_like_a_question, words
from tickets.intake_words import Spoken
from tickets.interview import Act, Said
from tickets.numbering import find_number
from tickets.own_ticket_words import Errand, errand_in

log = structlog.get_logger()

SHORT = 14  # characters; a long message that mentions 取消 tells a story


class StandIn:
    """A DialogueEngine without a model: word lists, the intake rules and the policy index."""

    def __init__(self, knowledge: KnowledgeBase, intake: Intake, ticket_talk: TicketTalk) -> None:
        self._knowledge = knowledge
        self._intake = intake
        self._ticket_talk = ticket_talk

    def ready(self) -> bool:
        return True

    def reply(self, text: str, context: Context) -> EngineReply:
        listed = words()
        if _has(text, listed["asks_person"]) and len(text) <= SHORT:
            return EngineReply((Reply(texts("chat")["handed_over"]),), Outcome.HANDED_OVER)
        if context.form != HELP_FORM:
            talked = self._ticket_talk.hear(_listened(text), _spot(context))
            told = EngineReply(said_as(talked.spoken), Outcome.TICKET_STATUS, talked.ticket_number)
            if talked.spoken and not talked.goes_on:
                return told
            waits = _has(text, listed["asks_help"]) or self._intake.leaves_contact(text, context.region)
            then = self._take_down if waits else self._policy
            answered = then(text, context)
            return replace(answered, replies=(*told.replies, *answered.replies))
        return self._take_down(text, context)

    def _take_down(self, text: str, context: Context) -> EngineReply:
        listed = words()
        said = Said(
            text,
            affirms=says_yes(text),
            denies=text.strip().startswith(tuple(listed["denials"])),
            cancels=says_surely_off(text) or (len(text) <= SHORT and _has(text, listed["cancels"])),
            asks=context.form == HELP_FORM and sounds_like_a_question(text),
            aside=OWN_TICKET_FORM if context.form == HELP_FORM and find_number(text) else None,
        )
        taken = self._intake.hear(said, _spot(context))
        if taken.act is Act.FILE:
            taken = self._intake.file(context.conversation_id, context.message_id)
            outcome = Outcome.TICKET_FILED if taken.act is Act.FILE else Outcome.INTAKE
            return EngineReply(said_as(taken.spoken), outcome, taken.ticket_number)
        if taken.act is Act.CANCELLED:
            return EngineReply(said_as(taken.spoken), Outcome.WITHDRAWN)
        if taken.aside and (talked := self._ticket_talk.aside(_listened(text), _spot(context))):
            replies = said_as((*talked.spoken, *taken.spoken))
            return EngineReply(replies, Outcome.TICKET_STATUS, talked.ticket_number)
        if taken.act is Act.ANSWER:
            answered = self._policy(text, context)
            return EngineReply((*answered.replies[:1], *said_as(taken.spoken)), answered.outcome)
        return EngineReply(said_as(taken.spoken), Outcome.INTAKE)

    def _policy(self, text: str, context: Context) -> EngineReply:
        say = texts("chat")
        try:
            answer = self._knowledge.answer(text, region=context.region, earlier=context.earlier)
        except KnowledgeError:
            log.exception("policy_answer_failed")
            return EngineReply((Reply(say["stand_in_no_evidence"]),), Outcome.NO_EVIDENCE)
        told = reply_to_json(answer)
        buttons = tuple(Button(**button) for button in told["buttons"])
        offer = Reply(
            say["stand_in_offer"],
            buttons=(Button(say["greeting_person"], say["greeting_person_payload"]),),
        )
        reply = Reply(told["text"], tuple(told["citations"]), buttons)
        return EngineReply((reply, offer), Outcome(answer.outcome))


def _spot(context: Context) -> Spot:
    return Spot(context.conversation_id, context.message_id, context.region, context.before)


def _listened(text: str) -> Listened:
    """What word lists make of a message about her own ticket; a bare number asks how far it is."""
    listed = words()
    errand = errand_in(text) or (Errand.PROGRESS if find_number(text) else None)
    asks = text.rstrip().endswith(("?", "？", "吗", "呢", "么"))
    return Listened(
        text,
        errand=errand,
        affirms=says_yes(text),
        denies=text.strip().startswith(tuple(listed["denials"])),
        leaves=len(text) <= SHORT and _has(text, listed["cancels"]),
        elsewhere=errand is None and asks,
        asks=asks,
    )


def said_as(spoken: tuple[Spoken, ...]) -> tuple[Reply, ...]:
    """What the intake says, as replies of the chat."""
    return tuple(
        Reply(one.text, buttons=tuple(Button(title, sends) for title, sends in one.buttons)) for one in spoken
    )


def _has(text: str, listed: list[str]) -> bool:
    return any(word in text for word in listed)
