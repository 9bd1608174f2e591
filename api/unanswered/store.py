"""Where unanswered questions are kept: those of conversations as their turns, others in a table of their own.

Agent desktops ask without a conversation; nothing else remembers what they asked.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    and_,
    case,
    exists,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from api.chat.model import Outcome, Role
from api.chat.store import conversations, messages, turns
from api.unanswered.model import Got, UnansweredQuestion
from tickets.privacy import Sealer

log = structlog.get_logger()

metadata = MetaData()

unanswered_questions = Table(
    "unanswered_questions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("sealed_text", Text, nullable=False),
    Column("region", String(6)),
    Column("outcome", String(20), nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Index("ix_unanswered_questions_asked", "asked_at"),
)

WITHOUT_ANSWER = (Outcome.NO_EVIDENCE, Outcome.CLARIFY)


class UnansweredStore:
    """Questions without an answer. Texts are sealed at rest; `clock` gives timezone-aware instants."""

    def __init__(self, engine: Engine, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._sealer = sealer
        self._clock = clock

    def keep(self, question: str, outcome: str, region: str | None) -> None:
        """Keep a question asked outside a conversation if it got no answer; does nothing for other outcomes.

        Called after the answer has gone out. A database that refuses costs the note, not the service.
        """
        if outcome not in WITHOUT_ANSWER:
            return
        row = {
            "sealed_text": self._sealer.seal(question),
            "region": region,
            "outcome": outcome,
            "asked_at": self._clock(),
        }
        try:
            with self._engine.begin() as db:
                db.execute(insert(unanswered_questions).values(row))
        except SQLAlchemyError as error:
            log.warning("unanswered_question_lost", reason=type(error).__name__)

    def latest(self, since: datetime | None, limit: int) -> list[UnansweredQuestion]:
        """Up to `limit` questions asked since an instant, newest first.

        Raises:
            tickets.errors.Unreadable: a text was sealed with another key.
        """
        after = since.astimezone(UTC) if since else None
        with self._engine.connect() as db:
            rows = [
                row
                for query, at in ((_in_turns(after), "asked_at"), (_elsewhere(after), "asked_at"))
                for row in db.execute(query.order_by(query.selected_columns[at].desc()).limit(limit))
            ]
        rows.sort(key=lambda row: row.asked_at, reverse=True)
        return [self._question(row) for row in rows[:limit]]

    def _question(self, row: Any) -> UnansweredQuestion:
        # SQLite keeps no time zone; everything is written in UTC.
        at = row.asked_at if row.asked_at.tzinfo else row.asked_at.replace(tzinfo=UTC)
        return UnansweredQuestion(self._sealer.open(row.sealed_text), row.region, at, Got(row.got))


def _elsewhere(since: datetime | None) -> Any:
    kept = unanswered_questions.c
    query = select(kept.sealed_text, kept.region, kept.asked_at, kept.outcome.label("got"))
    return query.where(kept.asked_at >= since) if since else query


def _in_turns(since: datetime | None) -> Any:
    """Citizen messages whose turn gave no answer, or one after which a person was asked for at once."""

    def following(column: Any) -> Any:
        return func.lead(column).over(partition_by=messages.c.conversation_id, order_by=messages.c.seq)

    told = select(
        messages.c.conversation_id,
        messages.c.seq,
        messages.c.sealed_text,
        messages.c.created_at,
        turns.c.outcome,
        following(messages.c.seq).label("next_seq"),
        following(turns.c.outcome).label("next_outcome"),
        following(turns.c.ticket_number).label("next_ticket"),
    ).join(turns, turns.c.message_id == messages.c.id)
    said = (told.where(messages.c.created_at >= since) if since else told).subquery()
    got = case((said.c.outcome == Outcome.ANSWERED, Got.HANDED_OVER.value), else_=said.c.outcome)
    at = said.c.created_at.label("asked_at")
    return (
        select(said.c.sealed_text, conversations.c.region, at, got.label("got"))
        .join(conversations, conversations.c.id == said.c.conversation_id)
        .where(
            or_(
                said.c.outcome.in_(WITHOUT_ANSWER),
                and_(said.c.outcome == Outcome.ANSWERED, or_(_then_said_so(said), _then_clicked(said))),
            )
        )
    )


def _then_said_so(said: Any) -> Any:
    # With a ticket number it is a danger already reported that is being noted, not a wish for a person.
    return and_(said.c.next_outcome == Outcome.HANDED_OVER, said.c.next_ticket.is_(None))


def _then_clicked(said: Any) -> Any:
    """What the button leaves behind: something said to the citizen that answers none of her messages."""
    reply = messages.alias()
    return exists().where(
        reply.c.conversation_id == said.c.conversation_id,
        reply.c.role == Role.ASSISTANT,
        reply.c.answers.is_(None),
        reply.c.seq > said.c.seq,
        or_(said.c.next_seq.is_(None), reply.c.seq < said.c.next_seq),
    )
