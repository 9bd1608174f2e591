"""Trains the scope model and fits the judgement: `hotline knowledge calibrate`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
import yaml

from knowledge.asked import AskedQuestions
from knowledge.embedding.lexicon import GAP, LexiconGroup
from knowledge.embedding.material import PHRASES
from knowledge.model import HotlineEntry
from knowledge.scope.model import OURS, ScopeModel, features

STRENGTH = 20.0  # inverse of the regularisation; 5 and 20 measured alike


def ours(
    entries: Iterable[HotlineEntry], asked: Iterable[AskedQuestions], lexicon: Iterable[LexiconGroup]
) -> list[str]:
    """What is said to this hotline: questions of entries and of its articles, and its everyday terms.

    The terms are what short messages are made of (搞个低保); a model of longer ones alone suspects those.
    """
    endings: list[str] = yaml.safe_load(PHRASES.read_text("utf-8"))["endings"]
    said = [said.replace(GAP, "") for group in lexicon for said in group.colloquial]
    # Each with an ending or two in turn (低保 → 低保怎么弄): the endings are said to others as well.
    found = [words + ending for n in (0, 1) for words, ending in zip(said, cycle(endings[n:]), strict=False)]
    found += [question for entry in entries for question in entry.questions]
    for one in asked:
        if one.ours:
            found += [question for questions in one.articles.values() for question in questions]
    return found


def train_scope(questions: Sequence[str], others: Mapping[str, Sequence[str]]) -> ScopeModel:
    """Fit the model; the same messages give the same model."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    kinds = [OURS, *sorted(others)]
    texts = [*questions, *(text for kind in kinds[1:] for text in others[kind])]
    labels = [0] * len(questions) + [n for n, kind in enumerate(kinds[1:], start=1) for _ in others[kind]]
    cut: Any = features  # scikit-learn's own hints know of names only
    vectorizer = TfidfVectorizer(analyzer=cut, min_df=2, sublinear_tf=True)
    rows = vectorizer.fit_transform(texts)
    # Ours and all the others together weigh the same; within the others each message does.
    weight = np.where(np.array(labels) == 0, 1.0, len(questions) / max(1, len(texts) - len(questions)))
    fitted = LogisticRegression(C=STRENGTH, max_iter=300).fit(rows, labels, sample_weight=weight)
    coefficients, bias = fitted.coef_, fitted.intercept_
    if len(kinds) == 2:  # scikit-learn keeps one row for two classes: that of the second
        coefficients, bias = np.vstack([0 * coefficients, coefficients]), np.array([0.0, bias[0]])
    return ScopeModel(
        tuple(kinds),
        {feature: place for place, feature in enumerate(vectorizer.get_feature_names_out())},
        vectorizer.idf_.astype(np.float32),
        coefficients.T.astype(np.float32),
        bias.astype(np.float32),
    )


def fit_judgement(signals: np.ndarray, answerable: np.ndarray) -> tuple[np.ndarray, float]:
    """Logistic regression of raw signals, float of shape (messages, signals): weights and bias."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=10.0, max_iter=1000).fit(signals, answerable)
    return fitted.coef_[0], float(fitted.intercept_[0])
