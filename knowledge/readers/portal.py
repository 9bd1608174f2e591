"""Tells a text from what a page puts around it: boxes, lines, excuses. The words lie in wrapping.yml."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

import yaml

_NAME_PARTS = re.compile(r"[-_\d]+")
_LONGEST_NOISE = 120  # characters; a longer line is somebody's text
_SENTENCE_END = ("。", "；", ";")
LONGEST_EXCUSE = 400  # characters; a page of an error or a login says no more than this


@cache
def wrapping() -> dict[str, Any]:
    """The lists of wrapping.yml."""
    return yaml.safe_load((resources.files("knowledge.readers") / "wrapping.yml").read_text("utf-8"))


@cache
def words(key: str) -> frozenset[str]:
    """A list of words of wrapping.yml."""
    return frozenset(wrapping()[key].split())


@cache
def _pattern(key: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in wrapping()[key]), re.I)


@cache
def _tools_only() -> re.Pattern[str]:
    tools, marks = "|".join(wrapping()["tools"]), wrapping()["tool_marks"]
    return re.compile(rf"{marks}*(?:{tools})(?:{tools}|{marks})*+$", re.I)


def is_content_box(names: Iterable[str]) -> bool:
    """True if one of an element's class and id words (lower case) is a content system's box for the text."""
    return any(_pattern("content_boxes").fullmatch(name) for name in names)


def is_wrapping_box(tag: str, names: Iterable[str]) -> bool:
    """True if the names of an element say menu, footer, sharing, other pages; whoever asks looks inside."""
    known = words("wrapping_words")
    return tag in words("wrapping_tags") or any(
        part in known for name in names for part in (name, *_NAME_PARTS.split(name))
    )


def is_noise(line: str) -> bool:
    """True for a line of the site and not of the text: tools, counters, other pages, imprint."""
    if len(line) > _LONGEST_NOISE or line.endswith(_SENTENCE_END):
        return False
    return bool(_tools_only().match(line) or _pattern("noise").match(line))


def is_excuse(text: str) -> bool:
    """True for a page that only says why the text is not there: not found, log in, switch on scripts."""
    return len(text) <= LONGEST_EXCUSE and _pattern("excuses").search(text) is not None
