"""Who issued a document and under which number (文号)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from knowledge.model import WHOLE_COUNTRY

_HAN = r"\u3400-\u9fff"
_NO = r"第\s?(?:\d+|[〇零一二三四五六七八九十百]+)\s?号"
_ORDER_NO = re.compile(
    rf"国务院(?:、中华人民共和国中央军事委员会)?令{_NO}|主席令{_NO}"
    rf"|[{_HAN}]{{2,12}}?(?:部|委员会|总局|署|人民政府)令(?:[〔\[（(]?\d{{4}}[〕\]）)]?年?)?{_NO}"
    rf"|[{_HAN}]{{2,6}}[省市区州](?:第[一二三四五六七八九十]+届)?(?:人民代表大会常务委员会|人大常委会)"
    rf"公告(?:[〔\[（(]\d{{4}}[〕\]）)])?{_NO}"
    rf"|[{_HAN}]{{2,10}}(?:部|局|委员会)公告\s?(?:\d{{4}}\s?年)?{_NO}"
)
_MINISTRY_ORDER = re.compile(rf"^(?:中华人民共和国)?([{_HAN}]{{2,12}}?(?:部|委员会|总局|署|人民政府))令")
_PAPER_NO = re.compile(rf"[{_HAN}]{{1,12}}\s?[〔\[（(【［]\s?\d{{4}}\s?[〕\]）)】］]\s?第?\s?\d+\s?号")
_LABELLED = re.compile(r"^(?:发?文[件]?[字编]?号|文号)\s?[：:]\s?(.+)$")
_BARE_ORDER = re.compile(r"^第\s?(\d+|[一二三四五六七八九十百〇]+)\s?号$")

_NATIONAL = (
    (re.compile(r"中共中央、国务院"), "中共中央、国务院"),
    (re.compile(r"国务院、中华人民共和国中央军事委员会"), "国务院、中央军事委员会"),
    (re.compile(r"国务院令|国务院第\d+次常务会议|国务院批准"), "国务院"),
    (re.compile(r"全国人民代表大会常务委员会"), "全国人民代表大会常务委员会"),
    (re.compile(r"全国人民代表大会"), "全国人民代表大会"),
    (re.compile(r"最高人民法院、最高人民检察院"), "最高人民法院、最高人民检察院"),
    (re.compile(r"最高人民法院"), "最高人民法院"),
    (re.compile(r"最高人民检察院"), "最高人民检察院"),
)
_CONGRESS = re.compile(
    rf"([{_HAN}]{{2,12}}?[省市区州县])(?:第[一二三四五六七八九十]+届)?(人民代表大会常务委员会|人大常委会|人民代表大会)"
)
_FOLDERS = {"行政法规": "国务院", "法律": "全国人民代表大会常务委员会", "司法解释": "最高人民法院"}

_NATIONAL_NAME = re.compile(r"中华人民共和国|国务院|最高人民|全国人民代表大会|中共中央|中国")
_NATIONAL_NUMBER = re.compile(
    r"国务院|国发|国办|国函|主席令|法释|中发|中办|民发|民办|民函|财社|财[^政]?发?|人社部|劳社部|劳部|医保发|教[^育]{0,3}[〔\[]|[\u3400-\u9fff]{1,10}部令"
)
_NATIONAL_ISSUER = re.compile(
    r"国务院|全国|最高|中共中央|国家|中国|中华|(?:民政|财政|教育|公安|司法|劳动|人力资源社会保障|人力资源和社会保障|住房和城乡建设"
    r"|应急管理|退役军人事务|农业农村|国防|卫生|建设)部"
)
_NATIONAL_FOLDERS = {"法律", "行政法规", "司法解释", "部门规章", "宪法", "宪法相关法", "民法典", "刑法"}

_ORGAN = (
    r"劳动部|人民政府办公厅|人民政府办公室|人民政府|政府办公室|医疗保障局|人力资源和?社会保障[部厅局]|退役军人事务[部厅局]"
    r"|住房和城乡建设[部厅局委]|卫生健康委员会|卫生健康[委局]|发展和改革委员会|发展改革委|乡村振兴局|农业农村[部厅局]"
    r"|民政[部厅局]|财政[部厅局]|教育[部厅局]|公安[部厅局]|司法[部厅局]|劳动和社会保障[部厅局]|劳动部|医保局|人社[部厅局]"
    r"|应急管理[部厅局]|残疾人联合会|残联|总工会|妇女联合会|慈善总会|红十字会|老龄工作委员会(?:办公室)?|老龄办"
    r"|国家税务总局[\u3400-\u9fff]{0,6}税务局|税务局|监管[分局]{0,2}局|信访局|统计局|审计[厅局]|扶贫[办局]|社会组织管理局"
    r"|委员会办公室|领导小组办公室|领导小组|联席会议(?:办公室)?|委员会|办公厅|办公室"
)
_AUTHORITY = re.compile(rf"(?:[{_HAN}]{{0,14}}?)(?:{_ORGAN})")
_PAPER_HEAD = re.compile(rf"^([{_HAN}、 \u3000]{{3,60}}?)文件$")
_NOT_AN_ISSUER = re.compile(r"^(?:各|由|经|向|报|请|抄|为|根据|依据|按照|以及|和|与|市县|本|联系|县级)")


def number_of(history: Sequence[str], apart: Iterable[str]) -> str:
    """The 文号: the latest order in the history, or a number that stands by itself.

    Args:
        history: the lines of the history block; a revision under a new order goes by the new one.
        apart: lines in which only a number that fills the whole line is the document's own.
    """
    for pattern in (_ORDER_NO, _PAPER_NO):
        found = [match[0] for line in history if _is_history(line) for match in pattern.finditer(line)]
        if found:
            return _tight(found[-1]).removeprefix("中华人民共和国")
    lines = list(apart)
    for n, line in enumerate(lines):
        text = re.sub(r"^[（(]\s*(.*?)\s*[）)]$", r"\1", line.strip())
        labelled = _LABELLED.match(text)
        own = labelled[1] if labelled else text
        if _PAPER_NO.fullmatch(own) or _ORDER_NO.fullmatch(own):
            return _tight(own)
        bare = _BARE_ORDER.match(text)
        order = bare and _order_above(lines[:n])
        if bare and order:
            return f"{order}{_tight(text)}"
    return ""


def _is_history(line: str) -> bool:
    """A line of a history block begins with its day; a quoted 文号 in prose is not the document's own."""
    return (
        bool(re.match(r"\s*[\d〇一二三四五六七八九十]{4}年", line))
        or "公布" in line[:60]
        or "发布" in line[:60]
    )


