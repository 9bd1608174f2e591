"""评测替群众答话：机器人现在的问法都要听得懂，改了话术这里会报。"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from api.evaluation.questions import agreeing_payload, asked
from api.evaluation.talking import Exchange
from api.settings import PROJECT_ROOT


def replying(text: str, *titles: str) -> Exchange:
    buttons = tuple((title, title) for title in titles)
    return Exchange("", (text,), buttons, "intake", "bot", None)


SAID_IN = ("bot/domain", "api/texts", "tickets/texts")
# Keys under which the bot keeps its questions, and what each asks for.
QUESTIONS = {
    r"ask\.matter(_again)?$": "matter",
    r"ask\.place(_again|_choice)?$": "place",
    r"ask\.who$": "who",
    r"ask\.contact(_again)?$": "contact",
    r"ask_number\.\w+$": "number",
    r"ask_tail$": "phone_tail",
}
ENDINGS = r"(^|[._])(filed|filed_no_phone|added|added_phone|cancelled)$"


def sentences(found: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every sentence of a text file with its dotted key."""
    if isinstance(found, str):
        yield key, found
    elif isinstance(found, list):
        yield from (pair for one in found for pair in sentences(one, key))
    elif isinstance(found, dict):
        for name, one in found.items():
            if name == "custom":
                continue
            yield from sentences(one, f"{key}.{name}".removeprefix(".").removeprefix("responses."))


def bot_sentences() -> list[tuple[str, str]]:
    paths = (path for name in SAID_IN for path in sorted((PROJECT_ROOT / name).glob("*.yml")))
    return [pair for path in paths for pair in sentences(yaml.safe_load(path.read_text("utf-8")))]


@pytest.mark.parametrize(("key", "kind"), QUESTIONS.items())
def test_the_driver_understands_every_question_that_the_bot_puts(key: str, kind: str):
    found = [
        text.replace("{choices}", "甲县，还是乙县") for name, text in bot_sentences() if re.match(key, name)
    ]
    assert found, f"the texts hold no {key} any more: look where the bot keeps this question now"

    assert [asked(replying(text)) for text in found] == [kind] * len(found)


def test_the_driver_hears_no_question_in_an_ending():
    found = [text for name, text in bot_sentences() if re.search(ENDINGS, name)]
    assert found

    assert [asked(replying(text)) for text in found] == [None] * len(found)


def test_the_driver_agrees_by_the_button_that_agrees():
    """确认登记、确定撤销、确定不登记，各按各的按钮；登记确认旁边的“不登记了”不算在问要不要取消。"""
    withdraw = dict(bot_sentences())["own_ticket.withdraw.sure"]

    assert agreeing_payload(replying("", "确认", "不登记了"), "filing") == "确认"
    assert agreeing_payload(replying("", "确认", "不登记了"), "cancelling") is None
    assert agreeing_payload(replying("", "接着登记", "不登记了"), "cancelling") == "不登记了"
    assert agreeing_payload(replying("", withdraw, "不用了"), "withdrawing") == withdraw
    assert agreeing_payload(replying("", "接着登记", "不登记了"), "filing") is None
    assert agreeing_payload(replying("", "另外登记", "补充到这张工单"), "adding") == "补充到这张工单"
