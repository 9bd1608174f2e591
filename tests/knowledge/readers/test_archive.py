"""压缩包里的每一份文件各自读；炸弹、加密、越界的文件名都说清楚，不影响其余的文件。"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from knowledge.ingestion import IngestedDocument, ingest_all
from knowledge.readers import archive as archives
from knowledge.readers.archive import members
from tests.knowledge.readers.making import TEXT, archive, page, word

LAW = TEXT.encode()


def outcome(raw: bytes) -> dict[str, str]:
    """Name -> content as text, or the refusal in capitals."""
    return {
        part.source_file: part.refused.upper() if part.refused else part.raw.decode("utf-8", "replace")
        for part in members(raw, "包.zip")
    }


def with_names(names: list[bytes], flag: int = 0) -> bytes:
    """An archive whose file names are these bytes, as old programs write them."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as zipped:
        for number, name in enumerate(names):
            info = zipfile.ZipInfo(f"{number:0{len(name)}d}")
            zipped.writestr(info, LAW)
    raw = target.getvalue()
    for number, name in enumerate(names):
        raw = raw.replace(f"{number:0{len(name)}d}".encode(), name)
    return raw


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_names_are_read_in_the_encoding_of_the_program_that_packed_them(encoding: str):
    raw = with_names(["地方性法规/浙江/互助条例.md".encode(encoding)])

    assert list(outcome(raw)) == ["包.zip/地方性法规/浙江/互助条例.md"]


def test_folders_and_names_with_the_utf8_mark_are_kept():
    assert list(outcome(archive({"法律/一.md": LAW, "法律/": b""}))) == ["包.zip/法律/一.md"]


def test_what_systems_leave_lying_about_is_left_out():
    litter = ("__MACOSX/._一.md", ".DS_Store", "a/Thumbs.db", "~$一.docx", ".git/一.md")

    assert list(outcome(archive(dict.fromkeys((*litter, "一.md"), LAW)))) == ["包.zip/一.md"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../../etc/passwd.md", "包.zip/etc/passwd.md"),
        ("/etc/passwd.md", "包.zip/etc/passwd.md"),
        ("C:\\Windows\\一.md", "包.zip/Windows/一.md"),
        ("a/../../一.md", "包.zip/a/一.md"),
    ],
)
def test_a_name_that_points_out_of_the_archive_is_only_a_name(name: str, kept: str, tmp_path: Path):
    assert list(outcome(archive({name: LAW}))) == [kept]


def test_archives_inside_archives_are_opened_twice_deep():
    inner = archive({"一.md": LAW})
    middle = archive({"内.zip": inner, "二.md": LAW})
    outer = archive({"中.zip": middle, "三.md": LAW})

    assert outcome(outer) == {
        "包.zip/中.zip/内.zip": "NESTED_TOO_DEEP",
        "包.zip/中.zip/二.md": TEXT,
        "包.zip/三.md": TEXT,
    }


def test_a_word_file_is_a_zip_but_no_archive():
    assert list(outcome(archive({"一.docx": word(["第一条 一。"])}))) == ["包.zip/一.docx"]


def test_an_encrypted_member_is_refused_and_the_others_are_read():
    raw = bytearray(archive({"密.md": LAW, "明.md": LAW}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + at] |= 1

    assert outcome(bytes(raw)) == {"包.zip/密.md": "ENCRYPTED_MEMBER", "包.zip/明.md": TEXT}


def test_a_damaged_member_is_refused_and_the_others_are_read():
    raw = archive({"坏.md": LAW, "好.md": LAW}, zipfile.ZIP_STORED)

    damaged = raw.replace(LAW, LAW[:-1] + b"?", 1)

    assert outcome(damaged) == {"包.zip/坏.md": "DAMAGED_ARCHIVE", "包.zip/好.md": TEXT}


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_rare_compression_is_refused(method: int):
    assert outcome(archive({"一.md": LAW}, method)) == {"包.zip/一.md": "UNKNOWN_COMPRESSION"}


def test_a_member_that_unpacks_to_more_than_a_file_may_have_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archives, "MAX_FILE_BYTES", 10_000)

    assert outcome(archive({"大.md": LAW * 20, "小.md": LAW}))["包.zip/大.md"] == "TOO_LARGE"


