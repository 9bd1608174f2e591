"""随便什么字节、被随便改坏的好文件：要么读出文字，要么干净地拒收，而且都在时限之内。"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.errors import UnreadableDocument
from knowledge.ingestion import split_note
from knowledge.readers import Part, archive, read_part
from knowledge.readers.sniffing import SUFFIXES
from knowledge.texts import keys
from tests.knowledge.readers import making

GOOD = {
    "a.pdf": making.book(making.ARTICLES * 2, "页眉", "{}"),
    "a.docx": making.word(making.ARTICLES),
    "a.html": making.page(making.ARTICLES),
    "a.txt": making.TEXT.encode("gb18030"),
    "a.zip": making.archive({"一.md": making.TEXT.encode(), "二.docx": making.word(["第一条 一。"])}),
}
NAMES = st.sampled_from(sorted({f"a{suffix}" for suffixes in SUFFIXES.values() for suffix in suffixes}))
MARKS = (b"", b"%PDF-1.7\n", b"PK\x03\x04", b"PK\x05\x06", b"<html>", b"\xff\xfe", b"\xef\xbb\xbf", b"{\\rtf")
OPENINGS = st.sampled_from(MARKS)
TEN_SECONDS = 10_000  # milliseconds; the limit for one file is sixty


def read_or_refuse(name: str, raw: bytes) -> None:
    """Read a file and, if it is an archive, its members; anything but a known refusal fails the test."""
    try:
        source = read_part(Part(name, raw))
        assert source.lines
    except UnreadableDocument as error:
        code, _ = split_note(error.reason)
        assert code in keys("reports", "refused")
        assert code not in ("too_slow", "too_much_memory")
        if code == "several_files":
            for part in archive.members(raw, name):
                assert part.refused in keys("reports", "refused") if part.refused else part.source_file


@given(name=NAMES, opening=OPENINGS, rest=st.binary(max_size=3_000))
@settings(max_examples=80, deadline=TEN_SECONDS)
def test_any_bytes_are_read_or_refused(name: str, opening: bytes, rest: bytes):
    read_or_refuse(name, opening + rest)


@pytest.mark.parametrize("name", GOOD)
@given(data=st.data())
@settings(max_examples=30, deadline=TEN_SECONDS)
def test_a_good_file_that_was_damaged_is_read_or_refused(name: str, data: st.DataObject):
    raw = bytearray(GOOD[name])
    places = st.integers(0, len(raw) - 1)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=8), "flipped"):
        raw[place] = value
    start, end = sorted(data.draw(st.tuples(places, places), "moved"))
    if data.draw(st.booleans(), "spliced"):
        raw = raw[:start] + GOOD[data.draw(st.sampled_from(sorted(GOOD)), "with")][start:end] + raw[end:]
    if data.draw(st.booleans(), "cut"):
        raw = raw[: data.draw(places, "at")]

    read_or_refuse(name, bytes(raw))
