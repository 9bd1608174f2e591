"""Who decides whether a message is ours: the texts first, the classifier only where they hesitate."""

import re

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.whose_matter import is_unreadable, may_be_ours, not_ours, send_elsewhere
from knowledge.model import Answer
from knowledge.scope.model import Scope
from knowledge.scope.offices import office_of, other_offices
from knowledge.texts import keys, say

OURS, THEIRS = Scope(3.0, "bank", 0.02), Scope(-2.0, "bank", 0.8)
VAGUELY_THEIRS = Scope(-2.0, "near_miss", 0.8)


def reply(outcome: str, confidence: float) -> Answer:
    return Answer(outcome, "", (), (), confidence, None)


def test_a_bold_answer_is_given_however_sure_the_classifier_is():
    assert may_be_ours(reply("answered", 0.9), THEIRS, sure=0.99)


def test_a_timid_answer_is_withheld_only_from_what_the_classifier_is_sure_of():
    assert not may_be_ours(reply("answered", 0.55), THEIRS, sure=0.8)
    assert may_be_ours(reply("answered", 0.55), THEIRS, sure=0.6)
    assert may_be_ours(reply("answered", 0.55), OURS, sure=0.99)


def test_who_would_be_asked_back_is_sent_elsewhere_only_when_both_think_so():
    assert not may_be_ours(reply("clarify", 0.2), OURS, sure=0.6)
    assert may_be_ours(reply("clarify", 0.4), OURS, sure=0.6)
    assert may_be_ours(reply("clarify", 0.2), OURS, sure=0.3)


def test_words_that_only_sound_like_ours_are_not_sent_away_while_the_texts_still_ask_back():
    assert not_ours(reply("clarify", 0.3), THEIRS)
    assert not not_ours(reply("clarify", 0.3), VAGUELY_THEIRS)
    assert not_ours(reply("no_evidence", 0.05), VAGUELY_THEIRS)
    assert not not_ours(reply("answered", 0.6), THEIRS)


@pytest.mark.parametrize("number", ["13712340001", "20260101-0001-3", "12345"])
def test_a_number_that_may_be_a_phone_or_a_ticket_is_read(number: str):
    assert not is_unreadable(number)


@pytest.mark.parametrize(
    ("message", "phone"),
    [
        ("住房公积金怎么提", "12329"),
        ("家里停电两小时了", "95598"),
        ("快递三天没动静", "12305"),
        ("社保卡丢了在哪补", "12333"),
        ("医保电子凭证怎么激活", "12393"),
        ("出租车绕路", "12328"),
        ("想找心理咨询", "12356"),
    ],
)
def test_another_offices_matter_is_sent_there_with_its_number(message: str, phone: str):
    dispatcher = CollectingDispatcher()

    send_elsewhere(message, dispatcher)

    assert phone in str(dispatcher.messages)


def test_need_beside_another_offices_word_is_not_sent_away():
    assert office_of("低保户停电了电费能减免吗") is None


def test_every_number_that_is_named_is_a_public_one_and_every_office_names_its_source():
    public = {"110", "119", "120", "122", "96110"}
    listed = {phone for one in other_offices() for phone in one.phones}
    kinds = " ".join(say("answers", f"outside.{kind}") for kind in keys("answers", "outside"))
    known = {"12345", "12315", "12366", "12378", "12306", "12121", "12368"}

    assert all(one.source and one.words for one in other_offices())
    assert set(re.findall(r"(?<!\d)\d{3,6}(?!\d)", kinds)) <= listed | public | known
