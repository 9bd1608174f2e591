"""The numbers Word sets before paragraphs by itself: 第一条, （一） stand in no run, yet they are text.

Rules: ECMA-376 part 1, 17.9 (numbering).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import lxml.etree as etree

from knowledge.readers.tables import LABEL_GAP
from knowledge.readers.word_numbers import written
from knowledge.readers.word_package import W
from knowledge.readers.word_styles import Styles, child, is_on, value

_LEVELS = 9
_PLACE = re.compile(r"%([1-9])")
# 第一条, 第二章 and 1. need a gap before the text (1. before 5日 is not 1.5日); （一） and 一、 need none.
_NEEDS_GAP = re.compile(r"[条條章节節编編款项部分0-9A-Za-z.．]$")


@dataclass(frozen=True)
class _Level:
    start: int
    form: str
    text: str
    restarts_after: int | None  # 1-based level; 0 never; None: any higher one
    digits_only: bool
    gap: str


class Numbering:
    """Counts through a document: ask for each paragraph once, in order."""

    def __init__(self, tree: etree._Element | None, styles: Styles) -> None:
        self._styles = styles
        self._lists = _by_id(tree, "num", "numId")
        self._abstract = _by_id(tree, "abstractNum", "abstractNumId")
        # Lists made from one definition go on counting each other's numbers (17.9.15).
        self._counts: dict[str, list[int | None]] = {}
        self._started: set[tuple[str, int]] = set()
        self._levels: dict[tuple[str, int], _Level | None] = {}

    def label(self, paragraph: etree._Element) -> str:
        """The number before a paragraph with the gap after it; "" if it has none."""
        list_id, stated, style_id = self._styles.numbering_of(paragraph)
        if list_id is None or list_id not in self._lists:
            return ""
        level = self._level_no(list_id, stated, style_id)
        rule = self._level(list_id, level)
        if rule is None:
            return ""
        self._count(list_id, level, rule)
        text = _PLACE.sub(lambda place: self._written(list_id, int(place[1]) - 1, rule), rule.text)
        if not text.strip() or rule.form == "bullet":
            return ""
        return text.strip() + _gap(text.strip(), rule.gap)

    def _level_no(self, list_id: str, stated: str | None, style_id: str | None) -> int:
        """The level said; for a style the level that names it, since the style itself may not say."""
        if stated is None and style_id is not None:
            for level in self._definition(list_id).findall(f"{W}lvl"):
                if value(level, "pStyle") == style_id:
                    return int(level.get(f"{W}ilvl") or 0)
        return min(int(stated), _LEVELS - 1) if stated and stated.isdigit() else 0

    def _count(self, list_id: str, level: int, rule: _Level) -> None:
        counts = self._counts.setdefault(self._abstract_id(list_id), [None] * _LEVELS)
        override = self._start_override(list_id, level)
        if override is not None and (list_id, level) not in self._started:
            counts[level] = override
        else:
            current = counts[level]
            counts[level] = rule.start if current is None else current + 1
        self._started.add((list_id, level))
        for deeper in range(level + 1, _LEVELS):
            below = self._level(list_id, deeper)
            after = below.restarts_after if below else None
            if after is None or (after and level < after):
                counts[deeper] = None

    def _written(self, list_id: str, level: int, rule: _Level) -> str:
        other = self._level(list_id, level)
        count = self._counts[self._abstract_id(list_id)][level]
        if other is None:
            return ""
        number = other.start if count is None else count
        return written(number, "decimal" if rule.digits_only else other.form)

    def _level(self, list_id: str, level: int) -> _Level | None:
        key = (list_id, level)
        if key not in self._levels:
            own = self._override(list_id, level)
            replaced = child(own, "lvl")
            inherited = _level_of(self._definition(list_id), level)
            found = replaced if replaced is not None else inherited
            self._levels[key] = _read_level(found) if found is not None else None
        return self._levels[key]

    def _definition(self, list_id: str) -> etree._Element:
        """The list's definition; one that only names a numbering style is followed to that style's list."""
        found = self._abstract.get(self._abstract_id(list_id))
        linked = value(found, "numStyleLink")
        if linked:
            other = self._styles.list_of_style(linked)
            found = self._abstract.get(self._abstract_id(other)) if other else found
        return found if found is not None else etree.Element(f"{W}abstractNum")

    def _abstract_id(self, list_id: str) -> str:
        return value(self._lists.get(list_id), "abstractNumId") or ""

    def _override(self, list_id: str, level: int) -> etree._Element | None:
        overrides = self._lists[list_id].findall(f"{W}lvlOverride")
        return next((found for found in overrides if found.get(f"{W}ilvl") == str(level)), None)

    def _start_override(self, list_id: str, level: int) -> int | None:
        stated = value(self._override(list_id, level), "startOverride")
        return int(stated) if stated and stated.isdigit() else None


def _by_id(tree: etree._Element | None, name: str, key: str) -> dict[str, etree._Element]:
    found = tree.findall(W + name) if tree is not None else []
    return {element.get(W + key) or "": element for element in found}


def _level_of(definition: etree._Element, level: int) -> etree._Element | None:
    levels = definition.findall(f"{W}lvl")
    return next((found for found in levels if found.get(f"{W}ilvl") == str(level)), None)


def _read_level(level: etree._Element) -> _Level:
    start, restart = value(level, "start"), value(level, "lvlRestart")
    # A format of the user's own ("custom") stands in a choice beside the nearest known one.
    forms = [form.get(f"{W}val") for form in level.iter(f"{W}numFmt")]
    return _Level(
        start=int(start) if start and start.isdigit() else 1,
        form=next((form for form in forms if form and form != "custom"), "decimal"),
        text=value(level, "lvlText") or "",
        restarts_after=int(restart) if restart and restart.isdigit() else None,
        digits_only=is_on(child(level, "isLgl")),
        gap={"space": " ", "nothing": ""}.get(value(level, "suff") or "tab", "\t"),
    )


def _gap(label: str, stated: str) -> str:
    """What stands between a number and its text: after 第一条 always something, after （一） nothing."""
    if not _NEEDS_GAP.search(label):
        return ""
    return LABEL_GAP if label.startswith("第") else (" " if stated else "")
