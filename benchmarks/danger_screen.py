"""How much danger the screen sees, and how often it cries wolf.

    python benchmarks/danger_screen.py [FILE …]

A file is YAML with `sentences`: rows of `text` and `kind` (null for a look-alike). The shipped
data/danger_examples.zh.yml was written together with the phrases, so its figures only guard against getting
worse; bring sentences of your own.
"""

import sys
from collections import Counter
from pathlib import Path

import yaml

from api.chat.danger import DangerScreen, danger_phrases
from knowledge.normalisation import searchable


def main(files: list[Path]) -> None:
    screen = DangerScreen(danger_phrases(), searchable)
    for file in files:
        rows = yaml.safe_load(file.read_text("utf-8"))["sentences"]
        seen, all_of = Counter(), Counter(row["kind"] for row in rows)
        seen.update(row["kind"] for row in rows if screen.look(row["text"]))
        dangers = sum(n for kind, n in all_of.items() if kind)
        print(f"{file.name}: {len(rows)} sentences")
        print(f"  recall {sum(n for kind, n in seen.items() if kind)}/{dangers}", end="")
        print(f", false alarms {seen[None]}/{all_of[None]}")
        for kind in sorted(filter(None, all_of)):
            print(f"  {kind:28} {seen[kind]}/{all_of[kind]}")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or [Path(__file__).parent / "data" / "danger_examples.zh.yml"])
