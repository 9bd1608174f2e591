"""Learns the danger model from labelled messages (examples/*.yml) and measures it on writers it has not seen.

Evidence weights and thresholds come from judgements of messages whose writer was left out of training.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import yaml

from api.chat.danger_model import (
    EVIDENCE,
    KINDS,
    DangerModel,
    Thresholds,
    join,
    part_evidence,
)
from api.chat.danger_model.features import features, plain_text, windows

EXAMPLES = Path(__file__).parent / "examples"
# Files whose name begins so are learned from and never judged: the rules know c by heart, e is
# harmless to a word, and f was written against false alarms of an earlier model.
ONLY_LEARNED = ("c", "e", "f")
SEEN_AT_LEAST = 2  # messages that a feature must occur in
SLACK = 0.5  # C of a linear SVM; by writers left out as good as logistic regression, and faster
FALSE_ALARMS = 0.04  # of harmless messages left out of training; two thirds of them are look-alikes
DOUBTFUL = 0.05  # the same for alarm and doubt together: a caring word at every turn would be noise
FOLLOW_UP = 0.02  # share of pairs of harmless, quiet messages that alarm together

RuleCounts = Callable[[str], tuple[int, int]]


@dataclass(frozen=True)
class Example:
    """A message; `kind` is None where nobody is in danger now. `source` is the file's name."""

    text: str
    kind: str | None
    source: str

    @property
    def writer(self) -> str:
        """The first letter of the file's name: who wrote it."""
        return self.source[:1]


@dataclass(frozen=True)
class Seen:
    """An example's features: of the whole message and of each of its parts."""

    example: Example
    whole: set[str]
    parts: list[set[str]]


def read_examples(folder: Path = EXAMPLES) -> list[Example]:
    """Read every YAML file of rows {kind, text}, in the order of their names.

    Raises:
        ValueError: a row has an unknown kind or no text.
    """
    return [example for path in sorted(folder.glob("*.yml")) for example in read_file(path)]


def read_file(path: Path) -> list[Example]:
    """Read one file of examples."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    examples = []
    for number, row in enumerate(yaml.load(path.read_text("utf-8"), Loader=loader), start=1):
        if row["kind"] not in (None, *KINDS) or not str(row["text"]).strip():
            raise ValueError(
                f"{path.name} row {number}: needs a text and a kind of {', '.join(KINDS)} or null"
            )
        examples.append(Example(str(row["text"]), row["kind"], path.name.partition(".")[0]))
    return examples


def look_at(examples: Iterable[Example]) -> list[Seen]:
    """Extract the features of examples."""
    seen = []
    for example in examples:
        plain = plain_text(example.text)
        seen.append(Seen(example, features(plain), [features(part) for part in windows(plain)]))
    return seen


def fit(seen: Sequence[Seen]) -> DangerModel:
    """Fit danger or not, and the kind among dangers, each by a linear SVM; same input, same model."""
    model = _vocabulary([one.whole for one in seen])
    matrix = _matrix(model, [one.whole for one in seen])
    kinds = [one.example.kind for one in seen]
    dangers = np.array([kind is not None for kind in kinds])
    alarm, alarm_bias = _linear(matrix, dangers)
    kind, kind_bias = _linear(matrix[dangers], np.array([KINDS.index(k) for k in kinds if k]))
    return replace(
        model,
        weights=np.hstack([alarm, kind]).astype(np.float32),
        bias=np.hstack([alarm_bias, kind_bias]).astype(np.float32),
    )


def evidence(model: DangerModel, one: Seen, rules: RuleCounts) -> list[float]:
    """Return EVIDENCE of a message under a model."""
    odds = [_odds(model, part) for part in one.parts]
    whole = _odds(model, one.whole)
    return [*part_evidence(whole, odds if len(odds) > 1 else [whole]), *rules(one.example.text)]


@dataclass(frozen=True)
class LeftOut:
    """Messages judged by models that had seen nothing of their writers.

    Attributes:
        rows: their EVIDENCE, shape (messages, len(EVIDENCE)).
        pairs: that of two harmless messages said one after the other, shape (pairs, len(EVIDENCE)).
        members: places in `rows` of the two, shape (pairs, 2).
    """

    examples: list[Example]
    rows: np.ndarray
    pairs: np.ndarray
    members: np.ndarray

    @property
    def dangers(self) -> np.ndarray:
        """True for each message that shows danger."""
        return np.array([example.kind is not None for example in self.examples])


def leave_out(seen: Sequence[Seen], rules: RuleCounts) -> LeftOut:
    """Judge each message by a model that has seen nothing of its writer's."""
    judged = [one for one in seen if not one.example.source.startswith(ONLY_LEARNED)]
    examples: list[Example] = []
    rows, pairs, members = [], [], []
    for writer in sorted({one.example.writer for one in judged}):
        model = fit([one for one in seen if one.example.writer != writer])
        held = [one for one in judged if one.example.writer == writer]
        harmless = [len(examples) + at for at, one in enumerate(held) if one.example.kind is None]
        examples += [one.example for one in held]
        rows += [evidence(model, one, rules) for one in held]
        for first, second in pairwise(harmless):
            together = look_at([_joined(examples[first], examples[second])])[0]
            pairs.append(evidence(model, together, rules))
            members.append((first, second))
    return LeftOut(examples, np.array(rows), np.array(pairs), np.array(members))


