"""What enters and leaves over HTTP (design of the interface: /openapi.json)."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints
from pydantic_core import to_json

from api.chat.model import Message, Outcome, Owner, Role, Turn
from api.hanzi import Script, message_in_script
from api.ticket_bodies import no_number
from knowledge.model import Answer


def whole_characters(text: str) -> str:
    """The text with halves of characters (lone surrogates, of an emoji cut in two) shown as �: no word of it
    is lost for them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


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
    def of(cls, message: Message, script: str = Script.HANS) -> "MessageOut":
        """Give a message in the characters that its reader reads."""
        message = message_in_script(message, script)
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
    """`script`: which characters she reads; everything said to her comes in these."""

    region: Region | None = None
    script: Script = Script.HANS


class ConversationOut(BaseModel):
    conversation_id: str
    token: str
    greeting: MessageOut


class MessageIn(BaseModel):
    text: Annotated[str, AfterValidator(whole_characters)]
    # Kept as it is and searched for: NUL and line breaks have no place in it.
    client_message_id: (
        Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")] | None
    ) = None


class TurnOut(BaseModel):
    messages: list[MessageOut]
    outcome: Outcome
    owner: Owner
    ticket_number: str | None = None

    @classmethod
    def of(cls, turn: Turn, script: str = Script.HANS) -> "TurnOut":
        return cls(
            messages=[MessageOut.of(message, script) for message in turn.messages],
            outcome=turn.outcome,
            owner=turn.owner,
            ticket_number=turn.ticket_number,
        )


class TranscriptOut(BaseModel):
    messages: list[MessageOut]


class QuestionIn(BaseModel):
    question: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    region: Region | None = None
    as_of: Annotated[date, BeforeValidator(no_number)] | None = None
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
