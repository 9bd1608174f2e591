"""Finds the text in a page: where the numbered articles and the sentences lie, and not where the menus do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import lxml.etree as etree

from knowledge.numerals import NUMERAL, chinese_to_int
from knowledge.readers.blocks import Line
from knowledge.readers.page import words_of
from knowledge.readers.portal import is_content_box, is_noise, is_wrapping_box
from knowledge.readers.tables import opens_article

# 第三条为了… without a space shows the place of the text, too, though it opens no article by itself.
_NUMBERED = re.compile(rf"第([{NUMERAL}]+)[条條]")
_PROSE = re.compile(r"[。；;：，！？]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_FEWEST_HAN = 10  # in a line of prose
# A box is the text's if it holds every article and all but this share of the sentences around them, or all
# but so many characters: in a short page an imprint of one sentence weighs more.
_SPARED, _SPARED_CHARACTERS = 0.03, 60
# Between the title and the box: when, by whom and under which number it was published.
_HISTORY = re.compile(
    r"(?:公布|发布|颁布|通过|修订|修正|修改|批准|印发|施行|令第|第\d+号|〔\d{4}〕|\[\d{4}\])"
)
# A single paragraph is no box: its heading stands beside it.
_PARAGRAPHS = frozenset({"p", "li", "tr", "dd", "span", "font"})
# A box with more of the sentences than this is not wrapping, whatever it is called; where the articles stand
# in another box, it takes more to doubt the name.
_MOST_OF, _MOST_BESIDE = 0.3, 0.7


@dataclass
class _Weight:
    """What lies below an element: article openings and characters of prose."""

    articles: int = 0
    prose: int = 0

    def add(self, other: _Weight) -> None:
        self.articles += other.articles
        self.prose += other.prose


class MainText:
    """The lines of a page that are its text, in order."""

    def __init__(self, root: etree._Element, lines: Sequence[Line]) -> None:
        self._root = root
        self.unfolded = _unfolded(lines)
        seen = [line for line in lines if line.hidden is None or line.hidden in self.unfolded]
        self._weights = _weights(root, seen)
        self._all = [line for line in seen if not self._is_wrapped(line)]
        self._weights = _weights(root, self._all)
        self.box = self._find_box()
        below = set(self.box.iter())
        self.lines = [line for line in self._all if line.within in below and not is_wrapping_line(line)]
        self.before = self._before(seen, below)

    def _is_wrapped(self, line: Line) -> bool:
        total = self._weights[self._root]
        for box in line.inside:
            weight = self._weights[box]
            if not is_wrapping_box(box.tag, words_of(box)) or weight.articles:
                continue
            if weight.prose <= (_MOST_BESIDE if total.articles else _MOST_OF) * total.prose:
                return True
        return False

    def _find_box(self) -> etree._Element:
        """The innermost element that holds all articles and nearly all sentences."""
        total = self._weights[self._root]
        start = self._root
        for element in self._root.iter(etree.Element):
            weight = self._weights.get(element)
            if not weight or weight.articles < total.articles or not is_content_box(words_of(element)):
                continue
            if weight.prose > _MOST_OF * total.prose or (weight.articles and weight.prose):
                start = element
                break
        box = start
        while (heir := self._heir(box)) is not None:
            box = heir
        return box

    def _heir(self, element: etree._Element) -> etree._Element | None:
        weight = self._weights[element]
        for child in element:
            below = self._weights.get(child) if child.tag not in _PARAGRAPHS else None
            holds_all = below is not None and below.articles == weight.articles
            spared = max(_SPARED * weight.prose, _SPARED_CHARACTERS if weight.articles else 0)
            if below and holds_all and below.prose and weight.prose - below.prose <= spared:
                return child
        return None

    def _before(self, seen: Sequence[Line], below: set[etree._Element]) -> list[Line]:
        """Lines above the box: a box called header may hold the title, the number and the history."""
        first = next((n for n, line in enumerate(seen) if line.within in below), len(seen))
        return [line for line in seen[:first] if not is_wrapping_line(line)]


def is_history(text: str) -> bool:
    """True for a line that says when, by whom or under which number a text was published."""
    return _HISTORY.search(text) is not None and len(text) <= 200


def is_wrapping_line(line: Line) -> bool:
    """True for a line of links or of the site's own phrases; an article never is."""
    if opens_article(line.text) and line.links < len(line.text):
        return False
    return line.is_linked or is_noise(line.text)


def is_prose(text: str) -> bool:
    """True for a line with a sentence in it."""
    return _PROSE.search(text) is not None and len(_HAN.findall(text)) >= _FEWEST_HAN


def _weights(root: etree._Element, lines: Iterable[Line]) -> dict[etree._Element, _Weight]:
    weights: dict[etree._Element, _Weight] = {root: _Weight()}
    for line in lines:
        weights.setdefault(line.within, _Weight()).add(_weight(line))
    # Children come after their parents in document order, so from the end every child is complete.
    for element in reversed(list(root.iter(etree.Element))):
        parent = element.getparent()
        if element is not root and parent is not None and element in weights:
            weights.setdefault(parent, _Weight()).add(weights[element])
    return weights


def _weight(line: Line) -> _Weight:
    if is_wrapping_line(line):
        return _Weight()
    prose = is_prose(line.text)
    opens = opens_article(line.text) or (prose and _NUMBERED.match(line.text) is not None)
    return _Weight(int(opens), len(line.text) if prose or opens else 0)


def _unfolded(lines: Sequence[Line]) -> set[etree._Element]:
    """Hidden boxes in which the articles go on: the page shows them when "read on" is clicked.

    Anything else hidden was put there for search engines or for another day, and stays hidden.
    """
    last = max((number for line in lines if line.hidden is None for number in _opened(line)), default=0)
    kept: set[etree._Element] = set()
    for line in lines:
        numbers = _opened(line)
        if line.hidden is None or not numbers:
            continue
        if line.hidden in kept or numbers[0] == last + 1:
            kept.add(line.hidden)
            last = numbers[0]
    return kept


def _opened(line: Line) -> list[int]:
    if not opens_article(line.text):
        return []
    found = _NUMBERED.match(line.text)
    return [chinese_to_int(found[1])] if found else []
