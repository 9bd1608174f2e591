from itertools import accumulate, chain
from pathlib import Path

import numpy as np
import pytest

from knowledge.lexical import K1, B, LexicalIndex, terms, terms_held
from knowledge.library import SHIPPED_CORPUS, shipped_documents

TEXTS = ["申请临时救助的程序", "最低生活保障标准由省级政府确定", "殡葬服务收费"]


def indexed(texts: list[str]) -> LexicalIndex:
    vocabulary: dict[str, int] = {}
    cut = [[vocabulary.setdefault(t, len(vocabulary)) for t in terms(text)] for text in texts]
    starts = np.array([0, *accumulate(map(len, cut))], dtype=np.int64)
    return LexicalIndex.build(starts, np.array(list(chain(*cut)), dtype=np.int32), list(vocabulary))


def test_words_of_talk_are_not_counted():
    assert "怎么" not in terms("请问低保怎么办呀")
    assert "低保" in terms("请问低保怎么办呀")


@pytest.mark.parametrize(
    "question",
    [
        "低保户生病住院，医疗救助能报多少",
        "孤儿的基本生活费怎么申请",
        "ICU的钱付不起，救助站管不管",
        "第十条说的是什么",
    ],
)
def test_the_terms_that_an_article_holds_are_those_among_all_its_terms(question: str):
    """只切可能用得上的几段，结果要和整条切开一样。"""
    wanted = set(terms(question))
    held = 0

    for document in shipped_documents(SHIPPED_CORPUS)[::9]:
        for article in document.articles:
            expected = wanted.intersection(terms(article.text))
            held += len(expected)
            assert terms_held(article.text, wanted) == expected
    assert held


def test_a_word_across_a_mark_is_not_held():
    assert terms_held("申请低，保险费", {"低保", "低", "申请"}) == {"低", "申请"}


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


def test_no_row_scores_higher_than_the_ceiling_and_one_that_alone_holds_all_words_reaches_it():
    index = indexed(TEXTS)

    assert index.scores(["殡葬", "服务", "服务"]).max() == pytest.approx(
        index.ceiling(["殡葬", "服务", "服务"])
    )
    assert index.scores(["殡葬", "程序"]).max() < index.ceiling(["殡葬", "程序"])
    assert index.ceiling([]) == 0.0


def test_scores_are_added_to_those_there_are():
    index = indexed(TEXTS)
    both = index.scores(["殡葬"], onto=index.scores(["程序"]))

    assert np.allclose(both, index.scores(["殡葬", "程序"]))


def test_a_term_counts_as_often_as_is_said():
    index = indexed(TEXTS)

    assert np.allclose(index.scores({"服务": 2.0, "殡葬": 0.5}),
                       2 * index.scores(["服务"]) + 0.5 * index.scores(["殡葬"]))  # fmt: skip
