"""The parts of an article and their addresses: 款 (paragraph), 项 (item), 目 (point), as published.

A paragraph without a number is a 款 of its own; the numbered ones below it are its 项, and numbered ones of
another kind below those are their 目 (立法技术规范（试行）（一）, 法工委发〔2009〕62号: 款 bears no
number, 项 is （一）, 目 is 1.).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from knowledge.normalisation import visible
from knowledge.numerals import ARTICLE_NO, chinese_to_int, int_to_chinese

_HAN = "一二三四五六七八九十百"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_BRACKETED = "㈠㈡㈢㈣㈤㈥㈦㈧㈨㈩"
_DIGITS_BRACKETED = "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽"
# kind of number -> how it is printed; 项 and 目 of one 款 differ in kind.
_KINDS = {
    "（一）": re.compile(rf"[（(]\s?([{_HAN}]+)\s?[）)]|([{_BRACKETED}])"),
    "（1）": re.compile(rf"[（(]\s?(\d{{1,2}})\s?[）)]|([{_DIGITS_BRACKETED}])|(\d{{1,2}})[)）]"),
    "1.": re.compile(r"(\d{1,2})\s?(?:[．、]|\.(?!\d))"),
    "①": re.compile(rf"([{_CIRCLED}])"),
    "一、": re.compile(rf"([{_HAN}]{{1,3}})、"),
}
_NUMBER = re.compile(rf"[\s\u200b-\u200f\ufeff]*(?:{ARTICLE_NO}|第[\s\S]{{1,12}}?条)(?:[ \u3000\t]+|(?=\n)|)")
_LINE = re.compile(r"[^\n]*\n*")
_INSIDE = re.compile(rf"(?<=[：:；;。])[ \u3000]*(?=[（(][{_HAN}]{{1,3}}[）)])")


@dataclass(frozen=True)
class Clause:
    """A part of an article. `item` and `point` are 0 for the opening words of a 款 or 项.

    `text` is the very piece of the article, with the article's number in the first and with line ends;
    `words` the same without them.
    """

    paragraph: int
    item: int
    point: int
    text: str

    @property
    def words(self) -> str:
        """The words without the article's number and without blanks around them."""
        first = (self.paragraph, self.item, self.point) == (1, 0, 0)
        return (self.text[_number_ends(self.text) :] if first else self.text).strip()

    @property
    def address(self) -> str:
        """How it is cited: 第二款第（三）项第1目."""
        text = f"第{int_to_chinese(self.paragraph)}款"
        text += f"第（{int_to_chinese(self.item)}）项" if self.item else ""
        return text + (f"第{self.point}目" if self.point else "")


def clauses(article: str) -> list[Clause]:
    """Cut an article into its parts, in order; their texts one after the other are the article again."""
    found: list[Clause] = []
    place = _Place(0, 0, 0, ())
    last_list = place
    for text in _pieces(article):
        if not visible(text).strip() and found:
            found[-1] = replace(found[-1], text=found[-1].text + text)
            continue
        kind, number = _numbered(text) if found else ("", 0)
        if place.item == 0 and last_list.item and kind == last_list.kinds[0] and number == last_list.item + 1:
            # The list goes on: the paragraphs between belong to its 项 (信访条例第二十一条).
            _put_within(found, last_list)
            place = last_list
        place = place.after(kind, number)
        last_list = place if place.item else last_list
        found.append(Clause(place.paragraph, place.item, place.point, text))
    return found


@dataclass(frozen=True)
class _Place:
    """Where the reader stands; `kinds` are what the 项 and the 目 of this 款 are numbered with."""

    paragraph: int
    item: int
    point: int
    kinds: tuple[str, ...]

    def after(self, kind: str, number: int) -> _Place:
        """The place of the next piece, given the number it begins with."""
        depth = self.kinds.index(kind) if kind in self.kinds else len(self.kinds)
        if not number or depth > 1:
            return _Place(self.paragraph + 1, 0, 0, ())
        if depth == 0:
            return _Place(self.paragraph, number, 0, (kind,))
        return _Place(self.paragraph, self.item, number, (self.kinds[0], kind))


def _put_within(found: list[Clause], place: _Place) -> None:
    """Give the last clauses, as far as they opened a 款 behind that place, the address of that place."""
    for n in range(len(found) - 1, -1, -1):
        if found[n].paragraph <= place.paragraph:
            return
        found[n] = replace(found[n], paragraph=place.paragraph, item=place.item, point=place.point)


def paragraphs(article: str) -> list[list[Clause]]:
    """The 款 of an article, each with its opening words first."""
    grouped: dict[int, list[Clause]] = {}
    for clause in clauses(article):
        grouped.setdefault(clause.paragraph, []).append(clause)
    return list(grouped.values())


def clause_at(
    article: str, paragraph: int | None = None, item: int | None = None, point: int | None = None
) -> str:
    """The words of one part of an article, with all that belongs to it: a 款 with its 项, a 项 with its 目.

    Without `paragraph` the item is looked for in the first 款 that has items. "" if there is no such part.
    """
    parts = clauses(article)
    if paragraph is None and item is not None:
        paragraph = next((part.paragraph for part in parts if part.item), None)
    chosen = [
        part
        for part in parts
        if (paragraph is None or part.paragraph == paragraph)
        and (item is None or part.item == item)
        and (point is None or part.point == point)
    ]
    if not chosen:
        return ""
    text = "".join(part.text for part in chosen)
    first = (chosen[0].paragraph, chosen[0].item, chosen[0].point) == (1, 0, 0)
    return (text[_number_ends(text) :] if first else text).strip()


def _pieces(article: str) -> Iterator[str]:
    """Lines with the blank ones behind them; one that holds a list (：（一）…；（二）…) at its items."""
    for line in _LINE.finditer(article):
        if not line[0]:
            continue
        cuts = [gap.end() for gap in _INSIDE.finditer(line[0])]
        numbers = [_numbered(line[0][cut : cut + 12])[1] for cut in cuts]
        if not cuts or numbers != list(range(numbers[0], numbers[0] + len(cuts))):
            yield line[0]
            continue
        for begin, end in zip([0, *cuts], [*cuts, len(line[0])], strict=True):
            yield line[0][begin:end]


def _numbered(text: str) -> tuple[str, int]:
    """Kind and value of the number that a line begins with; ("", 0) if it has none."""
    head = visible(text[:24]).lstrip()
    for kind, sign in _KINDS.items():
        if match := sign.match(head):
            return kind, _value(next(group for group in match.groups() if group))
    return "", 0


def _value(number: str) -> int:
    for row in (_CIRCLED, _BRACKETED, _DIGITS_BRACKETED):
        if number in row:
            return row.index(number) + 1
    try:
        return chinese_to_int(number)
    except ValueError:
        return 0


def _number_ends(text: str) -> int:
    match = _NUMBER.match(text)
    return match.end() if match else 0
