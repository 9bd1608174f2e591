from itertools import accumulate, chain
from pathlib import Path

import numpy as np

from knowledge.lexical import K1, B, LexicalIndex, terms

TEXTS = ["申请临时救助的程序", "最低生活保障标准由省级政府确定", "殡葬服务收费"]


def indexed(texts: list[str]) -> LexicalIndex:
    vocabulary: dict[str, int] = {}
    cut = [[vocabulary.setdefault(t, len(vocabulary)) for t in terms(text)] for text in texts]
    starts = np.array([0, *accumulate(map(len, cut))], dtype=np.int64)
    return LexicalIndex.build(starts, np.array(list(chain(*cut)), dtype=np.int32), list(vocabulary))


def test_words_of_talk_are_not_counted():
    assert "怎么" not in terms("请问低保怎么办呀")
    assert "低保" in terms("请问低保怎么办呀")


def test_the_text_that_holds_the_words_scores_highest():
    scores = indexed(TEXTS).scores(terms("臨時救助怎么申请"))

    assert scores.argmax() == 0


def test_the_scores_are_those_of_bm25s_itself():
    """自己数词只为快；分数必须和 bm25s 建的索引一样。"""
    import bm25s

    texts = [*TEXTS, "低保低保低保", "", "申请低保的程序和殡葬服务"]
    theirs = bm25s.BM25(k1=K1, b=B)
    theirs.index([terms(text) for text in texts], show_progress=False)

    for query in (["低保"], ["申请", "程序", "低"], ["服务", "服务"]):
        assert np.allclose(indexed(texts).scores(query), theirs.get_scores(query), atol=1e-6)


def test_unknown_words_score_nothing():
    assert not indexed(TEXTS).scores(["比特币"]).any()


def test_a_saved_index_scores_the_same(tmp_path: Path):
    index = indexed(TEXTS)
    index.save(tmp_path / "lexical")

    again = LexicalIndex.load(tmp_path / "lexical", len(TEXTS))

    assert np.allclose(again.scores(["殡葬"]), index.scores(["殡葬"]))


def test_words_that_no_text_holds_raise_the_ceiling():
    index = indexed(TEXTS)

    assert index.ceiling(["殡葬", "比特币"]) > index.ceiling(["殡葬"]) > 0


def test_a_few_rows_score_as_among_all():
    index = indexed([*TEXTS, "", "申请低保的程序和殡葬服务"])
    query = terms("申请临时救助和低保的程序，殡葬服务，比特币")
    rows = np.array([4, 0, 3, 0])

    assert np.allclose(index.scores_of_rows(query, rows), index.scores(query)[rows], atol=1e-6)
    assert index.scores_of_rows(["比特币"], rows).tolist() == [0, 0, 0, 0]
    assert index.scores_of_rows(query, np.zeros(0, dtype=np.int64)).tolist() == []


def test_a_term_counts_as_often_as_is_said():
    index = indexed(TEXTS)

    assert np.allclose(index.scores({"服务": 2.0, "殡葬": 0.5}),
                       2 * index.scores(["服务"]) + 0.5 * index.scores(["殡葬"]))  # fmt: skip
