"""The filters of the ticket desk as they stand in an address, and what they mean."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Query
from pydantic import BaseModel, Field, StringConstraints

from api.accounts.model import Caller
from api.routes.ticket_access import own_filter
from tickets.lists import GROUPS, OPEN, Group, Order, TicketQuery
from tickets.model import Area, Category, Status, TicketFilter, Urgency
from tickets.numbering import BEIJING, find_number
from tickets.places import place_choices, resolve_place
from tickets.workdays import OfficeHours

LIST = "/console/tickets"
OPEN_ONES, ALL = "open", "all"
TABS = (OPEN_ONES, Group.TO_DISPATCH, Group.AT_OFFICE, Group.TO_FOLLOW_UP, Group.CLOSED, ALL)
SOON_WORKING_DAYS = 3

_CODE = re.compile(r"\d{2,6}")
Typed = Annotated[str, StringConstraints(max_length=100)]
Choice = TypeVar("Choice", bound=StrEnum)


class Due(StrEnum):
    """LATE: passed; TODAY: not yet passed, today; SOON: from now to the end of the third working day."""

    LATE = "late"
    TODAY = "today"
    SOON = "soon"


class TicketFilters(BaseModel):
    """What was chosen and typed, word for word; an empty field lets all pass."""

    group: Typed = OPEN_ONES
    status: Typed = ""
    category: Typed = ""
    urgency: Typed = ""
    place: Typed = ""
    office: Typed = ""
    mine: Typed = ""
    due: Typed = ""
    since: Typed = ""
    number: Typed = ""
    order: Typed = Order.DEADLINE
    after: Annotated[str, Field(max_length=80)] = ""

    def address(self, **changes: str) -> str:
        """Give the address of the list with these filters; any change begins at its first page."""
        return f"{LIST}?{self.terms(**changes)}".rstrip("?")

    def terms(self, **changes: str) -> str:
        """Give the filters as they stand behind the question mark, without those that say nothing."""
        said = self.model_dump() | {"after": ""} | changes
        plain = TicketFilters().model_dump()
        return urlencode({name: text for name, text in said.items() if text != plain[name]})

    @property
    def narrowed(self) -> bool:
        """Say whether anything besides group and order is chosen."""
        plain = {"group": self.group, "order": self.order, "after": self.after}
        return self != TicketFilters.model_validate(plain)


FiltersDep = Annotated[TicketFilters, Query()]


@dataclass(frozen=True)
class Understood:
    """What the filters mean. `problems` are keys of texts/console_tickets.zh.yml; with any, nothing is shown.

    `choices`: places between which a name leaves the choice.
    """

    query: TicketQuery
    order: Order
    problems: tuple[str, ...] = ()
    choices: tuple[Area, ...] = ()


def understand(
    filters: TicketFilters, caller: Caller, now: datetime, hours: OfficeHours, region: str
) -> Understood:
    """Read the filters for this caller; an office finds its own tickets alone.

    Args:
        region: adcode of the province that is preferred among places of the same name.
    """
    problems: list[str] = []
    place, choices = _place(filters.place.strip(), region)
    if place is None:
        problems.append("place_unknown")
    since = _day(filters.since)
    if filters.since and since is None:
        problems.append("since_unknown")
    digits = _digits(filters.number)
    if filters.number.strip() and not digits:
        problems.append("number_unknown")
    earliest, latest = _due_window(filters.due, now, hours)
    wanted = TicketFilter(
        status=_one_of(Status, filters.status),
        category=_one_of(Category, filters.category),
        urgency=_one_of(Urgency, filters.urgency),
        adcode=(place and place.adcode) or None,
        since=since,
    )
    query = TicketQuery(
        wanted=own_filter(caller, wanted),
        statuses=_statuses(filters.group),
        digits=digits,
        worked_on_by=caller.name if filters.mine else None,
        due_from=earliest,
        due_until=latest,
        township=place and place.township,
        office_words=filters.office.strip() or None,
    )
    order = _one_of(Order, filters.order) or Order.DEADLINE
    return Understood(query, order, tuple(problems), choices)


def _statuses(group: str) -> frozenset[Status]:
    if group == ALL:
        return frozenset(Status)
    known = _one_of(Group, group)
    return GROUPS[known] if known else OPEN


def _place(told: str, region: str) -> tuple[Area | None, tuple[Area, ...]]:
    """Read a place in words or as a code; None when it names no single one."""
    told = unicodedata.normalize("NFKC", told)
    if not told:
        return Area(), ()
    if _CODE.fullmatch(told):
        return Area(adcode=_prefix(told)), ()
    found = resolve_place(told, region)
    if found is None or not found.adcode:
        return None, place_choices(told, region)
    return Area(township=found.township, adcode=_prefix(found.adcode)), ()


def _prefix(code: str) -> str:
    """Give the beginning of a code that all places within it share: 430500 is the whole of 4305."""
    while code.endswith("00") and len(code) > 2:
        code = code[:-2]
    return code


def _due_window(due: str, now: datetime, hours: OfficeHours) -> tuple[datetime | None, datetime | None]:
    if due == Due.LATE:
        return None, now
    if due == Due.TODAY:
        tomorrow = now.astimezone(BEIJING).date() + timedelta(days=1)
        return now, datetime.combine(tomorrow, time(), BEIJING)
    if due == Due.SOON:
        return now, hours.close_after_working_days(now, SOON_WORKING_DAYS)
    return None, None


def _day(text: str) -> datetime | None:
    """Give the Beijing midnight with which a day begins."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return datetime.combine(day, time(), BEIJING) if 1900 <= day.year <= 9000 else None


def _digits(text: str) -> str | None:
    """Give the number that was typed in any of the usual ways, or the part of one."""
    plain = unicodedata.normalize("NFKC", text)
    return find_number(plain) or "".join(re.findall(r"[0-9]", plain)) or None


def _one_of(kind: type[Choice], text: str) -> Choice | None:
    return kind(text) if text in set(kind) else None
