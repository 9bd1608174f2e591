"""From messages that are for this hotline and messages that are not, to the floors of answering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from knowledge.asked import load_asked
from knowledge.embedding.lexicon import read_lexicon
from knowledge.entries import load_entries
from knowledge.judgement import signals_row
from knowledge.scope.messages import outside
from knowledge.scope.model import ScopeModel
from knowledge.scope.training import fit_judgement, ours, train_scope
from knowledge.service import KnowledgeBase

ASKED_BACK = 0.04  # share of plain policy questions that may be asked back …
REFUSED = 0.02  # … and of all that people write who need this hotline, that may be refused
_JUDGEMENT = "judgement.yml"


def calibrate(
    base: KnowledgeBase, corpus: Path, messages: Mapping[str, Any], plain: Sequence[str], out: Path
) -> dict[str, Any]:
    """Train, fit, write `out`/model and `out`/judgement.yml; the figures on both halves.

    Args:
        plain: policy questions of no particular difficulty.
        corpus: folder with entries, asked and outside.
        messages: in_scope_calibrate, in_scope_held_out: texts; calibrate, held_out: {message, …}.
    """
    questions = ours(load_entries(corpus / "entries"), load_asked(corpus / "asked"), read_lexicon())
    model = train_scope(questions, outside(corpus / "outside"))
    model.save(out / "model")
    model = ScopeModel.load(out / "model")  # as rounded on disk
    halves = {half: _signals(base, model, messages, half) for half in ("calibrate", "held_out")}
    rows, real = halves["calibrate"]
    weights, bias = fit_judgement(rows, real)
    floors = {
        "answer_floor": round(
            float(np.quantile(_sure(_rows(base, model, plain), weights, bias), ASKED_BACK)), 4
        ),
        "clarify_floor": round(float(np.quantile(_sure(rows[real], weights, bias), REFUSED)), 4),
    }
    figures: dict[str, Any] = {}
    for half, (rows, real) in halves.items():
        sure = _sure(rows, weights, bias)
        figures[half] = {
            "real_questions": int(real.sum()),
            "refused": round(float((sure[real] < floors["clarify_floor"]).mean()), 3),
            "asked_back_or_refused": round(float((sure[real] < floors["answer_floor"]).mean()), 3),
            "others": int((~real).sum()),
            "answered_though_not_ours": round(float((sure[~real] >= floors["answer_floor"]).mean()), 3),
        }
    fitted = {
        "fitted_on": str(date.today()),
        "weights": [round(float(w), 4) for w in weights],
        "bias": round(bias, 4),
        **floors,
    }
    head = "# Written by `hotline knowledge calibrate`. weights: nearer_to_us, formal_terms, coverage, ours\n"
    (out / _JUDGEMENT).write_text(
        head + yaml.safe_dump(fitted | {"figures": figures}, sort_keys=False), "utf-8"
    )
    return {**floors, **figures}


def _sure(rows: np.ndarray, weights: np.ndarray, bias: float) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-(rows @ weights + bias)))


def _rows(base: KnowledgeBase, model: ScopeModel, said: Sequence[str]) -> np.ndarray:
    # The search judges with the model that ships, which need not be the one just trained.
    signals = (replace(base.signals(text), ours=model.judge(text).ours) for text in said)
    return np.array([signals_row(one) for one in signals])


def _signals(
    base: KnowledgeBase, model: ScopeModel, messages: Mapping[str, Any], half: str
) -> tuple[np.ndarray, np.ndarray]:
    """Raw signals, float of shape (messages, 4), and which messages are real questions."""
    said: Sequence[str] = [*messages[f"in_scope_{half}"], *(item["message"] for item in messages[half])]
    return _rows(base, model, said), np.arange(len(said)) < len(messages[f"in_scope_{half}"])
