"""A request as an agent takes it down on the phone: what is not said is found, what is said always wins."""

from dataclasses import replace
from functools import cache

from tickets.errors import BadRequest
from tickets.gazetteer import CITY, COUNTY, PROVINCE, load_gazetteer
from tickets.model import Area, Category, NewTicket, Person, Urgency
from tickets.places import resolve_place
from tickets.triage import triage

_SUMMARY_CHARS = 60


def request_from(
    description: str,
    *,
    region: str,
    category: Category | None = None,
    urgency: Urgency | None = None,
    summary: str | None = None,
    area: Area | None = None,
    place: str | None = None,
    applicant: Person | None = None,
    beneficiary: str | None = None,
    relation: str | None = None,
    anonymous: bool = False,
    channel: str = "phone",
    conversation_id: str | None = None,
    origin_message_id: str | None = None,
) -> NewTicket:
    """Build the request; triage fills in category and urgency, the place is looked up.

    Args:
        region: adcode of the province preferred among places of the same name.
        place: in the citizen's words; `area` wins when both are given.
    Raises:
        BadRequest: the adcode of the area is no place.
    """
    judged = triage(description)
    guessed = category is None or urgency is None
    return NewTicket(
        category=category or judged.category,
        urgency=urgency or judged.urgency,
        summary=summary or description[:_SUMMARY_CHARS],
        description=description,
        area=area_from(area, place, region) or Area(),
        applicant=applicant or Person(),
        beneficiary=beneficiary,
        relation=relation,
        anonymous=anonymous,
        channel=channel,
        conversation_id=conversation_id,
        origin_message_id=origin_message_id,
        triage=judged.reasons if guessed else (),
    )


def area_from(area: Area | None, place: str | None, region: str) -> Area | None:
    """Give a place that was told as names, as an adcode alone or in words; None when none was told.

    Words that name no single place are kept as the detail of the address, beside what is certain about it.

    Raises:
        BadRequest: the adcode is no place.
    """
    if area and area.adcode and not area.province:
        names = _names_by_adcode().get(area.adcode)
        if names is None:
            raise BadRequest(
                f"adcode {area.adcode} is no place: give the 6 digits of GB/T 2260, or its names"
            )
        return Area(*names, township=area.township, adcode=area.adcode, detail=area.detail)
    if area:
        return area
    if not place:
        return None
    found = resolve_place(place, region) or Area()
    return found if found.adcode else replace(found, detail=place)


@cache
def _names_by_adcode() -> dict[str, tuple[str | None, str | None, str | None]]:
    """Province, city and county of each code; a level that does not exist there is None."""
    names = {}
    for place in load_gazetteer().by_title.values():
        if place.adcode:
            known = [name if not name.endswith("直辖行政区划") else None for name in place.path]
            known += [None] * (COUNTY + 1 - len(known))
            names[place.adcode] = (known[PROVINCE], known[CITY], known[COUNTY])
    return names