def weigh(rows: np.ndarray, dangers: np.ndarray) -> np.ndarray:
    """Return the weights of EVIDENCE and a bias that tell dangers best."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().fit(rows, dangers)
    return np.append(fitted.coef_[0], fitted.intercept_).astype(np.float32)


def cross_weighed(rows: np.ndarray, dangers: np.ndarray, folds: int = 10) -> np.ndarray:
    """Return log-odds of each row under evidence weights that were found without it."""
    odds = np.zeros(len(rows))
    for fold in range(folds):
        held = np.arange(len(rows)) % folds == fold
        weights = weigh(rows[~held], dangers[~held])
        odds[held] = rows[held] @ weights[:-1] + weights[-1]
    return odds


def threshold_at(odds_of_harmless: np.ndarray, share: float) -> float:
    """Return the log-odds that at most `share` of the harmless messages reach."""
    highest_first = np.sort(odds_of_harmless)[::-1]
    return float(np.nextafter(highest_first[int(share * len(highest_first))], np.inf))


def train(examples: Sequence[Example], rules: RuleCounts) -> tuple[DangerModel, LeftOut, np.ndarray]:
    """Train the model.

    Args:
        rules: counts, for a text, the rules that touch it and those that stand.

    Returns:
        the model, the messages judged without their writers, and the log-odds these got, shape (messages,).
    """
    seen = look_at(examples)
    judged = leave_out(seen, rules)
    odds = cross_weighed(judged.rows, judged.dangers)
    weights = weigh(judged.rows, judged.dangers)
    harmless = odds[~judged.dangers]
    alarm = threshold_at(harmless, FALSE_ALARMS)
    together = judged.pairs @ weights[:-1] + weights[-1]
    alone = odds[judged.members].max(axis=1)
    both_quiet = alone < alarm
    thresholds = Thresholds(
        alarm=alarm,
        doubt=threshold_at(harmless, DOUBTFUL),
        follow_up=max(alarm, threshold_at(together[both_quiet & (together > alone)], FOLLOW_UP)),
    )
    return replace(fit(seen), evidence=weights, thresholds=thresholds), judged, odds


def _joined(first: Example, second: Example) -> Example:
    return replace(second, text=join([first.text, second.text]))


def _vocabulary(texts: Sequence[set[str]]) -> DangerModel:
    """Return a model that knows the features and their idf, without weights."""
    documents = Counter(feature for text in texts for feature in text)
    known = sorted(feature for feature, n in documents.items() if n >= SEEN_AT_LEAST)
    idf = [math.log((1 + len(texts)) / (1 + documents[feature])) + 1 for feature in known]
    return DangerModel(
        {feature: row for row, feature in enumerate(known)},
        np.array(idf, dtype=np.float32),
        np.zeros((len(known), 1 + len(KINDS)), np.float32),
        np.zeros(1 + len(KINDS), np.float32),
        np.zeros(len(EVIDENCE) + 1, np.float32),
        Thresholds(0.0, 0.0, 0.0),
    )


def _matrix(model: DangerModel, texts: Sequence[set[str]]):
    from scipy.sparse import csr_matrix

    rows = [model.row(text) for text in texts]
    ends = np.cumsum([0] + [len(columns) for columns, _ in rows])
    values, columns = np.concatenate([v for _, v in rows]), np.concatenate([c for c, _ in rows])
    return csr_matrix((values, columns, ends), shape=(len(rows), len(model.vocabulary)))


def _odds(model: DangerModel, found: set[str]) -> float:
    rows, values = model.row(found)
    return float(values @ model.weights[rows, 0] + model.bias[0])


def _linear(matrix, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weights of shape (features, columns) and bias of a linear SVM; one column for two classes."""
    # Imported here: only training needs it, and it takes a second.
    from sklearn.svm import LinearSVC

    fitted = LinearSVC(C=SLACK, random_state=0).fit(matrix, labels)
    return fitted.coef_.T, np.asarray(fitted.intercept_)