def test_a_bomb_is_stopped_while_it_unpacks():
    """一份 45 MB 全是零的文件压成 45 KB，压缩比近千倍。"""
    raw = archive({f"{n}.md": bytes(45_000_000) for n in range(3)})

    assert outcome(raw) == {"包.zip": "UNPACKS_TOO_LARGE"}


def test_sizes_that_the_header_claims_are_not_believed():
    """头里写 10 字节，实际解开 45 MB。"""
    raw = bytearray(archive({"一.md": bytes(45_000_000)}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", raw, raw.index(mark) + at, 10)

    assert outcome(bytes(raw)) == {"包.zip/一.md": "DAMAGED_ARCHIVE"}


def test_too_many_members_are_not_even_listed():
    raw = archive({f"{n}.md": b"" for n in range(archives.MAX_MEMBERS + 1)})

    assert outcome(raw) == {"包.zip": "TOO_MANY_MEMBERS"}


def test_members_of_archives_inside_count_as_well(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 4)
    inner = archive({"一.md": LAW, "二.md": LAW})

    assert outcome(archive({"a.zip": inner, "b.zip": inner}))["包.zip"] == "TOO_MANY_MEMBERS"


def test_all_archives_inside_share_one_allowance(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 5_000)
    inner = archive({"一.md": LAW, "二.md": LAW[:-1]})

    found = outcome(archive({"a.zip": inner, "b.zip": inner}))

    assert found["包.zip"] == "UNPACKS_TOO_LARGE"
    assert "包.zip/b.zip/二.md" not in found


def test_members_that_share_their_bytes_count_each_time():
    """零号炸弹：许多目录项指向同一段数据。"""
    body = archive({"0.md": bytes(20_000_000)})
    start = body.index(b"PK\x01\x02")
    entry = body[start : body.index(b"PK\x05\x06")]
    entries = b"".join(entry.replace(b"0.md", f"{n}.md".encode()) for n in range(10))
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 10, 10, len(entries), start, 0)

    assert outcome(body[:start] + entries + end)["包.zip"] == "UNPACKS_TOO_LARGE"


def test_an_archive_that_contains_itself_ends():
    """自我复制的压缩包：解开又是自己。这里用三层同样的包代替。"""
    raw = archive({"一.md": LAW})
    for _ in range(8):
        raw = archive({"r.zip": raw})

    assert list(outcome(raw).values()) == ["NESTED_TOO_DEEP"]


@pytest.mark.parametrize("cut", [30, 200, -1, -22])
def test_a_truncated_archive_is_damaged(cut: int):
    assert outcome(archive({"一.md": LAW, "二.md": LAW[:-1]})[:cut]) == {"包.zip": "DAMAGED_ARCHIVE"}


@pytest.mark.parametrize("raw", [archive({}), archive({"空/": b""}), archive({".a": b"x"})])
def test_an_archive_without_a_file_is_said_to_be_empty(raw: bytes):
    assert outcome(raw) == {"包.zip": "EMPTY_ARCHIVE"}


def test_every_member_is_taken_in_or_refused_by_name(tmp_path: Path):
    path = tmp_path / "包.zip"
    law = "地方性法规/浙江/浙江省互助条例(2020-01-01).md"
    picture = b"\x89PNG\r\n" + zlib.compress(b"x")
    path.write_bytes(archive({law: LAW, "网页.htm": page(["第一条 一。"]), "图.png": picture}))

    good, web, bad = ingest_all([path])

    assert isinstance(good, IngestedDocument)
    assert good.document.source_file == f"{path}/{law}"
    assert good.document.region == "330000"
    assert isinstance(web, IngestedDocument)
    assert not isinstance(bad, IngestedDocument)
    assert (bad.source_file, bad.refused) == (f"{path}/图.png", "image")
