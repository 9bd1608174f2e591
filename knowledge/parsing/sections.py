"""Cuts a document without 条 (意见, 通知, 实施细则) at its numbered parts: 一、 and, where they say a whole
thought each, （一）. A part is cited as 二、 or 二、（三）."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from knowledge.numerals import chinese_to_int
from knowledge.parsing.line_signs import annex_of
from knowledge.parsing.pieces import ArticleText, Kind, Line, Piece

_HAN = "一二三四五六七八九十"
_TOP = re.compile(rf"^(?:#{{1,6}}\s+)?([{_HAN}]{{1,3}})\s?[、．.]\s*(?P<words>.*)$")
_SECOND = re.compile(rf"^(?:#{{1,6}}\s+)?[（(]([{_HAN}]{{1,3}})[）)]\s*(?P<words>.*)$")
LONGEST_HEADING = 40
SUBSTANTIAL = 200  # characters that words before the first number need to be cited as 序言
LEAST_THOUGHT = 30  # characters; shorter （一） are points of a list, not parts


@dataclass(frozen=True)
class Sections:
    """The parts found: they fill the lines from `start` to `end`, where the annexes begin."""

    start: int
    end: int
    pieces: list[Piece]


def cut_sections(lines: Sequence[Line], start: int) -> Sections | None:
    """The parts of a document, or None if it has not at least two of them."""
    tops = _in_sequence(lines, range(start, len(lines)), _TOP)
    level = _TOP
    if len(tops) < 2:
        tops, level = _in_sequence(lines, range(start, len(lines)), _SECOND), _SECOND
    if len(tops) < 2:
        return None
    end = _annexes_begin(lines, tops, level)
    tops = [n for n in tops if n < end]
    body = start or _body_begins(lines, tops[0])
    pieces = list(_opening_words(lines[body : tops[0]]))
    for first, last in zip(tops, [*tops[1:], end], strict=True):
        pieces += _part(lines, first, last) if level is _TOP else [_unit(lines[first:last], level, "", ())]
    return Sections(body, end, pieces)


def _in_sequence(lines: Sequence[Line], where: range, sign: re.Pattern[str]) -> list[int]:
    """The lines numbered with this sign, from one on without a gap."""
    found: list[int] = []
    for n in where:
        match = sign.match(lines[n].text[:60]) if lines[n].text else None
        if match and _number(match) == len(found) + 1:
            found.append(n)
    return found


def _number(match: re.Match[str]) -> int:
    try:
        return chinese_to_int(match[1])
    except ValueError:
        return 0


def _annexes_begin(lines: Sequence[Line], tops: Sequence[int], level: re.Pattern[str]) -> int:
    """The first annex heading behind which the numbers do not go on but begin again, or end."""
    number = 1
    begins = len(lines)
    for n in range(len(lines) - 1, tops[1], -1):
        match = level.match(lines[n].text[:60])
        if match:
            number = _number(match)
        elif number == 1 and annex_of(lines[n].text):
            begins = n
    return begins


def _body_begins(lines: Sequence[Line], first: int) -> int:
    """Where the text begins below its title: whom it is addressed to, or the first whole sentence."""
    for n in range(1, first):
        text = lines[n].text
        if text.endswith(("：", ":")) or (len(text) >= LONGEST_HEADING and text.endswith("。")):
            return n
    return first


def _opening_words(lines: Sequence[Line]) -> Iterator[Piece]:
    raw = [line.raw for line in lines]
    words = [line.text for line in lines if line.text and not line.text.endswith(("：", ":"))]
    if sum(map(len, words)) >= SUBSTANTIAL:
        yield ArticleText(Kind.SECTION, raw, article="序言")
    elif raw:
        yield Piece(Kind.PREAMBLE, raw)


def _part(lines: Sequence[Line], first: int, last: int) -> Iterator[Piece]:
    """One 一、 whole, or its （一） one by one under its heading."""
    top = _TOP.match(lines[first].text)
    assert top
    label, heading = f"{top[1]}、", _heading(lines[first].text, top["words"])
    seconds = _in_sequence(lines, range(first + 1, last), _SECOND)
    if len(seconds) < 2 or not _say_whole_thoughts(lines, [*seconds, last]):
        yield _unit(lines[first:last], _TOP, "", ())
        return
    opening = lines[first : seconds[0]]
    if any(line.text for line in opening[1:]) or not heading:
        yield _unit(opening, _TOP, "", ())
    else:
        yield Piece(Kind.HEADING, [line.raw for line in opening])
    path = (heading,) if heading else ()
    for begin, end in zip(seconds, [*seconds[1:], last], strict=True):
        yield _unit(lines[begin:end], _SECOND, label, path)


def _unit(lines: Sequence[Line], sign: re.Pattern[str], above: str, path: tuple[str, ...]) -> ArticleText:
    match = sign.match(lines[0].text)
    assert match
    own = f"{match[1]}、" if sign is _TOP else f"（{match[1]}）"
    return ArticleText(Kind.SECTION, [line.raw for line in lines], article=above + own, path=path)


def _heading(text: str, words: str) -> str:
    """The heading of a part: its line if that is short, else its first sentence if that is."""
    lead = words.partition("。")[0]
    return (
        text.lstrip("# ")[: len(text.lstrip("# ")) - len(words)] + lead
        if len(lead) <= LONGEST_HEADING
        else ""
    )


def _say_whole_thoughts(lines: Sequence[Line], bounds: Sequence[int]) -> bool:
    """False where （一）… are points of one sentence: short, or parted by semicolons."""
    texts = ["".join(line.text for line in lines[begin:end]) for begin, end in pairwise(bounds)]
    whole = [text for text in texts if text.endswith("。") and len(text) >= LEAST_THOUGHT]
    return len(whole) >= len(texts) * 0.7 and not texts[0].endswith(("；", ";"))
