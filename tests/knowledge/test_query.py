"""一个问题的信号：最近的问法总是最近的那一个，不管查没查全部。"""

from collections.abc import Sequence
from itertools import accumulate, chain, product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from knowledge.dense.faiss_index import DenseIndex
from knowledge.embedders import ShippedEmbedder
from knowledge.lexical import LexicalIndex, terms
from knowledge.query import ENTRY_CANDIDATES, Query

ARTICLES = ["申请最低生活保障，由共同生活的家庭成员向户籍所在地提出。", "临时救助金由县级人民政府发放。"]
WAYS_OF_ASKING = [
    f"{who}{what}{how}"
    for who, what, how in product(
        ("我妈", "邻居", "我", "老人", "孩子", "残疾人"),
        ("的低保", "吃不上饭", "生病没钱", "的工资被拖欠", "失业了", "的房子漏水", "想上学", "被赶出来了"),
        ("怎么办", "找谁", "要多久", "有补助吗", "去哪里申请", "要带什么", "能领多少", "谁来管"),
    )
]
EMBEDDER = ShippedEmbedder()


@pytest.fixture(scope="module")
def index() -> Any:
    """Two articles, then 384 ways of asking, the last half as questions about articles."""
    texts = ARTICLES + WAYS_OF_ASKING
    vocabulary: dict[str, int] = {}
    cut = [[vocabulary.setdefault(term, len(vocabulary)) for term in terms(text)] for text in texts]
    starts = np.array([0, *accumulate(map(len, cut))], dtype=np.int64)
    words = np.array(list(chain(*cut)), dtype=np.int32)
    return SimpleNamespace(
        articles=len(ARTICLES),
        first_asked=len(ARTICLES) + len(WAYS_OF_ASKING) // 2,
        lexical=LexicalIndex.build(starts, words, list(vocabulary)),
        dense=DenseIndex.of(EMBEDDER.encode(texts)),
    )


@pytest.mark.parametrize(
    "question",
    [
        "我妈的低保去哪里申请",
        "邻居饿肚子没人管，有没有救急的钱",
        "老板跑路了，三个月工钱没结。我一分钱没有，住在桥洞下面，去哪里申请？",
        "比特币行情",
        "孩子",
    ],
)
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_the_nearest_way_of_asking_is_found_among_the_candidates_or_beyond_them(
    index: Any, question: str, share: float
):
    allowed = np.random.default_rng(5).random(len(ARTICLES) + len(WAYS_OF_ASKING)) < share
    ways = np.flatnonzero(allowed[len(ARTICLES) :]) + len(ARTICLES)
    query = Query(question, index, EMBEDDER)
    nearest = index.dense.similarity(EMBEDDER.encode([question])[0], ways).max()

    without_candidates = query.signals(allowed, []).entry_cosine
    query.candidates(allowed)

    assert without_candidates == pytest.approx(max(0.0, nearest), abs=1e-6)
    assert query.signals(allowed, []).entry_cosine == pytest.approx(max(0.0, nearest), abs=1e-6)


class _Plane:
    """Puts the question in one direction and the law's terms for its words in another."""

    dimension, fingerprint, copyable = 2, "plane", False

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([[1, 0]] + [[0, 1]] * (len(texts) - 1), dtype=np.float32)


def test_a_way_of_asking_that_the_laws_terms_pushed_aside_is_still_the_nearest():
    """一百种问法更合法条用语，而最近的那一种不在候选里。"""
    degrees = np.radians([90, *[15] * ENTRY_CANDIDATES, -10])
    vectors = np.stack([np.cos(degrees), np.sin(degrees)], axis=1).astype(np.float32)
    alike = LexicalIndex.build(np.arange(len(vectors) + 1), np.zeros(len(vectors), np.int32), ["同"])
    index: Any = SimpleNamespace(
        articles=1, first_asked=len(vectors), lexical=alike, dense=DenseIndex.of(vectors)
    )
    allowed = np.ones(len(vectors), dtype=bool)
    query = Query("家里揭不开锅了", index, _Plane())

    candidates = query.candidates(allowed)
    signals = query.signals(allowed, [])

    assert signals.formal_terms > 0
    assert len(vectors) - 1 not in candidates
    assert signals.entry_cosine == pytest.approx(np.cos(np.radians(10)))


@pytest.mark.parametrize(
    ("question", "ours"), [("我妈的低保去哪里申请", True), ("手机卡套餐怎么退订，客服一直占线", False)]
)
def test_a_message_is_nearer_to_what_we_are_asked_or_to_what_other_offices_are(
    index: Any, question: str, ours: bool
):
    """与我们的问法近、与别家的问法近，要分得出来。"""
    allowed = np.ones(len(ARTICLES) + len(WAYS_OF_ASKING), dtype=bool)

    signals = Query(question, index, EMBEDDER).signals(allowed, [])

    assert (signals.nearer_to_us > 0) is ours
