"""Whether a question is one that the hotline's texts can answer, from raw signals."""

from __future__ import annotations

import math

from knowledge.retrieval import Signals

BIAS, ENTRY_COSINE, FORMAL_TERM, COVERAGE = -9.5, 14.9, 1.1, 4.3
FORMAL_TERMS_COUNTED = 6
ANSWER_FLOOR = 0.35
CLARIFY_FLOOR = 0.15


def confidence(signals: Signals) -> float:
    """How surely the question is one for this hotline, 0..1.

    Logistic regression on tests/knowledge/data/scope.yml.
    """
    formal = min(signals.formal_terms, FORMAL_TERMS_COUNTED)
    weighed = ENTRY_COSINE * signals.entry_cosine + FORMAL_TERM * formal + COVERAGE * signals.coverage
    return 1.0 / (1.0 + math.exp(-(BIAS + weighed)))
