"""The title and the address of a web page, from what it says of itself and what stands above its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import lxml.etree as etree

from knowledge.readers.blocks import Line

_SITE_SIGN = re.compile(r"\s*[-_|–—｜>»]+\s*")
_KIND_OF_TEXT = re.compile(
    r"(?:法|条例|条款|规定|办法|细则|规则|章程|决定|决议|通知|公告|通告|公报|意见|批复|函|命令|令|解释|方案|规划|标准|规范|规程"
    r"|目录|清单|指南|解读|问答|條例|規定|辦法|細則|規則|決定|通告|意見|解釋)(?:[（(].{1,20}[)）])?$"
)
# The name of a site, an office, a column or a chapter, a note in brackets, or more than fits a title.
_NO_TITLE = re.compile(
    r"(?:网|网站|门户|平台|专栏|频道|政府|局|厅|署|委员会|部|中心|办公室)$|^第[^\s第]{1,6}(?:分编|[编章节編節])|^目\s*[录錄次]$"
    r"|^[（(].*[）)]$|.{150}|^(?:通知公告|公示公告|政策文件|政策法规|法律法规|规范性文件|政策解读|正文|首页)$"
)
_HAS_NUMBER = re.compile(r"\d\s*号|[〔\[]\d{4}[〕\]]")
_SPACES = re.compile(r"\s+")


def find_title(root: etree._Element, head: Sequence[Line]) -> str | None:
    """Return the title of the text, or None where only the site's own name is given.

    Args:
        head: the lines above the first sentence, inside and outside the box of the text.
    """
    named = _meta(root, "articletitle")
    if named:
        return named
    page = _page_title(root)
    headings = [line.text for line in head if line.heading and not _NO_TITLE.search(line.text)]
    told = [text for text in headings if _squeezed(text) in _squeezed(page)]
    if told:
        return max(told, key=len)
    candidates = [text for text in _candidates(page) if not _NO_TITLE.search(text)]
    shown = {_squeezed(line.text) for line in head}
    best = (
        *(text for text in candidates if _KIND_OF_TEXT.search(text)),
        *(text for text in reversed(headings) if _KIND_OF_TEXT.search(text)),
        *reversed(headings),
        *(text for text in candidates if _squeezed(text) in shown),
    )
    return next(iter(best), None)


def below_title(head: Sequence[Line], title: str | None, inside: Callable[[Line], bool]) -> list[Line]:
    """Drop what stands above the title (a site's slogan); a number or a date of publication there stays.

    Args:
        inside: whether a line stands in the box of the text; others stay only below the title.
    """
    wanted = _squeezed(title or "")
    places = [line for line in head if wanted and _squeezed(line.text) == wanted]
    place = next((line for line in places if line.heading), places[0] if places else None)
    at = next((n for n, line in enumerate(head) if line is place), 0)
    return [
        line
        for n, line in enumerate(head)
        if not any(line is other for other in places)
        and ((n >= at and (place is not None or inside(line))) or _HAS_NUMBER.search(line.text))
    ]


def is_site_name(text: str, root: etree._Element, title: str | None) -> bool:
    """True for a line that repeats what the browser's tab says, unless that is the title."""
    squeezed = _squeezed(text)
    return squeezed == _squeezed(_page_title(root)) and squeezed != _squeezed(title or "")


def without_title(lines: list[str], title: str | None) -> list[str]:
    """Take the title out of the first lines, where it stands in one line or broken into several."""
    wanted = _squeezed(title or "")
    if not wanted:
        return lines
    for start in range(min(4, len(lines))):
        joined = ""
        for end in range(start, min(start + 5, len(lines))):
            joined += _squeezed(lines[end])
            if joined == wanted:
                return lines[:start] + lines[end + 1 :]
            if not wanted.startswith(joined):
                break
    return lines


def page_url(root: etree._Element) -> str | None:
    """The address the page gives as its own."""
    links = [link.get("href") for link in root.iter("link") if (link.get("rel") or "").lower() == "canonical"]
    for url in (*links, _meta(root, "og:url"), _meta(root, "url")):
        if url and re.match(r"https?://[^\s/]+", url.strip()):
            return url.strip()
    return None


def _page_title(root: etree._Element) -> str:
    element = next(root.iter("title"), None)
    text = "".join(element.itertext()) if element is not None else ""
    return _SPACES.sub(" ", text).strip() or _meta(root, "og:title") or ""


def _candidates(page: str) -> Iterator[str]:
    """The whole of a page title, then without the site's name behind or before it."""
    yield page
    parts = _SITE_SIGN.split(page)
    for end in range(len(parts) - 1, 0, -1):
        yield "".join(parts[:1]) if end == 1 else page[: page.rfind(parts[end])].rstrip(" -_|–—｜>»")
    if len(parts) > 1:
        yield parts[-1]


def _meta(root: etree._Element, name: str) -> str | None:
    for meta in root.iter("meta"):
        key = (meta.get("name") or meta.get("property") or "").lower()
        if key == name and (content := _SPACES.sub(" ", meta.get("content") or "").strip()):
            return content
    return None


def _squeezed(text: str) -> str:
    return _SPACES.sub("", text)
