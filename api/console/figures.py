"""The supervisor's view: every figure as a table with a chart beside it, by the day, and as files.

What is counted is in api.figures; every figure's definition is in texts/console_figures.zh.yml.
"""

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response

from api.accounts.model import Caller, Scope
from api.console.shell import AgentDep, FormDep, FragmentDep, console_page, may, not_found_page
from api.figures.cards import cards, is_number
from api.figures.demand import COUNTY_DIGITS
from api.figures.model import Sheet
from api.figures.periods import NAMED, Period, WrongPeriod, named_period, period_of
from api.figures.service import NAMES
from api.figures.wording import drawn, heading_of, in_words, shown, spiking, words
from api.routes.access import ServiceDep
from tickets.sheets import csv_rows

REFRESH_SECONDS = 60
PAGE = "/console/figures"

router = APIRouter(prefix=PAGE, dependencies=[Depends(may(Scope.FIGURES_READ))])

Name = Annotated[str, Query(alias="period", max_length=10)]
Day = Annotated[str, Query(max_length=10)]
Place = Annotated[str | None, Query(pattern=r"^([0-9]{2}){0,2}$")]


@dataclass(frozen=True)
class Asked:
    """What a page was asked for: the period, the place, and the name of the period if it has one.

    `problem` is the code of the sentence that says what was wrong with the days; then it is today.
    """

    period: Period
    name: str
    place: str | None
    problem: str | None = None

    def query(self, **other: str) -> str:
        """The address of the same view, or of one that differs in some of these."""
        days = {"since": self.period.first.isoformat(), "until": self.period.last.isoformat()}
        told = {"period": self.name} if self.name else days
        place = {} if self.place is None else {"place": self.place}
        return urlencode({**told, **place, **other})


def asked(named: Name = "", since: Day = "", until: Day = "", place: Place = None) -> Asked:
    """Read the period from the address; what cannot be read shows today and says so."""
    now = datetime.now(UTC)
    if named in NAMED:
        return Asked(named_period(named, now), named, place)
    if not since and not until:
        return Asked(named_period("today", now), "today", place)
    try:
        first, last = (date.fromisoformat(day) if day else None for day in (since, until))
    except ValueError:
        return Asked(named_period("today", now), "today", place, "not_a_day")
    try:
        return Asked(period_of(first, last, now), "", place)
    except WrongPeriod as error:
        return Asked(named_period("today", now), "today", place, error.code)


AskedDep = Annotated[Asked, Depends(asked)]


@router.get("")
def figures(
    service: ServiceDep, agent: AgentDep, form: FormDep, fragment: FragmentDep, wanted: AskedDep
) -> Response:
    """The whole page, or for htmx the figures alone."""
    sheets = service.figures.sheets(wanted.period, within=wanted.place)
    place = service.figures.home if wanted.place is None else wanted.place
    now = datetime.now(UTC)
    return console_page(
        "console/figures_all.html" if fragment else "console/figures.html",
        agent,
        now,
        400 if wanted.problem else 200,
        here="figures",
        form=form,
        words=words(),
        asked=wanted,
        problem=words()["problems"][wanted.problem] if wanted.problem else None,
        cards=cards(sheets),
        figures=[_view(sheet, wanted) for sheet in sheets.values()],
        place=place,
        path=service.figures.path_to(place),
        links=_links(agent),
        refresh_seconds=REFRESH_SECONDS,
        live=wanted.period.last == named_period("today", now).last,
        named=tuple(NAMED),
    )


@router.get("/{name}.csv")
def figure_csv(
    service: ServiceDep, agent: AgentDep, name: Annotated[str, Path(max_length=40)], wanted: AskedDep
) -> Response:
    """One figure for a spreadsheet: UTF-8 with a byte order mark, no cell that would run as a formula."""
    if name not in NAMES:
        return not_found_page(agent)
    sheet = service.figures.sheets(wanted.period, [name], within=wanted.place, patience=20)[name]
    headings, rows = in_words(sheet)
    out = io.BytesIO()
    with csv_rows(out, headings, headings) as writer:
        for row in rows:
            writer.write(row)
    file = f"{name}-{wanted.period.first}-{wanted.period.last}.csv"
    headers = {
        "Content-Disposition": f'attachment; filename="{file}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _view(sheet: Sheet, wanted: Asked) -> dict[str, Any]:
    """What the template needs of one figure."""
    texts = words()["figures"][sheet.name]
    return {
        "name": sheet.name,
        "title": texts["title"],
        "definition": texts["definition"],
        "note": words()["notes"].get(sheet.note, ""),
        "columns": [
            (column.name, heading_of(sheet, column), is_number(column.unit)) for column in sheet.columns
        ],
        "rows": [_row(sheet, row) for row in sheet.records()],
        "chart": _chart(sheet, wanted),
        "spiking": spiking(sheet),
        "made_at": sheet.made_at,
    }


def _row(sheet: Sheet, row: dict[str, Any]) -> dict[str, Any]:
    """The cells in words; `opens` is the place below which the row can be opened, "" for none."""
    return {
        "cells": [shown(sheet, column, row[column.name]) for column in sheet.columns],
        "spike": bool(row.get("spikes")),
        "opens": _opens(row.get("adcode")),
        "numbers": str(row.get("numbers") or "").split(),
    }


def _chart(sheet: Sheet, wanted: Asked) -> dict[str, Any] | None:
    chart = drawn(sheet)
    if chart and sheet.name == "places":
        codes = [_opens(row["adcode"]) for row in sheet.records()[: len(chart["labels"])]]
        chart["links"] = [f"{PAGE}?{wanted.query(place=code)}" if code else "" for code in codes]
    return chart


def _opens(adcode: Any) -> str:
    code = str(adcode or "")
    return code if 0 < len(code) < COUNTY_DIGITS and not code.endswith("00") else ""


def _links(agent: Caller) -> dict[str, tuple[str, str]]:
    """Where something can be done about a figure: its name → (address, key of the words)."""
    known = {
        "waiting": (Scope.CHATS_READ, "/console", "overview_link"),
        "deadlines": (Scope.TICKETS_READ, "/console/tickets", "tickets_link"),
        "unanswered": (Scope.KNOWLEDGE_EDIT, "/console/knowledge", "knowledge_link"),
        "deliveries": (Scope.TICKETS_EXPORT, "/console/deliveries", "deliveries_link"),
    }
    return {name: (href, key) for name, (scope, href, key) in known.items() if scope in agent.permissions}
