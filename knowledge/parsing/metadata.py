"""Reads title, number, issuer, place and dates of a document from its text, its wrapping and its name.

What the text says counts most; then hints (a portal's information box, a Word file's properties); then
folder and file name. Only the version date is always that of the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import PurePath

from knowledge import region
from knowledge.model import WHOLE_COUNTRY
from knowledge.parsing.dates import Effect, dates_in, effect_of, only_date, stated_in_history
from knowledge.parsing.excerpts import excerpt_in
from knowledge.parsing.headlines import headline_of
from knowledge.parsing.issuers import is_national, legislator_of, ministry_of, number_of, offices_of
from knowledge.parsing.repeals import repeals_in
from knowledge.parsing.structure import Structure
from knowledge.readers.source import Hints

_FILE_NAME = re.compile(r"^(?P<title>.+?)(?:[(（](?P<date>\d{4}-\d{2}-\d{2})[)）])?$")
_PUBLISHED = re.compile(r"公布|发布|颁布")
_ADOPTED = re.compile(r"通过|批准|印发")
_PRINTED = re.compile(r"印发")
_REVISED = re.compile(r"修订")
_TAKES_EFFECT = re.compile(r"日\s*起?(?:施行|实施|执行|生效)\s*$")
_SAID_REPEALED = re.compile(
    r"[【\[（(]\s?(?:已?废止|已?失效|全文废止|全文失效)\s?[】\]）)]|(?:有效性|时效性|效力状态|文件状态|状态|效力)\s?[：:]\s?(?:已?废止|已?失效|无效)"
)
_DRAFT = re.compile(r"征求意见稿|送审稿|讨论稿|草案|试拟稿")
_CLOSING_UNITS = 3
_HEAD_LINES = 30
LONGEST_LINE = 1_000  # characters
LONGEST_CLOSING = 3_000
MOST_LINES = 400


@dataclass(frozen=True)
class Metadata:
    """What a document says about itself; what could not be told is None or "" and named in `unknown`.

    `excerpt_of` is the law that only some articles are quoted from, "" where several are named;
    `said_repealed` is true where the head says 已废止 without a day; `is_draft` for 征求意见稿.
    """

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
    repealed_on: date | None = None
    repeals: tuple[str, ...] = ()
    excerpt_of: str | None = None
    said_repealed: bool = False
    is_draft: bool = False
    notice: str | None = None
    url: str | None = None

    def notes(self) -> tuple[str, ...]:
        """What whoever loads the file should look at: codes of texts/reports.zh.yml with a detail."""
        found = [f"unknown_{field}" for field in self.unknown]
        found += [f"excerpt_of:{self.excerpt_of}"] if self.excerpt_of else []
        found += ["draft_text"] if self.is_draft else []
        found += ["said_repealed"] if self.said_repealed else []
        found += [f"issued_with:{self.notice}"] if self.notice else []
        found += [f"valid_until:{self.repealed_on - timedelta(days=1)}"] if self.repealed_on else []
        return tuple(found)


def describe(path: PurePath, structure: Structure, hints: Hints | None = None) -> Metadata:
    """Read all metadata; `path` gives the folder names and the file name with its date."""
    hints = hints or Hints()
    structure = _within_reason(structure)
    name = _FILE_NAME.match(path.stem)
    headline = headline_of(structure, hints.title, name["title"] if name else path.stem)
    version = _version(name["date"] if name else None)
    head = [*structure.titles, *structure.info, *structure.preamble][:_HEAD_LINES]
    number = number_of(structure.info, [*head, *structure.closing]) or hints.document_no or ""
    issuer, place = _issuer_and_place(path, structure, headline.notice or headline.title, number, hints)
    promulgated = _promulgated(structure) or hints.promulgated_on
    published = _revised(structure.info) or promulgated or version
    effect, how = _effect(structure, published, version, hints)
    missing = {
        "version_date": version,
        "promulgated_on": promulgated,
        "document_no": number,
        "issuer": issuer,
        "region": place != WHOLE_COUNTRY or is_national(headline.title, number, issuer, path.parts[:-1]),
    }
    excerpt = excerpt_in(structure, headline.title)
    days = [day for line in structure.info if not _TAKES_EFFECT.search(line) for day in dates_in(line)]
    return Metadata(
        title=headline.title,
        part=headline.part,
        document_no=number,
        issuer=issuer,
        region=place,
        promulgated_on=promulgated,
        version_date=version,
        amended_on=max(days, default=version),
        effective_from=effect.starts,
        unknown=(*(field for field, value in missing.items() if not value), *how),
        repealed_on=effect.ends,
        repeals=repeals_in(_closing_words(structure)),
        excerpt_of=(excerpt.law or "") if excerpt else None,
        said_repealed=any(_SAID_REPEALED.search(line) for line in head),
        is_draft=any(_DRAFT.search(text) for text in (headline.title, *structure.titles[:3])),
        notice=headline.notice,
        url=hints.url,
    )


def _within_reason(structure: Structure) -> Structure:
    """The words around the articles, each line cut to a length that no title or date needs."""
    cut = {
        name: [line[:LONGEST_LINE] for line in getattr(structure, name)[:MOST_LINES]]
        for name in ("titles", "info", "preamble")
    }
    closing = [line[:LONGEST_LINE] for line in structure.closing[-MOST_LINES:]]
    return replace(structure, **cut, closing=closing)


def _version(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _issuer_and_place(
    path: PurePath, structure: Structure, title: str, number: str, hints: Hints
) -> tuple[str, str]:
    """Who issued it and where it applies: each helps to tell the other."""
    head = [*structure.titles, *structure.info, *structure.preamble][:_HEAD_LINES]
    offices = ministry_of(number) or offices_of(head, title, structure.closing)
    hinted = hints.issuer or ""
    national = is_national(title, number, offices or hinted, path.parts[:-1])
    place = _place(path, title, national, offices, hinted)
    history = [*structure.info, *structure.preamble]
    legislator = legislator_of(history, title, place, () if offices else path.parts[:-1])
    return offices or legislator or hinted, place


def _place(path: PurePath, title: str, national: bool, *issuers: str) -> str:
    """The most exact place: of the title, of who issued it, or of a folder (地方性法规/浙江, 长沙市).

    They are used together only where one lies in the other; the title goes first.
    """
    folders = path.parts[:-1]
    place = region.prefix_of(title)
    for other in map(region.prefix_of, issuers):
        place = other if region.within(other, place) else place
    if national and place == WHOLE_COUNTRY:
        return place
    for folder in folders:
        other = region.by_name(folder)
        place = other if other and region.within(other, place) else place
    return place


def _revised(info: Sequence[str]) -> date | None:
    """The day of the last revision as a whole (修订, not by a decision on single articles).

    自公布之日起施行 then speaks of that day: the closing article was enacted anew (村民委员会组织法, 2010).
    """
    whole = [line for line in info if _REVISED.search(line) and "决定" not in line]
    return next((days[0] for line in reversed(whole) if (days := dates_in(line))), None)


def _promulgated(structure: Structure) -> date | None:
    """The day it was first published; adopted, signed or printed where that alone is stated."""
    for pattern in (_PUBLISHED, _ADOPTED):
        for line in structure.info:
            if pattern.search(line) and (found := dates_in(line)):
                return found[0]
    signed = [day for line in (*structure.closing, *structure.info) if (day := only_date(line))]
    if signed:
        return signed[0]
    ends = [line for line in structure.closing if not _PRINTED.search(line)] or structure.closing
    return next((days[-1] for line in ends if (days := dates_in(line))), None)


def _closing_words(structure: Structure) -> str:
    return "\n".join(article.text[-LONGEST_CLOSING:] for article in structure.articles[-_CLOSING_UNITS:])


def _effect(
    structure: Structure, published: date | None, version: date | None, hints: Hints
) -> tuple[Effect, tuple[str, ...]]:
    """When it took effect and ends, and the name of a note if the text does not state it plainly.

    It stands in the closing article (自…起施行); some history blocks state it too; a notice says it in the
    letter it was issued with.
    """
    for words in (_closing_words(structure), "\n".join((*structure.preamble, *structure.info[-6:]))):
        effect = effect_of(words, published)
        if effect.starts:
            return effect, ()
    history = stated_in_history(structure.info) or hints.effective_from
    if history:
        return Effect(history, None), ()
    return Effect(version, None), ("effective_from",)
