"""A linear model over words and character pairs: ours, or one of the kinds of matter that are not.

Trained by `hotline knowledge calibrate` on the questions of the articles and entries and on corpus/outside.
Words alone cannot say it (“老人” stands in both), so it is one sign among others (knowledge/judgement.py).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from knowledge.embedding.features import tokenise
from knowledge.normalisation import searchable

OURS = "ours"
FOLDER = Path(__file__).parent / "model"


@dataclass(frozen=True)
class Scope:
    """`ours` is the log odds that a message is for this hotline; `kind` what else it most likely is, 0..1."""

    ours: float
    kind: str
    probability: float


@dataclass(frozen=True)
class ScopeModel:
    """`weights` (float32, features × kinds; the first kind is ours) apply to tf-idf rows of length 1."""

    kinds: tuple[str, ...]
    places: dict[str, int]
    idf: np.ndarray
    weights: np.ndarray
    bias: np.ndarray

    def judge(self, text: str) -> Scope:
        """Place a message; of one without a known feature only the prior is known."""
        counts = Counter(
            place for feature in features(text) if (place := self.places.get(feature)) is not None
        )
        logits = self.bias.copy()
        if counts:
            rows = np.array(list(counts))
            values = (1 + np.log(np.array(list(counts.values())))) * self.idf[rows]
            logits += (values / np.linalg.norm(values)) @ self.weights[rows]
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        other = 1 + int(shares[1:].argmax())
        ours = float(np.log(shares[0] + 1e-9) - np.log(1 - shares[0] + 1e-9))
        return Scope(ours, self.kinds[other], float(shares[other]))

    def save(self, folder: Path) -> None:
        """Write the model into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        names = json.dumps({"kinds": self.kinds, "features": list(self.places)}, ensure_ascii=False)
        (folder / "features.json").write_text(names, "utf-8")
        half = {name: getattr(self, name).astype(np.float16) for name in ("idf", "weights", "bias")}
        np.savez_compressed(folder / "weights.npz", **half)

    @classmethod
    def load(cls, folder: Path) -> ScopeModel:
        """Open a saved model.

        Raises:
            OSError, ValueError, KeyError: a file is missing or damaged.
        """
        names = json.loads((folder / "features.json").read_text("utf-8"))
        with np.load(folder / "weights.npz") as stored:
            parts = {name: stored[name].astype(np.float32) for name in ("idf", "weights", "bias")}
        places = {feature: place for place, feature in enumerate(names["features"])}
        return cls(tuple(names["kinds"]), places, **parts)


def features(text: str) -> Sequence[str]:
    """Words and characters as the search counts them, and pairs of neighbouring characters."""
    text = searchable(text)
    return [*tokenise(text), *(f"{a}{b}~" for a, b in pairwise(text))]


@cache
def shipped_scope() -> ScopeModel:
    """The model that ships; read once per process."""
    return ScopeModel.load(FOLDER)
