"""What enters over HTTP about tickets (the interface: /openapi.json)."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from api.texts import texts
from tickets.model import Area, Category, Person, Status, TicketFilter, Urgency
from tickets.numbering import BEIJING


def no_number(told: Any) -> Any:
    """Refuse a number where a date is expected: 2026 would be taken for seconds after 1970."""
    if isinstance(told, int | float) or (
        isinstance(told, str) and told.strip().lstrip("+-").replace(".", "").isdigit()
    ):
        raise ValueError("a date or date-time of ISO 8601 is expected, such as 2026-03-12")
    return told


def _beijing(at: datetime) -> datetime:
    if not 1900 <= at.year <= 9000:
        raise ValueError("a year between 1900 and 9000 is expected")
    return at if at.tzinfo else at.replace(tzinfo=BEIJING)


Moment = Annotated[datetime, BeforeValidator(no_number), AfterValidator(_beijing)]
"""An instant; a date or a time without a zone is Beijing's. No year so far off that it has no other zone."""

AdcodePrefix = Annotated[str, StringConstraints(pattern=r"^\d{2,6}$")]
Adcode = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
NumberIn = Annotated[str, StringConstraints(max_length=40)]


def _like(*names: str, strict: bool = True) -> ConfigDict:
    """Settings of a body: its examples (texts/openapi.zh.yml), and whether unknown fields are refused."""

    def add_examples(schema: dict[str, Any]) -> None:
        schema["examples"] = [texts("openapi")[name] for name in names]

    return ConfigDict(extra="forbid" if strict else "ignore", json_schema_extra=add_examples)


class AreaIn(BaseModel):
    """A place; with `adcode` alone its official names are filled in."""

    model_config = ConfigDict(extra="forbid")

    province: Short | None = None
    city: Short | None = None
    county: Short | None = None
    township: Short | None = None
    adcode: Adcode | None = None
    detail: Annotated[str, StringConstraints(max_length=200)] | None = None

    def to_area(self) -> Area:
        return Area(**self.model_dump())


class PersonIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Short | None = None
    phone: Annotated[str, StringConstraints(max_length=30)] | None = None
    id_number: Annotated[str, StringConstraints(max_length=30)] | None = None

    def to_person(self) -> Person:
        return Person(self.name or None, self.phone or None, self.id_number or None)


class TicketSearchIn(BaseModel):
    """What to look for; `phone` and `id_number` must be exact and stand here, never in an address."""

    model_config = _like("search")

    status: Status | None = None
    category: Category | None = None
    urgency: Urgency | None = None
    office: Annotated[str, StringConstraints(max_length=100)] | None = None
    adcode: AdcodePrefix | None = Field(None, description="A prefix: 43 is the whole province.")
    since: Moment | None = Field(None, description="Opened at or after.")
    due_before: Moment | None = Field(None, description="Open, and the present step is due by then.")
    phone: Annotated[str, StringConstraints(min_length=5, max_length=30)] | None = None
    id_number: Annotated[str, StringConstraints(min_length=5, max_length=30)] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    before: NumberIn | None = Field(None, description="The last number of the page above.")

    def wanted(self) -> TicketFilter:
        return TicketFilter(**self.model_dump(exclude={"limit", "before"}))


class FilingIn(BaseModel):
    """A request as an agent takes it down. What is left out is found by triage and in the place's words."""

    model_config = _like("filing")

    description: Words
    summary: Annotated[str, StringConstraints(max_length=200)] | None = None
    category: Category | None = None
    urgency: Urgency | None = None
    area: AreaIn | None = None
    place: Short | None = Field(None, description="The place in the citizen's words, instead of `area`.")
    applicant: PersonIn = PersonIn()
    beneficiary: Short | None = None
    relation: Annotated[str, StringConstraints(max_length=40)] | None = None
    anonymous: bool = False
    channel: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,20}$")] = "phone"
    conversation_id: Annotated[str, StringConstraints(max_length=64)] | None = None
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = Field(
        None,
        description="Names this request: sent again it files nothing twice. As the Idempotency-Key header.",
    )
    separate: bool = Field(
        False, description="A ticket of its own, even when it looks like an earlier request."
    )


class CorrectionIn(BaseModel):
    """What the hotline misunderstood, and why. At least one of category, urgency, area and place."""

    model_config = _like("correction")

    reason: Reason
    category: Category | None = None
    urgency: Urgency | None = None
    area: AreaIn | None = None
    place: Short | None = None
    version: int | None = Field(None, description="The version that was seen, unless If-Match says it.")


class TransitionIn(BaseModel):
    """What a move may need; which ones it does need is said by the error when they are missing."""

    model_config = _like("dispatch", "answer", strict=False)

    reason: Annotated[str, StringConstraints(max_length=500)] | None = None
    office: Annotated[str, StringConstraints(max_length=100)] | None = None
    into: Annotated[str, StringConstraints(max_length=40)] | None = None
    version: int | None = None


class SupplementIn(BaseModel):
    model_config = _like("supplement")

    words: Words
    urgency: Urgency | None = Field(
        None, description="How urgent the new words are; never lowers the ticket's."
    )
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = None


class SplitIn(BaseModel):
    """`position` of the supplement in the history, from 1."""

    model_config = _like("split")

    position: Annotated[int, Field(ge=1)]
    reason: Reason


class LinkIn(BaseModel):
    model_config = _like("link")

    reason: Reason
