"""Learns the triage model from labelled examples and from what agents corrected."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from tickets.errors import BadRequest
from tickets.model import Category, Urgency
from tickets.triage_model import CATEGORIES, URGENCIES, TriageModel, features, plain_text

DATA = Path(__file__).parent.parent / "data"
EXAMPLES_FILE = DATA / "triage_examples.zh.yml"
CHECK_FILE = DATA / "triage_check.zh.yml"
CORRECTION_WEIGHT = 3.0  # a correction is a real case from this office; an example was made up
INVERSE_REGULARISATION = 30.0  # of 10, 30, 100 by five-fold cross-validation; 100 gains under half a point


class BadCorrection(BadRequest):
    """A line of the corrections file cannot be used."""


@dataclass(frozen=True)
class Example:
    """A message with the labels that a person gave it."""

    text: str
    category: Category
    urgency: Urgency


def read_examples(path: Path = EXAMPLES_FILE) -> list[Example]:
    """Read a YAML file of category → urgency → messages."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Example(text, Category(category), Urgency(urgency))
        for category, urgencies in data.items()
        for urgency, texts in urgencies.items()
        for text in texts
    ]


def read_corrections(path: Path) -> list[Example]:
    """Read JSON lines of text (masked), category and urgency, as the desk exports them.

    Raises:
        BadCorrection: a line is no JSON object with these fields; the message names the line, never its text.
    """
    corrections = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            text = row["text"]
            if not isinstance(text, str) or not text.strip():
                raise ValueError("no text")
            corrections.append(Example(text, Category(row["category"]), Urgency(row["urgency"])))
        except (ValueError, KeyError, TypeError) as error:
            raise BadCorrection(f"{path.name} line {number}: expected text, category and urgency") from error
    return corrections


def train(examples: Sequence[Example], corrections: Sequence[Example] = ()) -> TriageModel:
    """Fit a multinomial logistic regression each for category and urgency; same input, same model.

    Raises:
        ValueError: a category or an urgency has no example.
    """
    learned = [*examples, *corrections]
    for labels, given in (
        (CATEGORIES, {e.category for e in learned}),
        (URGENCIES, {e.urgency for e in learned}),
    ):
        if missing := set(labels) - given:
            raise ValueError(f"no example of: {', '.join(sorted(missing))}")
    blank = _vocabulary([plain_text(example.text) for example in learned])
    matrix = _matrix(blank, learned)
    weights = np.array([1.0] * len(examples) + [CORRECTION_WEIGHT] * len(corrections))
    category = _fit(matrix, [CATEGORIES.index(e.category) for e in learned], weights)
    urgency = _fit(matrix, [URGENCIES.index(e.urgency) for e in learned], weights)
    return TriageModel(
        blank.vocabulary,
        blank.idf,
        np.hstack([category[0], urgency[0]]).astype(np.float32),
        np.hstack([category[1], urgency[1]]).astype(np.float32),
    )


def _vocabulary(texts: Iterable[str]) -> TriageModel:
    """Give a model that knows the features and their idf, without weights."""
    texts = list(texts)
    documents = Counter(feature for text in texts for feature in set(features(text)))
    known = sorted(documents)
    idf = [math.log((1 + len(texts)) / (1 + documents[word])) + 1 for word in known]
    return TriageModel(
        {word: row for row, word in enumerate(known)},
        np.array(idf, dtype=np.float32),
        np.zeros((len(known), 0), np.float32),
        np.zeros(0, np.float32),
    )


def _matrix(model: TriageModel, examples: Sequence[Example]):
    from scipy.sparse import csr_matrix

    rows = [model.row(plain_text(example.text)) for example in examples]
    ends = np.cumsum([0] + [len(columns) for columns, _ in rows])
    values, columns = np.concatenate([v for _, v in rows]), np.concatenate([c for c, _ in rows])
    return csr_matrix((values, columns, ends), shape=(len(rows), len(model.vocabulary)))


def _fit(matrix, labels: list[int], weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weights of shape (features, classes) and bias of shape (classes,)."""
    # Imported here: only training needs it, and it takes a second.
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=2000).fit(matrix, labels, weights)
    return fitted.coef_.T, fitted.intercept_
