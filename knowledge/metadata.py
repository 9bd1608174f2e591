"""Reads title, number, issuer, place and dates of a document from its name, its folder and its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

from knowledge import region
from knowledge.model import WHOLE_COUNTRY
from knowledge.numerals import chinese_to_int
from knowledge.structure import Structure

_FILE_NAME = re.compile(r"^(?P<title>.+?)(?:[(（](?P<date>\d{4}-\d{2}-\d{2})[)）])?$")
_HAN_DIGIT = "〇○零一二三四五六七八九十"
_DATE = (
    rf"(\d{{4}}|[{_HAN_DIGIT}]{{4}})年(\d{{1,2}}|[{_HAN_DIGIT}]{{1,3}})月(\d{{1,2}}|[{_HAN_DIGIT}]{{1,3}})日"
)
_FROM_DATE = re.compile(rf"(?:自|从|于)?{_DATE}起(?:正式)?(?:施行|实施|执行|生效)")
_FROM_PUBLICATION = re.compile(
    r"自(?:公布|发布|颁布|印发|下发|通过|批准)之日起(?:正式)?(?:施行|实施|执行|生效)"
)
_INFO_EFFECTIVE = re.compile(rf"{_DATE}\s*(?:起)?(?:施行|实施|执行|生效)")
_ORDER_NO = re.compile(
    r"国务院(?:、中华人民共和国中央军事委员会)?令第\d+号"
    r"|[\u3400-\u9fff]{2,8}?(?:部|委员会|总局|署)令第\d+号"
    r"|[\u3400-\u9fff]{2,6}[省市区州](?:第[一二三四五六七八九十]+届)?(?:人民代表大会常务委员会|人大常委会)公告第\d+号"
)
_PAPER_NO = re.compile(r"[\u3400-\u9fff]{1,8}[〔\[（(]\d{4}[〕\]）)]\d+号")
_PUBLISHED = re.compile(r"公布|发布|颁布")
_ADOPTED = re.compile(r"通过|批准|印发")
_CODE_PARTS = re.compile(r"^.{1,8}编$|^总则$|^附则$")

_ISSUERS = (
    (re.compile(r"中共中央、国务院"), "中共中央、国务院"),
    (re.compile(r"国务院、中华人民共和国中央军事委员会"), "国务院、中央军事委员会"),
    (re.compile(r"国务院令|国务院第\d+次常务会议|国务院批准"), "国务院"),
    (re.compile(r"全国人民代表大会常务委员会"), "全国人民代表大会常务委员会"),
    (re.compile(r"全国人民代表大会"), "全国人民代表大会"),
    (re.compile(r"最高人民法院"), "最高人民法院"),
)
_LOCAL_ISSUER = re.compile(
    r"([\u3400-\u9fff]{2,12}?[省市区州])(?:第[一二三四五六七八九十]+届)?(人民代表大会常务委员会|人大常委会|人民代表大会)"
)
_FOLDER_ISSUERS = {"行政法规": "国务院", "法律": "全国人民代表大会常务委员会", "司法解释": "最高人民法院"}


@dataclass(frozen=True)
class Metadata:
    """What a document says about itself; what could not be told is None or "" and named in `unknown`."""

    title: str
    part: str | None
    document_no: str
    issuer: str
    region: str
    promulgated_on: date | None
    version_date: date | None
    amended_on: date | None
    effective_from: date | None
    unknown: tuple[str, ...]


def describe(path: PurePath, structure: Structure) -> Metadata:
    """Read all metadata; `path` gives the folder names and the file name with its date."""
    name = _FILE_NAME.match(path.stem)
    titles = structure.titles or ([name["title"]] if name else [path.stem])
    part = next((title for title in titles[1:] if _CODE_PARTS.match(title)), None)
    version = date.fromisoformat(name["date"]) if name and name["date"] else None
    history = [*structure.info, *structure.preamble]
    place = _region(path, titles[0])
    promulgated = _promulgated(structure.info)
    effective, how = _effective(structure, promulgated or version, version)
    number, issuer = _number(history), _issuer(history, titles[0], place, path)
    missing = {
        "version_date": version,
        "promulgated_on": promulgated,
        "document_no": number,
        "issuer": issuer,
    }
    unknown = [field for field, value in missing.items() if not value] + ([how] if how else [])
    dates = [found for line in structure.info for found in _dates(line)]
    return Metadata(
        title=titles[0],
        part=part,
        document_no=number,
        issuer=issuer,
        region=place,
        promulgated_on=promulgated,
        version_date=version,
        amended_on=max(dates, default=version),
        effective_from=effective,
        unknown=tuple(unknown),
    )


def _region(path: PurePath, title: str) -> str:
    """The more exact of the folder 地方性法规/<省> and the place the title begins with."""
    folders = path.parts[:-1]
    by_title = region.prefix_of(title)
    if by_title != WHOLE_COUNTRY or "地方性法规" not in folders:
        return by_title
    after = folders[folders.index("地方性法规") + 1 :]
    return (region.by_name(after[0]) if after else None) or WHOLE_COUNTRY


def _number(lines: list[str]) -> str:
    """The latest 文号 in the history: a revision republished under a new order goes by the new one."""
    for pattern in (_ORDER_NO, _PAPER_NO):
        found = [match for line in lines for match in pattern.findall(line)]
        if found:
            return found[-1]
    return ""


def _issuer(lines: list[str], title: str, place: str, path: PurePath) -> str:
    if place != WHOLE_COUNTRY:
        found = next((match for line in lines if (match := _LOCAL_ISSUER.search(line))), None)
        return f"{found[1]}人民代表大会{'' if found[2] == '人民代表大会' else '常务委员会'}" if found else ""
    for text in (title, *lines):
        for pattern, issuer in _ISSUERS:
            if pattern.search(text):
                return issuer
    return next(
        (_FOLDER_ISSUERS[folder] for folder in reversed(path.parts[:-1]) if folder in _FOLDER_ISSUERS), ""
    )


def _promulgated(info: list[str]) -> date | None:
    """The day it was first published; the day it was adopted where that alone is stated."""
    for pattern in (_PUBLISHED, _ADOPTED):
        for line in info:
            if pattern.search(line) and (found := _dates(line)):
                return found[0]
    return None


def _effective(
    structure: Structure, published: date | None, version: date | None
) -> tuple[date | None, str | None]:
    """The day it took effect, and the name of a note if the text does not state it plainly.

    It stands in the closing article (自…起施行); some history blocks state it too.
    """
    closing = re.sub(r"\s", "", "".join(article.text for article in structure.articles[-2:]))
    stated = [_date(match) for match in _FROM_DATE.finditer(closing)]
    if stated and stated[-1]:
        return stated[-1], None
    if _FROM_PUBLICATION.search(closing) and published:
        return published, None
    history = [_date(match) for line in structure.info for match in _INFO_EFFECTIVE.finditer(line)]
    if history and history[-1]:
        return history[-1], None
    return version, "effective_from"


def _dates(text: str) -> list[date]:
    return [found for match in re.finditer(_DATE, text) if (found := _date(match))]


def _date(match: re.Match[str]) -> date | None:
    try:
        year, month, day = (chinese_to_int(part) for part in match.groups()[:3])
        return date(year, month, day)
    except ValueError:
        return None
