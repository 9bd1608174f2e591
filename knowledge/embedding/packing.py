"""The small model as one file: rows of int8 with a scale each, and the module rebuilt from them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit

from knowledge.embedding.features import WORDS_FILE, FeatureTokeniser, read_words
from knowledge.embedding.rows import PACKED_FILE, unpack

UNKNOWN = "[UNK]"


class FeatureEmbedding(StaticEmbedding):
    """A StaticEmbedding that takes raw text: it cuts the text into features before looking them up."""

    def __init__(self, features: FeatureTokeniser, tokenizer: Tokenizer, weights: torch.Tensor) -> None:
        super().__init__(tokenizer, embedding_weights=weights)
        self._features = features

    def preprocess(
        self, inputs: list[str], prompt: str | None = None, **kwargs: Any
    ) -> dict[str, torch.Tensor]:
        """Return the feature ids of all texts in one row, and where each text begins."""
        texts = [f"{prompt}{text}" if prompt else text for text in inputs]
        return super().preprocess([" ".join(self._features.tokenise(text)) for text in texts], **kwargs)


def pack(folder: Path, vocabulary: Sequence[str], weights: np.ndarray, words: Sequence[str]) -> None:
    """Write a model as int8 rows with one fp16 scale each, its vocabulary and its tokeniser's words.

    Args:
        vocabulary: one feature per row, without the unknown one, which has no weight.
        weights: float32 of shape (len(vocabulary), dimensions).
    """
    scale = (np.abs(weights).max(axis=1) / 127).astype(np.float16).astype(np.float32)
    rows = np.rint(weights / np.maximum(scale, 1e-8)[:, None]).clip(-127, 127).astype(np.int8)
    features = np.frombuffer("\n".join(vocabulary).encode("utf-8"), dtype=np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / PACKED_FILE, rows=rows, scale=scale.astype(np.float16), features=features)
    (folder / WORDS_FILE).write_text("\n".join(words) + "\n", encoding="utf-8")


def load_packed(folder: Path, features: FeatureTokeniser | None = None) -> SentenceTransformer:
    """Rebuild the sentence-transformers model of a folder; its vectors have length 1 and use the CPU.

    Args:
        features: the tokeniser with the folder's words, if there is one already.
    """
    vocabulary, weights = unpack(folder)
    # A text is the mean of its rows and then scaled to length 1, so the empty row of [UNK] changes nothing.
    table = np.vstack([np.zeros((1, weights.shape[1]), dtype=np.float32), weights])
    ids = {feature: row for row, feature in enumerate([UNKNOWN, *vocabulary])}
    tokenizer = Tokenizer(WordLevel(ids, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = WhitespaceSplit()  # type: ignore[assignment]
    features = features or FeatureTokeniser(read_words(folder))
    embedding = FeatureEmbedding(features, tokenizer, torch.from_numpy(np.ascontiguousarray(table)))
    return SentenceTransformer(modules=[embedding, Normalize()], device="cpu")
