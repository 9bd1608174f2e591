"""Publishing: what waits, a build with its progress, the generations that are kept, and the way back."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from api.accounts.model import Caller
from api.console.knowledge.files import job_words
from api.console.knowledge.pages import (
    ROOT,
    DeskDep,
    EditorDep,
    Note,
    done,
    knowledge_page,
    knowledge_part,
)
from api.console.shell import FormDep, FragmentDep, OurFormDep, not_found_page
from api.editing.desk import EditingDesk

router = APIRouter()


@router.get("/generations")
def generations(desk: DeskDep, editor: EditorDep, form: FormDep) -> Response:
    """The indexes that one can go back to, and why each was built."""
    return _show(desk, editor, form)


def _show(
    desk: EditingDesk, editor: Caller, form: str, code: int = 200, problem: str | None = None,
    reason: str = "",
) -> Response:  # fmt: skip
    return knowledge_page(
        "knowledge_generations", desk, editor, form, "publishing", status=code, problem=problem,
        kept=desk.curator.generations(), approved=desk.approved(), reason=reason,
        jobs=desk.jobs.latest(("publish", "take"))[:10], job_words=job_words,
        history=desk.drafts.history("generations"), instant=datetime.fromisoformat,
    )  # fmt: skip


@router.post("/publish")
def publish(desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep) -> Response:
    """Put approved drafts in use and build."""

    def do() -> str:
        return f"{ROOT}/jobs/{desk.publish(editor.name).id}"

    return done(ours, do, lambda code, told: _show(desk, editor, form, code, told))


@router.post("/rollback")
def roll_back(
    desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep,
    generation: Annotated[str, Form(max_length=80)] = "", reason: Note = "",
) -> Response:  # fmt: skip
    """Go back to an earlier index, its documents and entries."""

    def do() -> str:
        desk.roll_back(generation, editor.name, reason)
        return f"{ROOT}/generations"

    return done(ours, do, lambda code, told: _show(desk, editor, form, code, told, reason))


@router.get("/jobs/{job_id}")
def job(desk: DeskDep, editor: EditorDep, form: FormDep, fragment: FragmentDep, job_id: str) -> Response:
    """How far a build is; the part of the page that asks again until it has ended."""
    found = desk.jobs.find(job_id)
    if found is None:
        return not_found_page(editor)
    if not found.is_running:
        desk.settle()
    if fragment:
        return knowledge_part("_knowledge_job", editor, job=found, failed=job_words(found))
    return knowledge_page(
        "knowledge_job", desk, editor, form, "publishing", job=found, failed=job_words(found)
    )
