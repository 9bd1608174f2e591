"""A web page as a tree: parsed whatever its markup, and what its own styles hide."""

from __future__ import annotations

import re
from collections.abc import Iterator

import lxml.etree as etree

from knowledge.errors import UnreadableDocument
from knowledge.readers.portal import is_content_box

_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff]")
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.S)
_BRACE = re.compile(r"[{};]")
_AT_BLOCK = re.compile(r"@([\w-]+)([^{;]*)")
_SIMPLE = re.compile(r"([a-z][a-z0-9]*)?((?:[.#][\w-]+)*)", re.I)
_HIDING = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|em|pt|;|\s|$)"
    r"|(?:text-indent|left|top|margin-left)\s*:\s*-\d{3,})",
    re.I,
)
_MOST_CSS = 200_000  # characters of style rules looked at


def parse(text: str, source_file: str) -> etree._Element:
    """Parse a page. Entities are decoded, comments are gone, nothing is fetched.

    Raises:
        UnreadableDocument: there is no element in it, or it is nested deeper than the parser follows
            (libxml2: 2048); reading on would lose the rest of the page without a word.
    """
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True
    )
    try:
        root = etree.fromstring(_NO_CHARACTER.sub("", text).encode(), parser)
    except etree.LxmlError as error:
        raise UnreadableDocument(source_file, "no_main_text") from error
    if any("xcessive depth" in entry.message for entry in parser.error_log):
        raise UnreadableDocument(source_file, "too_deep")
    if root is None:
        raise UnreadableDocument(source_file, "no_main_text")
    return root


def hidden_elements(root: etree._Element) -> set[etree._Element]:
    """The elements that a reader of the page does not see, by their own style or by a rule of the page."""
    rules = _hiding_rules(" ".join("".join(style.itertext()) for style in root.iter("style"))[:_MOST_CSS])
    # A box for the text is shown by a script once all is loaded (Weixin): hidden, it is still the text.
    return {
        element
        for element in root.iter(etree.Element)
        if _is_hidden(element, rules) and not is_content_box(words_of(element))
    }


def words_of(element: etree._Element) -> list[str]:
    """The class and id words of an element, lower case."""
    return f"{element.get('class') or ''} {element.get('id') or ''}".lower().split()


def _is_hidden(element: etree._Element, rules: dict[str, list[tuple[str, frozenset[str]]]]) -> bool:
    if element.get("hidden") is not None or _HIDING.search(element.get("style") or ""):
        return True
    if not rules:
        return False
    marks = {f".{name}" for name in (element.get("class") or "").split()}
    marks |= {f"#{name}" for name in (element.get("id") or "").split()}
    return any(
        tag in ("", element.tag) and wanted <= marks for mark in marks for tag, wanted in rules.get(mark, ())
    )


def _hiding_rules(css: str) -> dict[str, list[tuple[str, frozenset[str]]]]:
    """Rules that hide, by one of the class or id marks they ask for: mark -> [(tag or "", all marks)].

    Only selectors of one element (.hide, div.ad, #pop) are read; a selector of several ("li .tip") needs a
    whole style engine and mostly hides menus, which are left out for other reasons.
    """
    shown, rules = set(), {}
    for selectors, body in _screen_rules(css):
        for selector in selectors.split(","):
            simple = _SIMPLE.fullmatch(selector.strip())
            if not simple or not simple[2]:
                continue
            marks = frozenset(re.findall(r"[.#][\w-]+", simple[2]))
            rule = ((simple[1] or "").lower(), marks)
            if _HIDING.search(body):
                rules[rule] = True
            elif re.search(r"display\s*:", body):
                shown.add(rule)
    by_mark: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for tag, marks in rules.keys() - shown:
        by_mark.setdefault(min(marks), []).append((tag, marks))
    return by_mark


def _screen_rules(css: str) -> Iterator[tuple[str, str]]:
    """(selectors, declarations) of the rules that hold on a screen: not those of @media print."""
    css = _COMMENT.sub(" ", css)
    at = 0
    while block := _AT_BLOCK.search(css, at):
        yield from _rules(css[at : block.start()])
        end = _end_of_block(css, block.end())
        if block[1].lower() == "media" and re.search(r"screen|all", block[2], re.I):
            opened = css.find("{", block.end(), end)
            yield from _rules(css[opened + 1 : end - 1])
        at = end
    yield from _rules(css[at:])


def _rules(css: str) -> Iterator[tuple[str, str]]:
    for rule in css.split("}"):
        selectors, opened, declarations = rule.rpartition("{")
        if opened:
            yield selectors.strip(), declarations


def _end_of_block(css: str, at: int) -> int:
    """The place after an at-rule: its closing brace, or the semicolon of one without a block."""
    depth = 0
    for brace in _BRACE.finditer(css, at):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth <= 0:
            return brace.end()
    return len(css)
