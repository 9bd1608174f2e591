"""Answering a policy question with the article it rests on."""

import asyncio
from typing import Any

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.own_ticket import asks_after_what_was_filed
from actions.parts import Heard, Parts, heard, speak
from actions.whose_matter import (
    is_unreadable,
    may_be_ours,
    not_ours,
    request_is_not_ours,
    send_elsewhere,
)
from knowledge.errors import KnowledgeError
from knowledge.model import Answer
from knowledge.scope import shipped_scope
from knowledge.wire import reply_to_json
from tickets.hearing import tells_a_matter, understand
from tickets.interview import Said

log = structlog.get_logger()


OUTRIGHT = 50  # characters; the longest title of a law has 40


def say_answer(parts: Parts, message: Heard, dispatcher: CollectingDispatcher) -> str | None:
    """Answer the newest message from the policy texts, or say honestly that they do not answer it.

    Gives the outcome; None if the texts could not be asked.
    """
    if is_unreadable(message.text):
        dispatcher.utter_message(response="utter_gibberish")
        return "clarify"
    if asks_after_what_was_filed(parts, dispatcher, message):
        return "ticket_status"
    answer = look_up(parts, message)
    if answer is None:
        dispatcher.utter_message(response="utter_knowledge_unavailable")
        return None
    if answer.outcome != "out_of_scope" and not_ours(answer, shipped_scope().judge(message.text)):
        send_elsewhere(message.text, dispatcher)
        return "out_of_scope"
    dispatcher.utter_message(json_message=reply_to_json(answer))
    return answer.outcome


def asks_for_an_article(parts: Parts, message: Heard) -> bool:
    """Whether a message names an article of a law outright (慈善法第十条) and tells no story around it."""
    return len(message.text) <= OUTRIGHT and parts.knowledge.names_article(message.text)


def turned_away(parts: Parts, message: Heard, dispatcher: CollectingDispatcher) -> bool:
    """Answer what would open the request form though it is no request: nonsense, or another office's matter.

    False, and nothing is said, when it may be a request.
    """
    if is_unreadable(message.text):
        dispatcher.utter_message(response="utter_gibberish")
        return True
    answer = look_up(parts, message)
    if answer is None or not request_is_not_ours(message, answer, shipped_scope().judge(message.text)):
        return False
    send_elsewhere(message.text, dispatcher)
    return True


def look_up(parts: Parts, message: Heard) -> Answer | None:
    """What the policy texts give for a message; None if they could not be asked."""
    try:
        return parts.knowledge.answer(message.text, region=message.region, earlier=message.earlier)
    except KnowledgeError:
        log.exception("policy_answer_failed")
        return None


def _tells_a_plight(text: str) -> bool:
    """Whether the question tells what has happened to someone, so that more than an answer may be wanted."""
    told = understand(text, None, lambda said: None)
    return told.relation is not None and tells_a_matter(text, told)


def offer_form(parts: Parts, dispatcher: CollectingDispatcher, message: Heard) -> None:
    """Offer to have the plight taken down, and keep what was told of it; no form that is open is touched."""
    with parts.turns.writing(message.message_id) as mine:
        if mine and parts.intake.may_offer(message.conversation_id):
            parts.intake.offer(message.text, message.spot)
    dispatcher.utter_message(response="utter_offer_form")


def took_down(parts: Parts, dispatcher: CollectingDispatcher, message: Heard) -> bool:
    """Begin a request with a message that leaves a phone and asks nothing, whatever it was taken for."""
    intake = parts.intake
    waits = intake.leaves_contact(message.text, message.spot.region)
    if not waits or not intake.may_offer(message.conversation_id):
        return False
    if turned_away(parts, message, dispatcher):
        return True
    with parts.turns.writing(message.message_id) as mine:
        if mine:
            speak(dispatcher, intake.hear(Said(message.text), message.spot).spoken)
            dispatcher.utter_message(json_message={"outcome": "intake"})
    return True


class ActionAnswerPolicy(Action):
    """Runs on every policy question, and on whatever the classifier could not place."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_answer_policy"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        message = heard(tracker)
        if await asyncio.to_thread(took_down, self._parts, dispatcher, message):
            return []
        outcome = await asyncio.to_thread(say_answer, self._parts, message, dispatcher)
        if outcome != "out_of_scope" and _tells_a_plight(message.text):
            await asyncio.to_thread(offer_form, self._parts, dispatcher, message)
        return []


class ActionTurnAway(Action):
    """Runs on what the classifier thinks not ours; the policy texts are asked first, and decide."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_turn_away"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        await asyncio.to_thread(self._turn_away, dispatcher, heard(tracker))
        return []

    def _turn_away(self, dispatcher: CollectingDispatcher, message: Heard) -> None:
        if is_unreadable(message.text):
            dispatcher.utter_message(response="utter_gibberish")
            return
        if asks_after_what_was_filed(self._parts, dispatcher, message):
            return
        found = look_up(self._parts, message)
        judged = shipped_scope().judge(message.text)
        sure = 0.0 if asks_for_an_article(self._parts, message) else message.confidence
        if found is not None and may_be_ours(found, judged, sure):
            dispatcher.utter_message(json_message=reply_to_json(found))
        else:
            send_elsewhere(message.text, dispatcher)


class ActionRefuse(Action):
    """Runs on what nobody may help with: forged papers, other people's data, orders to the assistant.

    The classifier alone takes every tenth real question for one of these, mostly stories of wrong that was
    suffered; so it refuses only what the texts do not answer either, or what by its words is of such a kind.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_refuse"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        await asyncio.to_thread(self._refuse, dispatcher, heard(tracker))
        return []

    def _refuse(self, dispatcher: CollectingDispatcher, message: Heard) -> None:
        if asks_after_what_was_filed(self._parts, dispatcher, message):
            return
        judged = shipped_scope().judge(message.text)
        found = look_up(self._parts, message) if judged.ours >= 0 else None
        if found is not None and may_be_ours(found, judged, message.confidence):
            dispatcher.utter_message(json_message=reply_to_json(found))
        elif judged.ours < 0 and judged.kind != "near_miss":
            send_elsewhere(message.text, dispatcher)
        else:
            dispatcher.utter_message(response="utter_improper")
