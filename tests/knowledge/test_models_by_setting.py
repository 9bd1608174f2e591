"""A model of one's own in place of the one that ships, from the setting to the answer."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from api.parts import open_knowledge_from
from api.settings import Settings
from knowledge import open_knowledge
from knowledge.model import Outcome
from knowledge.service import KnowledgeBase
from tests.knowledge.conftest import TODAY, publish
from tests.knowledge.test_reranking import new_model, train

QUESTION = "粮油补助怎么申请"
CJK = range(0x4E00, 0x9FA6)


@pytest.fixture(autouse=True)
def small_library(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One document and two entries instead of the library that ships."""
    small = partial(KnowledgeBase, corpus=corpus, today=lambda: TODAY)
    monkeypatch.setattr("knowledge.service.KnowledgeBase", small)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sentence-transformers folder: a text is the mean of fixed random directions of its characters."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split

    vocabulary = {"[UNK]": 0} | {chr(code): n for n, code in enumerate(CJK, start=1)}
    characters = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    characters.pre_tokenizer = Split("", "isolated")  # type: ignore[assignment]
    weights = np.random.default_rng(0).standard_normal((len(vocabulary), 48)).astype(np.float32)
    module = StaticEmbedding(characters, embedding_weights=weights)
    SentenceTransformer(modules=[module], device="cpu").save(str(tmp_path / "characters"))
    return tmp_path / "characters"


def test_a_local_folder_embeds_the_library_and_the_questions(folder: Path, tmp_path: Path):
    """换上自己的向量模型，建库、提问、回答，都用它。"""
    base = open_knowledge(tmp_path / "var", embedder_dir=folder)

    publish(base)
    answer = base.answer(QUESTION)

    assert answer.outcome == Outcome.ANSWERED
    assert answer.entry_id == "grain-apply"
    assert [(c.title, c.article) for c in answer.hits[0].sources] == [("互助救济办法", "第二条")]


def test_the_setting_names_the_folder(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """HOTLINE_EMBEDDER_DIR 指哪个文件夹，建的库就只能用那个模型来查。"""
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("HOTLINE_EMBEDDER_DIR", str(folder))

    publish(open_knowledge_from(Settings()))

    assert open_knowledge_from(Settings()).answer(QUESTION).outcome == Outcome.ANSWERED
    assert open_knowledge(tmp_path / "var", embedder_dir=folder).ready
    assert not open_knowledge(tmp_path / "var").ready, "the model that ships cannot read this index"


def test_a_local_folder_weighs_the_first_results_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """HOTLINE_RERANKER 指的模型看过之后，还是那几条结果，分数变了。"""
    from sentence_transformers import CrossEncoder

    made = CrossEncoder(str(new_model(tmp_path / "untrained")), local_files_only=True, device="cpu")
    train(made)
    made.save(str(tmp_path / "overlap"))
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path / "var"))
    without = open_knowledge_from(Settings())
    publish(without)
    monkeypatch.setenv("HOTLINE_RERANKER", str(tmp_path / "overlap"))

    found = open_knowledge_from(Settings()).search(QUESTION)

    before = {hit.chunk_id: hit.score for hit in without.search(QUESTION)}
    assert {hit.chunk_id for hit in found} == set(before)
    assert {hit.chunk_id: hit.score for hit in found} != before
