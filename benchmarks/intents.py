"""How well the intents are told apart: cross-validation with the features and the classifier of config.yml.

    .venv-rasa/bin/python benchmarks/intents.py [--folds 5] [--held-out tests/bot/data/nlu_holdout.yml]

It builds in scikit-learn what config.yml asks of Rasa (jieba words and characters 1 to 3, counted; logistic
regression) and needs no Rasa process, so a change of the examples shows in a minute. The slow figure by Rasa
itself: python bot/start.py test nlu --cross-validation. Run it in Rasa's environment, whose scikit-learn is
the one that the trained model uses.
"""

import argparse
import logging
import re
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jieba
import numpy as np
import yaml
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report, f1_score
from sklearn.model_selection import StratifiedKFold

BOT = Path(__file__).parents[1] / "bot"
ENTITY = re.compile(r"\[([^\]]+)\]\([a-z_]+\)")
SEED = 1
CONFUSIONS = 20
THRESHOLDS = (0.3, 0.4, 0.5)


def read_examples(paths: Sequence[Path]) -> list[tuple[str, str]]:
    """(text without entity marks, intent) of every example of the NLU files."""
    return [
        (ENTITY.sub(r"\1", line[2:].strip()), block["intent"])
        for path in paths
        for block in yaml.safe_load(path.read_text("utf-8"))["nlu"]
        if "intent" in block
        for line in block["examples"].splitlines()
        if line.startswith("- ")
    ]


class Classifier:
    """Counts of words and of one to three characters, into a logistic regression."""

    def __init__(self) -> None:
        cut: Any = words  # scikit-learn's own hints know of names only
        self._words = CountVectorizer(analyzer=cut)
        self._characters = CountVectorizer(analyzer="char", ngram_range=(1, 3))
        self._model = LogisticRegression(
            solver="liblinear", class_weight="balanced", max_iter=100, tol=1e-4, random_state=42
        )

    def fit(self, texts: Sequence[str], intents: Sequence[str]) -> None:
        rows = hstack([self._words.fit_transform(texts), self._characters.fit_transform(texts)])
        self._model.fit(csr_matrix(rows), intents)

    def judge(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The likeliest intent of each text (str) and its probability (float), both of shape (texts,)."""
        rows = csr_matrix(hstack([self._words.transform(texts), self._characters.transform(texts)]))
        shares = self._model.predict_proba(rows)
        return self._model.classes_[shares.argmax(axis=1)], shares.max(axis=1)


def words(text: str) -> list[str]:
    """The words of a text as jieba cuts them."""
    return jieba.lcut(text.lower())


def cross_validate(examples: Sequence[tuple[str, str]], folds: int) -> tuple[np.ndarray, ...]:
    """Right intents, predicted ones and probabilities, each of shape (examples,); each is judged once."""
    texts = np.array([text for text, _ in examples])
    right = np.array([intent for _, intent in examples])
    predicted, sure = np.empty_like(right), np.empty(len(right))
    parts = StratifiedKFold(folds, shuffle=True, random_state=SEED)
    for train, test in parts.split(texts, right):
        model = Classifier()
        model.fit(list(texts[train]), list(right[train]))
        predicted[test], sure[test] = model.judge(list(texts[test]))
    return right, predicted, sure


def print_figures(right: np.ndarray, predicted: np.ndarray, sure: np.ndarray) -> None:
    """Accuracy, F1 by intent, what is confused with what, and what each threshold would hold back."""
    hit = right == predicted
    print(f"accuracy {hit.mean():.3f}, macro-F1 {f1_score(right, predicted, average='macro'):.3f}\n")
    print(classification_report(right, predicted, digits=2))
    for (meant, taken), count in Counter(zip(right[~hit], predicted[~hit], strict=True)).most_common(
        CONFUSIONS
    ):
        print(f"{count:4d} of {np.sum(right == meant):4d}  {meant} -> {taken}")
    for threshold in THRESHOLDS:
        kept = sure >= threshold
        print(
            f"threshold {threshold}: {1 - kept.mean():.3f} unsure, {np.mean(~kept[hit]):.3f} of the right, "
            f"{np.mean(~kept[~hit]):.3f} of the wrong, accuracy of the rest {hit[kept].mean():.3f}"
        )


def main() -> None:
    """Print the figures of a cross-validation and of a held-out file."""
    parser = argparse.ArgumentParser(description="Cross-validates the intent classifier.")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--held-out", type=Path)
    options = parser.parse_args()
    jieba.setLogLevel(logging.WARNING)
    for dictionary in (BOT / "dictionary").iterdir():
        jieba.load_userdict(str(dictionary))
    examples = read_examples(sorted((BOT / "data" / "nlu").glob("*.yml")))
    print(
        f"{len(examples)} examples, {len({intent for _, intent in examples})} intents, {options.folds} folds"
    )
    print_figures(*cross_validate(examples, options.folds))
    if options.held_out:
        held_out = read_examples([options.held_out])
        model, started = Classifier(), time.perf_counter()
        model.fit(*map(list, zip(*examples, strict=True)))
        print(
            f"\n{options.held_out}: {len(held_out)} examples; fitted in {time.perf_counter() - started:.1f} s"
        )
        predicted, sure = model.judge([text for text, _ in held_out])
        print_figures(np.array([intent for _, intent in held_out]), predicted, sure)


if __name__ == "__main__":
    main()
