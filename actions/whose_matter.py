"""Whether a message is for this hotline, before it is answered, taken down or turned away."""

import unicodedata

from rasa_sdk.executor import CollectingDispatcher

from actions.parts import Heard
from knowledge.judgement import answer_floor, clarify_floor
from knowledge.model import Answer
from knowledge.scope import shipped_scope
from knowledge.scope.model import Scope
from knowledge.scope.offices import office_of
from knowledge.texts import keys, say
from tickets.hearing import understand

# Measured on the calibrating half of benchmarks/data/scope_messages.zh.yml: of 440 real questions one has an
# other kind as likely as this while the texts would only ask back; of 260 others every tenth.
LIKELY_OTHER = 0.4
# Who asks to be taken down must be further away still: a plight in few words resembles anything.
SURELY_OTHER = 0.6
# Chosen on the calibrating half and the policy questions, 440 real ones: 6 of them are sent away, of 260
# others 9 in 10. A bold answer stands whatever the classifier thinks; what the texts would only ask back,
# rather unsure, is given up to a classifier that is a little sure.
BOLD, RATHER_OURS, SURE_FOR_AN_ANSWER = 0.6, 1.5, 0.7
WORTH_ASKING, SURE_FOR_A_QUESTION = 0.3, 0.45
NAMED_KIND = 0.3  # a kind less likely than this is not named to anybody
VAGUE = frozenset({"near_miss", "chitchat", "gibberish", "opinion", "writing"})
UNSURE = frozenset({"clarify", "no_evidence"})


def is_unreadable(text: str) -> bool:
    """Whether a message holds no word at all: signs, emoji, one Latin letter, a few digits.

    From five digits on it may be a phone or a ticket number, and is read.
    """
    letters = [c for c in text if unicodedata.category(c)[0] == "L"]
    digits = [c for c in text if c.isdigit()]
    if letters:
        return len(letters) == 1 and letters[0].isascii() and len(text.strip()) <= 2
    return len(digits) < 5


def not_ours(answer: Answer, judged: Scope) -> bool:
    """Whether a message that the texts do not answer is another office's, or nobody's.

    Args:
        answer: what the policy texts gave.
        judged: its kind by its words alone.
    """
    if answer.outcome == "out_of_scope":
        return True
    if answer.outcome not in UNSURE:
        return False
    if answer.confidence < clarify_floor() and judged.ours < 0:
        return True
    likely = judged.ours < 0 and judged.probability >= LIKELY_OTHER and judged.kind != "near_miss"
    return likely and answer.confidence < answer_floor()


def may_be_ours(answer: Answer, judged: Scope, sure: float) -> bool:
    """Whether the texts' reply is given though the classifier thinks the message not ours.

    Args:
        sure: the classifier's probability.
    """
    if answer.outcome == "answered":
        return sure < SURE_FOR_AN_ANSWER or answer.confidence >= BOLD or judged.ours >= RATHER_OURS
    if answer.outcome == "out_of_scope" or not_ours(answer, judged):
        return False
    return sure < SURE_FOR_A_QUESTION or answer.confidence >= WORTH_ASKING


def request_is_not_ours(message: Heard, answer: Answer, judged: Scope) -> bool:
    """Whether what would be taken down as a request belongs to somebody else for certain."""
    told = understand(message.text, None, lambda said: None)
    if told.phone or told.place or told.relation or judged.kind in VAGUE:
        return False
    sure = judged.ours < 0 and judged.probability >= SURELY_OTHER and answer.confidence < clarify_floor()
    named = office_of(message.text) is not None and answer.confidence < clarify_floor()
    return sure or named


def send_elsewhere(text: str, dispatcher: CollectingDispatcher) -> None:
    """Say whose matter it is: by the words it names, else by its kind, else that it is not ours."""
    judged = shipped_scope().judge(text)
    office = office_of(text)
    if office is not None:
        dispatcher.utter_message(
            response="utter_other_office", office=office.office, phones="、".join(office.phones)
        )
    elif judged.probability >= NAMED_KIND and judged.kind in keys("answers", "outside"):
        words = say("answers", f"outside.{judged.kind}")
        dispatcher.utter_message(json_message={"outcome": "out_of_scope", "text": words})
    else:
        dispatcher.utter_message(response="utter_out_of_scope")
