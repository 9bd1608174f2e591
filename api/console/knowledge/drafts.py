"""Drafts: written in a form, tried, submitted, looked through by a second person, approved or sent back."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import Response

from api.accounts.model import Caller
from api.console.knowledge.draft_form import MOST_CHARS, DraftForm, DraftFormDep, clean, with_sources_changed
from api.console.knowledge.pages import (
    ROOT,
    DeskDep,
    EditorDep,
    Note,
    done,
    knowledge_page,
    knowledge_part,
    places_near,
    problem_words,
    refusal,
)
from api.console.shell import FormDep, FragmentDep, OurFormDep, not_found_page, say
from api.editing.desk import EditingDesk, Trial
from api.editing.model import OPEN, Draft, EditingError, Kind, State, UnknownDraft
from api.editing.rules import check_source, sources_of
from knowledge.entries import CATEGORIES
from knowledge.errors import KnowledgeError
from knowledge.model import RetrievalHit

FOUND_SOURCES = 8

router = APIRouter(prefix="/drafts")

Version = Annotated[int, Form()]
Asked = Annotated[str, Form(max_length=4000)]
Region = Annotated[str, Form(max_length=6)]


class TooMuch(EditingError):
    code = "too_much"


@router.get("")
def drafts(desk: DeskDep, editor: EditorDep, form: FormDep) -> Response:
    """What is being written or looked through, and what was published lately."""
    desk.settle()
    return knowledge_page(
        "knowledge_drafts", desk, editor, form, "drafts", open=desk.drafts.latest(OPEN),
        past=desk.drafts.latest((State.PUBLISHED, State.DISCARDED), limit=50),
    )  # fmt: skip


@router.post("")
def new(desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep) -> Response:
    """Begin an entry that is not there yet."""

    def do() -> str:
        return f"{ROOT}/drafts/{desk.begin_new(editor.name).id}"

    return done(ours, do, lambda code, told: _refused(desk, editor, form, code, told))


def _refused(desk: EditingDesk, editor: Caller, form: str, code: int, told: str) -> Response:
    return knowledge_page(
        "knowledge_drafts", desk, editor, form, "drafts", status=code, problem=told,
        open=desk.drafts.latest(OPEN), past=[],
    )  # fmt: skip


@router.get("/{draft_id}")
def draft(desk: DeskDep, editor: EditorDep, form: FormDep, draft_id: str) -> Response:
    """One draft: its form while it may be written, else to be read."""
    desk.settle()
    return _show(desk, editor, form, draft_id)


@router.post("/{draft_id}")
def save(
    desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep, typed: DraftFormDep, draft_id: str
) -> Response:
    """Keep what was typed."""

    def do() -> str:
        _save(desk, editor, draft_id, typed)
        return f"{ROOT}/drafts/{draft_id}"

    return done(ours, do, lambda code, told: _show(desk, editor, form, draft_id, code, told, typed=typed))


@router.post("/{draft_id}/submit")
def submit(
    desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep, typed: DraftFormDep, draft_id: str
) -> Response:
    """Keep what was typed and ask a second person to look through it."""
    kept = [typed]

    def do() -> str:
        found = desk.drafts.find(draft_id)
        if found.kind == Kind.ENTRY:
            found = _save(desk, editor, draft_id, typed)
            kept.append(replace(typed, version=found.version))
        desk.submit(found, kept[-1].version, editor.name)
        return f"{ROOT}/drafts/{draft_id}"

    return done(ours, do, lambda code, told: _show(desk, editor, form, draft_id, code, told, typed=kept[-1]))


def _save(desk: EditingDesk, editor: Caller, draft_id: str, typed: DraftForm) -> Draft:
    if len(json.dumps(typed.content, ensure_ascii=False)) > MOST_CHARS:
        raise TooMuch("the draft is too long")
    return desk.drafts.save(draft_id, typed.version, editor.name, typed.title, typed.content)


@router.post("/{draft_id}/approve")
def approve(
    desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep, draft_id: str,
    version: Version = 0, note: Note = "",
) -> Response:  # fmt: skip
    """Approve what somebody else wrote."""
    return _act(
        desk, editor, form, ours, draft_id, note, lambda d: desk.approve(d, version, editor.name, note)
    )


@router.post("/{draft_id}/send-back")
def send_back(
    desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep, draft_id: str,
    version: Version = 0, note: Note = "",
) -> Response:  # fmt: skip
    """Say what is to be done better."""
    act = lambda d: desk.drafts.send_back(d.id, version, editor.name, clean(note))  # noqa: E731
    return _act(desk, editor, form, ours, draft_id, note, act)


@router.post("/{draft_id}/discard")
def discard(
    desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep, draft_id: str, version: Version = 0
) -> Response:
    """Give it up."""
    act = lambda d: desk.drafts.discard(d.id, version, editor.name)  # noqa: E731
    return _act(desk, editor, form, ours, draft_id, "", act)


def _act(
    desk: EditingDesk, editor: Caller, form: str, ours: bool, draft_id: str, note: str,
    act: Callable[[Draft], object],
) -> Response:  # fmt: skip
    def do() -> str:
        act(desk.drafts.find(draft_id))
        return f"{ROOT}/drafts/{draft_id}"

    return done(ours, do, lambda code, told: _show(desk, editor, form, draft_id, code, told, note=note))


@router.post("/{draft_id}/sources")
def sources(
    desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep, fragment: FragmentDep,
    typed: DraftFormDep, draft_id: str,
) -> Response:  # fmt: skip
    """The sources with what was searched, picked or left out; nothing is saved, nothing typed is lost."""
    if not ours:
        return _show(desk, editor, form, draft_id, 403, say("console")["other_site"], typed=typed)
    typed = DraftForm(with_sources_changed(typed), typed.version, typed.find)
    if fragment:
        return knowledge_part(
            "_knowledge_sources", editor, draft_id=draft_id, **_sources(desk, typed.content, typed.find)
        )
    return _show(desk, editor, form, draft_id, typed=typed)


def _sources(desk: EditingDesk, content: Any, find: str = "") -> dict[str, Any]:
    library, today = desk.library(), desk.today()
    hits: list[RetrievalHit] = []
    if find and desk.base.ready:
        hits = desk.base.search(find, k=3 * FOUND_SOURCES)
    cited = [
        (citation.title, citation.article, citation.text)
        for hit in hits
        for citation in (hit.sources or (hit.citation,))
        if citation.article
    ]
    return {
        "checks": [check_source(source, library, today) for source in sources_of(content)],
        "find": find,
        "hits": list(dict.fromkeys(cited))[:FOUND_SOURCES],
    }


@router.post("/{draft_id}/try")
def try_out(
    desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep, fragment: FragmentDep,
    draft_id: str, questions: Asked = "", where: Region = "",
) -> Response:  # fmt: skip
    """What callers would hear with the draft as it was saved, beside what they hear now."""
    asked = [line for line in clean(questions).split("\n") if line.strip()]
    trials: list[Trial] = []
    problem = None if ours else say("console")["other_site"]
    try:
        found = desk.drafts.find(draft_id)
        if ours:
            trials = desk.try_out(found, asked, clean(where) or None)
    except UnknownDraft:
        return not_found_page(editor)
    except (EditingError, KnowledgeError) as error:
        problem = refusal(error)
    values = {"trials": trials, "trial_problem": problem, "questions": questions, "asked_from": where}
    if fragment:
        return knowledge_part("_knowledge_trials", editor, entry_id=found.entry_id, **values)
    return _show(desk, editor, form, draft_id, 409 if problem else 200, **values)


def _show(
    desk: EditingDesk, editor: Caller, form: str, draft_id: str, code: int = 200,
    problem: str | None = None, typed: DraftForm | None = None, note: str = "", trials: Any = (),
    trial_problem: str | None = None, questions: str = "", asked_from: str = "",
) -> Response:  # fmt: skip
    try:
        found = desk.drafts.find(draft_id)
    except UnknownDraft:
        return not_found_page(editor)
    content = typed.content if typed and found.kind == Kind.ENTRY else found.content
    mending = desk.problems(found) if found.is_open else []
    return knowledge_page(
        "knowledge_draft", desk, editor, form, "drafts", status=code, problem=problem, draft=found,
        content=content, version=typed.version if typed else found.version, mending=mending,
        mend=problem_words, history=desk.drafts.history(f"draft:{draft_id}"), categories=CATEGORIES,
        places=places_near(desk.home), note=note, trials=trials,
        trial_problem=trial_problem, asked_from=asked_from,
        questions=questions or "\n".join((found.content.get("questions") or [])[:3]),
        second=editor.name not in (found.author, found.edited_by), entry_id=found.entry_id,
        in_use=desk.in_use(found),
        **_sources(desk, content, typed.find if typed else ""),
    )  # fmt: skip
