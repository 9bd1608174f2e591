"""Whether what was found is about the question at all, from raw scores; scores divided by the best cannot tell."""

from __future__ import annotations

import math
from collections.abc import Sequence

from knowledge.retrieval import Evidence

# Logistic regression on tests/knowledge/data/scope.yml (own questions, in and out of scope).
BIAS, COSINE, COVERAGE = -6.0, 8.0, 12.0
ANSWER_FLOOR = 0.5
CLARIFY_FLOOR = 0.3


def confidence(evidence: Evidence) -> float:
    """How surely a hit is about the question, 0..1."""
    return 1.0 / (1.0 + math.exp(-(BIAS + COSINE * evidence.cosine + COVERAGE * evidence.coverage)))


def best_confidence(evidence: Sequence[Evidence], among: int = 3) -> float:
    """Confidence in the best of the leading hits; 0 when nothing was found."""
    return max((confidence(e) for e in evidence[:among]), default=0.0)
