"""Entries (知识条目) for editors: those that ship, which are only read, and the office's own ones."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.accounts.model import Caller
from api.console.knowledge.pages import PAGE_ROWS, ROOT, DeskDep, EditorDep, Note, done, knowledge_page
from api.console.shell import FormDep, OurFormDep, not_found_page
from api.editing.desk import EditingDesk
from api.editing.model import Kind
from api.editing.rules import check_source
from knowledge.entries import CATEGORIES
from knowledge.entry_curation import EntryStanding
from knowledge.errors import UnknownEntry
from knowledge.normalisation import searchable

ORIGINS = ("shipped", "own", "instead", "off")

router = APIRouter(prefix="/entries")


def origin_of(standing: EntryStanding) -> str:
    """`shipped`, `own`, `instead` (own, in place of a shipped one), or `off`."""
    if standing.switched_off:
        return "off"
    if standing.own is None:
        return "shipped"
    return "instead" if standing.shipped else "own"


@router.get("")
def entries(
    desk: DeskDep,
    editor: EditorDep,
    form: FormDep,
    find: Annotated[str, Query(max_length=200)] = "",
    category: Annotated[str, Query(max_length=40)] = "",
    origin: Annotated[str, Query(max_length=20)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """All entries, filtered and found by their words."""
    every = [(one, origin_of(one)) for one in desk.curator.entries.all()]
    wanted = searchable(find).split()
    rows = [
        (one, where)
        for one, where in every
        if category in ("", one.entry.category)
        and origin in ("", where)
        and all(word in _text(one) for word in wanted)
    ]
    drafted = {draft.entry_id: draft for draft in desk.drafts.latest()}
    return knowledge_page(
        "knowledge_entries", desk, editor, form, "entries",
        rows=rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS], found=len(rows), all=len(every), page=page,
        pages=max(1, -(-len(rows) // PAGE_ROWS)), categories=CATEGORIES, origins=ORIGINS, drafted=drafted,
        chosen={"find": find, "category": category, "origin": origin},
    )  # fmt: skip


def _text(standing: EntryStanding) -> str:
    entry = standing.entry
    return searchable(f"{entry.id} {entry.title} {' '.join(entry.questions)} {entry.answer}")


@router.get("/{entry_id}")
def entry(desk: DeskDep, editor: EditorDep, form: FormDep, entry_id: str) -> Response:
    """One entry with its sources as they stand today."""
    return _show(desk, editor, form, entry_id)


def _show(
    desk: EditingDesk, editor: Caller, form: str, entry_id: str, code: int = 200,
    problem: str | None = None, reason: str = "",
) -> Response:  # fmt: skip
    try:
        standing = desk.curator.entries.find(entry_id)
    except UnknownEntry:
        return not_found_page(editor)
    library, today = desk.library(), desk.today()
    return knowledge_page(
        "knowledge_entry", desk, editor, form, "entries", status=code, problem=problem, standing=standing,
        entry=standing.entry, fields_of=vars, origin=origin_of(standing),
        draft=desk.drafts.open_for(entry_id),
        checks=[check_source(source, library, today) for source in standing.entry.sources], reason=reason,
    )  # fmt: skip


@router.post("/{entry_id}/draft")
def change(desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep, entry_id: str) -> Response:
    """Begin an own entry in its place."""

    def do() -> str:
        return f"{ROOT}/drafts/{desk.begin_from(editor.name, entry_id).id}"

    return done(ours, do, lambda code, told: _show(desk, editor, form, entry_id, code, told))


@router.post("/{entry_id}/off")
def switch_off(
    desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep, entry_id: str, reason: Note = ""
) -> Response:
    """Propose that it answers no more."""
    return _propose(desk, editor, form, ours, entry_id, Kind.OFF, reason)


@router.post("/{entry_id}/drop")
def drop(
    desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep, entry_id: str, reason: Note = ""
) -> Response:
    """Propose that the office's own one, or its switching off, is taken back."""
    return _propose(desk, editor, form, ours, entry_id, Kind.DROP, reason)


def _propose(
    desk: EditingDesk, editor: Caller, form: str, ours: bool, entry_id: str, kind: Kind, reason: str
) -> Response:
    def do() -> str:
        return f"{ROOT}/drafts/{desk.begin_other(editor.name, entry_id, kind, reason).id}"

    return done(ours, do, lambda code, told: _show(desk, editor, form, entry_id, code, told, reason))
