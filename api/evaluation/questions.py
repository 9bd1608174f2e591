"""What the bot's last reply asks for, and the button by which a citizen would agree (data/driver.zh.yml)."""

import re
from functools import cache

from api.evaluation.talking import Exchange
from api.evaluation.words import words

_SENTENCE = re.compile(r"[^。！!\n？?]*[。！!\n？?]?")


def asked(exchange: Exchange) -> str | None:
    """Give what the last reply asks for: matter, place, who, contact, number, phone_tail; None for nothing.

    A reply that waits for a yes asks for nothing else.
    """
    if not exchange.replies or agreeing_payload(exchange, "filing"):
        return None
    for sentence in reversed(_SENTENCE.findall(exchange.replies[-1])):
        if _either(words("driver")["not_questions"]).search(sentence):
            continue
        for question in words("driver")["questions"]:
            if _either(question["asks"]).search(sentence):
                return question["kind"]
    return None


def agreeing_payload(exchange: Exchange, to: str) -> str | None:
    """Give what the button sends that agrees to `filing`, `adding`, `withdrawing`, `cancelling`, or None.

    Where the yes to a filing is offered, the no beside it is no question whether to cancel.
    """
    titles = words("driver")["agreeing"]
    if to != "filing" and any(title in titles["filing"] for title, _ in exchange.buttons):
        return None
    return next((payload for title, payload in exchange.buttons if title in titles[to]), None)


def asks_for_request(exchange: Exchange) -> str | None:
    """Give what the last reply asks for if a request needs it."""
    kind = asked(exchange)
    return kind if kind in words("driver")["of_request"] else None


def _either(patterns: list[str]) -> re.Pattern[str]:
    return _compiled(tuple(patterns))


@cache
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
