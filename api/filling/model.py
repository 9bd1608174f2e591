"""What a filled form is. Plain values: no database, no pages."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tickets.model import Area, Category, NewTicket, Urgency

Value = TypeVar("Value")

FIELDS = (
    "category",
    "urgency",
    "summary",
    "place",
    "name",
    "phone",
    "id_number",
    "relation",
    "beneficiary",
    "anonymous",
    "since",
)
"""The fields that are filled with a reason, in the order in which an agent reads them."""


@dataclass(frozen=True)
class Filled(Generic[Value]):
    """One field: its value, the words it came from, and whether it may stand unread.

    `doubt` names, for a value that is not sure, what to look at (a key of texts/console_filing.zh.yml).
    """

    value: Value
    words: tuple[str, ...] = ()
    doubt: str | None = None

    @property
    def sure(self) -> bool:
        return self.doubt is None


@dataclass(frozen=True)
class FilledForm:
    """A ticket's form as a talk fills it.

    `area` is what the place names, as far as it is certain; `choices` the places between which the words
    leave the choice. `others` are further matters told in the same talk, each a ticket of its own.
    `told` is False where nothing was told that a ticket could be about (a question, a greeting).
    """

    category: Filled[Category]
    urgency: Filled[Urgency]
    summary: Filled[str]
    description: str
    place: Filled[str | None]
    area: Area
    choices: tuple[Area, ...]
    name: Filled[str | None]
    phone: Filled[str | None]
    id_number: Filled[str | None]
    relation: Filled[str | None]
    beneficiary: Filled[str | None]
    anonymous: Filled[bool]
    since: Filled[str | None]
    request: NewTicket
    others: tuple[NewTicket, ...] = ()
    told: bool = True
    reasons: tuple[str, ...] = field(default=())

    def filled(self, name: str) -> Filled:
        """Give one of FIELDS by its name."""
        return getattr(self, name)
