"""Whether a question is one that the hotline's texts can answer, from raw signals."""

from __future__ import annotations

import math
from functools import cache
from importlib import resources
from typing import Any

import yaml

from knowledge.query import Signals

FORMAL_TERMS_COUNTED = 6
ODDS_COUNTED = 8.0  # log odds beyond these say no more


def signals_row(signals: Signals) -> tuple[float, float, float, float]:
    """The signals as the regression weighs them."""
    formal = min(signals.formal_terms, FORMAL_TERMS_COUNTED)
    odds = max(-ODDS_COUNTED, min(ODDS_COUNTED, signals.ours))
    return signals.nearer_to_us, float(formal), signals.coverage, odds


def confidence(signals: Signals) -> float:
    """How surely the question is one for this hotline, 0..1: a logistic regression (scope/judgement.yml)."""
    fitted = judgement()
    weighed = sum(w * s for w, s in zip(fitted["weights"], signals_row(signals), strict=True))
    return 1.0 / (1.0 + math.exp(-(fitted["bias"] + weighed)))


def answer_floor() -> float:
    """From here on a question is answered."""
    return judgement()["answer_floor"]


def clarify_floor() -> float:
    """From here on the caller is asked what she means; below, nothing is offered as an answer."""
    return judgement()["clarify_floor"]


@cache
def judgement() -> dict[str, Any]:
    """What `hotline knowledge calibrate` fitted, and on what."""
    return yaml.safe_load((resources.files("knowledge") / "scope" / "judgement.yml").read_text("utf-8"))
