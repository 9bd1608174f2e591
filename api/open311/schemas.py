"""What GeoReport v2 answers, by the names of the specification. Fields that are unset are left out."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, PlainSerializer, WithJsonSchema

from tickets.numbering import BEIJING

W3Time = Annotated[
    datetime,
    PlainSerializer(lambda at: at.astimezone(BEIJING).isoformat(timespec="seconds"), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant with its offset, to the second (https://www.w3.org/TR/NOTE-datetime)."""


class ServiceOut(BaseModel):
    service_code: str
    service_name: str
    description: str
    metadata: bool
    type: Literal["realtime", "batch", "blackbox"]
    keywords: str
    group: str


class ValueOut(BaseModel):
    key: str
    name: str


class AttributeOut(BaseModel):
    variable: bool
    code: str
    datatype: Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
    required: bool
    datatype_description: str | None
    order: int
    description: str
    values: list[ValueOut] | None = None


class ServiceDefinitionOut(BaseModel):
    service_code: str
    attributes: list[AttributeOut]


class ExtendedOut(BaseModel):
    """Beside open and closed: the status of the ticket, its urgency, and where it came in."""

    status: str
    urgency: str
    channel: str


class NoteOut(BaseModel):
    """One line of the history; `type` is the action (file, dispatch, answer …)."""

    datetime: W3Time
    description: str
    type: str


class ServiceRequestOut(BaseModel):
    service_request_id: str
    status: Literal["open", "closed"]
    status_notes: str
    service_name: str
    service_code: str
    description: str
    agency_responsible: str | None
    service_notice: str | None
    requested_datetime: W3Time
    updated_datetime: W3Time
    expected_datetime: W3Time
    address: str | None
    address_id: str | None
    zipcode: str | None
    lat: float | None
    long: float | None
    media_url: str | None
    extended_attributes: ExtendedOut | None = None
    notes: list[NoteOut] | None = None


class FiledRequestOut(BaseModel):
    service_request_id: str
    service_notice: str
    account_id: str | None


class TokenOut(BaseModel):
    service_request_id: str
    token: str


class EndpointOut(BaseModel):
    specification: str
    url: str
    changeset: str
    type: Literal["production", "test"]
    formats: list[str]


class DiscoveryOut(BaseModel):
    changeset: str
    contact: str
    key_service: str
    endpoints: list[EndpointOut]


class ErrorOut(BaseModel):
    """An error; `code` is the HTTP status, `description` says what to do."""

    code: int
    description: str
