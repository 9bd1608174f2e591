"""Tells which lines open something: an article (条), a heading (编, 章, 节), an annex, the close.

One line is judged by its own words here; `structure` decides with the lines around it. Spaces inside the
number and characters that nobody sees (U+200B, marks of writing direction, a byte order mark) do not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.normalisation import visible
from knowledge.numerals import ANY_NUMERAL, NUMERAL, article_name, chinese_to_int

LONGEST_CONTENTS_LINE = 200  # characters; a title, a row of dots and a page
SENTENCE_END = "。；：！？.;:!?”’」』）)】》…"

_SPACED = rf"[{ANY_NUMERAL}](?:[ \u3000]?[{ANY_NUMERAL}])*"
_OPENING = re.compile(
    rf"^(?:#{{1,6}}\s+)?(?:\*\*)?第\s{{0,2}}({_SPACED})\s{{0,2}}[条條](?:之([{ANY_NUMERAL}]{{1,3}})(?!\d))?(?:\*\*)?"
    r"(?P<gap>\s|[：:](?!\s*$)|【|$)?"
)
# 第八条规定的…, 第八条第二款…, 第八条、第九条…: a sentence that speaks of an article opens none.
_SPOKEN_OF = re.compile(
    r"\s*(?:之?规定|所[列称述指规]|的|[中内](?=[，,、的规所“])|(?:至|到|和|与|及|或|或者|以及|以外|、)?第["
    + ANY_NUMERAL
    + r"]"
    r"|以[下上外]|[、，,。；;）)〕》”]|[（(]?[一二三四五六七八九十\d]+[）)]?项|[^，。]{0,12}(?:规定|情形|条件|要求|行为)的)"
)
_MARKED = re.compile(r"^\s{0,3}#{1,6}\s+(.*\S)\s*$")
_NUMBERED = re.compile(
    rf"^第\s{{0,2}}([{NUMERAL}]+|\d{{1,3}})\s{{0,2}}(分\s?[编編]|[编編章节節])(?P<gap>\s+|[：:]\s*|$)?(?P<title>.*)$"
)
_PAGE = re.compile(r"(?:[\s.．…·•—-]{2,}|\s)[（(]?\d{1,3}[)）]?$")
_TITLE = re.compile(r"^[\u3400-\u9fff、（）()《》〈〉“” \u3000]{1,40}$")
_SIMPLE = str.maketrans("編節", "编节")
_RANKS = {"编": 1, "分编": 2, "章": 3, "节": 4}
_ANNEX = re.compile(
    rf"^[（(【\[]?(附\s?(?:件|[录錄]|表|[图圖]|[注註])?\s?(?:[{NUMERAL}]{{1,3}}|\d{{1,2}})?)[）)】\]]?"
    r"(?:\s*[：:．、]\s*(?P<title>.*)|\s+(?P<spaced>\S.*)|$)$"
)
_TABLE_TITLE = re.compile(
    rf"^[\u3400-\u9fff、（）()“”]{{2,30}}(?:表|名录|目录|清单|图案|式样)(?:[{NUMERAL}]|\d)?(?:[（(][^（）()]{{2,20}}[）)])?$"
)
_DAY = (
    r"(?:\d{4}|[〇○OＯ０零一二三四五六七八九]{4})\s?年\s?(?:\d{1,2}|[一二三四五六七八九十]{1,2})\s?月"
    r"\s?(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s?日"
)
_ORGAN = (
    r"(?:人民政府|政府|办公厅|办公室|委员会|民政[部厅局]|[\u3400-\u9fff](?:厅|局|部|委|院)|联合会"
    r"|总工会|妇联|中心)"
)
_CLOSING = re.compile(
    rf"^(?![（(]?[一二三四五六七八九十\d]{{1,3}}[）)、．])"
    rf"(?:{_DAY}(?:\s?印发)?|[\u3400-\u9fff \u3000、（）()]{{2,60}}{_ORGAN}(?:[\u3000 ]+{_DAY}(?:\s?印发)?)?"
    r"|[（(](?:此件|本文|联系)[^（）]{2,60}[）)]|(?:抄送|主送|抄报|送|主题词|联系人|联系电话|公开方式|信息公开选项)\s?[：:].*"
    r"|[\u3400-\u9fff ]{4,40}(?:\u3000| {2,}).*印发)$"
)
# What an office adds below the articles it quotes; the law itself never asks anybody to call.
_TO_READERS = re.compile(r"^注[：:]|请(?:咨询|拨打|联系|关注|登录|扫描|点击|到.{2,20}咨询|向.{2,20}咨询)")
_CONTENTS = re.compile(r"^(?:#{1,6}\s+)?[（(【\[]?目\s{0,4}[录錄次][）)】\]]?[：:]?$")


@dataclass(frozen=True)
class Opening:
    """The first line of an article. `plain` ones have a gap after 条; of the others one cannot be sure."""

    article: str
    number: int
    branch: int
    plain: bool
    spoken_of: bool


@dataclass(frozen=True)
class Heading:
    """A heading; rank 1 编, 2 分编, 3 章, 4 节. `number` is 0 for one without a number."""

    rank: int
    number: int
    text: str


def bare(line: str) -> str:
    """A line without what nobody sees, at its ends and inside."""
    return visible(line).strip()


def opening_of(text: str) -> Opening | None:
    """The article that a bare line opens, or seems to open."""
    if "条" not in text[:24] and "條" not in text[:24]:
        return None
    match = _OPENING.match(text)
    if match is None:
        return None
    rest = text[match.end() :]
    try:
        number = chinese_to_int(_tight(match[1]))
        branch = chinese_to_int(match[2]) if match[2] else 0
        name = article_name(str(number), str(branch) if branch else None)
    except ValueError:
        return None
    return Opening(name, number, branch, match["gap"] is not None, bool(_SPOKEN_OF.match(rest)))


def heading_of(text: str) -> Heading | None:
    """The heading that a bare line is: marked with #, or 第…章 and a title."""
    marked = _MARKED.match(text)
    words = bare(marked[1]) if marked else text
    found = _NUMBERED.match(words) if words.startswith("第") else None
    if found and (marked or _stands_alone(found)):
        rank = _RANKS[_tight(found[2]).translate(_SIMPLE)]
        return Heading(rank, chinese_to_int(found[1]), words)
    return Heading(_RANKS["章"], 0, words) if marked else None


