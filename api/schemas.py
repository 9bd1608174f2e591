"""What enters and leaves over HTTP (design of the interface: /openapi.json)."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints
from pydantic_core import to_json

from api.chat.model import Message, Outcome, Owner, Role, Turn
from knowledge.model import Answer

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


class AnswerOut(BaseModel):
    outcome: Outcome
    answer: str
    first: str
    choices: list[str]
    citations: list[CitationOut]
    hits: list[HitOut]
    confidence: float

    @staticmethod
    def body(answer: Answer) -> bytes:
        """An answer as JSON with these fields, straight from its parts.

        Ten whole articles need not become models and be checked on their way out: that takes twice as long.
        """
        hits = [
            {**vars(hit.citation), "score": hit.score, "entry_id": hit.entry_id, "sources": hit.sources}
            for hit in answer.hits
        ]
        return to_json(
            {
                "outcome": answer.outcome,
                "answer": answer.text,
                "first": answer.first,
                "choices": answer.choices,
                "citations": answer.citations,
                "hits": hits,
                "confidence": answer.confidence,
            }
        )


class PartOut(BaseModel):
    ready: bool
    detail: str


class ReadyOut(BaseModel):
    ready: bool
    parts: dict[str, PartOut]
