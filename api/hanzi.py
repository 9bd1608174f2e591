"""Simplified or traditional characters: everything is written in simplified, some read traditional.

Words are converted on the way out only (OpenCC, standard of Taiwan without its vocabulary); what is stored,
and what the citizen herself wrote, stays as written.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from functools import cache, lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator

from api.chat.model import Button, Message, Role, Turn

# Of a citation; the rest are addresses, codes and days.
_QUOTED = ("title", "document_no", "article", "text", "status", "superseded_by")


class Script(StrEnum):
    """Which characters a citizen reads: 简体 or 繁體."""

    HANS = "hans"
    HANT = "hant"


def script_or_default(asked: object) -> Script:
    """Which characters an address asks for; simplified when that is not understood."""
    return Script(asked) if asked in set(Script) else Script.HANS


ScriptAsked = Annotated[Script, BeforeValidator(script_or_default)]


def in_script(text: str, script: str) -> str:
    """The text in these characters."""
    return _traditional(text) if script == Script.HANT else text


def words_in_script(words: Any, script: str) -> Any:
    """A tree of texts (mappings, lists) with every text in these characters; keys stay."""
    if script != Script.HANT:
        return words
    if isinstance(words, Mapping):
        return {key: words_in_script(value, script) for key, value in words.items()}
    if isinstance(words, list | tuple):
        return [words_in_script(value, script) for value in words]
    return _traditional(words) if isinstance(words, str) else words


def message_in_script(message: Message, script: str) -> Message:
    """A message as this citizen reads it. What a button sends stays: the hotline has to know it again."""
    if script != Script.HANT or message.role is Role.CITIZEN:
        return message
    return replace(
        message,
        text=_traditional(message.text),
        citations=tuple(_citation(each) for each in message.citations),
        buttons=tuple(Button(_traditional(each.title), each.payload) for each in message.buttons),
    )


def turn_in_script(turn: Turn, script: str) -> Turn:
    """A turn as this citizen reads it."""
    return replace(turn, messages=tuple(message_in_script(each, script) for each in turn.messages))


def _citation(citation: Mapping[str, Any]) -> dict[str, Any]:
    words = {name: _traditional(citation[name]) for name in _QUOTED if citation.get(name)}
    return {**citation, **words}


@cache
def _converter():
    from opencc import OpenCC

    return OpenCC("s2tw")


# The same articles and sentences go out again and again, and a page takes milliseconds.
@lru_cache(maxsize=4096)
def _traditional(text: str) -> str:
    return _converter().convert(text)
