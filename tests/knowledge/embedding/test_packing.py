"""The packed file and the model rebuilt from it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from knowledge.embedding import load_local
from knowledge.embedding.features import read_words
from knowledge.embedding.packing import PACKED_FILE, load_packed, pack, unpack

VOCABULARY = ["低保", "低", "保", "工伤", "工", "伤", "申请"]
WORDS = ["低保", "工伤"]


@pytest.fixture(scope="module")
def weights() -> np.ndarray:
    return np.random.default_rng(2).normal(size=(len(VOCABULARY), 16)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, weights: np.ndarray) -> Path:
    folder = tmp_path_factory.mktemp("packed")
    pack(folder, VOCABULARY, weights, WORDS)
    return folder


@pytest.fixture(scope="module")
def model(folder: Path) -> SentenceTransformer:
    return load_packed(folder)


def test_rows_come_back_within_a_step_of_int8(folder: Path, weights: np.ndarray):
    vocabulary, unpacked = unpack(folder)

    step = np.abs(weights).max(axis=1, keepdims=True) / 127
    assert vocabulary == VOCABULARY
    assert np.all(np.abs(unpacked - weights) <= step)
    assert read_words(folder) == WORDS


def test_packing_the_same_model_twice_gives_the_same_bytes(folder: Path, tmp_path: Path, weights: np.ndarray):
    pack(tmp_path, VOCABULARY, weights, WORDS)

    assert (tmp_path / PACKED_FILE).read_bytes() == (folder / PACKED_FILE).read_bytes()


def test_a_raw_text_is_the_mean_of_its_features_rows(model: SentenceTransformer, folder: Path):
    _, rows = unpack(folder)
    mean = rows[[VOCABULARY.index(feature) for feature in ("低保", "申请", "低", "保")]].mean(axis=0)

    vector = model.encode(["申请低保！"], normalize_embeddings=True)[0]

    assert vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


def test_vectors_have_length_one_and_unknown_words_change_nothing(model: SentenceTransformer):
    known, padded = model.encode(["工伤", "工伤xyz"], normalize_embeddings=True)

    assert np.linalg.norm(known) == pytest.approx(1.0, abs=1e-6)
    assert known == pytest.approx(padded, abs=1e-6)


def test_a_text_without_known_features_is_the_zero_vector(model: SentenceTransformer):
    assert not model.encode(["", "？？？", "xyz"], normalize_embeddings=True).any()


def test_many_threads_get_the_vectors_of_one(model: SentenceTransformer):
    texts = ["申请低保", "工伤", "低保和工伤"] * 20
    expected = model.encode(texts, normalize_embeddings=True)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: model.encode([text], normalize_embeddings=True)[0], texts))

    assert np.allclose(found, expected, atol=1e-6)


def test_a_packed_folder_is_recognised_by_load_local(folder: Path, model: SentenceTransformer):
    assert np.array_equal(load_local(folder).encode(["低保"]), model.encode(["低保"]))


def test_a_folder_without_a_model_is_refused(tmp_path: Path):
    with pytest.raises((OSError, ValueError)):
        load_local(tmp_path)
