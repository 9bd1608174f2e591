"""Answering a policy question with the article it rests on."""

import asyncio
from typing import Any

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.parts import Heard, Parts, heard
from knowledge.errors import KnowledgeError
from knowledge.model import Answer
from knowledge.wire import reply_to_json
from tickets.hearing import tells_a_matter, understand

log = structlog.get_logger()


# In cross-validation the classifier is right about out_of_scope nine times in ten from here on; below, one
# policy question in five would be turned away (docs/adr/0003-intent-classifier.md).
SURELY_NOT_OURS = 0.7
OUTRIGHT = 50  # characters; the longest title of a law has 40


def say_answer(parts: Parts, message: Heard, dispatcher: CollectingDispatcher) -> str | None:
    """Answer the newest message from the policy texts, or say honestly that they do not answer it.

    Gives the outcome; None if the texts could not be asked.
    """
    answer = _answer(parts, message)
    if answer is None:
        dispatcher.utter_message(response="utter_knowledge_unavailable")
        return None
    dispatcher.utter_message(json_message=reply_to_json(answer))
    return answer.outcome


def asks_for_an_article(parts: Parts, message: Heard) -> bool:
    """Whether a message names an article of a law outright (慈善法第十条) and tells no story around it."""
    return len(message.text) <= OUTRIGHT and parts.knowledge.names_article(message.text)


def _answer(parts: Parts, message: Heard) -> Answer | None:
    try:
        return parts.knowledge.answer(message.text, region=message.region, earlier=message.earlier)
    except KnowledgeError:
        log.exception("policy_answer_failed")
        return None


def _tells_a_plight(text: str) -> bool:
    """Whether the question tells what has happened to someone, so that more than an answer may be wanted."""
    told = understand(text, None, lambda said: None)
    return told.relation is not None and tells_a_matter(text, told)


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
        outcome = await asyncio.to_thread(say_answer, self._parts, message, dispatcher)
        if outcome != "out_of_scope" and _tells_a_plight(message.text):
            dispatcher.utter_message(response="utter_offer_form")
        return []


class ActionTurnAway(Action):
    """Runs on what is not ours; when that is not sure, the policy texts are asked first."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_turn_away"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        message = heard(tracker)
        found = await asyncio.to_thread(_answer, self._parts, message)
        unsure = message.confidence < SURELY_NOT_OURS or asks_for_an_article(self._parts, message)
        # Whose matter it is stands in the texts too, and says more than that it is not ours.
        usable = {"answered", "out_of_scope"} if unsure else {"out_of_scope"}
        if found is not None and found.outcome in usable:
            dispatcher.utter_message(json_message=reply_to_json(found))
        else:
            dispatcher.utter_message(response="utter_out_of_scope")
        return []