def _order_above(lines: Sequence[str]) -> str | None:
    """The kind of order that a lone 第70号 belongs to: 中华人民共和国民政部令."""
    for line in reversed(lines[-3:]):
        text = _tight(line).removeprefix("中华人民共和国")
        if re.fullmatch(rf"[{_HAN}]{{2,20}}(?:令|公告)", text):
            return text
    return None


def ministry_of(number: str) -> str:
    """The ministry or government whose order a 文号 is: 民政部令第14号 -> 民政部."""
    match = _MINISTRY_ORDER.match(number)
    return match[1] if match and "军事" not in match[1] else ""


def legislator_of(lines: Iterable[str], title: str, place: str, folders: Sequence[str]) -> str:
    """The congress, government or court that a history block, the title or the folder names; "" if none."""
    texts = list(lines)
    if place != WHOLE_COUNTRY:
        found = next(
            (match for line in texts if _is_history(line) and (match := _CONGRESS.search(line))), None
        )
        return f"{found[1]}人民代表大会{'' if found[2] == '人民代表大会' else '常务委员会'}" if found else ""
    for text in (title, *(line for line in texts if _is_history(line))):
        for pattern, issuer in _NATIONAL:
            if pattern.search(text):
                return issuer
    return next((_FOLDERS[folder] for folder in reversed(folders) if folder in _FOLDERS), "")


def offices_of(head: Sequence[str], title: str, closing: Sequence[str]) -> str:
    """The offices that issued a notice, several joined by 、: from its head, its title, or who signed it.

    The head of the paper names the first office only where several issue it together, so the longer list
    counts.
    """
    above = next(
        (
            names
            for line in head
            if (paper := _PAPER_HEAD.match(line.strip())) and (names := offices_in(paper[1]))
        ),
        [],
    )
    before, about, _ = title.partition("关于")
    named = offices_in(before) if about else []
    longest = max(above, named, key=len) or _signed(closing or head, is_closing=bool(closing))
    return "、".join(dict.fromkeys(longest))


def _signed(lines: Sequence[str], is_closing: bool) -> list[str]:
    """The offices in the first lines that hold nothing else, before whom it was sent to."""
    names: list[str] = []
    for line in lines:
        signed = re.split(r"\d{4}年|[〇零一二三四五六七八九]{4}年", line)[0].strip()
        found = [] if re.search(r"[：:（(]|印发", signed) else offices_in(signed)
        if found:
            names += found
        elif names and is_closing:
            break
    return names


def offices_in(text: str) -> list[str]:
    """The offices named one beside the other in a line made of nothing else; [] if it says anything more."""
    names = [part for part in re.split(r"[ \u3000、，]+", text.strip()) if part]
    found: list[str] = []
    for name in names:
        parts = _AUTHORITY.findall(name)
        if not parts or "".join(parts) != name or _NOT_AN_ISSUER.match(name):
            return []
        found += parts
    return found


def is_national(title: str, number: str, issuer: str, folders: Sequence[str]) -> bool:
    """True if a document without a place in its name is one of the whole country."""
    return bool(
        _NATIONAL_NAME.match(title)
        or _NATIONAL_NUMBER.match(number)
        or _NATIONAL_ISSUER.match(issuer)
        or _NATIONAL_FOLDERS & set(folders)
    )


def organ_line(text: str) -> bool:
    """True for a line that is an office or the head of its paper (湖南省民政厅文件)."""
    paper = _PAPER_HEAD.match(text.strip())
    return bool(offices_in(paper[1] if paper else text))


def _tight(text: str) -> str:
    return re.sub(r"\s", "", text)
