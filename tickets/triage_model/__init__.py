"""The learned part of triage: a linear model over single characters and pairs of characters.

It needs numpy only; training.py makes it. A model is one .npz file of plain arrays: reading it runs no code.
"""

import math
import re
import unicodedata
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tickets.errors import Unreadable
from tickets.model import Category, Urgency

SHIPPED_MODEL = Path(__file__).parent / "model.npz"
LONGEST = 2  # characters in a feature; five-fold cross-validation on the examples found no gain in three
CATEGORIES = tuple(Category)
URGENCIES = tuple(Urgency)


class UnreadableModel(Unreadable):
    """The model file is missing or damaged."""


@dataclass(frozen=True)
class TriageModel:
    """Weights of the classifier.

    Attributes:
        vocabulary: feature → row of `weights`.
        idf: inverse document frequency of each feature, float32 of shape (features,).
        weights: log-odds per unit of a feature, float32 of shape (features, categories + urgencies).
        bias: log-odds without any feature, float32 of shape (categories + urgencies,).
    """

    vocabulary: dict[str, int]
    idf: np.ndarray
    weights: np.ndarray
    bias: np.ndarray

    def row(self, plain: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the known features' rows and their values: 1 + ln count, times idf, scaled to length 1."""
        counts = Counter(feature for feature in features(plain) if feature in self.vocabulary)
        rows = np.fromiter((self.vocabulary[f] for f in counts), dtype=np.int64, count=len(counts))
        values = np.fromiter((1 + math.log(n) for n in counts.values()), np.float32, len(counts))
        values = values * self.idf[rows]
        length = float(np.linalg.norm(values))
        return rows, values / length if length else values

    def scores(self, plain: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the log-odds of the categories and of the urgencies, each in the order of its enum."""
        rows, values = self.row(plain)
        both = values @ self.weights[rows] + self.bias
        return both[: len(CATEGORIES)], both[len(CATEGORIES) :]

    def telling_words(self, plain: str, column: int, most: int = 3) -> tuple[str, ...]:
        """Return the pieces of the text that spoke most for one column, in the order of the text."""
        rows, values = self.row(plain)
        worth = dict(zip(rows.tolist(), (values * self.weights[rows, column]).tolist(), strict=True))
        pairs = [
            (worth.get(self.vocabulary.get(plain[at : at + LONGEST], -1), 0.0), at)
            for at in range(len(plain) - LONGEST + 1)
            if plain[at : at + LONGEST].isalnum()
        ]
        places = sorted(at for gain, at in sorted(pairs, reverse=True)[:most] if gain > 0)
        return tuple(dict.fromkeys(_joined(plain, places)))

    def save(self, path: Path) -> None:
        """Write the model; an earlier file is replaced whole or not at all."""
        words = "\n".join(self.vocabulary).encode()
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        with part.open("wb") as file:
            np.savez_compressed(
                file,
                vocabulary=np.frombuffer(words, np.uint8),
                idf=self.idf.astype(np.float32),
                weights=self.weights.astype(np.float16),
                bias=self.bias.astype(np.float32),
            )
        part.replace(path)


def load_model(path: Path = SHIPPED_MODEL) -> TriageModel:
    """Read a model.

    Raises:
        UnreadableModel: the file is missing, damaged or of another version.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            words = file["vocabulary"].tobytes().decode().split("\n")
            model = TriageModel(
                {word: row for row, word in enumerate(words)},
                file["idf"],
                file["weights"].astype(np.float32),
                file["bias"],
            )
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UnreadableModel(f"triage model {path} cannot be read: train it again or remove it") from error
    if model.weights.shape != (len(words), len(CATEGORIES) + len(URGENCIES)) or model.idf.shape != (
        len(words),
    ):
        raise UnreadableModel(f"triage model {path} is of another version: train it again or remove it")
    return model


def plain_text(text: str) -> str:
    """Fold width and case and drop blanks, so that line breaks and pauses hide no word."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()


def features(plain: str) -> list[str]:
    """Return every piece of one and two characters."""
    return [plain[at : at + n] for n in range(1, LONGEST + 1) for at in range(len(plain) - n + 1)]


def _joined(plain: str, places: list[int]) -> list[str]:
    """Turn starts of pairs into pieces; pairs that touch or overlap make one piece."""
    spans: list[tuple[int, int]] = []
    for at in places:
        if spans and at <= spans[-1][1]:
            spans[-1] = (spans[-1][0], at + LONGEST)
        else:
            spans.append((at, at + LONGEST))
    return [plain[start:end] for start, end in spans]
