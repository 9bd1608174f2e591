"""Files that an editor adds: sent, read in a process apart, shown with what was understood, taken in."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse, Response

from api.console.knowledge.pages import (
    ROOT,
    DeskDep,
    EditorDep,
    done,
    knowledge_page,
    knowledge_part,
    refusal,
    words,
)
from api.console.shell import FormDep, FragmentDep, OurFormDep, not_found_page, say
from api.editing.desk import EditingDesk
from api.editing.jobs import Job
from api.editing.model import EditingError
from api.editing.uploads import MOST_BYTES, MOST_FILES, PIECE_BYTES, UnknownUpload, UploadRefused
from knowledge.ingestion import split_note
from knowledge.texts import say as report_words

MOST_READY = 1024 * 1024  # bytes of a plain form: api.protection.bodies

router = APIRouter(prefix="/files")


@router.get("")
def add_page(desk: DeskDep, editor: EditorDep, form: FormDep) -> Response:
    """Where files are chosen."""
    return _add_page(desk, editor, form)


def _add_page(
    desk: EditingDesk, editor: EditorDep, form: str, code: int = 200, problem: str | None = None
) -> Response:
    limits = {"files": MOST_FILES, "megabytes": MOST_BYTES // MOST_READY}
    return knowledge_page(
        "knowledge_files", desk, editor, form, "files", status=code, problem=problem, limits=limits,
        data=json.dumps({"piece": PIECE_BYTES, "most": MOST_BYTES, "files": MOST_FILES}),
    )  # fmt: skip


@router.post("")
def send(
    desk: DeskDep,
    editor: EditorDep,
    form: FormDep,
    ours: OurFormDep,
    files: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    """Files in one plain form, for browsers without scripts: a megabyte at most."""

    def do() -> str:
        chosen = [file for file in files or [] if file.filename]
        if not chosen:
            raise UploadRefused("no_files")
        upload_id = desk.uploads.open(editor.name)
        for number, file in enumerate(chosen):
            desk.uploads.put(upload_id, editor.name, number, file.filename or "", 0, file.file.read())
        desk.read_upload(upload_id, editor.name)
        return f"{ROOT}/files/{upload_id}"

    return done(ours, do, lambda code, told: _add_page(desk, editor, form, code, told))


@router.post("/open")
def open_upload(desk: DeskDep, editor: EditorDep, ours: OurFormDep) -> Response:
    """Begin an upload that comes in pieces."""
    return _told(ours, lambda: {"id": desk.uploads.open(editor.name)})


@router.post("/{upload_id}/piece")
async def piece(
    request: Request,
    desk: DeskDep,
    editor: EditorDep,
    ours: OurFormDep,
    upload_id: str,
    number: Annotated[int, Query(ge=0)],
    name: Annotated[str, Query(max_length=1000)],
    at: Annotated[int, Query(ge=0)],
) -> Response:
    """One piece of a file, at an offset in bytes."""
    body = await request.body()
    put = desk.uploads.put
    return await run_in_threadpool(
        _told, ours, lambda: {"size": put(upload_id, editor.name, number, name, at, body)}
    )


@router.post("/{upload_id}/read")
def read(desk: DeskDep, editor: EditorDep, ours: OurFormDep, upload_id: str) -> Response:
    """Everything was sent: read it."""

    def do() -> dict[str, Any]:
        desk.read_upload(upload_id, editor.name)
        return {"page": f"{ROOT}/files/{upload_id}"}

    return _told(ours, do)


def _told(ours: bool, do: Any) -> Response:
    """What a script asked for, or the sentence to show."""
    if not ours:
        return JSONResponse({"problem": say("console")["other_site"]}, 403)
    try:
        return JSONResponse(do())
    except UnknownUpload as error:
        return JSONResponse({"problem": refusal(error)}, 404)
    except EditingError as error:
        return JSONResponse({"problem": refusal(error)}, 409)


@router.get("/{upload_id}")
def upload(
    desk: DeskDep, editor: EditorDep, form: FormDep, fragment: FragmentDep, upload_id: str
) -> Response:
    """What was understood of each file, before anything is taken in."""
    return _show(desk, editor, form, upload_id, fragment=fragment)


def _show(
    desk: EditingDesk, editor: EditorDep, form: str, upload_id: str, code: int = 200,
    problem: str | None = None, fragment: bool = False,
) -> Response:  # fmt: skip
    try:
        found = desk.uploads.find(upload_id)
    except UnknownUpload:
        return not_found_page(editor)
    jobs = [job for job in desk.jobs.latest(("read", "take")) if job.note == upload_id]
    reading = next((job for job in jobs if job.kind == "read"), None)
    taking = next((job for job in jobs if job.kind == "take"), None)
    rows = [
        (path, [_row(r) for r in found.report or [] if r["file"] == n]) for n, path in enumerate(found.files)
    ]
    values: dict[str, Any] = {"upload": found, "rows": rows, "job": taking or reading, "taking": taking}
    values["failed"] = job_words(taking or reading)
    if fragment:
        return knowledge_part("_knowledge_upload", editor, form=form, **values)
    return knowledge_page(
        "knowledge_upload", desk, editor, form, "files", status=code, problem=problem, **values
    )


def _row(report: dict[str, Any]) -> dict[str, Any]:
    notes = [report_words("reports", f"notes.{c}", detail=d) for c, d in map(split_note, report["notes"])]
    why = report_words("reports", f"refused.{report['refused']}") if report["refused"] else None
    fields = [report_words("reports", f"columns.{field}") for field in report["corrected"]]
    return {**report, "notes": notes, "refused": why, "corrected": fields}


def job_words(job: Job | None) -> str | None:
    """Why a job did not end well; None if it did, or still runs."""
    if job is None or job.outcome in ("running", "done"):
        return None
    told = words()["refusals"]
    return told.get(job.error or job.outcome, told["job_broken"]).format(detail=job.detail)


@router.post("/{upload_id}/take")
def take(
    desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep, upload_id: str,
    chosen: Annotated[list[int] | None, Form()] = None,
) -> Response:  # fmt: skip
    """Take the chosen files in and publish."""

    def do() -> str:
        job = desk.take_upload(upload_id, chosen or [], editor.name)
        return f"{ROOT}/jobs/{job.id}"

    return done(ours, do, lambda code, told: _show(desk, editor, form, upload_id, code, told))


@router.post("/{upload_id}/discard")
def discard(desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep, upload_id: str) -> Response:
    """Throw the files away."""
    if not ours:
        return _show(desk, editor, form, upload_id, 403, say("console")["other_site"])
    try:
        desk.uploads.discard(upload_id)
    except UnknownUpload:
        return not_found_page(editor)
    return RedirectResponse(f"{ROOT}/files", 303)
