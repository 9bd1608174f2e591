"""Where suggestions and what became of them are kept; the only file of this package that knows SQLAlchemy.

Kept: what was offered and its fate. The words offered, and those of a rejection, are sealed; what the citizen
said is not kept here at all. Once a conversation is erased its rows stay as anonymous counts (`anonymised`).
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Float,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    and_,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from api.chat.tables import metadata
from api.suggestions.errors import UnknownSuggestion
from api.suggestions.model import Draft, Fate, Kind, Reason, Suggestion
from tickets.privacy import Sealer

suggestions = Table(
    "suggestions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("offer_id", String(40), nullable=False),
    Column("conversation_id", String(40)),
    Column("call_id", String(40)),
    Column("agent", String(80)),
    Column("kind", String(10), nullable=False),
    Column("source", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("text_sealed", Text),
    Column("offered_at", DateTime(timezone=True), nullable=False),
    Column("fate", String(10)),
    Column("fate_at", DateTime(timezone=True)),
    Column("similarity", Float),
    Column("reason", String(20)),
    Column("words_sealed", Text),
    Index("ix_suggestions_offered", "offered_at"),
    Index("ix_suggestions_offer", "offer_id"),
    Index("ix_suggestions_conversation", "conversation_id"),
)

ANONYMOUS: Mapping[str, None] = {
    "conversation_id": None,
    "call_id": None,
    "agent": None,
    "text_sealed": None,
    "words_sealed": None,
}
"""What a row holds of persons, emptied when it becomes a mere count."""


@dataclass(frozen=True)
class OfferKey:
    """For what something is offered.

    `about` names the message, or the call; None: a question by itself, an offer of its own each time.
    """

    about: str | None = None
    conversation_id: str | None = None
    call_id: str | None = None

    def offer_id(self) -> str:
        return f"o_{_digest(self.about)}" if self.about else f"o_{secrets.token_hex(16)}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


class SuggestionStore:
    """Suggestions as they were offered. `clock` gives timezone-aware instants."""

    def __init__(self, engine: Engine, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._sealer = sealer
        self._clock = clock

    def rejected(self, offer_id: str) -> frozenset[str]:
        """The sources of an offer that were rejected."""
        query = select(suggestions.c.source).where(
            suggestions.c.offer_id == offer_id, suggestions.c.fate == Fate.REJECTED
        )
        with self._engine.connect() as db:
            return frozenset(db.execute(query).scalars())

    def offer(self, offer_id: str, key: OfferKey, drafts: Sequence[Draft], agent: str) -> list[Suggestion]:
        """Record drafts, best first, as offered; what the offer has already is not counted again."""
        offered = [
            Suggestion(
                f"s_{_digest(offer_id, draft.source)}", rank, draft.kind, draft.text, draft.title,
                draft.citations, draft.confidence, draft.source,
            )
            for rank, draft in enumerate(drafts, start=1)
        ]  # fmt: skip
        ids = [each.id for each in offered]
        with self._engine.connect() as db:
            known = set(db.execute(select(suggestions.c.id).where(suggestions.c.id.in_(ids))).scalars())
        now = self._clock().astimezone(UTC)
        rows = [self._row(each, offer_id, key, agent, now) for each in offered if each.id not in known]
        try:
            with self._engine.begin() as db:
                if rows:
                    db.execute(insert(suggestions), rows)
        except IntegrityError:
            # Somebody else opened the same conversation this very moment: row by row, what is missing.
            for row in rows:
                self._insert_if_missing(row)
        return offered

    def texts(self, ids: Sequence[str]) -> dict[str, str]:
        """The words of those suggestions that are known and still kept, by id.

        Raises:
            tickets.errors.Unreadable: they were sealed with another key.
        """
        query = select(suggestions.c.id, suggestions.c.text_sealed).where(
            suggestions.c.id.in_(ids), suggestions.c.text_sealed.is_not(None)
        )
        with self._engine.connect() as db:
            return {row.id: self._sealer.open(row.text_sealed, row.id) for row in db.execute(query)}

    def conversation_of(self, suggestion_id: str) -> str | None:
        """The conversation that a suggestion was offered in, if any.

        Raises:
            UnknownSuggestion: there is none of this id.
        """
        query = select(suggestions.c.conversation_id).where(suggestions.c.id == suggestion_id)
        with self._engine.connect() as db:
            row = db.execute(query).first()
        if row is None:
            raise UnknownSuggestion(f"suggestion {suggestion_id}: there is none")
        return row.conversation_id

    def decide(
        self,
        suggestion_id: str,
        fate: Fate,
        *,
        similarity: float | None = None,
        reason: Reason | None = None,
        words: str | None = None,
    ) -> bool:
        """Write what became of a suggestion; say whether that was new.

        The first fate stays, except that what was rejected may be sent after all; the reason then stays.

        Raises:
            UnknownSuggestion: there is none of this id.
        """
        open_fate = suggestions.c.fate.is_(None)
        if fate is not Fate.REJECTED:
            open_fate = or_(open_fate, suggestions.c.fate == Fate.REJECTED)
        values: dict[str, Any] = {"fate": fate, "fate_at": self._clock().astimezone(UTC)}
        if fate is Fate.REJECTED:
            values["reason"] = reason or Reason.OTHER
            values["words_sealed"] = self._sealer.seal(words, suggestion_id) if words else None
        else:
            values["similarity"] = similarity
        change = update(suggestions).where(and_(suggestions.c.id == suggestion_id, open_fate)).values(values)
        with self._engine.begin() as db:
            changed = db.execute(change).rowcount > 0
        if not changed:
            self.conversation_of(suggestion_id)
        return changed

    def rejections(self, since: datetime | None = None, limit: int = 200) -> list[tuple[str, str, str]]:
        """(source, reason, words) of rejections that came with words, newest first.

        Raises:
            tickets.errors.Unreadable: they were sealed with another key.
        """
        query = (
            select(suggestions)
            .where(suggestions.c.words_sealed.is_not(None))
            .order_by(suggestions.c.fate_at.desc())
            .limit(limit)
        )
        if since:
            query = query.where(suggestions.c.offered_at >= since.astimezone(UTC))
        with self._engine.connect() as db:
            rows = db.execute(query).all()
        return [(row.source, row.reason, self._sealer.open(row.words_sealed, row.id)) for row in rows]

    def _row(
        self, offered: Suggestion, offer_id: str, key: OfferKey, agent: str, now: datetime
    ) -> dict[str, Any]:
        return {
            "id": offered.id,
            "offer_id": offer_id,
            "conversation_id": key.conversation_id,
            "call_id": key.call_id,
            "agent": agent,
            "kind": Kind(offered.kind).value,
            "source": offered.source,
            "title": offered.title,
            "rank": offered.rank,
            "confidence": offered.confidence,
            "text_sealed": self._sealer.seal(offered.text, offered.id),
            "offered_at": now,
        }

    def _insert_if_missing(self, row: Mapping[str, Any]) -> None:
        try:
            with self._engine.begin() as db:
                db.execute(insert(suggestions).values(row))
        except IntegrityError:
            return  # it is there


def anonymise(db: Connection, which: ColumnElement[bool]) -> int:
    """Leave of these suggestions only what can be counted; say how many there are."""
    return db.execute(update(suggestions).where(which).values(**ANONYMOUS)).rowcount


def of_conversation(conversation_id: str) -> ColumnElement[bool]:
    return suggestions.c.conversation_id == conversation_id


def of_calls(ids: Select[tuple[str]]) -> ColumnElement[bool]:
    return suggestions.c.call_id.in_(ids)


def still_personal(before: datetime) -> ColumnElement[bool]:
    """Those offered until then that are more than a count still."""
    holding = or_(*(suggestions.c[name].is_not(None) for name in ANONYMOUS))
    return (suggestions.c.offered_at <= before.astimezone(UTC)) & holding
