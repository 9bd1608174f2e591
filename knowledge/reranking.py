"""A second look at the first rows of a ranking, by a model that reads question and text together.

Such a model (a cross-encoder; Nogueira & Cho, arXiv 1901.04085) sees which word of the question meets which
word of the text, where their embeddings were made apart. It is too slow for a whole library: with 100 million
weights an article of 150 characters takes about 0.6 s of processor time. None ships; an installation may name
a folder.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge.errors import BadModel

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

BATCH = 8
MAX_TOKENS = 256  # of question and text together; an article that is longer has said by then what it is about
_KIND, _HEAD = "CrossEncoder", "ForSequenceClassification"


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder in a local folder, loaded when first used; nothing is downloaded.

    Safe between threads: one question is judged at a time, with all cores.
    """

    def __init__(self, folder: Path) -> None:
        """Look at the folder's description; the model itself is loaded by the first question.

        Raises:
            BadModel: the folder is missing, or describes no CrossEncoder.
        """
        _check_kind(folder)
        self._folder = folder
        self._judging = threading.Lock()

    @cached_property
    def model(self) -> CrossEncoder:
        """The model itself.

        Raises:
            BadModel: its files are missing or damaged, or it gives several labels and no single score.
        """
        from safetensors import SafetensorError
        from sentence_transformers import CrossEncoder

        try:
            # Half precision saves memory only: on a processor it takes four to seven times as long.
            model = CrossEncoder(
                str(self._folder),
                local_files_only=True,
                device="cpu",
                model_kwargs={"dtype": "float32"},
            )
        except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
            raise BadModel(f"{self._folder}: cannot be loaded as a CrossEncoder: {error}") from error
        if model.num_labels != 1:
            raise BadModel(f"{self._folder}: gives {model.num_labels} labels, expected one score")
        model.max_seq_length = min(model.max_seq_length or MAX_TOKENS, MAX_TOKENS)
        return model

    def score(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """Return how surely each text answers the question, 0..1, float32 of shape (len(texts),).

        Raises:
            BadModel: the model cannot be loaded, or gives something that is no number.
        """
        if not texts:
            return np.zeros(0, dtype=np.float32)
        from torch.nn import Sigmoid

        pairs = [(question, text) for text in texts]
        # However many ask first, it is loaded once; later two at once would only wait for the same cores.
        with self._judging:
            # Of the logits, whatever activation the folder asks for: many give the bare logits, of any size.
            scores = self.model.predict(
                pairs, batch_size=BATCH, activation_fn=Sigmoid(), show_progress_bar=False
            )
        if not np.isfinite(scores).all():
            raise BadModel(f"{self._folder}: gives scores that are not numbers")
        return np.asarray(scores, dtype=np.float32)


def reranked(fused: Mapping[int, float], scores: Mapping[int, float], share: float) -> dict[int, float]:
    """Blend the judgement of the first rows of a ranking into their scores.

    A score of 1 stands for the best and 0 for the last of the rows that were looked at, so these share the
    places they had before, and none falls below a row that nobody looked at. What counts is how sure the
    judgement is, not only its order: where it finds nothing that fits, the order hardly changes.

    Args:
        fused: row -> score, higher is better; no unit, only comparable within one query.
        scores: row -> judgement, 0..1, of the first rows of `fused`.
        share: of the judgement, 0..1; the rest is the score's own.

    Returns:
        row -> score for all rows of `fused`, in its order and on its scale.

    Raises:
        ValueError: share is not within 0..1, or a row that was not looked at comes before one that was.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share {share}: expected 0..1")
    if not scores:
        return dict(fused)
    last, best = min(fused[row] for row in scores), max(fused[row] for row in scores)
    if any(score > last for row, score in fused.items() if row not in scores):
        raise ValueError("a row that was not looked at comes before one that was")

    def blend(own: float, judged: float) -> float:
        blended = (1 - share) * own + share * (last + (best - last) * judged)
        return max(last, min(best, blended))  # or rounding could put it below its place by a hair

    return {row: blend(score, scores[row]) if row in scores else score for row, score in fused.items()}


def _check_kind(folder: Path) -> None:
    """Refuse an embedding model: the library would load it too, with random numbers for the missing head."""
    if not folder.is_dir():
        raise BadModel(f"{folder}: no such folder")
    if (folder / "modules.json").exists():
        kind = _described(folder / "config_sentence_transformers.json").get("model_type")
        if kind != _KIND:
            raise BadModel(f"{folder}: holds a {kind or 'SentenceTransformer'}, expected a {_KIND}")
        return
    heads = _described(folder / "config.json").get("architectures") or [None]
    if not str(heads[0]).endswith(_HEAD):
        raise BadModel(f"{folder}: holds a {heads[0]}, expected a {_KIND} (…{_HEAD})")


def _described(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadModel(f"{path.parent}: no {_KIND}: {path.name}: {error}") from error
