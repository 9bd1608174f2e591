"""What is said to talk, and what inside the form: chosen by what was said, and never empty."""

from typing import Any

import pytest
import yaml
from rasa_sdk.executor import CollectingDispatcher

from actions.parts import Heard
from actions.small_talk import ASIDES, CHAT, REPLIES, ActionSmallTalk, reply_to_chat, topics
from api.settings import PROJECT_ROOT
from knowledge.model import Answer

DOMAIN = PROJECT_ROOT / "bot" / "domain"
RESPONSES = yaml.safe_load((DOMAIN / "responses.yml").read_text("utf-8"))["responses"]
INTENTS = yaml.safe_load((DOMAIN / "intents.yml").read_text("utf-8"))["intents"]


class Texts:
    """A knowledge base of one reply."""

    def __init__(self, outcome: str, confidence: float) -> None:
        self.answered = Answer(outcome, "救助的答复", (), (), confidence, None, "救助的答复")

    def answer(self, *_: Any, **__: Any) -> Answer:
        return self.answered


class TextsOnly:
    """Parts with nothing but a knowledge base; no ticket was shown in the conversation."""

    def __init__(self, knowledge: Texts) -> None:
        self.knowledge = knowledge

    def own_tickets(self, conversation_id: str) -> list[str]:
        return []


def said(text: str, intent: str, outcome: str = "no_evidence", sure: float = 0.2) -> Any:
    """The one thing that small talk says to a message: a response name or a text."""
    blank: dict[str, Any] = dict.fromkeys(Heard.__dataclass_fields__)
    message = Heard(
        **blank | {"text": text, "intent": intent, "confidence": 0.9, "earlier": (), "before": ()}
    )
    dispatcher = CollectingDispatcher()
    parts: Any = TextsOnly(Texts(outcome, sure))
    ActionSmallTalk(parts)._reply(dispatcher, message)
    (one,) = dispatcher.messages
    return one["response"] or one["custom"]["text"]


@pytest.mark.parametrize(
    ("remark", "topic"),
    [
        ("今天好热啊", "weather"),
        ("你真聪明", "praise"),
        ("答非所问", "complaint"),
        ("中秋快乐", "wishes"),
        ("讲个笑话", "joke"),
        ("测试一下", "test"),
        ("我眼花看不清", "eyesight"),
    ],
)
def test_a_remark_is_answered_by_its_topic(remark: str, topic: str):
    assert reply_to_chat(remark) == CHAT[topic]


def test_a_remark_about_nothing_known_is_answered_too():
    assert reply_to_chat("随便聊聊") == "utter_chitchat"


@pytest.mark.parametrize("text", ["。。。", "？？？", "😀😀", "1", "250", "a", "<>", "  "])
def test_signs_digits_and_single_letters_are_asked_back_whatever_the_classifier_thinks(text: str):
    """符号、表情、几个数字、一个字母：请对方再说一遍，不当成闲聊，也不当成确认。"""
    assert said(text, "affirm") == "utter_gibberish"


def test_a_question_that_only_sounds_like_thanks_is_answered():
    asked = "谢谢你上回帮我，这回想问临时救助一年能申请几次"

    assert said(asked, "thank", outcome="answered", sure=0.9) == "救助的答复"
    assert said("谢谢你", "thank", outcome="answered", sure=0.9) == "utter_thank"


def test_who_grieves_is_comforted_and_not_sent_elsewhere():
    told = "老头子走了三个月了，我天天睡不着，心里空落落的"

    assert said(told, "need_comfort", outcome="out_of_scope") == "utter_comfort"


def test_who_asks_is_told_that_it_is_a_machine_with_people_behind_it():
    text = RESPONSES["utter_identity"][0]["text"]

    assert said("你是真人吗", "ask_identity") == "utter_identity"
    assert "AI" in text and "不是真人" in text and "工作人员" in text


def test_every_reply_to_talk_ends_the_turn_with_an_outcome_and_exists():
    for name in {*REPLIES.values(), *CHAT.values()}:
        assert RESPONSES[name][0]["custom"]["outcome"] in {"smalltalk", "clarify", "out_of_scope"}


def test_an_aside_exists_for_every_one_of_its_intents_and_has_no_outcome_of_its_own():
    for intent, name in ASIDES.items():
        assert intent in INTENTS
        assert "custom" not in RESPONSES[name][0]


def test_every_topic_has_a_reply():
    assert set(topics()) == set(CHAT)
