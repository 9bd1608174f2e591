from pathlib import Path

import numpy as np

from knowledge.lexical import LexicalIndex, terms

TEXTS = ["申请临时救助的程序", "最低生活保障标准由省级政府确定", "殡葬服务收费"]


def test_words_of_talk_are_not_counted():
    assert "怎么" not in terms("请问低保怎么办呀")
    assert "低保" in terms("请问低保怎么办呀")


def test_the_text_that_holds_the_words_scores_highest():
    scores = LexicalIndex.build(TEXTS).scores(terms("臨時救助怎么申请"))

    assert scores.argmax() == 0


def test_unknown_words_score_nothing():
    assert not LexicalIndex.build(TEXTS).scores(["比特币"]).any()


def test_a_saved_index_scores_the_same(tmp_path: Path):
    index = LexicalIndex.build(TEXTS)
    index.save(tmp_path / "lexical")

    again = LexicalIndex.load(tmp_path / "lexical")

    assert np.allclose(again.scores(["殡葬"]), index.scores(["殡葬"]))


def test_words_that_no_text_holds_raise_the_ceiling():
    index = LexicalIndex.build(TEXTS)

    assert index.ceiling(["殡葬", "比特币"]) > index.ceiling(["殡葬"]) > 0
