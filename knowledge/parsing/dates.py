"""Dates as laws and notices write them: promulgation, the first day in force, and the last.

A first day is the one the text states (自…起施行), or follows from the day of publication (自公布之日起施行).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from knowledge.normalisation import to_simplified
from knowledge.numerals import chinese_to_int

_HAN_DIGIT = "〇○OＯ０零一二三四五六七八九十"
_YEAR = rf"(\d{{4}}|[{_HAN_DIGIT}]{{4}})\s*年"
_MONTH = rf"(\d{{1,2}}|[{_HAN_DIGIT}]{{1,3}})\s*月"
DATE = rf"{_YEAR}\s*{_MONTH}\s*(\d{{1,2}}|[{_HAN_DIGIT}]{{1,3}})\s*日"
_ANY_DATE = re.compile(DATE)
_NUMERIC = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_TAKES_EFFECT = r"(?:正式|试)?(?:施行|实施|执行|生效|试行)"
# 2012年1月1日起施行的《…》 speaks of another text.
_FROM_DATE = re.compile(
    rf"(?P<own>本[\u3400-\u9fff]{{1,8}}?)?(?:自|从|于)?{DATE}(?:零时|0时)?起?{_TAKES_EFFECT}(?!的)"
)
_FROM_MONTH = re.compile(
    rf"(?P<own>本[\u3400-\u9fff]{{1,8}}?)?(?:自|从){_YEAR}{_MONTH}起{_TAKES_EFFECT}(?!的)"
)
_FROM_PUBLICATION = re.compile(
    r"[自从](?:公布|发布|颁布|印发|下发|发文|通过|批准)之日起"
    rf"(?:(?P<number>\d{{1,3}}|[{_HAN_DIGIT}百]{{1,4}})(?P<unit>日|天|个月)[后内]?)?{_TAKES_EFFECT}"
)
_IN_INFO = re.compile(rf"{DATE}\s*(?:起?(?:施行|实施|执行|生效)|[^，。；]{{0,40}}公布(?:施行|实施))")
_AMOUNT = rf"(\d{{1,2}}|[{_HAN_DIGIT}]{{1,3}})"
_VALID_YEARS = re.compile(rf"有效期(?:限)?(?:为|：|:|是|暂定)?{_AMOUNT}年")
_VALID_UNTIL = re.compile(
    rf"(?:有效期(?:限)?(?:至|到|截至|截止到?|截止至|为?自[^。；]{{4,20}}?[至到])|起?(?:施行|实施|执行)[，,]?(?:至|到)){DATE}"
)
_CIRCLE = str.maketrans("OＯ０", "〇〇〇")


@dataclass(frozen=True)
class Effect:
    """When a text takes effect and the first day it no longer does; None where it does not say."""

    starts: date | None
    ends: date | None


def dates_in(text: str) -> list[date]:
    """All days a text names, in order: 2014年2月21日, 二〇一四年二月二十一日."""
    return [day for match in _ANY_DATE.finditer(text) if (day := _day(match.groups()))]


def only_date(text: str) -> date | None:
    """The day, if the text is a day and nothing else (落款); 2024-01-02 counts too."""
    bare = re.sub(r"\s", "", text)
    match = _ANY_DATE.fullmatch(bare) or _NUMERIC.fullmatch(bare)
    return _day(match.groups()) if match else None


def effect_of(closing: str, published: date | None) -> Effect:
    """Read the closing words of a document.

    Args:
        closing: its last articles, without blanks.
        published: the day it was published or issued; needed for 自公布之日起施行.
    """
    text = to_simplified(re.sub(r"\s", "", closing))
    starts = _stated(text) or _from_publication(text, published)
    return Effect(starts, _end(text, starts))


def stated_in_history(lines: Iterable[str]) -> date | None:
    """The last day of effect that a history block gives (2014年5月1日 施行)."""
    found = [_day(match.groups()) for line in lines for match in _IN_INFO.finditer(line)]
    return next((day for day in reversed(found) if day), None)


def _stated(text: str) -> date | None:
    """The day given for 本法, 本办法 itself; else the first day given."""
    found = [(match["own"], _day(match.groups()[1:])) for match in _FROM_DATE.finditer(text)]
    found += [(match["own"], _day((*match.groups()[1:], "1"))) for match in _FROM_MONTH.finditer(text)]
    days = [(own, day) for own, day in found if day]
    return next((day for own, day in days if own), days[0][1] if days else None)


def _from_publication(text: str, published: date | None) -> date | None:
    match = next(reversed(list(_FROM_PUBLICATION.finditer(text))), None)
    if match is None or published is None:
        return None
    if match["number"] is None:
        return published
    number = chinese_to_int(match["number"])
    if match["unit"] == "个月":
        return _months_later(published, number)
    # The day of publication does not count (民法典第二百零一条): 30日后 is the day after 30 whole days.
    return published + timedelta(days=number + 1)


def _months_later(day: date, months: int) -> date | None:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return None


def _end(text: str, starts: date | None) -> date | None:
    """The first day no longer in force. A trial period (试行期) does not end a document by itself."""
    until = _VALID_UNTIL.search(text)
    if until and (last := _day(until.groups()[-3:])):
        return last + timedelta(days=1)
    years = _VALID_YEARS.search(text)
    if years and starts:
        return _months_later(starts, 12 * chinese_to_int(years[1].translate(_CIRCLE)))
    return None


def _day(parts: tuple[str | None, ...]) -> date | None:
    try:
        year, month, day = (chinese_to_int((part or "").translate(_CIRCLE)) for part in parts)
        return date(year, month, day)
    except ValueError:
        return None
