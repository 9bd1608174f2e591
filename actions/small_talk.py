"""Everything that people say beside their matter: a short, fitting word and the way back to it."""

import asyncio
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.own_ticket import asks_after_what_was_filed, takes_back_what_was_filed
from actions.parts import Heard, Parts, heard
from actions.policy import look_up
from actions.whose_matter import is_unreadable, not_ours, send_elsewhere
from knowledge.scope import shipped_scope
from knowledge.wire import reply_to_json

_TOPICS = Path(__file__).parent / "small_talk.yml"

# What is said to an intent when no form is open …
REPLIES: Mapping[str, str] = {
    "greet": "utter_greet",
    "thank": "utter_thank",
    "goodbye": "utter_goodbye",
    "ask_identity": "utter_identity",
    "ask_menu": "utter_menu",
    "ask_again": "utter_ask_again",
    "hold_on": "utter_hold_on",
    "need_comfort": "utter_comfort",
    "abuse": "utter_abuse",
    "gibberish": "utter_gibberish",
    "other_language": "utter_other_language",
    "affirm": "utter_nothing_pending",
    "deny": "utter_nothing_pending",
    "cancel": "utter_nothing_pending",
    "refuse_to_say": "utter_say_more",
}
# … and to the topics of chat.
CHAT: Mapping[str, str] = {
    "weather": "utter_chat_weather",
    "praise": "utter_chat_praise",
    "complaint": "utter_chat_complaint",
    "wishes": "utter_chat_wishes",
    "joke": "utter_chat_joke",
    "test": "utter_chat_test",
    "eyesight": "utter_chat_eyesight",
    "understood": "utter_nothing_pending",
}
# Inside the request form: one short word, then the form puts its question again.
ASIDES: Mapping[str, str] = {
    "ask_identity": "utter_aside_identity",
    "ask_menu": "utter_aside_menu",
    "ask_again": "utter_aside_again",
    "hold_on": "utter_aside_hold_on",
    "need_comfort": "utter_aside_comfort",
    "abuse": "utter_aside_abuse",
    "improper": "utter_aside_improper",
    "gibberish": "utter_aside_gibberish",
    "other_language": "utter_aside_other_language",
    "urge_ticket": "utter_aside_own_ticket",
    "add_to_ticket": "utter_aside_own_ticket",
    "withdraw_ticket": "utter_aside_own_ticket",
}
# Up to here a message is only talk; a longer one may hold a question, and the texts are asked.
ONLY_TALK = 10
SURE = 0.5
# These are said to whoever needs them, however long the message is.
NEVER_SENT_AWAY = frozenset({"need_comfort", "other_language", "abuse", "ask_identity", "ask_menu"})


@cache
def topics() -> Mapping[str, list[str]]:
    """The words by which a topic of chat is known, in the order in which they are looked for."""
    return yaml.safe_load(_TOPICS.read_text("utf-8"))


def reply_to_chat(text: str) -> str:
    """The response that fits a remark; a general one when it is about nothing known."""
    found = (topic for topic, words in topics().items() if any(word in text for word in words))
    return CHAT.get(next(found, ""), "utter_chitchat")


class ActionSmallTalk(Action):
    """Answers talk; a question or another office's matter that only sounds like talk is treated as such."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def name(self) -> str:
        return "action_small_talk"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        await asyncio.to_thread(self._reply, dispatcher, heard(tracker))
        return []

    def _reply(self, dispatcher: CollectingDispatcher, message: Heard) -> None:
        if is_unreadable(message.text):
            dispatcher.utter_message(response="utter_gibberish")
        elif (
            message.intent == "cancel" and takes_back_what_was_filed(self._parts, dispatcher, message)
        ) or asks_after_what_was_filed(self._parts, dispatcher, message):
            return
        elif not self._matter_in_it(dispatcher, message):
            response = REPLIES.get(message.intent) or reply_to_chat(message.text)
            dispatcher.utter_message(response=response)

    def _matter_in_it(self, dispatcher: CollectingDispatcher, message: Heard) -> bool:
        sure = message.confidence >= SURE
        if (sure and len(message.text) <= ONLY_TALK) or message.intent == "other_language":
            return False
        found = look_up(self._parts, message)
        if found is None:
            return False
        judged = shipped_scope().judge(message.text)
        about_us = message.intent in ("ask_identity", "ask_menu") and sure
        if found.outcome == "answered" and judged.ours > 0 and not about_us:
            dispatcher.utter_message(json_message=reply_to_json(found))
            return True
        chatting = judged.kind in ("chitchat", "abusive", "gibberish", "weather")
        if message.intent in NEVER_SENT_AWAY or chatting or not not_ours(found, judged):
            return False
        send_elsewhere(message.text, dispatcher)
        return True
