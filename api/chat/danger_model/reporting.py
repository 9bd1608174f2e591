"""What the manifest of a danger model says: its examples, and figures on messages it had not seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from api.chat.danger import DangerScreen
from api.chat.danger_model import EVIDENCE, DangerModel
from api.chat.danger_model.checking import Check
from api.chat.danger_model.training import (
    DOUBTFUL,
    FALSE_ALARMS,
    FOLLOW_UP,
    Example,
    LeftOut,
)


def report(
    examples: Sequence[Example],
    model: DangerModel,
    judged: LeftOut,
    odds: np.ndarray,
    rules: DangerScreen,
) -> dict[str, object]:
    """Return the manifest of a freshly trained model.

    Args:
        odds: log-odds of the judged messages from models that had seen nothing of their writers.
        rules: a screen without classifier; its certain rules alarm whatever the odds.
    """
    certain = np.array([rules.is_certain(example.text) for example in judged.examples])
    return {
        "examples": {
            "all": len(examples),
            "dangers": sum(1 for example in examples if example.kind),
            "by_source": dict(sorted(Counter(example.source for example in examples).items())),
        },
        "features": len(model.vocabulary),
        "chosen_for": {
            "false_alarms": FALSE_ALARMS,
            "false_alarms_and_doubts": DOUBTFUL,
            "follow_up_false_alarms": FOLLOW_UP,
        },
        "evidence": dict(zip((*EVIDENCE, "bias"), np.round(model.evidence, 3).tolist(), strict=True)),
        "left_out": _figures(judged.examples, certain | (odds >= model.thresholds.alarm)),
        "left_out_with_doubts": _figures(judged.examples, certain | (odds >= model.thresholds.doubt)),
    }


def _figures(examples: Sequence[Example], alarms: np.ndarray) -> dict[str, object]:
    """Return recall and false alarms of judgements that tell no kind."""
    found = Check(
        tuple(
            (e, e.kind or "alarm") if alarm else (e, None) for e, alarm in zip(examples, alarms, strict=True)
        )
    ).figures()
    del found["kind_right"]
    return found
