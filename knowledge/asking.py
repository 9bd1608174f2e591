"""Understands how something is asked: several questions in one message, or leaning on an earlier one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from knowledge.lexical import terms

MOST_PARTS = 3
SHORTEST_PART = 5  # characters; 多少钱 alone is no question of its own
LONGEST_LEANING = 16  # characters; whoever writes more tells a matter of her own
LONGEST_TOPIC = 6
_WHOLE = ("", "details", "steps")  # sides that an entry tells in its answer
_STOPS = "?？!！。；; "
_SENTENCE = re.compile(r"[^?？!！。；;\n]+[?？!！。；;\n]*")


@dataclass(frozen=True)
class Asked:
    """What is asked: the text to look up, and which field of an entry it is about ("" : all of it).

    `matterless` if it asks one side of a matter that nobody has named.
    """

    text: str
    aspect: str = ""
    matterless: bool = False


def parts_of(message: str) -> tuple[str, ...]:
    """The questions of a message, each with what was told before the first; the message itself if it is one.

    Args:
        message: searchable text.
    """
    told, questions = "", []
    for sentence in _sentences(message):
        if asks(sentence) and len(sentence) >= SHORTEST_PART and not (questions and leans(sentence)):
            questions.append(sentence)
        elif questions:
            questions[-1] += sentence
        else:
            told += sentence
    if len(questions) < 2 or len(questions) > MOST_PARTS:
        return (message,)
    return tuple(told + question for question in questions)


def last_question(message: str) -> str:
    """The sentence of a story that asks: the last one with a sign of asking; "" if none or nothing else."""
    asking = [s for s in _SENTENCE.findall(message) if asks(s)]
    return asking[-1] if asking and len(asking[-1]) < len(message) else ""


def leans(message: str) -> bool:
    """True if a message is understood only after what was asked before (那要带什么)."""
    text = message.strip()
    if len(text) > LONGEST_LEANING:
        return False
    return any(pattern.search(text) for pattern in _rules()["leaning"]) or _is_only_an_aspect(text)


def in_context(message: str, earlier: Sequence[str]) -> Asked:
    """What a message asks after what was asked before (searchable texts, newest last)."""
    if not leans(message):
        return Asked(message)
    matter = next((text for text in reversed(earlier) if not leans(text)), "")
    if not matter:
        return Asked(message, matterless=_is_only_an_aspect(message))
    # 那临时救助呢: another matter, the same side of it. As the last question it outweighs the one before.
    return Asked(f"{matter.rstrip(_STOPS)}。{message}", aspect_of(message) or aspect_of(matter))


def is_bare_topic(message: str) -> bool:
    """True if a message names a matter and asks nothing about it (低保)."""
    text = message.strip("。.!！ ")
    return 0 < len(text) <= LONGEST_TOPIC and not asks(text) and not aspect_of(text)


def side_of(message: str) -> tuple[str, str]:
    """The matter and the field of an entry, where one side of a matter is asked and nothing else is told.

    低保要带什么材料 → (低保, materials); ("", "") of all others.
    """
    aspect, text = aspect_of(message), message.strip(_STOPS)
    if aspect in _WHOLE or len(text) > LONGEST_LEANING:
        return "", ""
    rest = _rules()["aspects"][aspect].sub("", text)
    for kind in ("outcome", "question", "filling"):
        rest = _rules()[kind].sub("", rest)
    topic = rest.strip(_STOPS + "，,")
    return (topic, aspect) if 1 < len(topic) <= LONGEST_TOPIC else ("", "")


def general_question(topic: str) -> str:
    """What people mostly want to know of a matter, as a question about it."""
    return str(_rules()["general"]).format(topic=topic)


def applying_question(topic: str) -> str:
    """How a matter is applied for, as a question: what its sides are told with."""
    return str(_rules()["applying"]).format(topic=topic)


def aspect_of(message: str) -> str:
    """The field of an entry that a message asks about; "" if none in particular."""
    aspects: dict[str, re.Pattern[str]] = _rules()["aspects"]
    return next((field for field, pattern in aspects.items() if pattern.search(message)), "")


def _is_only_an_aspect(text: str) -> bool:
    """True if nothing of a matter is left once the way of asking is taken away (要带什么材料)."""
    rest = text
    for pattern in (*_rules()["aspects"].values(), _rules()["question"], _rules()["filling"]):
        rest = pattern.sub("", rest)
    return rest != text and not any(len(term) > 1 for term in terms(rest))


def _sentences(message: str) -> list[str]:
    connector: re.Pattern[str] = _rules()["connector"]
    return [part for s in _SENTENCE.findall(message) for part in connector.split(s) if part and part.strip()]


def asks(sentence: str) -> bool:
    """True if a sentence has a sign of asking."""
    return bool(_rules()["question"].search(sentence.rstrip("?？!！。；;\n ")) or "?" in sentence)


@cache
def _rules() -> dict[str, Any]:
    text = (resources.files("knowledge") / "dictionary" / "asking.yml").read_text("utf-8")
    data = yaml.safe_load(text)
    connector = re.sub(r"\((?!\?)", "(?:", data["connector"])  # split() would give the groups back
    return {
        "general": data["general"],
        "applying": data["applying"],
        "outcome": re.compile(data["outcome"]),
        "question": re.compile(data["question"]),
        "filling": re.compile(data["filling"]),
        "connector": re.compile(connector),
        "leaning": [re.compile(pattern) for pattern in data["leaning"]],
        "aspects": {field: re.compile(pattern) for field, pattern in data["aspects"].items()},
    }
