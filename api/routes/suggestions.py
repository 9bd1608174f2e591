"""Suggested replies for agents, in our console and in desktops of others."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, Field, StringConstraints, model_validator

from api.accounts.model import Caller, Scope
from api.chat.model import Outcome
from api.routes.access import ServiceDep, needs
from api.schemas import CitationOut, Region
from api.suggestions.errors import UnknownSuggestion
from api.suggestions.model import Fate, Kind, Offer, Reason, Suggestion
from api.ticket_schemas import problems

router = APIRouter(prefix="/v1/suggestions", tags=["suggestions"], responses=problems(401, 403))

Words = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
# Kept and looked for in the database: NUL and line breaks have no place in it.
Id = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
Asker = Annotated[Caller, Depends(needs("answers"))]


class SuggestionsIn(BaseModel):
    """Either a conversation, for what its citizen said last, or words, with place and what came before."""

    conversation_id: Id | None = None
    text: Words | None = None
    region: Region | None = None
    earlier: Annotated[list[Annotated[str, StringConstraints(max_length=4000)]], Field(max_length=10)] = []

    @model_validator(mode="after")
    def one_of_both(self) -> "SuggestionsIn":
        if (self.conversation_id is None) == (self.text is None):
            raise ValueError("send either conversation_id or text")
        return self


class SuggestionOut(BaseModel):
    """`text` can be sent as it is; `rank` counts from 1; `confidence` is 0..1."""

    id: str
    rank: int
    kind: Kind
    text: str
    title: str
    citations: list[CitationOut]
    confidence: float

    @classmethod
    def of(cls, one: Suggestion) -> "SuggestionOut":
        return cls(
            id=one.id,
            rank=one.rank,
            kind=one.kind,
            text=one.text,
            title=one.title,
            citations=[CitationOut.model_construct(**vars(citation)) for citation in one.citations],
            confidence=one.confidence,
        )


class SuggestionsOut(BaseModel):
    """Best first. `note` is what the agent should know first: that nothing reliable was found, say."""

    suggestions: list[SuggestionOut]
    outcome: Outcome
    note: str

    @classmethod
    def of(cls, offer: Offer) -> "SuggestionsOut":
        return cls(
            suggestions=[SuggestionOut.of(one) for one in offer.suggestions],
            outcome=Outcome(offer.outcome),
            note=offer.note,
        )


class FateIn(BaseModel):
    """What became of a suggestion. `text` is what was sent: with it `used` and `edited` are told apart here.
    `reason` and `words` belong to `rejected`."""

    fate: Literal[Fate.USED, Fate.EDITED, Fate.REJECTED]
    text: Words | None = None
    reason: Reason | None = None
    words: Annotated[str, StringConstraints(max_length=500)] | None = None


class FateOut(BaseModel):
    """`noted` is false if the suggestion had a fate already, which stays."""

    id: str
    noted: bool


@router.post("", responses=problems(404, 503))
def suggest(body: SuggestionsIn, caller: Asker, service: ServiceDep) -> SuggestionsOut:
    """Up to five replies, best first, with the articles they rest on. A conversation needs chats:read too."""
    offered = service.suggestions
    if body.conversation_id is not None:
        caller.require(Scope.CHATS_READ)
        return SuggestionsOut.of(offered.for_conversation(body.conversation_id, caller.name))
    offer = offered.for_text(body.text or "", region=body.region, earlier=body.earlier, agent=caller.name)
    return SuggestionsOut.of(offer)


@router.post("/{suggestion_id}/fate", responses=problems(404))
def note_fate(suggestion_id: str, body: FateIn, caller: Asker, service: ServiceDep) -> FateOut:
    """Note what became of a suggestion: the first fate stays, but what was rejected may still be sent."""
    try:
        if service.suggestions.conversation_of(suggestion_id) is not None:
            caller.require(Scope.CHATS_READ)
        noted = service.suggestions.fate(
            suggestion_id, caller.name, body.fate, text=body.text, reason=body.reason, words=body.words
        )
    except UnknownSuggestion as error:
        raise HTTPException(404, str(error)) from error
    return FateOut(id=suggestion_id, noted=noted)
