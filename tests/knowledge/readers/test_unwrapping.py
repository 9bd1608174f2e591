"""被硬换行拆开的句子接回一段：只去掉换行和缩进，一个字也不动；没有硬换行的文本原样返回。"""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from knowledge.library import SHIPPED_CORPUS
from knowledge.readers.unwrapping import unwrap
from tests.knowledge.readers.making import ARTICLES, TITLE, wrapped

LAWS = sorted((SHIPPED_CORPUS / "laws").rglob("*.md"))
SENTENCE = st.text("县级以上人民政府应当民政部门救助申请困难群众、，的在和", min_size=20, max_size=160)
PARAGRAPHS = st.lists(SENTENCE.map(lambda text: f"本{text}的，应当予以救助。"), min_size=6, max_size=12)


def wrapped_on_paper(paragraphs: list[str], width: int) -> list[str]:
    """Break at a width in half-widths, a digit counting one, as text processors do."""
    lines = []
    for paragraph in paragraphs:
        line, used = "", 0
        for char in "　　" + paragraph:
            wide = 2 if unicodedata.east_asian_width(char) in "WFA" else 1
            if used + wide > width:
                lines.append(line)
                line, used = "", 0
            line, used = line + char, used + wide
        lines.append(line)
    return lines


def paragraphs_of(path: Path) -> list[str]:
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    return [line for line in lines if line and not line.startswith(("#", "<"))]


@given(paragraphs=PARAGRAPHS, width=st.integers(20, 45))
@settings(max_examples=60, deadline=None)
def test_what_was_wrapped_comes_back(paragraphs: list[str], width: int):
    lines = wrapped(paragraphs, width)
    assume(sum(len(line) == width for line in lines) >= 4)

    assert [line.strip() for line in unwrap(lines)] == paragraphs


@given(st.lists(st.text(max_size=60)), st.integers(0, 50))
@settings(max_examples=100, deadline=None)
def test_no_visible_character_is_lost_added_or_moved(lines: list[str], width: int):
    if width > 15:
        lines = wrapped(lines, width)

    assert "".join("".join(unwrap(lines)).split()) == "".join("".join(lines).split())


@pytest.mark.parametrize("path", LAWS, ids=lambda path: path.stem)
def test_a_law_with_a_paragraph_on_every_line_is_not_touched(path: Path):
    for lines in (path.read_text("utf-8").splitlines(), paragraphs_of(path)):
        assert unwrap(lines) == lines


@pytest.mark.parametrize("path", LAWS[::4], ids=lambda path: path.stem)
def test_a_law_broken_at_a_number_of_characters_or_a_width_comes_back(path: Path):
    paragraphs = paragraphs_of(path)

    for lines in (wrapped(paragraphs, 37), wrapped_on_paper(paragraphs, 68)):
        assert [line.strip() for line in unwrap(lines)] == paragraphs


@pytest.mark.parametrize("path", LAWS[::4], ids=lambda path: path.stem)
def test_paragraphs_parted_by_blank_lines_come_back_without_indentation(path: Path):
    paragraphs = paragraphs_of(path)
    lines = [line for text in paragraphs for line in (*wrapped([text], 37, indent=""), "")]

    assert [line for line in unwrap(lines) if line] == paragraphs


def test_punctuation_may_begin_a_line():
    lines = wrapped(["甲" * 37 + "，" + "乙" * 37 + "。丙" + "丁" * 50 + "。", *ARTICLES], 40)

    assert unwrap(lines)[0].strip() == "甲" * 37 + "，" + "乙" * 37 + "。丙" + "丁" * 50 + "。"


@pytest.mark.parametrize(
    "opening",
    [
        "第七条 申请人应当如实申报。",
        "第二章 申请",
        "（七）其他情形。",
        "(7)其他情形。",
        "7.其他情形。",
        "七、其他",
        "## 申请",
    ],
)
def test_headings_articles_and_items_are_not_glued_to_what_stands_before(opening: str):
    """上一行恰好排满、句子没有收尾，下一行顶格起新条、新项，也不能接上去。"""
    lines = [*wrapped(ARTICLES, 40), "甲" * 40, opening]

    assert unwrap(lines)[-1] == opening


def test_the_number_of_an_item_may_be_cut_off_from_its_article():
    reference = "符合本办法" + "甲" * 28 + "第三条第（一）项规定的，由县级人民政府民政部门给予救助。"
    lines = wrapped([reference, *ARTICLES], 39)

    assert lines[1].startswith("（一）项")
    assert unwrap(lines)[0].strip() == reference


def test_a_space_stays_between_latin_words_that_a_break_parted():
    lines = [*wrapped(ARTICLES, 40), "　　第六条 " + "甲" * 28 + "World Health", "Organization 的规定执行。"]

    assert unwrap(lines)[-1].endswith("World Health Organization 的规定执行。")


def test_a_list_of_short_lines_is_no_broken_text():
    lines = [TITLE, *(f"第{n}号 某某镇" for n in range(20)), "第一条 照此办理。"]

    assert unwrap(lines) == lines
