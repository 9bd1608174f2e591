"""Policy documents for editors: all of them, one of them, what was understood, corrections, out and back."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from api.console.knowledge import asked, drafts, entries, files, publishing
from api.console.knowledge.pages import (
    PAGE_ROWS,
    ROOT,
    DeskDep,
    EditorDep,
    Note,
    Short,
    done,
    knowledge_page,
)
from api.console.shell import FormDep, OurFormDep, not_found_page
from api.editing.desk import EditingDesk
from knowledge.corrections import DATES, FIELDS
from knowledge.ingestion import split_note
from knowledge.library import SHIPPED_NAME, Library
from knowledge.model import IN_FORCE, Level, PolicyDocument
from knowledge.normalisation import searchable
from knowledge.texts import say
from knowledge.titles import title_key

ENDS_SOON = timedelta(days=90)  # as knowledge.checking_documents warns

router = APIRouter(prefix=ROOT)

Find = Annotated[str, Query(max_length=200)]
Choice = Annotated[str, Query(max_length=40)]


def state_of(document: PolicyDocument, today: date) -> str:
    """The document's status, or `ends_soon` if it ends within 90 days."""
    ends = document.repealed_on
    soon = document.status == IN_FORCE and ends is not None and ends - today <= ENDS_SOON
    return "ends_soon" if soon else document.status


@router.get("")
def documents(
    desk: DeskDep,
    editor: EditorDep,
    form: FormDep,
    find: Find = "",
    status: Choice = "",
    level: Choice = "",
    region: Choice = "",
    source: Choice = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """All documents, filtered and found by title, number or issuer."""
    return _list(desk, editor, form, find, status, level, region, source, page)


def _list(
    desk: EditingDesk, editor: EditorDep, form: str, find: str = "", status: str = "", level: str = "",
    region: str = "", source: str = "", page: int = 1, code: int = 200, problem: str | None = None,
) -> Response:  # fmt: skip
    today = desk.today()
    every = desk.curator.documents()
    wanted = searchable(find).split()
    rows = [
        (document, state)
        for document in every
        if (state := state_of(document, today)) and status in ("", state)
        and level in ("", document.level) and document.region.startswith(region.rstrip("0"))
        and source in ("", _source(document)) and _is_found(document, wanted)
    ]  # fmt: skip
    count: dict[str, int] = {}
    for document in every:
        count[state_of(document, today)] = count.get(state_of(document, today), 0) + 1
    return knowledge_page(
        "knowledge_documents", desk, editor, form, "documents", status=code, problem=problem,
        rows=rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS], found=len(rows), all=len(every), page=page,
        pages=max(1, -(-len(rows) // PAGE_ROWS)), count=count, levels=list(Level),
        regions=sorted({document.region for document in every}), removed=desk.curator.removed(),
        chosen={"find": find, "status": status, "level": level, "region": region, "source": source},
        source_of=_source, quote=quote,
    )  # fmt: skip


def _source(document: PolicyDocument) -> str:
    return "shipped" if document.source_file.startswith(SHIPPED_NAME) else "own"


def _is_found(document: PolicyDocument, wanted: Sequence[str]) -> bool:
    text = searchable(f"{document.title} {document.document_no} {document.issuer} {document.doc_id}")
    return all(word in text for word in wanted)


DocId = Annotated[str, Query(alias="id", max_length=400)]
SentDocId = Annotated[str, Form(alias="id", max_length=400)]


@router.get("/document")
def document(desk: DeskDep, editor: EditorDep, form: FormDep, doc_id: DocId) -> Response:
    """One document: what was understood of it, what was corrected, its articles, what became of it."""
    return _show(desk, editor, form, doc_id)


def _show(
    desk: EditingDesk, editor: EditorDep, form: str, doc_id: str, code: int = 200,
    problem: str | None = None, typed: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    library = desk.library()
    found = next((d for d in library.documents if d.doc_id == doc_id), None)
    if found is None:
        return not_found_page(editor)
    origin = library.origins.get(doc_id, doc_id)
    return knowledge_page(
        "knowledge_document", desk, editor, form, "documents", status=code, problem=problem,
        document=found, state=state_of(found, desk.today()), articles=library.articles[doc_id],
        asked=library.asked.get(doc_id, {}), notes=_notes(library, doc_id),
        corrections=desk.curator.corrections(doc_id), fields=FIELDS, days=DATES, levels=list(Level),
        names={field: say("reports", f"columns.{field}") for field in FIELDS}, typed=typed or {},
        history=desk.drafts.history(f"document:{origin}"), entries=_entries_on(library, found), quote=quote,
    )  # fmt: skip


def _notes(library: Library, doc_id: str) -> list[str]:
    noted = map(split_note, library.notes.get(doc_id, ()))
    return [say("reports", f"notes.{code}", detail=detail) for code, detail in noted]


def _entries_on(library: Library, document: PolicyDocument) -> list[Any]:
    """The entries that rest on a document."""
    return [
        entry
        for entry in library.entries
        if any(title_key(source.document) == title_key(document.title) for source in entry.sources)
    ]


@router.post("/document/correct")
def correct(
    desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep, doc_id: SentDocId = "",
    field: Short = "", value: Short = "", back: Annotated[bool, Form()] = False, reason: Note = "",
) -> Response:  # fmt: skip
    """Set one field right, or take the text's own again (`back`)."""

    def do() -> str:
        values = {} if back else {field: value}
        changed = desk.correct(doc_id, values, [field] if back else [], editor.name, reason)
        return f"{ROOT}/document?id={quote(changed.doc_id)}"

    typed = {"field": field, "value": value, "reason": reason}
    return done(ours, do, lambda code, told: _show(desk, editor, form, doc_id, code, told, typed))


@router.post("/document/take-out")
def take_out(
    desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep, doc_id: SentDocId = "",
    reason: Note = "",
) -> Response:  # fmt: skip
    """Let a document answer no more, at once."""

    def do() -> str:
        desk.take_out(doc_id, editor.name, reason)
        return f"{ROOT}#removed"

    typed = {"out": reason}
    return done(ours, do, lambda code, told: _show(desk, editor, form, doc_id, code, told, typed))


@router.post("/document/bring-back")
def bring_back(
    desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep, doc_id: SentDocId = ""
) -> Response:
    """Put a document that was taken out in use again."""

    def do() -> str:
        desk.bring_back(doc_id, editor.name)
        return ROOT

    return done(ours, do, lambda code, told: _list(desk, editor, form, code=code, problem=told))


for part in (files, entries, drafts, publishing, asked):
    router.include_router(part.router)
