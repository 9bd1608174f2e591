from pathlib import Path

import numpy as np
import pytest

from knowledge.embedders import SentenceEmbedder, ShippedEmbedder
from knowledge.embedding import load_shipped
from knowledge.ports import Embedder
from tests.fakes import HashingEmbedder

TEXTS = ["低保怎么申请", "老人没人养", ""]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A local sentence-transformers folder, made without downloading anything."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split

    words = Tokenizer(WordLevel({"[UNK]": 0, "低": 1, "保": 2, "老": 3, "人": 4}, unk_token="[UNK]"))
    words.pre_tokenizer = Split("", "isolated")  # type: ignore[assignment]
    weights = np.random.default_rng(0).standard_normal((5, 8)).astype(np.float32)
    path = tmp_path_factory.mktemp("models") / "tiny"
    SentenceTransformer(modules=[StaticEmbedding(words, embedding_weights=weights)], device="cpu").save(
        str(path)
    )
    return path


@pytest.fixture(params=["fake", "shipped", "folder"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    if request.param == "folder":
        return SentenceEmbedder(request.getfixturevalue("folder"))
    return HashingEmbedder() if request.param == "fake" else ShippedEmbedder()


def test_rows_have_the_promised_shape_and_length_one(embedder: Embedder):
    rows = embedder.encode(TEXTS)

    lengths = np.linalg.norm(rows, axis=1)
    assert rows.dtype == np.float32
    assert rows.shape == (len(TEXTS), embedder.dimension)
    assert np.all(np.isclose(lengths, 1, atol=1e-5) | (lengths == 0))


def test_the_same_text_gives_the_same_row_alone_and_in_company(embedder: Embedder):
    assert np.allclose(embedder.encode(TEXTS)[0], embedder.encode(TEXTS[:1])[0], atol=1e-5)


def test_no_text_gives_no_row(embedder: Embedder):
    assert embedder.encode([]).shape == (0, embedder.dimension)


def test_the_lookup_gives_the_rows_of_the_sentence_transformers_model():
    """查表和 sentence-transformers 算出来的向量一样，所以服务时不必载入 torch。"""
    texts = [f"{text}{n}岁困难家庭" for n in range(20) for text in TEXTS]

    by_library = load_shipped().encode(texts, normalize_embeddings=True, convert_to_numpy=True)

    assert np.abs(by_library - ShippedEmbedder().encode(texts)).max() < 1e-5
