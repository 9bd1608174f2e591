"""The information box of a portal or an office form: labels and values in the lines above a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from knowledge.numerals import chinese_to_int
from knowledge.readers.portal import wrapping
from knowledge.readers.source import Hints
from knowledge.readers.tables import CELL_MARK

_NOTHING = frozenset({"", "无", "暂无", "-", "--", "—", "/"})
_NUMBER = "[0-9〇○零一二三四五六七八九十]"
_DATE = re.compile(rf"({_NUMBER}{{4}})\s*[-年/.]\s*({_NUMBER}{{1,3}})\s*[-月/.]\s*({_NUMBER}{{1,3}})")
_LONGEST_VALUE = 120  # characters
# 发布日期 is the day of the web page, too; it is the document's only beside a mark of the document itself.
_OFFICIAL = frozenset({"document_no", "issuer", "written_on"})
_DATES = {
    "promulgated_on": ("promulgated_on", "written_on", "posted_on"),
    "effective_from": ("effective_from",),
}


@dataclass
class Information:
    """What an information box says: kind of wrapping.yml -> value, and the lines that are not part of it."""

    values: dict[str, str] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)

    def hints(self, title: str | None = None, url: str | None = None) -> Hints:
        """As hints; what is not plain is left out."""
        official = bool(_OFFICIAL & self.values.keys())
        days = {
            name: next((day for kind in kinds if (day := self._day(kind, official))), None)
            for name, kinds in _DATES.items()
        }
        return Hints(
            title=self.values.get("title") or title,
            document_no=self.values.get("document_no"),
            issuer=self.values.get("issuer"),
            url=url,
            **days,
        )

    def _day(self, kind: str, official: bool) -> date | None:
        return day_of(self.values.get(kind, "")) if kind != "posted_on" or official else None


def day_of(text: str) -> date | None:
    """Read 2019-03-02, 2019年3月2日, 2019/3/2, 二〇一九年三月二日; None if there is no such day."""
    found = _DATE.match(text.strip())
    try:
        return date(*(chinese_to_int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


def read_information(lines: Sequence[str]) -> Information:
    """Find the box in the lines above a text. `lines` of the result are those that do not belong to it.

    Read are "label：value" (several in a line), table rows "label｜value", a row of labels above a row of
    values, and a label with its value on the next line.
    """
    result = Information()
    at = 0
    while at < len(lines):
        used = _take_columns(lines, at, result) or _take_pairs(lines, at, result)
        if not used:
            result.lines.append(at)
        at += used or 1
    return result


def _take_columns(lines: Sequence[str], at: int, result: Information) -> int:
    """A row of labels above a row of values."""
    labels = [_label(cell) for cell in lines[at].split(CELL_MARK)]
    if len(labels) < 2 or None in labels or at + 1 == len(lines):
        return 0
    values = lines[at + 1].split(CELL_MARK)
    if len(values) != len(labels) or any(_label(value) for value in values):
        return 0
    for label, value in zip(labels, values, strict=True):
        _note(result, label or "", value)
    return 2


def _take_pairs(lines: Sequence[str], at: int, result: Information) -> int:
    """Labels with their values in one line, or a lone label and the next line."""
    line = lines[at]
    marks = list(_labels().finditer(line))
    if not marks or marks[0].start():
        return 0
    for n, mark in enumerate(marks):
        end = marks[n + 1].start() if n + 1 < len(marks) else len(line)
        value = line[mark.end() : end].strip(f"{CELL_MARK} \u3000\u00a0\t|")
        if len(value) > _LONGEST_VALUE:
            return 0
        if value or n + 1 < len(marks) or at + 1 == len(lines):
            _note(result, _squeezed(mark[1]), value)
        elif _labels().match(lines[at + 1]) or len(lines[at + 1]) > _LONGEST_VALUE:
            return 1
        else:
            _note(result, _squeezed(mark[1]), lines[at + 1])
            return 2
    return 1


def _note(result: Information, label: str, value: str) -> None:
    kind, value = wrapping()["labels"][label], value.strip()
    if kind and value not in _NOTHING:
        result.values.setdefault(kind, value)


def _label(cell: str) -> str | None:
    name = _squeezed(cell.strip("：: "))
    return name if name in wrapping()["labels"] else None


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@cache
def _labels() -> re.Pattern[str]:
    """A label with its colon or cell border; old forms space it out (文　　号)."""
    names = sorted(wrapping()["labels"], key=len, reverse=True)
    spaced = "|".join(r"\s*".join(map(re.escape, name)) for name in names)
    return re.compile(
        rf"(?:^|(?<=[\s{CELL_MARK}|】\]]))[【\[]?({spaced})[】\]]?\s*(?:[:：]\s*{CELL_MARK}?|{CELL_MARK})"
    )
