"""Answering a policy question with the article it rests on."""

import asyncio
from typing import Any

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.parts import Heard, Parts, answer_json, heard
from knowledge.errors import KnowledgeError

log = structlog.get_logger()


def say_answer(parts: Parts, message: Heard, dispatcher: CollectingDispatcher) -> None:
    """Answer the newest message from the policy texts, or say honestly that they do not answer it."""
    try:
        answer = parts.knowledge.answer(message.text, region=message.region)
    except KnowledgeError:
        log.exception("policy_answer_failed")
        dispatcher.utter_message(response="utter_knowledge_unavailable")
        return
    dispatcher.utter_message(json_message=answer_json(answer))


class ActionAnswerPolicy(Action):
    """Runs on every policy question, and on whatever the classifier could not place."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_answer_policy"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        await asyncio.to_thread(say_answer, self._parts, heard(tracker), dispatcher)
        return []