def _stands_alone(found: re.Match[str]) -> bool:
    """An unmarked line is a heading if it is 第三章 alone or with a short title, and no sentence."""
    title = found["title"]
    if found["gap"] is None:
        return bool(re.fullmatch(r"[\u3400-\u9fff、]{2,16}", title)) and not _SPOKEN_OF.match(title)
    return len(title) <= 41 and not title.endswith(("。", "；")) and not _PAGE.search(title)


def annex_of(text: str) -> tuple[str, str] | None:
    """Label and title of the annex a line opens: 附件1：名录 -> (附件1, 名录), 附： -> (附录, "")."""
    words = text.lstrip("#").strip() if text.startswith("#") else text
    if not words.startswith(("附", "（附", "(附", "【附", "[附")) or len(words) > 120:
        return None
    match = _ANNEX.match(words)
    if match is None:
        return None
    title = (match["title"] or match["spaced"] or "").strip("》）) ")
    if title.endswith(("。", "；")) or (match["spaced"] and title == "则"):
        return None
    label = _tight(match[1])
    return ("附录" if label == "附" else label, title)


def is_table_title(text: str) -> bool:
    """True for a line such as 个人所得税税率表一（综合所得适用）."""
    return bool(_TABLE_TITLE.match(text))


def is_closing(text: str) -> bool:
    """True for what stands below the last word: who signed it, when, to whom it went, advice to readers."""
    return len(text) <= 120 and bool(_CLOSING.match(text) or _TO_READERS.search(text))


def is_contents(text: str) -> bool:
    """True for the line 目录."""
    return bool(_CONTENTS.match(text))


def without_page(text: str) -> str:
    """A line of a table of contents without its dots and page number: 第一章 总则……1 -> 第一章总则."""
    return _tight(_PAGE.sub("", text.lstrip("# "))) if len(text) <= LONGEST_CONTENTS_LINE else text


def may_be_title(text: str) -> bool:
    """True for a short line of nothing but words, as chapter titles are that lost their number."""
    return bool(_TITLE.match(text)) and not re.search(
        r"应当|不得|负责|可以|必须|禁止|处以|有关规定|^[（(][一二三四五六七八九十]", text
    )


def _tight(text: str) -> str:
    return re.sub(r"\s", "", text)
