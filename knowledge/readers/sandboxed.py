"""The process that parses: one file after the other from its input, each within its time and memory.

A job is a line of JSON and the bytes of the file; the answer is a line of JSON. JSON, not pickle: whatever a
hostile file does to a parser in here, the program outside only ever reads text from it.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
import threading
import time
from typing import Any

from knowledge.errors import UnreadableDocument
from knowledge.readers.source import to_plain


def serve(memory_bytes: int) -> None:
    """Answer jobs until the input ends, or until a file has used up the memory."""
    answers = _keep_output_for_answers()
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program, which then ends us
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    for line in iter(sys.stdin.buffer.readline, b""):
        job = json.loads(line)
        # The kernel ends us when the time is up, even inside a parser that never returns.
        signal.alarm(job["seconds"])
        answer = _answer(job["reader"], sys.stdin.buffer.read(job["bytes"]), job["source_file"])
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
        signal.alarm(0)


def _answer(reader: str, raw: bytes, source_file: str) -> dict[str, Any]:
    module, _, function = reader.partition(":")
    try:
        return {"text": to_plain(getattr(importlib.import_module(module), function)(raw, source_file))}
    except UnreadableDocument as error:
        return {"refused": error.reason}
    except MemoryError:
        return {"refused": "too_much_memory", "error": "MemoryError"}
    except Exception as error:  # the outermost edge of this process: no file may end the batch
        return {"refused": "parser_failed", "error": f"{type(error).__name__}: {error}"[:500]}


def _keep_output_for_answers():
    """Parsers may print; let that go to the error output."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
