"""Readers that do to their process what a hostile file does to a parser."""

import ctypes
import os
import re
import time

from knowledge.readers import SourceText


def count_bytes(raw: bytes, source_file: str) -> SourceText:
    return SourceText((f"{len(raw)} bytes by {os.getpid()}",))


def hang(raw: bytes, source_file: str) -> SourceText:
    time.sleep(600)
    return SourceText(())


def hang_without_letting_go(raw: bytes, source_file: str) -> SourceText:
    """One call into C that never gives Python another turn."""
    re.match("(a+)+$", "a" * 60 + "b")
    return SourceText(())


def crash(raw: bytes, source_file: str) -> SourceText:
    ctypes.string_at(0)
    return SourceText(())


def take_memory(raw: bytes, source_file: str) -> SourceText:
    hoard = [bytearray(50 * 1024 * 1024) for _ in range(1000)]
    return SourceText((str(len(hoard)),))


def print_and_fail(raw: bytes, source_file: str) -> SourceText:
    print("a parser may print what it likes")
    os.write(1, b'{"text": {"lines": ["forged"], "hints": {}, "notes": []}}\n')
    raise ZeroDivisionError("inside the parser")
