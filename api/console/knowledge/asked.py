"""What people asked in vain, grouped and masked; a group becomes a draft, and says when it has an answer."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from api.accounts.model import Caller
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
from api.console.shell import FormDep, FragmentDep, OurFormDep
from api.editing.desk import EditingDesk
from api.routes.access import ServiceDep
from api.service import Service
from api.unanswered.listing import list_unanswered
from api.unanswered.wording import masked
from knowledge.errors import KnowledgeError
from tickets.errors import TicketError

PERIODS = (7, 30, 90)
GROUPS = 30

router = APIRouter(prefix="/unanswered")

Days = Annotated[int, Query(ge=1, le=365)]


@router.get("")
def unanswered(
    service: ServiceDep, desk: DeskDep, editor: EditorDep, form: FormDep, fragment: FragmentDep,
    days: Days = 30, listed: bool = False,
) -> Response:  # fmt: skip
    """The groups asked about most; the page opens at once and fetches them, which takes a second or two."""
    if fragment or listed:
        return _groups(service, desk, editor, form, fragment, days)
    return knowledge_page(
        "knowledge_asked", desk, editor, form, "unanswered", days=days, periods=PERIODS, report=None
    )


def _groups(
    service: Service, desk: EditingDesk, editor: Caller, form: str, fragment: bool, days: int,
    code: int = 200, problem: str | None = None,
) -> Response:  # fmt: skip
    since = datetime.now(UTC) - timedelta(days=days)
    report = None
    try:
        report = desk.unanswered.get(
            (days, desk.base.generation),
            lambda: list_unanswered(
                service.unanswered, desk.base, desk.base.embedder, since=since, limit=GROUPS
            ),
        )
    except KnowledgeError as error:
        problem = problem or refusal(error)
    except TicketError:
        problem = problem or words()["refusals"]["unreadable"]
    drafts = {draft.hint: draft for draft in desk.drafts.latest() if draft.hint}
    values = {"report": report, "drafts": drafts, "days": days, "periods": PERIODS, "form": form}
    if fragment:
        return knowledge_part("_knowledge_groups", editor, problem=problem, **values)
    values.pop("form")
    return knowledge_page(
        "knowledge_asked", desk, editor, form, "unanswered", status=code, problem=problem, **values
    )


@router.post("/draft")
def write(
    service: ServiceDep, desk: DeskDep, editor: EditorDep, form: FormDep, ours: OurFormDep,
    wording: Annotated[str, Form(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """Begin an entry that would answer a group; its wording is shown beside the form, never published."""

    def do() -> str:
        return f"{ROOT}/drafts/{desk.begin_new(editor.name, hint=masked(wording)).id}"

    def show(code: int, told: str) -> Response:
        return _groups(service, desk, editor, form, False, PERIODS[1], code, told)

    return done(ours, do, show)
