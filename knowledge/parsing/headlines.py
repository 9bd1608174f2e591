"""Finds the title of a document, in files that mark it and in office papers that do not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.parsing.dates import only_date
from knowledge.parsing.issuers import organ_line
from knowledge.parsing.pieces import Structure

LONGEST_TITLE = 120  # characters
MOST_LINES = 4
_ENDINGS = (
    r"(?:法|条例|规定|办法|细则|规则|决定|决议|通知|意见|方案|公告|通告|批复|复函|函|标准|规程|指南|解释|规范|制度|章程|措施|预案"
    r"|规划|计划|目录|清单|纪要|通报|政策|解答|问答|守则|修正案|编|指引|要点|流程|须知|说明|安排|答复|总则|公约|议定书)"
)
_TITLE_END = re.compile(rf"{_ENDINGS}(?:[（(\[【][^（()）]{{1,20}}[）)\]】])?$")
_REMARK = re.compile(
    r"[（(\[【]?(?:此件|编号|密级|特急|加急|紧急|内部|发布时间|发布日期|来源|索引号|标题|名称)"
)
_PAPER = re.compile(r"文件$|〔\d{4}〕|\[\d{4}\]|[（(]\d{4}[)）]\s*\d*号|第\s?\d+\s?号$|令$")
_ISSUING = re.compile(
    r"关于(?:印发|发布|公布|颁发|修订印发|转发)《(?P<inner>.+)》的(?:通知|决定|公告|令|函)$"
)
_CODE_PART = re.compile(r"^.{1,8}编$|^总则$|^附则$")
_EXCERPT_MARK = re.compile(
    r"\s*[（(\[【](?:[节節][录錄选選]|摘[录錄编編要]|[选選][编編]|部分[条條]文|有[关關][条條]文)[）)\]】]\s*"
    r"|(?:[节節][录錄]|摘[录錄]|[选選][编編])$"
)


@dataclass(frozen=True)
class Headline:
    """The title; `part` is the part of a code (继承编); `notice` what the text was issued with."""

    title: str
    part: str | None = None
    notice: str | None = None


def headline_of(structure: Structure, hinted: str | None, by_name: str) -> Headline:
    """The title: as marked in the file, as it stands above the text, as hinted, or the file's name.

    A text issued with a notice (关于印发《…》的通知) that has articles goes by its own title.
    """
    titles = [_tidy(title) for title in structure.titles if _tidy(title)]
    if structure.marked and titles:
        part = next((title for title in titles[1:] if _CODE_PART.match(title)), None)
        own = titles[0]
    else:
        part, own = None, _from_lines([*structure.titles, *structure.info]) or _tidy(hinted or "") or by_name
    return _without_notice(own, part, structure)


def _without_notice(own: str, part: str | None, structure: Structure) -> Headline:
    issued = _ISSUING.search(own)
    numbered = any(article.number for article in structure.articles)
    if issued and numbered:
        inner = issued["inner"].replace("〈", "《").replace("〉", "》")
        above = {
            re.sub(r"\s", "", line) for line in (*structure.titles, *structure.info, *structure.preamble)
        }
        if re.sub(r"\s", "", inner) in above or any(a.number == 1 for a in structure.articles):
            return Headline(inner, part, own)
    return Headline(own, part)


def _from_lines(lines: Sequence[str]) -> str:
    """The title in the first lines of a paper: not its head, number or date; perhaps over several lines."""
    for start in range(min(len(lines), 15)):
        following = lines[start + 1].strip() if start + 1 < len(lines) else ""
        if not _can_be_title(lines[start]) or (organ_line(lines[start]) and not _goes_on(following)):
            continue
        for size in range(1, MOST_LINES + 1):
            run = lines[start : start + size]
            if len(run) < size or not all(_can_be_title(line) for line in run):
                break
            text = _joined(run)
            if _TITLE_END.search(text) and not organ_line(run[-1]) and len(text) <= LONGEST_TITLE:
                return _tidy(text)
    return ""


def _goes_on(line: str) -> bool:
    """True if a title that began with its offices goes on here."""
    return bool(re.match(r"(?:关于|印发|转发|批转|公布|发布|公告|通告|通知|令)", line)) or organ_line(line)


def _can_be_title(line: str) -> bool:
    text = line.strip()
    return not (
        not text
        or len(text) > LONGEST_TITLE
        or text.endswith(("。", "：", ":", "；"))
        or _REMARK.match(text)
        or _PAPER.search(text)
        or only_date(text)
        or re.match(r"^\d{4}年.*(?:通过|公布|发布|修正|修订|施行)", text)
    )


def _joined(lines: Sequence[str]) -> str:
    """Lines of one title: offices one below the other keep a gap, the rest belongs together."""
    text = ""
    for line in lines:
        gap = " " if text and organ_line(line.strip()) else ""
        text += gap + line.strip()
    return text


def _tidy(title: str) -> str:
    """A title without marks around it: 《甲办法》, # 甲办法."""
    text = re.sub(r"\s+", " ", title).strip(" *#")
    return text[1:-1] if re.fullmatch(r"《[^《》]+》", text) else text


def without_excerpt_mark(title: str) -> str:
    """A title without （节录）, （摘录）."""
    return _tidy(_EXCERPT_MARK.sub("", title))


def is_marked_excerpt(title: str) -> bool:
    """True for a title with （节录）, （摘录）."""
    return bool(_EXCERPT_MARK.search(title))
