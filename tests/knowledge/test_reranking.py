"""第二遍看排在前面的条文：真的 CrossEncoder，当场造一个小的，几秒钟学会看问的词在不在文里。"""

import json
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.reranking import BadModel, CrossEncoderReranker, reranked

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

WORDS = ["低保", "粮油", "取暖", "医疗", "教育", "住房", "残疾", "儿童", "申请", "办理", "村民", "补助"]
POSITIONS = 64
QUESTION = "粮油"
FITS, DOES_NOT = "申请粮油补助", "残疾儿童住房"


def new_model(folder: Path, labels: int = 1) -> Path:
    """A BERT of two layers with random weights that reads single characters, as transformers saves one."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    vocabulary = {word: n for n, word in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", *"".join(WORDS)))}
    tokeniser = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokeniser.pre_tokenizer = Split("", "isolated")  # type: ignore[assignment]
    tokeniser.post_processor = TemplateProcessing(  # type: ignore[assignment]
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=POSITIONS,
        num_labels=labels,  # pyright: ignore[reportCallIssue]
        initializer_range=0.2,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    model = BertForSequenceClassification(config)
    # Large weights, characters far apart, places all alike: so it learns in hundreds of steps, not thousands.
    torch.nn.init.normal_(model.bert.embeddings.word_embeddings.weight)
    torch.nn.init.zeros_(model.bert.embeddings.position_embeddings.weight)
    model.save_pretrained(folder)
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokeniser, **names).save_pretrained(folder)
    return folder


def train(model: "CrossEncoder", steps: int = 300) -> None:
    """Teach it to tell texts that hold the question from texts that do not, and which of the two is which."""
    import torch

    chance, optimiser = Random(0), torch.optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(steps):
        pairs, labels = [], []
        for label in [1.0, 0.0] * 32:
            question = chance.choice(WORDS)
            others = [word for word in WORDS if word != question]
            text = [question, *chance.sample(others, 2)] if label else chance.sample(others, 3)
            chance.shuffle(text)
            pairs.append((question, "".join(text)))
            labels.append(label)
        pairs += [(text, question) for question, text in pairs[:16:2]]
        labels += [0.0] * 8
        logits = model(model.preprocess(pairs))["scores"].view(-1)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor(labels))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained CrossEncoder as sentence-transformers saves one."""
    import torch
    from sentence_transformers import CrossEncoder

    made = tmp_path_factory.mktemp("models")
    model = CrossEncoder(str(new_model(made / "untrained")), local_files_only=True, device="cpu")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # steps this small only wait for each other on several cores
    train(model)
    torch.set_num_threads(threads)
    model.save(str(made / "overlap"))
    return made / "overlap"


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    """A copy of the folder, to be spoilt."""
    return Path(shutil.copytree(folder, tmp_path / "copied"))


@pytest.fixture(scope="module")
def reranker(folder: Path) -> CrossEncoderReranker:
    return CrossEncoderReranker(folder)


def test_each_text_gets_the_score_of_how_well_it_answers(reranker: CrossEncoderReranker):
    others = [[word for word in WORDS if word != asked] for asked in WORDS]
    texts = [
        ["".join(rest[:3]), rest[3] + asked + rest[4], "".join(rest[5:8])]
        for asked, rest in zip(WORDS, others, strict=True)
    ]

    rows = [reranker.score(asked, some) for asked, some in zip(WORDS, texts, strict=True)]

    scores = np.stack(rows)
    assert scores.dtype == np.float32
    assert scores.shape == (len(WORDS), 3)
    assert 0 <= scores.min() < scores.max() <= 1
    assert scores[:, 1].mean() > 0.7 > 0.3 > scores[:, [0, 2]].mean()


def test_a_text_is_judged_alone_as_in_company(reranker: CrossEncoderReranker):
    texts = [FITS, DOES_NOT * 3, *("住" * n for n in range(1, 20, 3))]

    alone = [float(reranker.score(QUESTION, [text])[0]) for text in texts]

    assert np.allclose(reranker.score(QUESTION, texts), alone, atol=1e-4)


def test_no_text_gets_no_score(reranker: CrossEncoderReranker):
    assert reranker.score(QUESTION, []).shape == (0,)


def test_a_model_that_gives_bare_logits_is_read_as_0_to_1(copied: Path, reranker: CrossEncoderReranker):
    """许多现成的模型给的是没有上下限的分数。"""
    described = copied / "config_sentence_transformers.json"
    settings = json.loads(described.read_text("utf-8"))
    settings["activation_fn"] = "torch.nn.modules.linear.Identity"
    described.write_text(json.dumps(settings), "utf-8")

    scores = CrossEncoderReranker(copied).score(QUESTION, [FITS, DOES_NOT])

    assert np.allclose(scores, reranker.score(QUESTION, [FITS, DOES_NOT]), atol=1e-6)


def test_a_long_article_is_judged_by_its_beginning(reranker: CrossEncoderReranker):
    """再长的条文也不出错；截掉的是条文的后面，不是问题。"""
    article = FITS + "住房" * 1_000
    room = POSITIONS - len(QUESTION) - 3  # for [CLS] and two [SEP]

    scores = reranker.score(QUESTION, [article, article[:room]])

    assert scores[0] == pytest.approx(scores[1], abs=1e-5)


def test_many_threads_may_ask_at_once(folder: Path):
    reranker = CrossEncoderReranker(folder)
    texts = [[FITS, DOES_NOT * n] for n in range(1, 13)]

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda some: reranker.score(QUESTION, some), texts))

    for some, scores in zip(texts, found, strict=True):
        assert np.allclose(scores, reranker.score(QUESTION, some), atol=1e-4)


