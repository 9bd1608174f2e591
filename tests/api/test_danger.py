"""危险筛查：真的要报，像而不是的不报。"""

from pathlib import Path

import pytest
import yaml

from api.chat.danger import DangerScreen, danger_phrases
from knowledge.normalisation import searchable

OWN = yaml.safe_load((Path(__file__).parent / "data" / "danger_own.yml").read_text("utf-8"))


@pytest.fixture(scope="module")
def screen():
    return DangerScreen(danger_phrases(), searchable)


def test_our_own_sentences_are_told_apart(screen):
    """召回不低于 0.97，误报不高于 0.05（这套句子是和词表一起写的，只防退步）。"""
    rows = OWN["sentences"]
    dangers = [row["text"] for row in rows if row["kind"]]
    others = [row["text"] for row in rows if not row["kind"]]

    missed = [text for text in dangers if screen.look(text) is None]
    alarms = [text for text in others if screen.look(text) is not None]

    assert len(missed) <= 0.03 * len(dangers), missed
    assert len(alarms) <= 0.05 * len(others), alarms


def test_every_reply_begins_with_its_number(screen):
    """第一句就给电话。"""
    for kind in danger_phrases()["kinds"]:
        first = kind["reply"].strip().split("。")[0]
        assert kind["number"] in first, kind["kind"]


def test_every_number_names_its_source():
    for kind in danger_phrases()["kinds"]:
        assert kind["source"]
        assert kind["number"] in kind["acceptable"]


@pytest.mark.parametrize("said", ["我　不想 活了，药都買好了", "我​不想活了，药都买好了"])
def test_spaces_width_and_traditional_characters_hide_nothing(screen, said):
    assert screen.look(said) is not None
