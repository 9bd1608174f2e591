"""文件是什么由内容决定，名字只是参考；不能读的格式，一句话说清楚该怎么办。"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from knowledge.errors import UnreadableDocument
from knowledge.readers import read
from knowledge.readers.sniffing import kind_of
from knowledge.texts import say
from tests.knowledge.readers.making import ARTICLES, TEXT, archive, book, page, word

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
CONTENTS = {
    "text": TEXT.encode("gb18030"),
    "html": page(ARTICLES, "gb18030"),
    "docx": word(ARTICLES),
    "pdf": book(ARTICLES, "页眉", "{}"),
}
TARRED = io.BytesIO()
with tarfile.open(fileobj=TARRED, mode="w") as tarred:
    tarred.addfile(tarfile.TarInfo("a.md"))


@pytest.mark.parametrize("suffix", [".txt", ".html", ".doc", ".docx", ".pdf", ".wps", ".zip", ".xyz", ""])
@pytest.mark.parametrize("kind", ["html", "docx", "pdf"])
def test_the_content_decides_and_not_the_name(tmp_path: Path, kind: str, suffix: str):
    path = tmp_path / f"互助办法{suffix}"
    path.write_bytes(CONTENTS[kind])

    source = read(path)

    expected = {"html": (".html",), "docx": (".docx",), "pdf": (".pdf",)}[kind]
    assert any(line.startswith("第五条") for line in source.lines)
    assert (f"mislabelled:{kind}" in source.notes) == (suffix not in expected)


@pytest.mark.parametrize("suffix", [".html", ".doc", ".docx", ".pdf"])
def test_plain_text_under_a_wrong_name_is_read_as_text(tmp_path: Path, suffix: str):
    path = tmp_path / f"互助办法{suffix}"
    path.write_bytes(CONTENTS["text"])

    source = read(path)

    assert list(source.lines) == TEXT.splitlines()
    assert source.notes == ("mislabelled:text",)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"<p>a</p>" * 20, "html"),
        (b"\xef\xbb\xbf\r\n<!-- saved -->\n<HTML><p>a", "html"),
        ("<!doctype html><p>一".encode("utf-16"), "html"),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html>', "html"),
        (b"<table><tr><td>a</td></tr></table>", "html"),
        ("第一条 比例 a<b 且 c>d。".encode(), "text"),
        ("# 标题\n<!-- INFO END -->\n第一条 一。".encode(), "text"),
        (b"%PDF", "text"),
        (b"BM is a bank", "text"),
        (b"MZ", "text"),
    ],
)
def test_text_and_markup_are_told_apart(raw: bytes, kind: str):
    assert kind_of(raw, "a.txt") == kind


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("旧.doc", OLE2 + "WordDocument".encode("utf-16-le"), "old_office"),
        ("旧.docx", OLE2 + "WordDocument".encode("utf-16-le"), "old_office"),
        ("旧.xls", OLE2 + "Workbook".encode("utf-16-le"), "old_office"),
        ("密.docx", OLE2 + "EncryptedPackage".encode("utf-16-le"), "encrypted_office"),
        ("a.rtf", b"{\\rtf1\\ansi }", "rich_text"),
        ("a.doc", b"{\\rtf1\\ansi }", "rich_text"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(50), "image"),
        ("a.pdf", b"\xff\xd8\xff\xe0" + bytes(50), "image"),
        ("a.tif", b"II*\0" + bytes(50), "image"),
        ("a.xlsx", archive({"[Content_Types].xml": b"", "xl/workbook.xml": b""}), "spreadsheet"),
        ("a.pptx", archive({"[Content_Types].xml": b"", "ppt/presentation.xml": b""}), "slides"),
        ("a.docx", archive({"[Content_Types].xml": b"", "xl/workbook.xml": b""}), "spreadsheet"),
        ("a.ofd", archive({"OFD.xml": b"<ofd/>"}), "ofd"),
        ("a.odt", archive({"mimetype": b"x", "META-INF/manifest.xml": b""}), "open_document"),
        ("a.exe", b"MZ" + bytes(60) + b"PE\0\0" + bytes(50), "program"),
        ("a.txt", b"\x7fELF" + bytes(50), "program"),
        ("a.tar", TARRED.getvalue(), "other_archive"),
        ("a.tar.gz", gzip.compress(TARRED.getvalue()), "other_archive"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(50), "other_archive"),
        ("a.rar", b"Rar!\x1a\x07\x01\x00" + bytes(50), "other_archive"),
        ("a.mht", b"MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n", "web_archive"),
        ("a.doc", b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w/>', "office_xml"),
        ("a.xml", b'<?xml version="1.0"?><law/>', "unknown_format"),
        ("a.csv", "第一条 一。".encode(), "unknown_format"),
        ("a.zip", archive({"a.md": b"x"}), "several_files"),
        ("a.md", b"", "empty"),
        ("a.pdf", b" \n", "empty"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence_that_says_what_to_do(
    tmp_path: Path, name: str, raw: bytes, reason: str
):
    (tmp_path / name).write_bytes(raw)

    with pytest.raises(UnreadableDocument) as refusal:
        read(tmp_path / name)

    assert refusal.value.reason == reason
    assert say("reports", f"refused.{reason}").endswith("。")


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path):
    path = tmp_path / "大.txt"
    with path.open("wb") as file:
        file.truncate(500 * 1024 * 1024)

    with pytest.raises(UnreadableDocument, match="too_large"):
        read(path)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: os.symlink("/dev/zero", path)])
def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path, make):
    make(tmp_path / "管道.txt")

    with pytest.raises(UnreadableDocument, match="not_a_file"):
        read(tmp_path / "管道.txt")


def test_citations_name_the_file_as_they_are_told_to(tmp_path: Path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4 %%EOF")

    with pytest.raises(UnreadableDocument) as refusal:
        read(tmp_path / "a.pdf", "汇编/a.pdf")

    assert refusal.value.source_file == "汇编/a.pdf"
