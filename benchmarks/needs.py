"""How often a request is rightly told apart into several needs, or rightly kept as one.

    python benchmarks/needs.py [--misses] [FILE …]

A file is YAML: `several` and `single` → rows of a request and the category of each of its needs in order,
with @relation where it is told whose need it is. Rules and weights were chosen on data/needs_dev.zh.yml; no
rule was changed after a request of data/needs_test.zh.yml was scored.
"""

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import yaml

from tickets.needs import Need, needs_of

DATA = Path(__file__).parent / "data"
FILES = [DATA / "needs_dev.zh.yml", DATA / "needs_test.zh.yml"]


@dataclass(frozen=True)
class Scored:
    """One request: the labels (category, or category@relation) that a person gave it, and what was found."""

    told: str
    labels: tuple[str, ...]
    found: tuple[Need, ...]
    took_ms: float

    @property
    def several(self) -> bool:
        return len(self.labels) > 1

    @property
    def categories_right(self) -> bool:
        return [str(need.category) for need in self.found] == [label.split("@")[0] for label in self.labels]

    @property
    def people_right(self) -> Counter[bool]:
        """Count right and wrong relations where labels name them; empty unless all categories are right."""
        if not self.categories_right:
            return Counter()
        pairs = zip(self.found, (label.partition("@")[2] for label in self.labels), strict=True)
        return Counter(need.about == relation for need, relation in pairs if relation)


def score(file: Path) -> list[Scored]:
    rows = yaml.safe_load(file.read_text("utf-8"))
    scored = []
    for told, *labels in (*rows["several"], *rows["single"]):
        start = perf_counter()
        found = needs_of(told)
        scored.append(Scored(told, tuple(labels), found, (perf_counter() - start) * 1000))
    return scored


def main(files: list[Path], misses: bool) -> None:
    for file in files:
        scored = score(file)
        report(file.name, scored)
        for row in scored if misses else ():
            wrong_people = row.several and row.people_right[False]
            if wrong_people or (not row.categories_right if row.several else len(row.found) > 1):
                found = " | ".join(f"{need.category}@{need.about}: {need.words}" for need in row.found)
                print(f"  {row.told!r}\n    {' '.join(row.labels)}\n    -> {found}")


def report(name: str, scored: list[Scored]) -> None:
    several = [row for row in scored if row.several]
    single = [row for row in scored if not row.several]
    split = [row for row in scored if len(row.found) > 1]
    true = [row for row in split if row.several]
    right = [row for row in several if row.categories_right]
    people = sum((row.people_right for row in several), Counter[bool]())
    took = sorted(row.took_ms for row in scored)
    print(f"{name}: {len(several)} with several needs, {len(single)} with one")
    print(f"  told apart, rightly: precision {len(true) / max(len(split), 1):.3f}")
    print(f"  several found: {len(true)} of {len(several)} = {len(true) / len(several):.3f}")
    print(f"  with every category right: {len(right)} = {len(right) / len(several):.3f}")
    print(f"  single ones split: {len(split) - len(true)} = {(len(split) - len(true)) / len(single):.3f}")
    print(f"  whose need, where told: {people[True]} of {people.total()} right")
    print(f"  ms: median {took[len(took) // 2]:.2f}, 95th percentile {took[int(len(took) * 0.95)]:.2f}")


if __name__ == "__main__":
    names = [name for name in sys.argv[1:] if name != "--misses"]
    main([Path(name) for name in names] or FILES, "--misses" in sys.argv)
