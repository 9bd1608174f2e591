"""Scores messages that are not for this hotline: was any answered as policy, was it handled right?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.errors import BadQuestions

# What counts as each way of handling, as outcomes of a turn. Sending elsewhere and declining end alike.
HANDLED = {
    "smalltalk": {"smalltalk", "out_of_scope", "clarify"},
    "redirect": {"out_of_scope", "handed_over"},
    "refuse": {"out_of_scope"},
    "escalate": {"handed_over", "intake", "crisis"},
}
# Where a set wants nonsense sent on with a request to say it again, asking again is that.
HANDLED_BY_KIND = {"gibberish": {"redirect": {"clarify"}}}
ANSWERED = "answered"


@dataclass(frozen=True)
class OtherMessage:
    """A message, its kind, and the ways of handling it that are right."""

    message: str
    kind: str
    right: tuple[str, ...]


def read_messages(path: Path) -> list[OtherMessage]:
    """Read a file of `{message, kind, expected, accept?}`.

    Raises:
        BadQuestions: a line is not JSON or lacks a field; the message names the line.
    """
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            if line.strip():
                row: dict[str, Any] = json.loads(line)
                right = tuple(row.get("accept") or (row["expected"],))
                found.append(OtherMessage(row["message"], row["kind"], right))
        except (ValueError, KeyError, TypeError) as error:
            raise BadQuestions(f"{path}, line {number}: {error!r}") from error
    return found


def score_messages(messages: Sequence[OtherMessage], outcome_of: Callable[[str], str]) -> dict[str, Any]:
    """Shares answered as policy and handled right, in total and by kind, and what went wrong."""
    outcomes = [outcome_of(one.message) for one in messages]
    scored = [
        (one, outcome, any(outcome in _handled(way, one.kind) for way in one.right))
        for one, outcome in zip(messages, outcomes, strict=True)
    ]
    kinds = {one.kind: [s for s in scored if s[0].kind == one.kind] for one in messages}
    return {
        "total": _shares(scored),
        "by": {kind: _shares(members) for kind, members in sorted(kinds.items())},
        "wrong": [
            {"message": one.message, "kind": one.kind, "right": one.right, "outcome": outcome}
            for one, outcome, right in scored
            if not right
        ],
    }


def _handled(way: str, kind: str) -> set[str]:
    """The outcomes that count as a way of handling a message of this kind."""
    return HANDLED.get(way, set()) | HANDLED_BY_KIND.get(kind, {}).get(way, set())


def _shares(scored: Iterable[tuple[OtherMessage, str, bool]]) -> dict[str, float]:
    members = list(scored)
    answered = sum(outcome == ANSWERED for _, outcome, _ in members)
    right = sum(right for _, _, right in members)
    count = len(members) or 1
    return {
        "messages": len(members),
        "answered_as_policy": round(answered / count, 4),
        "handled_right": round(right / count, 4),
    }
