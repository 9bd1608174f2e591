"""The shipped laws, set as web pages and as a Word file, give the articles of their Markdown."""

from __future__ import annotations

import io
from collections.abc import Callable
from html import escape
from importlib import resources
from pathlib import Path

import docx as python_docx
import pytest

from knowledge.parsing import structure
from knowledge.readers import docx, html
from knowledge.readers.source import INFO_END
from tests.knowledge.readers.pages import FOOTER, NAVIGATION

LAWS = sorted(Path(str(resources.files("knowledge") / "corpus" / "laws")).rglob("*.md"))[::4]


def as_paragraphs(title: str, lines: list[str]) -> bytes:
    body = "".join(f"<p>　　{escape(line)}</p>" for line in lines)
    return _page(f"{NAVIGATION}<h1>{title}</h1><div class='TRS_Editor'>{body}</div>{FOOTER}", title, "utf-8")


def as_old_layout(title: str, lines: list[str]) -> bytes:
    menu = "<br>".join("<a href='/x'>栏目</a>" for _ in range(9))
    body = "<br>".join(f"&nbsp;&nbsp;{escape(line)}" for line in lines)
    table = f"<table><tr><td>{menu}</td><td><b>{title}</b><br>{body}</td></tr></table>"
    return _page(f"{table}<p align=right>本页访问量 00012345</p>", title, "gb18030")


def as_boxes(title: str, lines: list[str]) -> bytes:
    body = "".join(
        f"<div><div><span>{escape(line[:9])}</span>{escape(line[9:])}</div></div>" for line in lines
    )
    return _page(f"{body}<footer>版权所有 某某市民政局</footer>", title, "utf-8")


def as_word(title: str, lines: list[str]) -> bytes:
    document = python_docx.Document()
    document.add_heading(title, 0)
    for line in lines:
        document.add_paragraph(line)
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def _page(body: str, title: str, encoding: str) -> bytes:
    return f"<html><head><title>{title}_某某网</title></head><body>{body}</body></html>".encode(encoding)


def _articles(lines: list[str]) -> list[tuple[str, str]]:
    return [(found.article, "".join(found.text.split())) for found in structure.parse(lines).articles]


@pytest.mark.parametrize("layout", [as_paragraphs, as_old_layout, as_boxes, as_word])
@pytest.mark.parametrize("path", LAWS, ids=lambda path: path.stem)
def test_a_law_has_the_same_articles_in_every_format(path: Path, layout: Callable[[str, list[str]], bytes]):
    """同一部法律换成网页或 Word，条号和每条的文字都不变。"""
    published = [
        line.strip() for line in path.read_text("utf-8").splitlines() if line.strip() not in ("", INFO_END)
    ]
    plain = [line.lstrip("#").strip() for line in published[1:]]
    raw = layout(published[0].lstrip("# "), plain)

    source = (docx if layout is as_word else html).read(raw, path.stem)

    assert _articles(list(source.lines)) == _articles(published)
