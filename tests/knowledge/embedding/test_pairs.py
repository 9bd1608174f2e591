"""The pairs that the model learns from."""

from dataclasses import replace

import numpy as np
import pytest

from knowledge.embedding.material import Material
from knowledge.embedding.pairs import PairDrawer


def _words(material: Material, ids: np.ndarray) -> list[str]:
    return [material.vocabulary[row] for row in ids]


@pytest.mark.parametrize("in_law", [False, True])
def test_a_batch_is_full_and_has_no_empty_side(material: Material, in_law: bool):
    pairs = PairDrawer(material, seed=1).batch(64, in_law)

    assert len(pairs) == 64
    assert all(len(pair.query) and len(pair.text) for pair in pairs)


def test_the_same_seed_draws_the_same_pairs(material: Material):
    first, second = (PairDrawer(material, seed=3).batch(32, in_law=False) for _ in range(2))

    assert [pair.key for pair in first] == [pair.key for pair in second]
    assert all(np.array_equal(a.query, b.query) for a, b in zip(first, second, strict=True))


def test_a_batch_of_neighbours_draws_eight_articles_from_each_law(material: Material):
    """同一部法里的其他条文是最难的反例，要放在同一批里。"""
    for seed in range(5):
        keys = [pair.key for pair in PairDrawer(material, seed).batch(16, in_law=True) if 0 <= pair.key < 16]

        assert len({key // 4 for key in keys}) <= 2


def test_everyday_words_lead_to_articles_that_hold_the_term(material: Material):
    """“机器压断手”要和写着“工伤保险”的条文配成一对。"""
    pairs = [pair for seed in range(8) for pair in PairDrawer(material, seed).batch(128, in_law=False)]
    said = [pair for pair in pairs if "机器压断手" in _words(material, pair.query) and 0 <= pair.key < 16]

    assert said
    assert all("工伤保险" in _words(material, pair.text) for pair in said)


def test_a_real_question_leads_to_its_own_entry(material: Material):
    pairs = [pair for seed in range(8) for pair in PairDrawer(material, seed).batch(128, in_law=False)]
    asked = [pair for pair in pairs if pair.key >= 16]
    by_entry = {pair.key: _words(material, pair.text) for pair in asked}

    assert set(by_entry) == {16, 17}
    assert "最低生活保障" in by_entry[16]
    assert "收养登记" in by_entry[17]


def test_without_questions_the_other_kinds_fill_the_batch(material: Material):
    without = replace(material, texts=replace(material.texts, questions=[], answers=[]), question_keys=[])

    assert all(pair.key < 16 for pair in PairDrawer(without, seed=1).batch(64, in_law=False))
