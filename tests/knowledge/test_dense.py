from pathlib import Path

import numpy as np
import pytest

from knowledge.dense import DenseIndex
from knowledge.errors import BadIndex
from tests.fakes import HashingEmbedder

TEXTS = ["临时救助申请", "最低生活保障", "殡葬服务收费"]
EMBEDDER = HashingEmbedder()


@pytest.fixture
def index() -> DenseIndex:
    return DenseIndex.build(TEXTS, EMBEDDER)


def test_the_nearest_row_comes_first(index: DenseIndex):
    query = EMBEDDER.encode(["申请临时救助"])[0]

    assert index.search(query, 3, np.ones(3, dtype=bool))[0] == 0


def test_rows_that_are_not_allowed_are_never_found(index: DenseIndex):
    query = EMBEDDER.encode(["申请临时救助"])[0]

    assert 0 not in index.search(query, 3, np.array([False, True, True]))


def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path):
    (tmp_path / "dense.faiss").write_bytes(b"not an index")

    with pytest.raises(BadIndex, match=r"dense\.faiss"):
        DenseIndex.load(tmp_path / "dense.faiss")
