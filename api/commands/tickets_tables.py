"""Tables of tickets for the terminal, in the words of texts/desk.zh.yml."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from tickets.lifecycle import Move
from tickets.model import Disclosure, Ticket
from tickets.sheets import words_of
from tickets.texts import desk_texts
from tickets.wording import changes_in_words

LISTED = ("number", "status", "category", "urgency", "area", "opened_at", "due_at", "office", "summary")
DUE = ("number", "status", "category", "urgency", "area", "office", "stage_due_at", "due_at")


def list_table(found: Sequence[Ticket], now: datetime, columns: Sequence[str] = LISTED) -> Table:
    """One line a ticket; times that have passed are marked."""
    texts = desk_texts()
    table = Table(*(texts["heading"][name] for name in columns))
    for ticket in found:
        late = {"due_at": ticket.is_overdue(now), "stage_due_at": _step_is_late(ticket, now)}
        cells = [
            words_of(getattr(ticket, name)) + (texts["overdue"] if late.get(name) else "") for name in columns
        ]
        table.add_row(*map(cell, cells))
    return table


def ticket_table(ticket: Ticket) -> Table:
    """Headings and values of one ticket, empty ones left out."""
    person = {
        "applicant": ticket.applicant.name,
        "phone": ticket.applicant.phone,
        "id_number": ticket.applicant.id_number,
        "address": ticket.area.detail,
    }
    table = Table(show_header=False)
    for name, heading in desk_texts()["heading"].items():
        value = person[name] if name in person else getattr(ticket, name)
        if name != "history" and value not in (None, "", ()):
            table.add_row(heading, cell(words_of(value)))
    return table


def history_table(ticket: Ticket) -> Table:
    """What happened, in order; the position is what `split` asks for."""
    texts = desk_texts()
    table = Table(*texts["event"].values(), title=texts["heading"]["history"], title_justify="left")
    for position, event in enumerate(ticket.history, start=1):
        action = texts["action"].get(event.action, event.action)
        changed = changes_in_words(event.changes)
        table.add_row(
            *map(cell, (str(position), words_of(event.at), event.actor, action, event.reason or "", changed))
        )
    return table


def moves_table(moves: Iterable[Move]) -> Table:
    """The moves that are open and what each needs."""
    texts = desk_texts()
    table = Table(*texts["move"].values())
    for move in moves:
        needs = "、".join(texts["needed"][name] for name in sorted(move.needs))
        target = words_of(move.target) or texts["unchanged"]
        table.add_row(*map(cell, (move.transition, texts["action"][move.transition], needs, target)))
    return table


def disclosures_table(found: Iterable[Disclosure]) -> Table:
    """Who saw what in full, and why."""
    headings = desk_texts()["disclosure"]
    table = Table(*headings.values())
    for disclosure in found:
        table.add_row(*(cell(words_of(getattr(disclosure, name))) for name in headings))
    return table


def cell(words: str) -> Text:
    """Show a citizen's words as they are: no markup, no control codes that would drive the terminal."""
    return Text("".join(char for char in words if char.isprintable() or char == "\n"))


def _step_is_late(ticket: Ticket, now: datetime) -> bool:
    return ticket.stage_due_at is not None and now > ticket.stage_due_at