def test_a_folder_as_transformers_saves_it_is_taken_too(tmp_path: Path):
    """没有 modules.json 的文件夹也行，例如直接从别处拷来的重排模型。"""
    assert CrossEncoderReranker(new_model(tmp_path / "plain")).score(QUESTION, [FITS]).shape == (1,)


def test_opening_a_folder_does_not_load_the_model(folder: Path):
    """启动时只看说明文件；torch 等第一个问题来了再载入。"""
    program = (
        "import sys; from pathlib import Path; from knowledge.reranking import CrossEncoderReranker;"
        f"CrossEncoderReranker(Path({str(folder)!r})); print('torch' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("name", ["nowhere", "cross-encoder/ms-marco-MiniLM-L6-v2"])
def test_a_missing_folder_is_named_and_nothing_is_downloaded(name: str, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)

    with pytest.raises(BadModel, match=f"{name}: no such folder"):
        CrossEncoderReranker(Path(name))


def test_an_empty_folder_is_no_model(tmp_path: Path):
    with pytest.raises(BadModel, match=str(tmp_path)):
        CrossEncoderReranker(tmp_path)


@pytest.mark.parametrize("saved_by", ["transformers", "sentence-transformers"])
def test_an_embedding_model_is_refused(saved_by: str, tmp_path: Path):
    """向量模型也能当 CrossEncoder 载入，只是打分的那一层是随机数：不报错，分数却毫无意义。"""
    from sentence_transformers import SentenceTransformer
    from transformers import BertModel

    plain = new_model(tmp_path / "plain")
    BertModel.from_pretrained(plain).save_pretrained(plain)
    if saved_by == "sentence-transformers":
        SentenceTransformer(str(plain), local_files_only=True, device="cpu").save(str(tmp_path / "embedder"))
        plain = tmp_path / "embedder"

    with pytest.raises(BadModel, match=f"{plain}: holds a .*, expected a CrossEncoder"):
        CrossEncoderReranker(plain)


def test_a_classifier_of_several_labels_is_refused(tmp_path: Path):
    reranker = CrossEncoderReranker(new_model(tmp_path / "three", labels=3))

    with pytest.raises(BadModel, match="three: gives 3 labels, expected one score"):
        reranker.score(QUESTION, [FITS])


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:2_000])])
def test_missing_or_damaged_weights_are_told_of_by_the_first_question(spoil, copied: Path):
    spoil(copied / "model.safetensors")

    with pytest.raises(BadModel, match=f"{copied}: cannot be loaded"):
        CrossEncoderReranker(copied).score(QUESTION, [FITS])


def test_scores_that_are_not_numbers_are_refused(copied: Path):
    """训练跑飞的模型打出的不是数；拿去排序，先后就全乱了。"""
    from safetensors.torch import load_file, save_file

    weights = load_file(copied / "model.safetensors")
    weights["classifier.bias"].fill_(float("nan"))
    save_file(weights, copied / "model.safetensors", {"format": "pt"})

    with pytest.raises(BadModel, match="not numbers"):
        CrossEncoderReranker(copied).score(QUESTION, [FITS])


RANKING = {7: 0.9, 3: 0.8, 5: 0.6, 1: 0.5, 2: 0.1}


def test_what_fits_rises_and_what_does_not_sinks():
    """1 分当作看过的里面最高的分，0 分当作最低的，和原来的分各占一半。"""
    blended = reranked(RANKING, {7: 0.0, 3: 1.0, 5: 0.5}, 0.5)

    assert blended == pytest.approx({7: 0.75, 3: 0.85, 5: 0.675, 1: 0.5, 2: 0.1})


def test_without_a_share_or_a_judgement_nothing_changes():
    assert reranked(RANKING, {7: 0.0, 3: 1.0}, 0.0) == RANKING
    assert reranked(RANKING, {}, 0.5) == RANKING


def test_with_the_whole_share_only_the_judgement_counts():
    blended = reranked(RANKING, {7: 0.2, 3: 0.9, 5: 0.4}, 1.0)

    assert sorted(blended, key=lambda row: -blended[row]) == [3, 5, 7, 1, 2]


@given(
    fused=st.lists(st.floats(0, 3), min_size=1, max_size=20),
    judged=st.lists(st.floats(0, 1), min_size=1, max_size=20),
    share=st.floats(0, 1),
)
def test_no_row_falls_below_one_that_was_not_looked_at(fused: list[float], judged: list[float], share: float):
    """重排只在看过的几条里换先后：没看过的不能因此排到前面，最高分也不变得更高。"""
    ranking = dict(enumerate(sorted(fused, reverse=True)))
    scores = dict(zip(ranking, judged, strict=False))

    blended = reranked(ranking, scores, share)

    order = sorted(blended, key=lambda row: -blended[row])
    unseen = [row for row in ranking if row not in scores]
    assert set(order[: len(scores)]) == set(scores)
    assert {row: blended[row] for row in unseen} == {row: ranking[row] for row in unseen}
    assert max(blended.values()) <= max(ranking.values())


def test_rows_that_are_not_the_first_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="not looked at"):
        reranked(RANKING, {7: 0.5, 5: 0.5}, 0.5)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_is_between_nothing_and_all(share: float):
    with pytest.raises(ValueError, match="share"):
        reranked(RANKING, {7: 0.5}, share)
