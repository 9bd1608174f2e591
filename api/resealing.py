"""Seals every sealed value anew with the present key, in batches, while the hotline runs.

There is no progress to remember: a value names its key, so a run that was killed goes on with what is left.
A row is overwritten only if it still holds what was read; one that changed meanwhile is taken up again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Engine, Table, and_, exists, func, literal, or_, select, text, tuple_, update

from api.accounts.tables import ID_TOKEN, sessions
from api.chat.feedback import message_feedback
from api.chat.notes import private_notes
from api.chat.open_forms import open_forms
from api.chat.tables import messages, owner_changes
from api.editing.tables import entry_drafts
from api.filling.calls import phone_calls
from api.suggestions.store import suggestions
from api.unanswered.store import unanswered_questions
from tickets.errors import Unreadable
from tickets.model import Area, Person
from tickets.privacy import Sealer, plain_phone
from tickets.rows import TAIL_DIGITS, TicketRows
from tickets.schema import ticket_events, tickets

BATCH = 200
UNNAMED_KEY = "?"
KEY_PREFIX_CHARS = len("v2.01234567.")
_PASSES = 20  # rows that change under our hands are few; more passes than this mean that something is wrong

Row = Mapping[str, Any]
Opened = Mapping[str, str | None]


@dataclass(frozen=True)
class SealedTable:
    """A table with sealed columns; `contexts` gives for each what its value is bound to (associated data).

    `prints` computes the fingerprint columns again from the opened values; `also_reads` are the plain columns
    that contexts and prints need.
    """

    table: Table
    contexts: Mapping[str, Callable[[Row], str]]
    also_reads: tuple[str, ...] = ()
    prints: Callable[[Sealer, Row, Opened], dict[str, str | None]] | None = None


def _of_ticket(column: str) -> Callable[[Row], str]:
    return lambda row: f"{row['number']}/{column}"


def _unbound(_row: Row) -> str:
    return ""


def _by_id(row: Row) -> str:
    return row["id"]


def _ticket_prints(sealer: Sealer, row: Row, opened: Opened) -> dict[str, str | None]:
    rows = TicketRows(sealer)
    phone, id_number = opened["phone_sealed"], opened["id_number_sealed"]
    person = rows.person_prints(Person(phone=phone, id_number=id_number))
    tail = plain_phone(phone or "")[-TAIL_DIGITS:]
    area = Area(*(row[name] for name in _AREA), detail=opened["address_sealed"])
    return {
        "phone_print": next(iter(person.get("phone_print", ())), None),
        "id_number_print": next(iter(person.get("id_number_print", ())), None),
        "phone_tail_print": rows.tail_prints(row["number"], tail)[0] if len(tail) == TAIL_DIGITS else None,
        "place_print": next(iter(rows.place_prints(area)), None),
    }


_AREA = ("province", "city", "county", "township", "adcode")
_TICKET_COLUMNS = (
    "address_sealed",
    "summary_sealed",
    "description_sealed",
    "name_sealed",
    "phone_sealed",
    "id_number_sealed",
    "beneficiary_sealed",
    "triage_sealed",
)

SEALED = (
    SealedTable(tickets, {name: _of_ticket(name) for name in _TICKET_COLUMNS}, _AREA, _ticket_prints),
    SealedTable(ticket_events, {"reason_sealed": lambda row: f"{row['number']}/reason/{row['position']}"}),
    SealedTable(messages, {"sealed_text": _unbound}),
    SealedTable(message_feedback, {"reason_sealed": _unbound}),
    SealedTable(open_forms, {"content_sealed": _unbound}),
    SealedTable(owner_changes, {"note_sealed": _unbound}),
    SealedTable(phone_calls, {"sealed_words": _unbound, "sealed_form": _unbound}),
    SealedTable(private_notes, {"text_sealed": _unbound}),
    SealedTable(sessions, {"id_token_sealed": lambda _row: ID_TOKEN}),
    SealedTable(unanswered_questions, {"sealed_text": _unbound}),
    SealedTable(suggestions, {name: _by_id for name in ("text_sealed", "words_sealed")}),
    SealedTable(entry_drafts, {"hint_sealed": lambda row: f"draft/{row['id']}"}, ("id",)),
)


@dataclass
class Resealed:
    """What a run did: rows sealed anew by table, and rows that no key of the ring opens."""

    rows: dict[str, int] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)


def rows_left(engine: Engine, sealer: Sealer) -> dict[str, int]:
    """Count, by table, the rows with a value that is not sealed with the present key."""
    with engine.connect() as db:
        return {
            part.table.name: db.execute(
                select(func.count()).select_from(part.table).where(_is_left(part, sealer))
            ).scalar_one()
            for part in SEALED
        }


def keys_needed(engine: Engine) -> set[str]:
    """Name the master keys that the sealed values of a database were sealed with.

    UNNAMED_KEY stands for values of older versions, which do not name theirs.
    """
    found = set()
    with engine.connect() as db:
        for part in SEALED:
            for name in part.contexts:
                column = part.table.c[name]
                named = select(func.substr(column, 1, KEY_PREFIX_CHARS)).where(column.like("v2.%")).distinct()
                unnamed = select(literal("v1.")).where(exists().where(column.like("v1.%")))
                found |= {start.split(".")[1] for start in db.execute(named).scalars()}
                found |= {UNNAMED_KEY for _start in db.execute(unnamed)}
    return found


def reseal(
    engine: Engine, sealer: Sealer, progress: Callable[[str, int], None] = lambda table, rows: None
) -> Resealed:
    """Seal every value of the database anew with the present key; `progress` hears of each batch.

    Safe to kill, to run again and to run while the hotline works. Rows that do not open stay as they are.
    """
    done = Resealed()
    for part in SEALED:
        for _pass in range(_PASSES):
            if not _one_pass(engine, sealer, part, done, progress):
                break
    if engine.dialect.name == "sqlite":
        with engine.connect() as db:
            db.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return done


def _one_pass(
    engine: Engine, sealer: Sealer, part: SealedTable, done: Resealed, progress: Callable[[str, int], None]
) -> bool:
    """Go through what is left of one table; say whether rows changed meanwhile: another pass is due then."""
    missed = False
    for batch in _batches(engine, sealer, part):
        changes = []
        for row in batch:
            try:
                changes.append((_same_row(part, row), _new_values(sealer, part, row)))
            except Unreadable:
                name = f"{part.table.name} {'/'.join(str(row[key.name]) for key in part.table.primary_key)}"
                if name not in done.unreadable:
                    done.unreadable.append(name)
        with engine.begin() as db:
            written = sum(
                db.execute(update(part.table).where(where).values(values)).rowcount
                for where, values in changes
            )
        missed |= written < len(changes)
        done.rows[part.table.name] = done.rows.get(part.table.name, 0) + written
        progress(part.table.name, written)
    return missed


def _batches(engine: Engine, sealer: Sealer, part: SealedTable) -> Iterator[Sequence[Row]]:
    """Rows that are left, in the order of the primary key, read without holding a lock."""
    key = list(part.table.primary_key)
    wanted = [*key, *(part.table.c[name] for name in (*part.contexts, *part.also_reads))]
    query = select(*wanted).where(_is_left(part, sealer)).order_by(*key).limit(BATCH)
    after: tuple[Any, ...] | None = None
    while True:
        page = query.where(tuple_(*key) > tuple_(*after)) if after else query
        with engine.connect() as db:
            rows = [dict(row) for row in db.execute(page).mappings()]
        if not rows:
            return
        yield rows
        after = tuple(rows[-1][column.name] for column in key)


def _is_left(part: SealedTable, sealer: Sealer) -> Any:
    prefix = sealer.prefix

    def other(column: Column[Any]) -> Any:
        return and_(column.is_not(None), func.substr(column, 1, len(prefix)) != prefix)

    return or_(*(other(part.table.c[name]) for name in part.contexts))


def _same_row(part: SealedTable, row: Row) -> Any:
    """The row, provided that every value it was sealed from is still there."""
    key = [column == row[column.name] for column in part.table.primary_key]
    read = [part.table.c[name].is_not_distinct_from(row[name]) for name in (*part.contexts, *part.also_reads)]
    return and_(*key, *read)


def _new_values(sealer: Sealer, part: SealedTable, row: Row) -> dict[str, str | None]:
    contexts = {name: context(row) for name, context in part.contexts.items()}
    opened = {name: sealer.open(row[name], contexts[name]) if row[name] else None for name in contexts}
    sealed = {
        name: None if value is None else sealer.seal(value, contexts[name]) for name, value in opened.items()
    }
    return sealed | (part.prints(sealer, row, opened) if part.prints else {})
