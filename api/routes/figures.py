"""The supervisor's figures for programs: the numbers of the console's page, with what each of them counts."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, WithJsonSchema

from api.accounts.model import Caller
from api.figures.model import Cell, Sheet, Unit
from api.figures.periods import LONGEST, WrongPeriod, period_of
from api.figures.service import NAMES
from api.figures.wording import heading_of, words
from api.routes.access import ServiceDep, needs
from api.ticket_bodies import no_number
from api.ticket_schemas import problems
from tickets.service import utc_now

PATIENCE = 10.0
"""Seconds that a caller waits for unanswered questions that were never grouped; then `made_at` is null."""

router = APIRouter(prefix="/v1/figures", tags=["figures"], responses=problems(401, 403, 503))


def _of_this_age(day: date) -> date:
    if not 2000 <= day.year <= 9000:
        raise ValueError("a year between 2000 and 9000 is expected")
    return day


def _known(name: str) -> str:
    if name not in NAMES:
        raise ValueError(f"there are these figures: {', '.join(NAMES)}")
    return name


Day = Annotated[date, BeforeValidator(no_number), AfterValidator(_of_this_age)]
Name = Annotated[
    str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(NAMES), "title": "Figure"})
]


class ColumnOut(BaseModel):
    """`name` is the key in the rows, `title` its heading in Chinese, `unit` what the values are."""

    name: str
    title: str
    unit: Unit


class FigureOut(BaseModel):
    """One figure. `definition` says in Chinese what is counted; `made_at` is null while it is being made.

    `note`: cut_off (only the largest are listed), too_young (nothing to compare with yet), making, or empty.
    """

    name: str
    title: str
    definition: str
    made_at: datetime | None
    note: str
    columns: list[ColumnOut]
    rows: list[dict[str, Cell]]

    @classmethod
    def of(cls, sheet: Sheet) -> "FigureOut":
        texts = words()["figures"][sheet.name]
        return cls(
            name=sheet.name,
            title=texts["title"],
            definition=texts["definition"],
            made_at=sheet.made_at,
            note=sheet.note,
            columns=[
                ColumnOut(name=column.name, title=heading_of(sheet, column), unit=column.unit)
                for column in sheet.columns
            ],
            rows=sheet.records(),
        )


class FiguresOut(BaseModel):
    """Beijing days, both included."""

    since: date
    until: date
    figures: list[FigureOut]


@router.get("", responses=problems(422))
def read_figures(
    service: ServiceDep,
    caller: Annotated[Caller, Depends(needs("figures:read"))],
    since: Annotated[Day | None, Query(description="First Beijing day; today if left out.")] = None,
    until: Annotated[
        Day | None, Query(description=f"Last Beijing day, today if left out; at most {LONGEST} days.")
    ] = None,
    only: Annotated[list[Name], Query(description="Only these figures; all if left out.")] = [],  # noqa: B006
    place: Annotated[
        str | None,
        Query(pattern=r"^([0-9]{2}){0,2}$", description="Whose parts `places` lists: empty, 43 or 4305."),
    ] = None,
) -> FiguresOut:
    """Counts of a period: volume, waiting, outcomes, deadlines, repeats, places, what is suddenly more.

    No names, numbers or words of persons; places end at the county.
    """
    try:
        period = period_of(since, until, utc_now())
    except WrongPeriod as error:
        raise HTTPException(422, str(error)) from error
    found = service.figures.sheets(period, only or NAMES, within=place, patience=PATIENCE)
    return FiguresOut(
        since=period.first, until=period.last, figures=[FigureOut.of(sheet) for sheet in found.values()]
    )
