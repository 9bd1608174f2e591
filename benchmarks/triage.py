"""How often triage is right about category and urgency, and how long one message takes.

    python benchmarks/triage.py [--misses] [FILE …]

A file is YAML: category → urgency → messages. No rule, example or weight was changed after a message of the
shipped data/triage_messages.zh.yml.
"""

import sys
from pathlib import Path
from time import perf_counter

from tickets.model import Urgency
from tickets.triage import triage
from tickets.triage_model.checking import measure
from tickets.triage_model.training import Example, read_examples

HELD_OUT = Path(__file__).parent / "data" / "triage_messages.zh.yml"


def main(files: list[Path], misses: bool) -> None:
    for file in files:
        examples = read_examples(file)
        figures = measure(examples)
        print(f"{file.name}: {figures.messages} messages")
        print(
            f"  category {figures.right_categories / figures.messages:.3f}, macro-F1 {figures.macro_f1:.3f}"
        )
        for category in sorted({right for right, _ in figures.categories}):
            print(f"    {figures.f1(category):.2f} {category}")
        print(f"  urgency {figures.right_urgencies / figures.messages:.3f}")
        for right in Urgency:
            print(f"    {right} as", {str(guess): figures.urgencies[right, guess] for guess in Urgency})
        print_speed(examples)
        if misses:
            print_misses(examples)


def print_speed(examples: list[Example]) -> None:
    took = []
    for example in examples:
        start = perf_counter()
        triage(example.text)
        took.append((perf_counter() - start) * 1000)
    took.sort()
    print(f"  ms: median {took[len(took) // 2]:.2f}, 95th percentile {took[int(len(took) * 0.95)]:.2f}")


def print_misses(examples: list[Example]) -> None:
    for example in examples:
        guess = triage(example.text)
        if (guess.category, guess.urgency) != (example.category, example.urgency):
            print(
                f"  {example.category}/{example.urgency} -> {guess.category}/{guess.urgency} {example.text}"
            )


if __name__ == "__main__":
    names = [name for name in sys.argv[1:] if name != "--misses"]
    main([Path(name) for name in names] or [HELD_OUT], "--misses" in sys.argv)
