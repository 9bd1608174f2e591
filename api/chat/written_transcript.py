"""A conversation as a text that the citizen keeps: who said what when (Beijing time), with the sources."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from api.chat.model import Message
from tickets.numbering import BEIJING

# Direction marks and other controls could make the file show something else than was said.
_CONTROLS = re.compile("[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def written_transcript(messages: Sequence[Message], now: datetime, say: Mapping[str, Any]) -> str:
    """Write it down, oldest first; `say` are the words of texts/plain.zh.yml."""
    head = [say["transcript_title"], say["transcript_at"].format(time=_time(now)), say["transcript_hint"], ""]
    return "\n".join([*head, *(_said(message, say) for message in messages)])


def transcript_name(now: datetime, say: Mapping[str, Any]) -> str:
    """The name of the file."""
    return say["transcript_name"].format(date=now.astimezone(BEIJING).date().isoformat())


def _said(message: Message, say: Mapping[str, Any]) -> str:
    who = say["roles"][message.role]
    lines = [say["transcript_said"].format(time=_time(message.created_at), who=who), _plain(message.text)]
    lines += [_citation(each, say) for each in message.citations]
    if message.buttons:
        titles = " / ".join(_plain(button.title) for button in message.buttons)
        lines.append(say["transcript_buttons"].format(titles=titles))
    return "\n".join([*lines, ""])


def _citation(citation: Mapping[str, Any], say: Mapping[str, Any]) -> str:
    number = citation.get("document_no")
    named = say["transcript_citation"].format(
        title=_plain(citation["title"]).strip("《》"),
        article=citation.get("article") or "",
        document_no=f"（{number}）" if number else "",
    )
    return f"{named}\n  {_plain(citation['text'])}"


def _plain(text: str) -> str:
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _time(at: datetime) -> str:
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
