"""What an event of the history changed, in the words of the desk (texts/desk.zh.yml)."""

from datetime import datetime

from tickets.model import Changes, Status
from tickets.sheets import words_of
from tickets.texts import desk_texts


def changes_in_words(changes: Changes) -> str:
    """Say every change of an event on one line: field, value before (if any) and after; Beijing time."""
    say = desk_texts()["changed"]
    lines = []
    for name, (old, new) in changes.items():
        line = say["line" if old is not None else "first"]
        lines.append(line.format(field=say["field"].get(name, name), old=_value(old), new=_value(new)))
    return say["separator"].join(lines)


def _value(text: str | None) -> str:
    if text is None:
        return desk_texts()["changed"]["nothing"]
    try:
        return words_of(datetime.fromisoformat(text)) if "T" in text else words_of(Status(text))
    except ValueError:
        return text
