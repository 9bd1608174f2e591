"""The file around a Word text: its other forms are read, damage, macros and bombs are refused by name."""

from __future__ import annotations

import io
import time
import zipfile

import pytest

from tests.knowledge.readers.word_files import (
    FIRST,
    MAIN,
    PACKAGE,
    RELATIONS,
    SPACES,
    abstract,
    item,
    level,
    lines_of,
    numbered,
    p,
    read,
    refusal,
    word,
)


def test_the_strict_form_is_read():
    raw = word(item("甲。"), numbering=abstract(level(0, "chineseCounting", "第%1条")) + numbered(1))
    strict = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(strict, "w") as new:
        for name in old.namelist():
            content = (
                old.read(name).decode().replace(MAIN, "http://purl.oclc.org/ooxml/wordprocessingml/main")
            )
            new.writestr(
                name, content.replace(RELATIONS, "http://purl.oclc.org/ooxml/officeDocument/relationships")
            )
    assert read(strict.getvalue()).lines == ("第一条　甲。",)


def test_the_main_part_may_have_another_name():
    assert lines_of(p(FIRST), main="word/document2.xml") == [FIRST]


def test_files_that_are_no_readable_word_file_are_refused_by_name():
    raw = word(p(FIRST))
    assert refusal(raw[: len(raw) // 2]) == "word_damaged"
    assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600) == "old_office"
    assert (
        refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"))
        == "encrypted_office"
    )
    assert refusal(word(p(FIRST), parts={"word/document.xml": "<w:document"})) == "word_damaged"
    assert refusal(word("")) == "word_without_text"
    assert refusal(b"") == "word_damaged"


def test_a_file_without_a_main_part_is_refused():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/styles.xml", "<x/>")
    assert refusal(packed.getvalue()) == "word_without_text"


def test_a_file_with_macros_is_refused():
    types = f'<Types xmlns="{PACKAGE}/content-types"><Override PartName="/word/document.xml"' \
        ' ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>'  # fmt: skip
    assert refusal(word(p(FIRST), parts={"[Content_Types].xml": types})) == "word_macros"


@pytest.mark.parametrize(
    "entity",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_a_file_with_entities_is_refused(entity: str):
    document = f"{entity}<w:document {SPACES}><w:body>{p('&a;')}</w:body></w:document>"
    assert refusal(word("", parts={"word/document.xml": document})) == "unsafe_xml"


def test_a_file_that_unpacks_without_end_is_refused_without_unpacking_it():
    raw = word(p(FIRST), parts={"word/styles.xml": b" " * (150 * 1024 * 1024)})
    started = time.process_time()
    assert refusal(raw) == "word_too_large"
    assert time.process_time() - started < 5


def test_what_is_not_read_is_not_unpacked():
    """大图片不影响读文字。"""
    assert lines_of(p(FIRST), parts={"word/media/image1.bmp": b"\0" * (150 * 1024 * 1024)}) == [FIRST]


def test_tables_nested_beyond_reason_are_refused_and_not_a_crash():
    body = p("内")
    for _ in range(200):
        body = f"<w:tbl><w:tr><w:tc>{body}</w:tc></w:tr></w:tbl>"
    assert refusal(word(body)) == "word_damaged"


def test_a_document_of_five_thousand_paragraphs_takes_a_few_seconds_at_most():
    numbering = abstract(level(0, "chineseCounting", "第%1条")) + numbered(1)
    raw = word(item("为了帮助困难群众。") * 5000, numbering=numbering)
    started = time.process_time()
    assert len(read(raw).lines) == 5000
    assert time.process_time() - started < 3
