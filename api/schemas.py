"""What enters and leaves over HTTP (design of the interface: /openapi.json)."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.chat.model import Message, Outcome, Owner, Role, Turn
from knowledge.model import Answer, RetrievalHit
from knowledge.wire import citation_to_json
from tickets.model import Category, Status, Ticket, Urgency

Region = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]


class CitationOut(BaseModel):
    doc_id: str
    title: str
    document_no: str | None
    article: str
    text: str
    effective_from: date | None
    region: str
    source_file: str
    url: str | None = None
    status: str | None = None
    repealed_on: date | None = None
    superseded_by: str | None = None
    revised_on: date | None = None


class ButtonOut(BaseModel):
    title: str
    payload: str


class MessageOut(BaseModel):
    id: str
    role: Role
    text: str
    created_at: datetime
    citations: list[CitationOut]
    buttons: list[ButtonOut]
    client_message_id: str | None = None

    @classmethod
    def of(cls, message: Message) -> "MessageOut":
        return cls(
            id=message.id,
            role=message.role,
            text=message.text,
            created_at=message.created_at,
            citations=[CitationOut(**citation) for citation in message.citations],
            buttons=[ButtonOut(title=b.title, payload=b.payload) for b in message.buttons],
            client_message_id=message.client_message_id,
        )


class ConversationIn(BaseModel):
    region: Region | None = None


class ConversationOut(BaseModel):
    conversation_id: str
    token: str
    greeting: MessageOut


class MessageIn(BaseModel):
    text: str
    client_message_id: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = None


class TurnOut(BaseModel):
    messages: list[MessageOut]
    outcome: Outcome
    owner: Owner
    ticket_number: str | None = None

    @classmethod
    def of(cls, turn: Turn) -> "TurnOut":
        return cls(
            messages=[MessageOut.of(message) for message in turn.messages],
            outcome=turn.outcome,
            owner=turn.owner,
            ticket_number=turn.ticket_number,
        )


class TranscriptOut(BaseModel):
    messages: list[MessageOut]


class QuestionIn(BaseModel):
    question: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    region: Region | None = None
    as_of: date | None = None
    # What the caller asked before, oldest first: “那要带什么” is understood only with it.
    earlier: Annotated[list[Annotated[str, StringConstraints(max_length=4000)]], Field(max_length=10)] = []


class HitOut(CitationOut):
    score: float
    entry_id: str | None = None
    sources: list[CitationOut] = Field(default_factory=list)

    @classmethod
    def of_hit(cls, hit: RetrievalHit) -> "HitOut":
        return cls(
            **citation_to_json(hit.citation),
            score=hit.score,
            entry_id=hit.entry_id,
            sources=[CitationOut(**citation_to_json(source)) for source in hit.sources],
        )


class AnswerOut(BaseModel):
    outcome: Outcome
    answer: str
    first: str
    choices: list[str]
    citations: list[CitationOut]
    hits: list[HitOut]
    confidence: float

    @classmethod
    def of(cls, answer: Answer) -> "AnswerOut":
        return cls(
            outcome=Outcome(answer.outcome),
            answer=answer.text,
            first=answer.first,
            choices=list(answer.choices),
            citations=[CitationOut(**citation_to_json(c)) for c in answer.citations],
            hits=[HitOut.of_hit(hit) for hit in answer.hits],
            confidence=answer.confidence,
        )


class AreaOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    province: str | None
    city: str | None
    county: str | None
    township: str | None
    adcode: str | None


class PersonOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str | None
    phone: str | None
    id_number: str | None


class EventOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    at: datetime
    actor: str
    action: str
    from_status: Status | None
    to_status: Status
    reason: str | None


class TicketOut(BaseModel):
    """A ticket; personal data is masked unless it was asked for with a reason."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    category: Category
    urgency: Urgency
    status: Status
    area: AreaOut
    summary: str
    description: str
    applicant: PersonOut
    beneficiary: str | None
    relation: str | None
    anonymous: bool
    channel: str
    conversation_id: str | None
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    office: str | None
    related: list[str]
    version: int
    history: list[EventOut]

    @classmethod
    def of(cls, ticket: Ticket) -> "TicketOut":
        return cls.model_validate(ticket)


class TicketListOut(BaseModel):
    tickets: list[TicketOut]


class TransitionIn(BaseModel):
    """What a move may need; which ones it does need is said by the error when they are missing."""

    reason: Annotated[str, StringConstraints(max_length=500)] | None = None
    office: Annotated[str, StringConstraints(max_length=100)] | None = None
    into: Annotated[str, StringConstraints(max_length=40)] | None = None
    version: int | None = None


class PartOut(BaseModel):
    ready: bool
    detail: str


class ReadyOut(BaseModel):
    ready: bool
    parts: dict[str, PartOut]
