"""Web pages: portals full of menus, old table layouts, reposts. The text comes out as published.

The main text is found in the tree itself, with lxml. Libraries made for that (trafilatura) were tried on such
pages and give other text than was published: line breaks folded, titles dropped, counters left in.
"""

from __future__ import annotations

import re

import lxml.etree as etree

from knowledge.errors import UnreadableDocument
from knowledge.readers.blocks import Line, LineReader
from knowledge.readers.html_charset import decode
from knowledge.readers.information import Information, read_information
from knowledge.readers.main_text import MainText, is_history, is_prose
from knowledge.readers.page import hidden_elements, parse, words_of
from knowledge.readers.page_title import below_title, find_title, is_site_name, page_url, without_title
from knowledge.readers.portal import is_content_box, is_excuse, is_wrapping_box, words
from knowledge.readers.source import SourceText
from knowledge.readers.spelling import notes_on
from knowledge.readers.tables import opens_article

_HAN = re.compile(r"[\u3400-\u9fff]")
_FEWEST_HAN = 20  # in a page without articles that says anything
_CHAPTER = re.compile(r"第[^\s第]{1,6}(?:分编|[编章节編節])")


def read(raw: bytes, source_file: str) -> SourceText:
    """Read a web page.

    Lines: "# title" where the page names it, then the paragraphs; a row 第三条 | text is one line.

    Raises:
        UnreadableDocument: `unknown_encoding`; `too_deep`; `no_main_text` for pages without a text of their
            own (frames, scripts only, errors, logins).
    """
    text = decode(raw)
    if text is None:
        raise UnreadableDocument(source_file, "unknown_encoding")
    root = parse(text, source_file)
    reader = LineReader(hidden_elements(root), _marked(root))
    found = MainText(root, reader.read(root))
    box, title, lines = _head_apart(root, found)
    body = without_title([_as_text(line) for line in lines], title)
    _refuse_nothing(body, source_file)
    heading = [f"# {title}"] if title else []
    notes = notes_on(body, reader.glosses) + (("unfolded_text",) if found.unfolded else ())
    return SourceText((*heading, *body), box.hints(title, page_url(root)), notes)


def _marked(root: etree._Element) -> set[etree._Element]:
    """The boxes whose names tell what is in them."""
    block = words("block_tags")
    return {
        element
        for element in root.iter(etree.Element)
        if element.tag in block
        and ((names := words_of(element)) or element.tag in words("wrapping_tags"))
        and (is_wrapping_box(element.tag, names) or is_content_box(names))
    }


def _head_apart(root: etree._Element, found: MainText) -> tuple[Information, str | None, list[Line]]:
    """Part what stands above the first sentence into information box, title, and lines of the text."""
    start = next((n for n, line in enumerate(found.lines) if _begins(line)), len(found.lines))
    head = [*found.before, *found.lines[:start]]
    box = read_information([line.text for line in head])
    title = box.values.get("title") or find_title(root, head)
    outside = {id(line) for line in found.before}
    kept = [
        line
        for line in below_title([head[n] for n in box.lines], title, lambda line: id(line) not in outside)
        if id(line) not in outside or is_history(line.text)
    ]
    lines = [line for line in (*kept, *found.lines[start:]) if not is_site_name(line.text, root, title)]
    return box, title, lines


def _begins(line: Line) -> bool:
    return opens_article(line.text) or (is_prose(line.text) and line.text.endswith(("。", "：", "；", ":")))


def _as_text(line: Line) -> str:
    return f"## {line.text}" if line.heading and _CHAPTER.match(line.text) else line.text


def _refuse_nothing(body: list[str], source_file: str) -> None:
    text = "\n".join(body)
    if any(opens_article(line) for line in body):
        return
    if len(_HAN.findall(text)) < _FEWEST_HAN or is_excuse(text):
        raise UnreadableDocument(source_file, "no_main_text")
