"""问得相近的归到一起：同一件事的不同问法算一组，只差一样的两件事不混。"""

import random
from pathlib import Path

import numpy as np
import pytest
import yaml

from knowledge.embedders import ShippedEmbedder
from knowledge.grouping import MOST, group_alike
from tests.fakes import HashingEmbedder

MATTERS = yaml.safe_load((Path(__file__).parent / "data" / "alike.yml").read_text("utf-8"))
FLOOR = {"tune": 0.88, "check": 0.83}  # measured .904 and .852
CARD = ["社保卡丢了怎么补办", "社保卡掉了在哪里补", "补社保卡要带什么"]


class Crowded(ShippedEmbedder):
    """The shipped model with its directions bent towards one: any two texts are at least .8 close."""

    def encode(self, texts):
        rows = super().encode(texts)
        bent = np.concatenate([rows, np.full((len(rows), 1), 2.0, dtype=np.float32)], axis=1)
        return bent / np.linalg.norm(bent, axis=1, keepdims=True)


def grouped(texts, embedder=None):
    groups = group_alike(texts, embedder or ShippedEmbedder())
    return [{texts[position] for position in group} for group in groups]


def b_cubed(groups, matter_of):
    """F1 of B³ (Bagga & Baldwin 1998): of each question, how pure and how whole its group is."""
    precision, recall = [], []
    for group in groups:
        for one in group:
            same = sum(matter_of[one] == matter_of[other] for other in group)
            precision.append(same / len(group))
            recall.append(same / sum(matter == matter_of[one] for matter in matter_of.values()))
    p, r = np.mean(precision), np.mean(recall)
    return 2 * p * r / (p + r)


@pytest.mark.parametrize("part", ["tune", "check"])
def test_ways_of_asking_the_same_are_found_together(part):
    matter_of = {question: n for n, matter in enumerate(MATTERS[part]) for question in matter}

    assert b_cubed(grouped(list(matter_of)), matter_of) >= FLOOR[part]


def test_another_card_is_another_matter():
    """社保卡、残疾证、身份证丢了，是三件事。"""
    groups = grouped([*CARD, "残疾证丢了怎么补办", "身份证丢了人在外地能补吗"])

    assert groups[0] == set(CARD)
    assert len(groups) == 3


def test_the_order_in_which_they_were_asked_changes_nothing():
    texts = [question for matter in MATTERS["tune"] for question in matter]
    shuffled = random.Random(7).sample(texts, len(texts))

    assert grouped(shuffled) == grouped(texts)


def test_repeats_are_counted_and_the_largest_group_comes_first():
    texts = ["开货车的驾驶证怎么考", *CARD, *CARD]

    groups = group_alike(texts, ShippedEmbedder())

    assert [len(group) for group in groups] == [6, 1]
    assert sorted(position for group in groups for position in group) == list(range(7))


def test_politeness_width_and_traditional_characters_make_no_difference():
    groups = group_alike(
        ["请问社保卡丢了怎么补办", "社保卡丟了怎麼補辦", "社保卡丢了怎么补办"], HashingEmbedder()
    )

    assert [len(group) for group in groups] == [3]


def test_the_most_typical_wording_stands_first():
    """说得最多、最像大家的那句打头，哪怕有更短的。"""
    texts = [CARD[2], CARD[0], CARD[1], CARD[0], CARD[0]]

    groups = group_alike(texts, ShippedEmbedder())

    assert len(groups) == 1
    assert groups[0][:3] == (1, 3, 4)


def test_a_model_that_puts_everything_close_groups_the_same():
    texts = [*CARD, "残疾证丢了怎么补办", "天然气有没有困难户优惠", "低保户用燃气可以便宜点吗"]

    assert grouped(texts, Crowded()) == grouped(texts)


def test_texts_that_the_model_knows_nothing_of_stay_apart():
    groups = group_alike(["qwzx vbnk", "qwzx vbnk", "", "。。。"], ShippedEmbedder())

    assert [len(group) for group in groups] == [2, 1, 1]


def test_nothing_is_no_group():
    assert group_alike([], HashingEmbedder()) == []


def test_more_than_can_be_compared_is_refused():
    with pytest.raises(ValueError, match=str(MOST)):
        group_alike([f"第{number}个问题" for number in range(MOST + 1)], HashingEmbedder())
