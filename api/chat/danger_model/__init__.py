"""The learned part of the danger screen: a linear model over spelling, sound and concepts of a message.

It needs numpy only; training.py makes it. A model is a folder of two files: model.npz (plain arrays, reading
it runs no code) and manifest.json (thresholds, the figures they were chosen by, the digest of model.npz).
"""

from __future__ import annotations

import hashlib
import json
import math
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from api.chat.danger_model.features import CONCEPT, SOUND, SPELLING, features, plain_text, windows

SHIPPED_MODEL = Path(__file__).parent
MODEL_FILE = "model.npz"
MANIFEST_FILE = "manifest.json"
KINDS = (
    "suicide_selfharm",
    "domestic_violence_now",
    "child_abuse_now",
    "starvation",
    "missing_person",
    "trafficking_confinement",
    "fire_flood_trapped",
    "medical_emergency",
    "cold_exposure",
)
# Share of each group in a message's length; sound and concepts at a half were best of 0, 0.5 and 1.
GROUP_LENGTH = {SPELLING: 1.0, SOUND: 0.5, CONCEPT: 0.5}
MOST_PARTS = 6  # a story does not grow more alarming by being longer still
EVIDENCE = ("whole", "strongest part", "second part", "log parts", "rules touched", "rules standing")


class UnreadableModel(Exception):
    """The model is missing, damaged or of another version."""


@dataclass(frozen=True)
class Thresholds:
    """Log-odds from which a message is an alarm, is doubtful, or is an alarm together with earlier ones."""

    alarm: float
    doubt: float
    follow_up: float


@dataclass(frozen=True)
class Verdict:
    """What the model makes of a message.

    Attributes:
        odds: log-odds that somebody is in danger now.
        kind: the likeliest kind, if so.
        clause: the most alarming clauses, in the model's plain spelling.
    """

    odds: float
    kind: str
    clause: str


@dataclass(frozen=True)
class DangerModel:
    """Weights of the classifier.

    Attributes:
        vocabulary: feature → row of `weights`.
        idf: inverse document frequency of each feature, float32 of shape (features,).
        weights: score per unit of a feature, float32 of shape (features, 1 + kinds): danger, then each kind.
        bias: float32 of shape (1 + kinds,).
        evidence: weights of EVIDENCE and a bias, float32 of shape (len(EVIDENCE) + 1,).
    """

    vocabulary: dict[str, int]
    idf: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    evidence: np.ndarray
    thresholds: Thresholds

    def row(self, found: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of the known features and their values; each group has length GROUP_LENGTH."""
        known = map(self.vocabulary.get, found)
        rows = np.array(sorted(row for row in known if row is not None), dtype=np.int64)
        values, groups = self.idf[rows], self._groups[rows]
        norms = np.sqrt(np.bincount(groups, values * values, len(GROUP_LENGTH)))
        scale = np.array([*GROUP_LENGTH.values()]) / np.maximum(norms, 1e-9)
        return rows, (values * scale[groups]).astype(np.float32)

    def scores(self, plain: str) -> np.ndarray:
        """Return the log-odds of danger and of each kind for a plain text, shape (1 + kinds,)."""
        rows, values = self.row(features(plain))
        return values @ self.weights[rows] + self.bias

    def judge(self, text: str, rules: tuple[int, int]) -> Verdict:
        """Judge one message; `rules` counts the kinds whose signs touch it and whose signs stand."""
        plain = plain_text(text)
        whole = self.scores(plain)
        parts = windows(plain)
        each = [whole] if len(parts) == 1 else [self.scores(part) for part in parts]
        odds = [float(scores[0]) for scores in each]
        seen = np.array([*part_evidence(float(whole[0]), odds), *rules, 1.0])
        strongest = max(range(len(odds)), key=odds.__getitem__)
        kind = KINDS[int(np.argmax((whole + each[strongest])[1:]))]
        return Verdict(float(seen @ self.evidence), kind, parts[strongest])

    @cached_property
    def _groups(self) -> np.ndarray:
        order = list(GROUP_LENGTH)
        return np.array([order.index(feature[0]) for feature in self.vocabulary], dtype=np.int8)

    def save(self, folder: Path, report: dict[str, object]) -> None:
        """Write the model and its manifest; `report` says what it was made from and how good it is."""
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / (MODEL_FILE + ".part")
        with part.open("wb") as file:
            np.savez_compressed(
                file,
                vocabulary=np.frombuffer("\n".join(self.vocabulary).encode(), np.uint8),
                idf=self.idf.astype(np.float16),
                weights=self.weights.astype(np.float16),
                bias=self.bias.astype(np.float32),
                evidence=self.evidence.astype(np.float32),
            )
        manifest = {
            "sha256": _digest(part),
            "thresholds": {name: round(value, 4) for name, value in vars(self.thresholds).items()},
            **report,
        }
        part.replace(folder / MODEL_FILE)
        text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
        (folder / MANIFEST_FILE).write_text(text, "utf-8")


def part_evidence(whole: float, odds: list[float]) -> tuple[float, float, float, float]:
    """Return the first four of EVIDENCE from the log-odds of the whole message and of its parts."""
    best = sorted(odds, reverse=True)
    return whole, best[0], best[min(1, len(best) - 1)], math.log(min(len(odds), MOST_PARTS))


def join(messages: Iterable[str]) -> str:
    """Return messages said one after the other as one text."""
    return "，".join(messages)


def load_model(folder: Path = SHIPPED_MODEL) -> DangerModel:
    """Read a model.

    Raises:
        UnreadableModel: a file is missing or damaged, or the two do not belong together.
    """
    path = folder / MODEL_FILE
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text("utf-8"))
        if manifest["sha256"] != _digest(path):
            raise ValueError("another digest")
        with np.load(path, allow_pickle=False) as file:
            words = file["vocabulary"].tobytes().decode().split("\n")
            model = DangerModel(
                {word: row for row, word in enumerate(words)},
                file["idf"].astype(np.float32),
                file["weights"].astype(np.float32),
                file["bias"],
                file["evidence"],
                Thresholds(**manifest["thresholds"]),
            )
    except (OSError, KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UnreadableModel(f"danger model in {folder} cannot be read: run hotline danger train") from error
    if model.weights.shape != (len(words), 1 + len(KINDS)) or len(model.evidence) != len(EVIDENCE) + 1:
        raise UnreadableModel(f"danger model in {folder} is of another version: run hotline danger train")
    return model


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
