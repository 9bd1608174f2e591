"""What comes in as a service request: the form of the specification, and the request that it stands for."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from api.accounts.model import Caller
from api.open311.reading import moment_in_words
from api.open311.schemas import FiledRequestOut
from api.open311.services import attributes, notices, service_of
from api.routes.ticket_access import origin_of
from tickets.errors import BadRequest
from tickets.model import Area, NewTicket, Person, Ticket, Urgency
from tickets.requests import area_from, request_from

CHANNEL = "open311"
# Fields that say who asks: without any of them two equal forms may come from two people.
_WHO = ("account_id", "device_id", "phone", "email")
_ADCODE = re.compile(r"[0-9]{6}")
_HOUR = 3600


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


Blank = BeforeValidator(_none_if_blank)
"""An empty argument is one that was not given (specification, Optional Arguments)."""

_Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)]
_Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
_Link = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
_Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
_Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Name = Annotated[_Name | None, Blank]
Line = Annotated[_Line | None, Blank]
Link = Annotated[_Link | None, Blank]
Latitude = Annotated[_Latitude | None, Blank]
Longitude = Annotated[_Longitude | None, Blank]


class ServiceRequestIn(BaseModel):
    """POST Service Request, form-encoded. `attribute[code]` as GET services/{service_code} names them."""

    model_config = ConfigDict(extra="allow")

    service_code: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    description: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)] = (
        Field(description="The words of whoever asks; a ticket needs them.")
    )
    lat: Latitude = None
    long: Longitude = None
    address_string: Line = None
    address_id: Line = Field(None, description="The 6-digit code of the place (GB/T 2260).")
    first_name: Name = None
    last_name: Name = None
    phone: Name = None
    email: Line = None
    device_id: Line = None
    account_id: Line = None
    media_url: Link = None
    jurisdiction_id: Line = None
    api_key: Line = None

    def attribute(self, code: str) -> str | None:
        """Give the answer to an attribute, None when there is none."""
        told = (self.model_extra or {}).get(f"attribute[{code}]")
        return told.strip() or None if isinstance(told, str) else None

    @property
    def ignored(self) -> list[str]:
        """Names of what was sent and is not taken: no contact but the phone, no media, unknown attributes."""
        known = {f"attribute[{attribute.code}]" for attribute in attributes()}
        strange = [name for name in self.model_extra or {} if name not in known]
        return [name for name in ("email", "media_url") if getattr(self, name)] + strange[:20]


@dataclass(frozen=True)
class Origins:
    """Names of a request, for filing it once: `now` is written, `earlier` may have been."""

    now: str | None
    earlier: str | None = None


def origins_of(sent: ServiceRequestIn, caller: Caller, secret: str, key: str | None, at: datetime) -> Origins:
    """Name a request by its Idempotency-Key; without one by the whole form, for one to two hours.

    GeoReport v2 has no way to say that a form is sent again, and clients do send again when an answer was
    lost. An equal form is taken for that only when it says who asks (account, device, phone or e-mail):
    rather a ticket twice than two people in one. The API key is the key of the hash, so that a phone
    number cannot be found by trying.
    """
    if key:
        return Origins(origin_of(caller, key))
    sides = {"api_key", "jurisdiction_id"}
    # What was sent as a file is not taken, and is no part of it.
    form = {
        name: value
        for name, value in sent.model_dump(exclude=sides).items()
        if isinstance(value, str | float)
    }
    if not any(form.get(name) for name in _WHO):
        return Origins(None)
    hour = int(at.timestamp()) // _HOUR
    now, earlier = (origin_of(caller, _hashed(secret, form, each)) for each in (hour, hour - 1))
    return Origins(now, earlier)


def new_ticket(sent: ServiceRequestIn, region: str, origin: str | None) -> NewTicket:
    """Build the request for help; urgency is judged by its words, as everywhere.

    Raises:
        NotFound: no such service_code.
        BadRequest: no place, half a coordinate, or an attribute with a value that it does not have.
    """
    anonymous = _chosen(sent, "anonymous") == "true"
    return request_from(
        sent.description,
        region=region,
        category=service_of(sent.service_code).category,
        area=_area(sent, region),
        applicant=Person(_full_name(sent.first_name, sent.last_name), sent.phone),
        beneficiary=_short(sent, "beneficiary", 100),
        relation=_short(sent, "relation", 40),
        anonymous=anonymous,
        channel=CHANNEL,
        origin_message_id=origin,
    )


def receipt(sent: ServiceRequestIn, ticket: Ticket, outcome: str) -> FiledRequestOut:
    """Say what became of it; `outcome`: filed, added (to an earlier ticket) or known (sent again)."""
    say = notices()
    told = [say[outcome].format(number=ticket.number, due=moment_in_words(ticket.due_at))]
    if ticket.urgency is Urgency.URGENT:
        told.append(say["danger"])
    if not ticket.area.adcode:
        told.append(say["place_unknown"])
    if sent.ignored:
        told.append(say["ignored"].format(fields=say["separator"].join(sent.ignored)))
    return FiledRequestOut(
        service_request_id=ticket.number, service_notice="".join(told), account_id=sent.account_id
    )


def _area(sent: ServiceRequestIn, region: str) -> Area:
    """Find the place by its words, else by its code; coordinates are kept beside it, for the way there."""
    if (sent.lat is None) != (sent.long is None):
        raise BadRequest("lat and long belong together: send both or neither")
    code = sent.address_id if sent.address_id and _ADCODE.fullmatch(sent.address_id) else None
    point = f"{sent.lat:.6f},{sent.long:.6f}" if sent.lat is not None else None
    if not (sent.address_string or code or point):
        raise BadRequest("send a place: address_string, lat and long, or as address_id a code of GB/T 2260")
    area = area_from(None, sent.address_string, region) or Area()
    if code and not area.adcode:
        named = area_from(Area(adcode=code), None, region) or area
        area = replace(named, detail=area.detail)
    if point is None:
        return area
    return replace(area, detail=" ".join(filter(None, (area.detail, point))))


def _full_name(first: str | None, last: str | None) -> str | None:
    """李 and 秀英 are 李秀英, John and Smith are John Smith."""
    if first and last:
        return f"{first} {last}" if (first + last).isascii() else last + first
    return first or last


def _chosen(sent: ServiceRequestIn, code: str) -> str | None:
    attribute = next(each for each in attributes() if each.code == code)
    told = sent.attribute(code)
    if told is not None and told not in attribute.values:
        raise BadRequest(f"attribute[{code}] must be one of: {', '.join(attribute.values)}")
    return told


def _short(sent: ServiceRequestIn, code: str, longest: int) -> str | None:
    told = sent.attribute(code)
    if told and len(told) > longest:
        raise BadRequest(f"attribute[{code}] may have {longest} characters at most")
    return told


def _hashed(secret: str, form: Mapping[str, Any], hour: int) -> str:
    said = json.dumps([hour, sorted(form.items())], ensure_ascii=False)
    return "form:" + hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()
