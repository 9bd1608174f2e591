"""解析器卡死、崩溃、吃光内存，都只拒收这一份文件，后面的照常读。真的子进程，真的崩溃。"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.errors import UnreadableDocument
from knowledge.readers.sandbox import Sandbox
from tests.conftest import PROJECT_ROOT, is_running, wait_until

MISBEHAVING = "tests.knowledge.readers.misbehaving"
GOOD = f"{MISBEHAVING}:count_bytes"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(seconds=2, memory_bytes=300 * 1024 * 1024)
    yield sandbox
    sandbox.close()


def refusal_of(sandbox: Sandbox, function: str) -> str:
    with pytest.raises(UnreadableDocument) as refusal:
        sandbox.read(f"{MISBEHAVING}:{function}", b"x", "a.pdf")
    return refusal.value.reason


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("hang", "too_slow"),
        ("hang_without_letting_go", "too_slow"),
        ("crash", "parser_failed"),
        ("take_memory", "too_much_memory"),
        ("print_and_fail", "parser_failed"),
    ],
)
def test_a_parser_that_misbehaves_costs_only_its_own_file(sandbox: Sandbox, function: str, reason: str):
    assert refusal_of(sandbox, function) == reason

    assert sandbox.read(GOOD, b"12345", "b.pdf").lines[0].startswith("5 bytes")


def test_one_process_reads_file_after_file(sandbox: Sandbox):
    first, second = (sandbox.read(GOOD, b"x" * size, "a.pdf").lines for size in (10, 10_000_000))

    assert first[0].split()[-1] == second[0].split()[-1] == str(sandbox.process_id)


def test_nothing_is_started_before_it_is_needed_nor_left_after_the_end(sandbox: Sandbox):
    before = sandbox.process_id
    sandbox.read(GOOD, b"x", "a.pdf")
    process = sandbox.process_id
    sandbox.close()

    assert before is None
    assert process is not None
    assert not is_running(process)


def test_a_process_that_somebody_killed_is_replaced(sandbox: Sandbox):
    sandbox.read(GOOD, b"x", "a.pdf")
    process = sandbox.process_id
    assert process is not None
    os.kill(process, 9)
    wait_until(lambda: not is_running(process))

    assert sandbox.read(GOOD, b"123", "a.pdf").lines[0].startswith("3 bytes")


def test_threads_may_share_a_sandbox(sandbox: Sandbox):
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(sandbox.read(GOOD, b"x" * n, "a.pdf").lines[0]))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.split()[0] for answer in answers) == [str(n) for n in range(8)]


@pytest.mark.parametrize("function", ["count_bytes", "hang", "hang_without_letting_go"])
def test_no_process_is_left_when_the_program_is_killed(tmp_path: Path, function: str):
    """程序被强行结束，空闲的、正在解析的、卡死在 C 代码里的子进程也随之结束。"""
    script = f"""
import sys, threading, time
from knowledge.readers.sandbox import Sandbox
sandbox = Sandbox(seconds=4)
threading.Thread(target=sandbox.read, args=("{MISBEHAVING}:{function}", b"x", "a"), daemon=True).start()
while sandbox.process_id is None:
    time.sleep(0.05)
time.sleep(0.5)
print(sandbox.process_id, flush=True)
time.sleep(60)
"""
    command = [sys.executable, "-c", script]
    program = subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    process = int(program.stdout.readline())
    alive = is_running(process)

    program.kill()
    program.wait()

    assert alive
    wait_until(lambda: not is_running(process), seconds=10)
    program.stdout.close()


def test_the_process_loads_no_model_library():
    script = "import sys, knowledge.readers.sandboxed; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", script], cwd=PROJECT_ROOT, capture_output=True, text=True)

    assert not {"torch", "faiss", "numpy", "sqlalchemy"} & set(shown.stdout.split())
