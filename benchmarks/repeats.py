"""How well likeness tells a repeated request from a new matter of the same person and category.

    python benchmarks/repeats.py [pairs.yml]

For both halves of the pairs (benchmarks/data/repeat_pairs.zh.yml): precision and recall of "the same matter"
by the rule of tickets/data/repeats.yml (marked *) and around it, and the pairs of the tuned half that it
judges wrongly. A false "same" adds a new matter to an old ticket, where an agent must find it; a false
"different" gives a second ticket that is linked to the first.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tickets.repeats import RepeatRule, load_repeat_rule

PAIRS = Path(__file__).parent / "data" / "repeat_pairs.zh.yml"
SHIFTS = tuple(step / 100 for step in range(-20, 21, 5))


@dataclass(frozen=True)
class Judged:
    """A pair, whether it is one matter, and by how much its likeness passes what is needed (below 0: not)."""

    first: str
    later: str
    same: bool
    beyond: float


def judged(groups: Sequence[dict], rule: RepeatRule) -> list[Judged]:
    """Measure every pair of one half."""
    return [
        Judged(
            group["first"],
            later,
            kind == "same",
            rule.likeness(later, group["first"]) - rule.needed_likeness(later),
        )
        for group in groups
        for kind in ("same", "different")
        for later in group[kind]
    ]


def precision_and_recall(pairs: Sequence[Judged], shift: float) -> tuple[float, float]:
    """Give both for "the same matter", both thresholds shifted; precision is 1 where nothing is called so."""
    called = [pair.same for pair in pairs if pair.beyond >= shift]
    return (sum(called) / len(called) if called else 1.0), sum(called) / sum(pair.same for pair in pairs)


def main(path: Path) -> None:
    rule = load_repeat_rule()
    halves = {name: judged(groups, rule) for name, groups in yaml.safe_load(path.read_text("utf-8")).items()}
    for shift in SHIFTS:
        measured = (
            f"{name} precision {precision:.2f} recall {recall:.2f}"
            for name, pairs in halves.items()
            for precision, recall in [precision_and_recall(pairs, shift)]
        )
        thresholds = f"{rule.alike + shift:.2f} / {rule.alike_when_recalling + shift:.2f}"
        print(f"{thresholds}{' ' if shift else '*'}", "   ".join(measured))
    print("pairs:", ", ".join(f"{name} {len(pairs)}" for name, pairs in halves.items()))
    for pair in halves["tuned"]:
        if (pair.beyond >= 0) is not pair.same:
            print(f"{'missed' if pair.same else 'FALSE'} {pair.beyond:+.2f}  {pair.first} | {pair.later}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PAIRS)
