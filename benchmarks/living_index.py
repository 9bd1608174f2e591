"""What callers feel while the library changes: a steady stream of questions, and documents coming and going.

    hotline serve &                       # with the library to be measured in its data folder
    python benchmarks/living_index.py [http://127.0.0.1:8000] [questions a second] [questions.jsonl]

Asks /v1/answers at a steady rate (each at its time, whether or not the one before is back); every tenth
question is about the document that comes and goes. First a quiet phase, then one in which that document is
added, corrected, removed and rolled back with the `hotline knowledge` commands. Prints for each change when
the first caller saw it, counted from the start of the command; and for both phases failures, p50 and p95.
The document is taken out again at the end.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

HOTLINE = Path(sys.executable).with_name("hotline")
QUIET_SECONDS = 20
ABOUT_THE_DOCUMENT = 10  # every so manieth question
SEEN_WITHIN = 30.0
QUESTIONS = (
    "低保怎么申请", "临时救助找谁办", "孤儿每月有多少生活费", "残疾人两项补贴给哪些人",
    "房子被洪水冲了怎么办", "老人没有儿女谁来管", "孩子上学没钱有补助吗", "流浪的人可以去哪里",
    "看病花光了积蓄能救助吗", "工伤认定要多久",
)  # fmt: skip
TITLE = "星沙街道越冬炭火互助办法"
LAW = f"""# {TITLE}

2026年11月1日 星沙街道办事处公布

<!-- INFO END -->

第一条 为了让困难家庭暖和过冬，制定本办法。

第二条 需要越冬炭火互助的家庭，到炭火互助站登记，三日内送到。

第三条 本办法自2026年11月2日起施行。
"""
ASKED = f"{TITLE}第二条"
DOC = f"{TITLE}@2026-11-01"


class Callers:
    """Questions at a steady rate, and how long each took; `told` is the last answer about the document."""

    def __init__(self, client: httpx.AsyncClient, questions: Sequence[str], rate: float) -> None:
        self._client, self._questions, self._rate = client, questions, rate
        self.milliseconds: list[float] = []
        self.failures = 0
        self.told = ""

    async def ask_for(self, seconds: float) -> None:
        """Ask for some time."""
        await self.ask_until(asyncio.create_task(asyncio.sleep(seconds)))

    async def ask_until(self, done: asyncio.Task[object]) -> None:
        """Ask until a task is done; raises what it raises."""
        started, asked, pending = time.perf_counter(), 0, set()
        while not done.done():
            question = ASKED if asked % ABOUT_THE_DOCUMENT == 0 else random.choice(self._questions)
            pending.add(asyncio.create_task(self._ask(question)))
            asked += 1
            await asyncio.sleep(max(0.0, started + asked / self._rate - time.perf_counter()))
            pending = {task for task in pending if not task.done()}
        await asyncio.gather(*pending)
        await done

    async def _ask(self, question: str) -> None:
        started = time.perf_counter()
        try:
            response = await self._client.post("/v1/answers", json={"question": question})
            response.raise_for_status()
            if question == ASKED:
                self.told = response.json()["answer"]
        except httpx.HTTPError:
            self.failures += 1
        self.milliseconds.append((time.perf_counter() - started) * 1000)

    def __str__(self) -> str:
        p95 = statistics.quantiles(self.milliseconds, n=20)[-1]
        p50 = statistics.median(self.milliseconds)
        return (
            f"{len(self.milliseconds)} questions, {self.failures} failed, p50 {p50:.1f} ms, p95 {p95:.1f} ms"
        )


async def change(callers: Callers, name: str, command: list[str], seen: Callable[[str], bool]) -> None:
    """Run a command and wait until an answer shows its effect."""
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        str(HOTLINE), "knowledge", *command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    visible = None
    while visible is None or process.returncode is None:
        await asyncio.sleep(0.05)
        took = time.perf_counter() - started
        if visible is None and seen(callers.told):
            visible = took
        if took > SEEN_WITHIN:
            raise SystemExit(f"{name}: not seen within {SEEN_WITHIN} s")
    print(f"{name:12} visible after {visible:.1f} s, command ended after {took:.1f} s")


async def changes(callers: Callers, folder: Path) -> None:
    """A document comes, is corrected, goes, and the removal is taken back; then all is as before."""
    path = folder / f"{TITLE}(2026-11-01).md"
    path.write_text(LAW, "utf-8")
    for name, command, seen in (
        ("added", ["add", str(path)], lambda told: "三日内送到" in told),
        ("added again", ["add", str(path)], lambda told: "两日内送到" in told),
        ("corrected", ["edit", DOC, "--effective-from", "2026-11-20"], lambda told: "11月20日" in told),
        ("removed", ["remove", DOC], lambda told: told and "炭火互助站" not in told),
        ("rolled back", ["rollback"], lambda told: "炭火互助站" in told),
        ("uncorrected", ["edit", DOC, "--reset", "effective_from"], lambda told: "11月2日" in told),
        ("removed", ["remove", DOC], lambda told: told and "炭火互助站" not in told),
    ):
        if name == "added again":
            path.write_text(LAW.replace("三日", "两日"), "utf-8")
        await change(callers, name, command, seen)


async def main(base_url: str, rate: float, questions: Sequence[str]) -> None:
    async with httpx.AsyncClient(base_url=base_url, timeout=30) as client:
        await Callers(client, questions, rate).ask_for(5)
        quiet, busy = Callers(client, questions, rate), Callers(client, questions, rate)
        await quiet.ask_for(QUIET_SECONDS)
        with tempfile.TemporaryDirectory() as folder:
            await busy.ask_until(asyncio.create_task(changes(busy, Path(folder))))
        print(f"quiet        {quiet}\nchanging     {busy}")


if __name__ == "__main__":
    asked = (
        [json.loads(line)["question"] for line in Path(sys.argv[3]).read_text("utf-8").splitlines()]
        if len(sys.argv) > 3
        else list(QUESTIONS)
    )
    asyncio.run(
        main((sys.argv[1:] or ["http://127.0.0.1:8000"])[0], float((sys.argv[2:] or ["50"])[0]), asked)
    )
