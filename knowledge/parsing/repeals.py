"""Reads which documents a text repeals as a whole (《…》同时废止), in its closing words."""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"[^。；;\n]+")
_ENDS = re.compile(r"(?:同时|即行|予以|随之|自行|一并|均|届时)?(?:废止|停止执行|停止施行|失效)")
_TITLE = re.compile(r"《((?:[^《》]|《[^《》]*》)+)》")
# What may stand between a title and the words that end it: a number in brackets, other titles and their
# dates.
_PARTLY = re.compile(
    r"^\s*(?:中|第[一二三四五六七八九十百零〇\d]+[条章款]|的?(?:有关|相关|部分|第)|与本|同本|和本)"
)
_NOT_MEANT = re.compile(r"(?:根据|依照|依据|按照|违反)$")


def repeals_in(closing: str) -> tuple[str, ...]:
    """The titles that closing words end, without those of which only some provisions end.

    A text that replaces an older one of the same title names that title too.
    """
    found: list[str] = []
    text = re.sub(r"\s", "", closing)
    for sentence in _SENTENCE.findall(text):
        end = None
        for match in _ENDS.finditer(sentence):
            end = match
        if end is None or _conditional(sentence):
            continue
        for title in _TITLE.finditer(sentence, 0, end.start()):
            if not _PARTLY.match(sentence[title.end() : end.end()]) and not _NOT_MEANT.search(
                sentence[: title.start()]
            ):
                found.append(title[1].replace("〈", "《").replace("〉", "》"))
    return tuple(dict.fromkeys(found))


def _conditional(sentence: str) -> bool:
    return bool(
        re.search(
            r"不一致|抵触|可以|应当|不停止|不得|修改|的决定》同时废止$|(?:有关|相关)(?:规定|内容|条款)(?:同时|即行|予以)?废止",
            sentence,
        )
    )
