"""坏文件和怪文件：每一份要么读出写明的条文，要么给出写明的拒收原因；不崩溃、不卡住、不悄悄收进乱码。"""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption

from knowledge.ingestion import IngestedDocument, ingest_all
from knowledge.numerals import int_to_chinese
from knowledge.readers import read
from knowledge.texts import keys
from tests.knowledge.readers.making import (
    ARTICLES,
    TEXT,
    archive,
    book,
    page,
    pdf,
    printed,
    scanned,
    word,
    wrapped,
)

BOOK = book(ARTICLES * 3, "页眉", "- {} -")
WORD = word(ARTICLES)
PAGE = page(ARTICLES)
NUMBERS = [line.partition(" ")[0] for line in ARTICLES if line.startswith("第")]
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def law(*lines: str, between: str = "\n") -> bytes:
    return between.join(["某办法", *lines]).encode()


def nested(depth: int) -> bytes:
    raw = archive({"一.md": law("第一条 一。")})
    for _ in range(depth - 1):
        raw = archive({"内.zip": raw})
    return raw


def encrypted_zip() -> bytes:
    raw = bytearray(archive({"密.md": TEXT.encode()}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + at] |= 1
    return bytes(raw)


def outcome(path: Path) -> list[str]:
    """The articles of everything taken in, and the codes of everything refused."""
    found: list[str] = []
    for result in ingest_all([path]):
        if isinstance(result, IngestedDocument):
            found += [article.article for article in result.articles]
        else:
            assert result.refused in keys("reports", "refused")
            found.append(result.refused)
    return found


# Name of the file, what it holds, and what must come out.
FILES: list[tuple[str, bytes, list[str]]] = [
    # cut short
    ("断.pdf", BOOK[: len(BOOK) // 2], ["cut_off"]),
    ("断.docx", WORD[: len(WORD) // 2], ["word_damaged"]),
    ("断.zip", archive({"一.md": TEXT.encode()})[:100], ["damaged_archive"]),
    ("断.txt", TEXT.encode()[:-2], ["cut_off"]),
    ("断gbk.txt", TEXT.encode("gbk")[:-1], ["cut_off"]),
    ("奇数utf16.txt", TEXT.encode("utf-16")[:-1], ["cut_off"]),
    ("只有头.pdf", b"%PDF-1.7\n", ["cut_off"]),
    ("空壳.pdf", b"%PDF-1.7\n%%EOF", ["damaged_pdf"]),
    ("没有页.pdf", b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
     b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF", ["damaged_pdf"]),
    ("只有PK.zip", b"PK\x03\x04", ["damaged_archive"]),
    ("断.html", PAGE[: PAGE.index("申请粮油".encode())], NUMBERS[:3]),
    # locked
    ("密.pdf", pdf(printed(ARTICLES), encrypt=StandardEncryption("secret")), ["encrypted_pdf"]),
    ("限制复制.pdf", pdf(printed(wrapped(ARTICLES)), encrypt=StandardEncryption("", "x")), NUMBERS),
    ("密.zip", encrypted_zip(), ["encrypted_member"]),
    ("密.docx", OLE2 + "EncryptedPackage".encode("utf-16-le"), ["encrypted_office"]),
    # called something else
    ("其实是pdf.txt", BOOK, NUMBERS * 3),
    ("其实是docx.doc", WORD, NUMBERS),
    ("其实是docx.zip", WORD, NUMBERS),
    ("其实是网页.doc", PAGE, NUMBERS),
    ("其实是网页.txt", PAGE, NUMBERS),
    ("其实是文本.pdf", TEXT.encode(), NUMBERS),
    ("其实是文本.docx", TEXT.encode("gbk"), NUMBERS),
    ("其实是zip.docx", archive({"一.md": TEXT.encode()}), NUMBERS),
    ("其实是旧doc.docx", OLE2, ["old_office"]),
    ("其实是rtf.doc", b"{\\rtf1 \\u31532?}", ["rich_text"]),
    ("其实是图.docx", b"\x89PNG\r\n\x1a\n" + bytes(99), ["image"]),
    ("其实是图.txt", b"\xff\xd8\xff\xe0" + bytes(99), ["image"]),
    # nothing in it
    ("空.md", b"", ["empty"]),
    ("空格.txt", " 　\t\n".encode(), ["empty"]),
    ("只有bom.txt", b"\xef\xbb\xbf", ["empty"]),
    ("只有bom16.txt", b"\xff\xfe", ["empty"]),
    ("空.pdf", pdf(lambda canvas, number: None), ["empty"]),
    ("空.zip", archive({}), ["empty_archive"]),
    ("只有标题.md", "# 某办法\n## 第一章 总则\n## 第二章 申请".encode(), ["no_articles"]),
    ("通知.txt", "各市民政局：请认真贯彻执行。".encode(), ["no_articles"]),
    ("扫描.pdf", pdf(scanned, scanned), ["no_text_layer"]),
    ("中间扫描.pdf", pdf(printed(ARTICLES[:2]), scanned, printed(ARTICLES[2:])), ["scanned_pages"]),
    # wrong letters
    ("乱码.txt", TEXT.encode().decode("latin-1").encode(), ["garbled"]),
    ("锟斤拷.txt", TEXT.replace("的", "锟斤拷").encode(), ["garbled"]),
    ("无bom16le.txt", TEXT.encode("utf-16-le"), NUMBERS),
    ("无bom16be.txt", TEXT.encode("utf-16-be"), NUMBERS),
    ("二进制.txt", bytes(range(256)) * 20, ["binary"]),
    ("夹着nul.txt", TEXT.encode().replace(b"\n", b"\0\n"), ["binary"]),
    ("日文.txt", ("第一条 " + "ひらがなカタカナ漢字" * 20).encode("shift_jis"), ["unknown_encoding"]),
    ("私用区.txt", law("第一条 " + "\ue123" * 50), ["garbled"]),
    # odd layout
    ("只有cr.txt", law("第一条 一。", "第二条 二。", between="\r"), ["第一条", "第二条"]),
    ("混合换行.txt", "某办法\r\n第一条 一。\r第二条 二。\n第三条 三。".encode(),
     ["第一条", "第二条", "第三条"]),
    ("换页.txt", law("第一条 一。", "第二条 二。", between="\n\f"), ["第一条", "第二条"]),
    ("制表.txt", law("第一条\t一。", "第二条\t二。"), ["第一条", "第二条"]),
    ("全角空格.txt", law("　　第一条　一。", "　　第二条　二。"), ["第一条", "第二条"]),
    ("表情.txt", law("第一条 一。\U0001f600"), ["第一条"]),
    ("从右到左.txt", law("第一条 一。\u202e二。\u202c"), ["第一条"]),
    ("一行一兆.txt", law("第一条 " + "一切照旧，" * 70_000, "第二条 二。"), ["第一条", "第二条"]),
    # odd numbers
    ("乱序.txt", law("第三条 三。", "第一条 一。", "第一条 又一。"), ["第三条", "第一条", "第一条"]),
    ("特大号.txt", law("第九千九百九十九条 大。"), ["第九千九百九十九条"]),
    # too deep, too many, too much
    ("三层.zip", nested(3), ["nested_too_deep"]),
    ("九层.zip", nested(9), ["nested_too_deep"]),
    ("两层.zip", nested(2), ["第一条"]),
    ("比率炸弹.zip", archive({"零.txt": bytes(45_000_000)}), ["unpacks_too_large"]),
    ("数量炸弹.zip", archive({f"{n}": b"" for n in range(5_001)}, zipfile.ZIP_STORED), ["too_many_members"]),
    ("越界.zip", archive({"../../../../tmp/越界.md": law("第一条 一。")}), ["第一条"]),
    ("行数炸弹.txt", b"\n" * 300_000 + law("第一条 一。"), ["too_many_lines"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw", "expected"), FILES, ids=[row[0] for row in FILES])
def test_an_odd_file_gives_its_articles_or_its_refusal(
    tmp_path: Path, name: str, raw: bytes, expected: list[str]
):
    (tmp_path / name).write_bytes(raw)

    assert outcome(tmp_path / name) == expected


@pytest.mark.parametrize("depth", [100, 3_000, 100_000])
def test_a_deeply_nested_page_is_read_or_refused(tmp_path: Path, depth: int):
    path = tmp_path / "深.html"
    path.write_bytes(b"<html><body>" + b"<div>" * depth + "<p>第一条 一。</p>".encode() + b"</div>" * depth)

    """浏览器也只嵌套几百层；太深的拒收，不能让解析器栈溢出拖垮整批。"""
    assert outcome(path) in (["第一条"], ["too_deep"], ["no_main_text"], ["parser_failed"], ["no_articles"])


def test_two_thousand_pages_of_one_line_are_read(tmp_path: Path):
    path = tmp_path / "厚.pdf"
    path.write_bytes(pdf(*(printed([f"第{int_to_chinese(n)}条 照办。"]) for n in range(1, 2_001))))

    assert len(outcome(path)) == 2_000


@pytest.mark.parametrize(
    ("line", "quoted"),
    [
        ("\u200f第一条 一。", "\u200f第一条 一。"),
        ("第\u200b一条 一。", "第\u200b一条 一。"),
        ("第一条\u00a0一。", "第一条\u00a0一。"),
        ("第１条 一。", "第１条 一。"),
        ("\t第一条 一。", "第一条 一。"),
    ],
)
def test_odd_characters_reach_the_structure_as_they_are(tmp_path: Path, line: str, quoted: str):
    path = tmp_path / "怪.txt"
    path.write_bytes(law(line))

    assert read(path).lines[1].strip("\t") == quoted


def test_all_odd_files_together_do_not_disturb_a_good_one(tmp_path: Path):
    for name, raw, _ in FILES[::3]:
        (tmp_path / name).write_bytes(raw)
    (tmp_path / "好.md").write_bytes(TEXT.encode())

    taken_in = (result for result in ingest_all([tmp_path]) if isinstance(result, IngestedDocument))
    good = next(result for result in taken_in if result.document.source_file.endswith("好.md"))

    assert [article.article for article in good.articles] == NUMBERS
