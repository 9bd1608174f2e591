"""Programs whose children are killed (kill -9): the side of the test, and the loop of the program itself.

The test writes one line per child; its last word is the point at which the child dies: at its n-th one it
kills itself, at 0 it runs to its end, at -MS it is killed from outside after so many milliseconds. A child
says what it has done as lines that begin with a ticket's number, and "ended" with the points it passed.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]


class DyingProgram:
    """A started program. `said`: every number that a child said; `kills`: how many children died."""

    def __init__(self, program: Path) -> None:
        self.kills = 0
        self.said: set[str] = set()
        self._process = subprocess.Popen(
            [sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def run(self, *words: object) -> int | None:
        """Let one child work; gives the number of points it passed, or None when it was killed."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        passed = None
        for line in self._process.stdout:
            match line.split():
                case ["ended", points]:
                    passed = int(points)
                case ["killed", _]:
                    self.kills += 1
                    return None
                case ["left", code]:
                    assert code == "0", "the child failed by itself"
                    return passed
                case [number, *_]:
                    self.said.add(number)
        raise AssertionError("the program ended")

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)


def say(*words: object) -> None:
    """Write a line at once: what is said stays said."""
    os.write(sys.stdout.fileno(), (" ".join(map(str, words)) + "\n").encode())


def run_children(work: Callable[..., None]) -> None:
    """Run `work` with the words of each line of standard input, in a child of its own."""
    for line in sys.stdin:
        words = line.split()
        child = os.fork()
        if child == 0:
            work(*words)
            os._exit(0)
        if (point := int(words[-1])) < 0:
            time.sleep(-point / 1000)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        say("killed" if os.WIFSIGNALED(status) else "left", os.waitstatus_to_exitcode(status))
