"""What every page about knowledge shares: its frame with tabs, its words, and how a refusal is told."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Form
from fastapi.responses import RedirectResponse, Response

from api.accounts.model import Caller, Scope
from api.console.shell import console_page, may, say
from api.editing.desk import EditingDesk, NotFit
from api.editing.model import AlreadyDrafted, Changed, EditingError, WrongState
from api.routes.access import ServiceDep
from api.texts import texts
from knowledge.errors import KnowledgeError
from knowledge.model import WHOLE_COUNTRY
from knowledge.region import name_of, regions

ROOT = "/console/knowledge"
PAGE_ROWS = 50

EditorDep = Annotated[Caller, Depends(may(Scope.KNOWLEDGE_EDIT))]
Short = Annotated[str, Form(max_length=400)]
Note = Annotated[str, Form(max_length=500)]


def get_desk(service: ServiceDep) -> EditingDesk:
    return service.editing


DeskDep = Annotated[EditingDesk, Depends(get_desk)]


def words() -> Any:
    """The words of these pages."""
    return texts("console_knowledge")


def knowledge_page(
    template: str,
    desk: EditingDesk,
    editor: Caller,
    form: str,
    tab: str,
    *,
    status: int = 200,
    problem: str | None = None,
    **values: Any,
) -> Response:
    """Render a page with the tabs, and a banner while something waits to be published."""
    return console_page(
        f"console/{template}.html",
        editor,
        status=status,
        here="knowledge",
        form=form,
        tab=tab,
        words=words(),
        root=ROOT,
        problem=problem,
        place=place_name,
        waiting=waiting(desk),
        **values,
    )


def knowledge_part(template: str, editor: Caller, **values: Any) -> Response:
    """Render a part of a page, without its frame."""
    return console_page(
        f"console/{template}.html", editor, words=words(), root=ROOT, place=place_name, **values
    )


def place_name(adcode: str) -> str:
    """The name of a place, also of the whole country."""
    return words()["whole_country"] if adcode == WHOLE_COUNTRY else name_of(adcode)


def places_near(home: str) -> list[tuple[str, str]]:
    """Places to choose from: the whole country, the home province with its cities and counties, provinces."""
    near = [r.adcode for r in regions() if r.adcode[:2] == home[:2]]
    provinces = [r.adcode for r in regions() if r.adcode.endswith("0000") and r.adcode not in near]
    return [(adcode, place_name(adcode)) for adcode in (WHOLE_COUNTRY, *sorted(near), *provinces)]


def waiting(desk: EditingDesk) -> dict[str, Any]:
    """What a publishing would bring, and the publishing that is running."""
    desk.settle()
    running = [job for job in desk.jobs.latest(("publish", "take")) if job.is_running]
    return {
        "job": running[0] if running else None,
        "approved": len(desk.approved()),
        "changed": not desk.curator.is_published(),
    }


def refusal(error: EditingError | KnowledgeError) -> str:
    """The sentence that says what was not done and what to do next."""
    told = words()["refusals"]
    if isinstance(error, NotFit):
        return told["not_fit"].format(what=" ".join(problem_words(p) for p in error.problems))
    if isinstance(error, Changed):
        return told["changed"].format(who=error.now.edited_by, version=error.now.version)
    if isinstance(error, WrongState):
        return told["wrong_state"].format(state=words()["states"][error.now.state])
    if isinstance(error, AlreadyDrafted):
        return told["already_drafted"]
    sentence = told.get(error.code) or told["editing_error"]
    return sentence.format(detail=error)


def problem_words(problem: Any) -> str:
    """What is to be mended in a field, with the field's name."""
    w = words()
    field = w["fields"].get(problem.field, problem.field)
    return w["problems"][problem.code].format(field=field, detail=problem.detail)


def done(
    ours: bool,
    do: Callable[[], str],
    show: Callable[[int, str], Response],
) -> Response:
    """Do something and go on to the address it gives, or show the page again and say why it was not done."""
    if not ours:
        return show(403, say("console")["other_site"])
    try:
        return RedirectResponse(do(), 303)
    except (EditingError, KnowledgeError) as error:
        return show(409, refusal(error))
