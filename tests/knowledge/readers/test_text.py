"""纯文本和 Markdown：按内容认编码，宁可拒收也不收乱码；引用的字一个不改。"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from opencc import OpenCC

from knowledge.errors import UnreadableDocument
from knowledge.library import SHIPPED_CORPUS
from knowledge.readers import INFO_END
from knowledge.readers.text import read
from tests.knowledge.readers.making import ARTICLES, TEXT, TITLE

TRADITIONAL = OpenCC("s2t").convert(TEXT).replace("爲", "為")
LAWS = sorted((SHIPPED_CORPUS / "laws").rglob("*.md"))


def lines_of(raw: bytes, name: str = "a.txt") -> list[str]:
    return list(read(raw, name).lines)


def refusal_of(raw: bytes, name: str = "a.txt") -> str:
    with pytest.raises(UnreadableDocument) as refusal:
        read(raw, name)
    return refusal.value.reason


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030", "gbk", "gb2312", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
def test_every_encoding_that_offices_use_is_read(encoding: str, name: str):
    assert lines_of(TEXT.encode(encoding), name) == [TITLE, *ARTICLES]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5hkscs", "utf-16-le"])
def test_traditional_characters_stay_traditional(encoding: str):
    assert "\n".join(lines_of(TRADITIONAL.encode(encoding))) == TRADITIONAL


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16-le", "utf-16-be", "utf-8"])
@pytest.mark.parametrize("path", LAWS[::10], ids=lambda path: path.stem)
def test_a_whole_law_reads_the_same_in_every_encoding(path: Path, encoding: str):
    text = path.read_text("utf-8")

    assert lines_of(text.encode(encoding), path.name) == lines_of(text.encode(), path.name)


@pytest.mark.parametrize("path", LAWS, ids=lambda path: path.stem)
def test_the_shipped_laws_come_through_line_by_line(path: Path):
    raw = path.read_bytes()

    lines = raw.decode("utf-8").splitlines()
    kept = [line for line in lines if line == INFO_END or not re.fullmatch(r"\s*(<!--.*-->|#+)\s*", line)]

    assert lines_of(raw, path.name) == kept


@pytest.mark.parametrize(
    "text",
    [
        TEXT.encode().decode("latin-1"),
        TEXT.encode("gbk").decode("latin-1"),
        TEXT.encode().decode("gb18030", "replace"),
        TEXT.encode("gbk").decode("utf-8", "replace"),
        TEXT.encode("gbk").decode("big5", "replace"),
        TEXT.replace("的", "锟斤拷"),
        TEXT.replace("救济", "\ufffd\ufffd"),
    ],
)
def test_text_that_was_spoilt_before_it_was_saved_is_refused(text: str):
    """乱码存成了 UTF-8：编码没错，字已经不对。"""
    assert refusal_of(text.encode()) == "garbled"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (TEXT.encode()[:-1], "cut_off"),
        (TEXT.encode("gbk")[:-3], "cut_off"),
        (TEXT.encode("utf-16")[:-1], "cut_off"),
        (TEXT.encode("utf-16-le")[:-1], "cut_off"),
        (("第一条 " + "あいうえおかきくけこ漢字" * 20).encode("shift_jis"), "unknown_encoding"),
        (("第一条 " + "あいうえおかきくけこ漢字" * 20 + "。").encode("shift_jis"), "unknown_encoding"),
        (b"\x00\x01\x02" * 100, "binary"),
        (TEXT.encode() + b"\0" * 10, "binary"),
        (bytes(range(128, 256)) * 5, "unknown_encoding"),
        (" 　\n\t\ufeff\u200b".encode(), "empty"),
        ("\ufeff".encode("utf-16-le"), "empty"),
    ],
)
def test_what_is_no_whole_text_is_refused_with_its_reason(raw: bytes, reason: str):
    assert refusal_of(raw) == reason


def test_a_few_unreadable_characters_are_reported_and_kept():
    text = TEXT.replace("维护社会", "维护\ue000社会")

    source = read(text.encode(), "a.txt")

    assert "维护\ue000社会" in source.lines[1]
    assert source.notes == ("unreadable_characters:1",)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\u2028", "\x0c", "\x0b", "\x85"])
def test_every_way_to_end_a_line_is_known(ending: str):
    assert lines_of(ending.join([TITLE, *ARTICLES]).encode()) == [TITLE, *ARTICLES]


@pytest.mark.parametrize("mark", ["\u200b", "\u200f", "\ufeff", "\u202e", "\u00a0", "\U0001f600"])
def test_marks_that_nobody_sees_stay_in_the_quoted_text(mark: str):
    line = f"第一条 为了{mark}保障困难群众，制定本办法。"

    assert lines_of(f"{TITLE}\n{line}".encode()) == [TITLE, line]


def test_the_end_mark_of_old_systems_is_no_text():
    assert lines_of(TEXT.encode("gbk") + b"\x1a") == [TITLE, *ARTICLES]


def test_rare_characters_of_names_and_places_are_no_garbage():
    line = "第一条 鄠邑区、䶮湖、𠮷田的困难群众，按照本办法的规定向乡镇人民政府申请救助。"

    assert lines_of(line.encode("gb18030")) == [line]
