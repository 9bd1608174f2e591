"""Answers when Rasa does not (永不中断): policy questions from the texts, requests by the same intake rules.

It keeps nothing of its own. A request half taken down is found again by reading the stored turns, so it
carries on where Rasa stopped, and stops no one when Rasa is back.
"""

from collections.abc import Callable

import structlog

from api.chat.model import Button, Context, EngineReply, Outcome, Reply
from api.chat.store import ConversationStore
from api.texts import texts
from knowledge.errors import KnowledgeError
from knowledge.service import KnowledgeBase
from knowledge.wire import reply_to_json
from tickets.hearing import Heard, says_yes, understand, words
from tickets.intake import Draft, beijing_words, office_words, place_question, read_back
from tickets.model import Area
from tickets.places import place_choices
from tickets.service import Desk

log = structlog.get_logger()

# Endings that leave a request half taken down open; any other ending closes it.
_CONTINUING = {Outcome.INTAKE, Outcome.ANSWERED, Outcome.NO_EVIDENCE, Outcome.CLARIFY, Outcome.HANDED_OVER}


class StandIn:
    """A DialogueEngine without a model: word lists, the intake rules and the policy index."""

    def __init__(
        self,
        store: ConversationStore,
        knowledge: KnowledgeBase,
        desk: Desk,
        resolve_place: Callable[[str, str], Area | None],
    ) -> None:
        self._store = store
        self._knowledge = knowledge
        self._desk = desk
        self._resolve_place = resolve_place

    def ready(self) -> bool:
        return True

    def reply(self, text: str, context: Context) -> EngineReply:
        listed = words()
        if _has(text, listed["asks_person"]):
            return EngineReply((Reply(texts("chat")["handed_over"]),), Outcome.HANDED_OVER)
        draft = self._open_draft(context)
        if draft is None and not _has(text, listed["asks_help"]):
            return self._policy(text, context)
        if draft is not None and _has(text, listed["cancels"]) and len(text) < 14:
            return EngineReply((Reply(texts("chat")["cancelled"]),), Outcome.WITHDRAWN)
        return self._take_down(draft or Draft(), text, context)

    def _open_draft(self, context: Context) -> Draft | None:
        """Read the open request out of the stored turns; None when there is none."""
        draft: Draft | None = None
        for text, outcome in self._store.told(context.conversation_id):
            if outcome is Outcome.INTAKE:
                draft = self._hear(draft or Draft(), text, context)
            elif outcome not in _CONTINUING:
                draft = None
        return draft

    def _hear(self, draft: Draft, text: str, context: Context) -> Draft:
        asked = draft.asked[-1] if draft.asked else None
        heard = draft.hear(text, asked, self._understand(draft, text, context))
        return heard.asking(heard.missing() or "confirmed")

    def _understand(self, draft: Draft, text: str, context: Context) -> Heard:
        asked = draft.asked[-1] if draft.asked else None
        return understand(
            text,
            asked,
            lambda said: self._resolve_place(said, context.region),
            lambda said: place_choices(said, context.region),
            draft.offered,
        )

    def _take_down(self, draft: Draft, text: str, context: Context) -> EngineReply:
        asked = draft.asked[-1] if draft.asked else None
        adds_nothing = not self._understand(draft, text, context).anything
        if asked == "confirmed" and says_yes(text) and adds_nothing:
            return self._file(draft, context)
        question = text.rstrip().endswith(("?", "？", "吗", "呢"))
        if asked is not None and question:
            answered = self._policy(text, context)
            return EngineReply((*answered.replies, _question(draft)), answered.outcome)
        return EngineReply((_question(self._hear(draft, text, context)),), Outcome.INTAKE)

    def _file(self, draft: Draft, context: Context) -> EngineReply:
        say = texts("chat")
        filing = self._desk.take_down(
            draft.to_ticket(
                conversation_id=context.conversation_id, message_id=context.message_id, channel="web"
            )
        )
        ticket = filing.ticket
        filed = say["added" if filing.added else "filed"].format(
            number=ticket.number,
            office=office_words(ticket),
            due=beijing_words(ticket.due_at),
            with_phone=say["filed_with_phone"] if draft.phone else "",
        )
        return EngineReply((Reply(filed),), Outcome.TICKET_FILED, ticket.number)

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


def _question(draft: Draft) -> Reply:
    say, asked = texts("chat"), draft.asked[-1]
    if asked == "confirmed":
        yes = Button(say["confirm_yes"], say["confirm_yes"])
        no = Button(say["confirm_no"], say["confirm_no_payload"])
        return Reply(say["confirm"].format(**read_back(draft)), buttons=(yes, no))
    which = place_question(draft) if asked == "place" else None
    if which is not None:
        buttons = tuple(Button(answer, answer) for answer in which.answers)
        return Reply(say["ask_place_choice"].format(choices=which.choices), buttons=buttons)
    return Reply(say[f"ask_{asked}"])


def _has(text: str, listed: list[str]) -> bool:
    return any(word in text for word in listed)
