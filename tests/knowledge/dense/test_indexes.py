"""What both vector indexes promise (knowledge.ports.VectorIndex), and what the files of FAISS add."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.dense.database import VectorDatabase
from knowledge.dense.faiss_index import DenseIndex
from knowledge.errors import BadIndex
from knowledge.ports import VectorIndex
from tests.fakes import HashingEmbedder
from tests.postgres import PostgresServer

DIMENSION = 16
IndexOf = Callable[[np.ndarray], VectorIndex]


def unit_rows(rows: int, seed: int, dimension: int = DIMENSION) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def all_of(index: VectorIndex) -> np.ndarray:
    return np.ones(index.rows, dtype=bool)


@pytest.fixture(scope="module", params=["files", "files of many rows", "postgresql"])
def index_of(request: pytest.FixtureRequest) -> Iterator[IndexOf]:
    """Makes an index of the given vectors."""
    if request.param != "postgresql":
        yield partial(DenseIndex.of, few=0) if "many" in request.param else DenseIndex.of
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = VectorDatabase(server.address(server.new_database()))
    numbers = count()

    def stored(vectors: np.ndarray) -> VectorIndex:
        name = f"generation-{next(numbers)}"
        database.write(name, vectors)
        return database.open(name)

    yield stored
    database.close()


def test_an_empty_index_finds_nothing(index_of: IndexOf):
    index = index_of(np.zeros((0, DIMENSION), dtype=np.float32))

    assert index.rows == 0
    assert index.search(unit_rows(1, 1)[0], 5, all_of(index)).tolist() == []
    assert index.similarity(unit_rows(1, 1)[0], np.zeros(0, dtype=np.int64)).tolist() == []


def test_more_is_asked_for_than_there_is(index_of: IndexOf):
    index = index_of(unit_rows(3, 1))

    assert sorted(index.search(unit_rows(1, 2)[0], 10, all_of(index)).tolist()) == [0, 1, 2]


def test_nothing_is_found_where_nothing_is_allowed(index_of: IndexOf):
    index = index_of(unit_rows(20, 1))

    assert index.search(unit_rows(1, 2)[0], 5, np.zeros(20, dtype=bool)).tolist() == []


@pytest.mark.parametrize("row", [0, 7, 8, 19])
def test_the_only_allowed_row_is_found_alone(index_of: IndexOf, row: int):
    index = index_of(unit_rows(20, 1))

    assert index.search(unit_rows(1, 2)[0], 5, np.arange(20) == row).tolist() == [row]


def test_row_numbers_are_whole_numbers_of_64_bits_and_similarities_are_float32(index_of: IndexOf):
    index = index_of(unit_rows(20, 1))
    query = unit_rows(1, 2)[0]

    assert index.search(query, 5, all_of(index)).dtype == np.int64
    assert index.search(query, 5, ~all_of(index)).dtype == np.int64
    assert index.similarity(query, np.array([3])).dtype == np.float32


@pytest.mark.parametrize("k", [1, 5, 12, 40])
def test_equally_near_rows_come_in_the_order_of_their_numbers(index_of: IndexOf, k: int):
    """也包括排在第 k 名上的并列：先入库的先出。"""
    vectors = unit_rows(50, 3)
    same = np.array([4, 5, 11, 12, 17, 23, 30, 31, 32, 48])
    vectors[same] = vectors[4]
    index = index_of(vectors)

    found = index.search(vectors[4], k, all_of(index))

    assert found.tolist()[: len(same)] == same.tolist()[:k]
    assert len(found) == k


@pytest.mark.parametrize("k", [2, 4, 5, 9, 13])
def test_better_rows_that_come_later_do_not_upset_the_order_of_equal_ones(index_of: IndexOf, k: int):
    query, equal = unit_rows(2, 8)
    vectors = np.repeat(equal[None, :], 13, axis=0)
    vectors[[6, 9, 12]] = query

    found = index_of(vectors).search(query, k, np.ones(13, dtype=bool))

    assert found.tolist() == [6, 9, 12, 0, 1, 2, 3, 4, 5, 7, 8, 10, 11][:k]


def test_ties_do_not_let_in_what_is_not_allowed(index_of: IndexOf):
    index = index_of(np.repeat(unit_rows(1, 3), 30, axis=0))
    allowed = np.arange(30) % 3 == 1

    assert index.search(unit_rows(1, 4)[0], 4, allowed).tolist() == [1, 4, 7, 10]


@pytest.mark.parametrize(("first", "end"), [(0, 120), (0, 37), (41, 97), (64, None), (119, None), (50, 50)])
def test_among_some_rows_is_found_what_would_be_if_no_others_were_allowed(
    index_of: IndexOf, first: int, end: int | None
):
    index = index_of(unit_rows(120, 1))
    query = unit_rows(1, 2)[0]
    allowed = np.arange(120) % 3 != 0
    among = np.zeros(120, dtype=bool)
    among[first:end] = True

    found = index.search(query, 9, allowed, first, end)

    assert found.tolist() == index.search(query, 9, allowed & among).tolist()


def test_a_question_nothing_is_known_about_is_equally_near_to_every_row(index_of: IndexOf):
    index = index_of(unit_rows(20, 1))
    nothing = np.zeros(DIMENSION, dtype=np.float32)

    assert index.search(nothing, 3, np.arange(20) > 4).tolist() == [5, 6, 7]
    assert index.similarity(nothing, np.array([2, 9])).tolist() == [0.0, 0.0]


def test_similarity_follows_the_rows_as_given_also_backwards_and_twice(index_of: IndexOf):
    vectors = unit_rows(20, 1)
    query = unit_rows(1, 2)[0]
    rows = np.array([19, 3, 3, 0, 19])

    assert index_of(vectors).similarity(query, rows) == pytest.approx(vectors[rows] @ query, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 300),
    k=st.integers(1, 40),
    share=st.floats(0.05, 1.0),
)
def test_the_best_are_those_that_comparing_all_would_find(
    index_of: IndexOf, seed: int, rows: int, k: int, share: float
):
    vectors = unit_rows(rows, seed)
    query = unit_rows(1, seed + 1)[0]
    allowed = np.random.default_rng(seed).random(rows) < share
    scores = vectors.astype(np.float64) @ query

    found = index_of(vectors).search(query, k, allowed)

    assert len(set(found.tolist())) == min(k, allowed.sum())
    assert allowed[found].all()
    # Single precision may swap neighbours, and no more than that.
    assert scores[found] == pytest.approx(np.sort(scores[allowed])[::-1][:k], abs=1e-6)


def test_a_question_of_another_model_is_refused(index_of: IndexOf):
    index = index_of(unit_rows(5, 1))
    query = np.ones(3, dtype=np.float32)

    with pytest.raises(BadIndex, match=r"shape \(3,\) for rows of 16 numbers"):
        index.search(query, 1, all_of(index))
    with pytest.raises(BadIndex, match=r"shape \(3,\) for rows of 16 numbers"):
        index.similarity(query, np.array([0]))


def test_a_filter_of_another_generation_is_refused(index_of: IndexOf):
    index = index_of(unit_rows(5, 1))

    with pytest.raises(ValueError, match=r"expected bool of \(5,\)"):
        index.search(unit_rows(1, 2)[0], 1, np.ones(6, dtype=bool))


@pytest.mark.parametrize("row", [-1, 5])
def test_a_row_that_does_not_exist_has_no_similarity(index_of: IndexOf, row: int):
    index = index_of(unit_rows(5, 1))

    with pytest.raises(IndexError, match=r"rows 0 … 4"):
        index.similarity(unit_rows(1, 2)[0], np.array([2, row]))


@pytest.mark.parametrize("dimension", [1, 16, 128, 1024])
def test_the_rows_come_back_bit_for_bit(index_of: IndexOf, dimension: int):
    vectors = unit_rows(9, 5, dimension)
    vectors[0, 0] = np.float32(1e-40)  # too small for a normal float32
    vectors[1] = 0.0

    back = index_of(vectors).all()

    assert back.dtype == np.float32
    assert back.tobytes() == vectors.tobytes()


def test_no_rows_come_back_as_no_rows(index_of: IndexOf):
    assert index_of(np.zeros((0, DIMENSION), dtype=np.float32)).all().shape == (0, DIMENSION)


def test_eight_threads_get_the_answers_of_one(index_of: IndexOf):
    index = index_of(unit_rows(200, 1))
    queries = unit_rows(160, 2)
    allowed = np.arange(200) % 2 == 0

    def answer(query: np.ndarray) -> tuple[list[int], list[float]]:
        found = index.search(query, 10, allowed)
        return found.tolist(), index.similarity(query, found).tolist()

    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(answer, queries))

    assert together == [answer(query) for query in queries]


def test_a_saved_index_is_the_same_when_loaded(tmp_path: Path):
    vectors = unit_rows(30, 1)
    DenseIndex.of(vectors).save(tmp_path / "dense")

    loaded = DenseIndex.load(tmp_path / "dense")

    assert loaded.all().tobytes() == vectors.tobytes()
    assert loaded.search(vectors[7], 1, np.ones(30, dtype=bool)).tolist() == [7]


def test_texts_are_embedded_in_their_order():
    embedder = HashingEmbedder()

    index = DenseIndex.build(["临时救助申请", "最低生活保障", "殡葬服务收费"], embedder)

    assert index.search(embedder.encode(["最低生活保障"])[0], 1, np.ones(3, dtype=bool)).tolist() == [1]


@pytest.mark.parametrize("file", ["rows.npy", "halves.faiss"])
def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path, file: str):
    DenseIndex.of(unit_rows(5, 1)).save(tmp_path / "dense")
    (tmp_path / "dense" / file).write_bytes(b"not an index")

    with pytest.raises(BadIndex, match="cannot be read as a vector index"):
        DenseIndex.load(tmp_path / "dense")


def test_files_of_two_indexes_are_not_taken_for_one(tmp_path: Path):
    DenseIndex.of(unit_rows(5, 1)).save(tmp_path / "dense")
    DenseIndex.of(unit_rows(6, 1)).save(tmp_path / "other")
    (tmp_path / "other" / "halves.faiss").rename(tmp_path / "dense" / "halves.faiss")

    with pytest.raises(BadIndex, match="are not of one index"):
        DenseIndex.load(tmp_path / "dense")


def test_rows_longer_than_one_are_refused():
    """长度超过 1 的行会让半精度筛选漏掉该找到的条文。"""
    with pytest.raises(ValueError, match=r"a row of length 2\.000"):
        DenseIndex.of(2 * unit_rows(5, 1))


def test_rows_that_differ_less_than_half_precision_shows_are_told_apart():
    """五百行几乎相同：半精度分不清先后，仍按真实的分数排列。"""
    rng = np.random.default_rng(7)
    near = unit_rows(1, 1) + 2e-5 * rng.standard_normal((500, DIMENSION)).astype(np.float32)
    vectors = np.concatenate([near / np.linalg.norm(near, axis=1, keepdims=True), unit_rows(500, 2)])
    query = unit_rows(1, 3)[0] + vectors[0]
    scores = np.vecdot(vectors, query)

    found = DenseIndex.of(vectors, few=0).search(query, 20, np.ones(1000, dtype=bool))

    assert found.tolist() == np.argsort(-scores, kind="stable")[:20].tolist()
