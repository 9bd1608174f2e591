"""What citizens think of answers (有没有帮到您), and what editors learn from it about each cited article."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
)

from api.chat.errors import UnknownMessage
from api.chat.hand_over_store import locked
from api.chat.model import Role
from api.chat.tables import aware, messages, metadata
from tickets.privacy import Sealer, mask_text

message_feedback = Table(
    "message_feedback",
    metadata,
    Column("message_id", String(40), ForeignKey("messages.id"), primary_key=True),
    Column("conversation_id", String(40), ForeignKey("conversations.id"), nullable=False),
    Column("helpful", Boolean, nullable=False),
    Column("reason_sealed", Text),
    Column("given_at", DateTime(timezone=True), nullable=False),
    Index("ix_message_feedback_conversation", "conversation_id"),
    Index("ix_message_feedback_given", "given_at"),
)


@dataclass(frozen=True)
class Opinion:
    """One opinion of an answer; `articles` are (title, article) of what the answer cited, in its order."""

    helpful: bool
    reason: str | None
    given_at: datetime
    articles: tuple[tuple[str, str], ...]


@dataclass
class ArticleFeedback:
    """What became of answers that cite one article; `reasons` are those of who was not helped, newest first.

    `title` is empty for answers that cite nothing.
    """

    title: str
    article: str
    helpful: int = 0
    unhelpful: int = 0
    reasons: list[str] = field(default_factory=list)


class FeedbackStore:
    """Opinions, the last one a message. Reasons are sealed at rest; `clock` gives timezone-aware instants."""

    def __init__(self, engine: Engine, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._sealer = sealer
        self._clock = clock

    def give(self, conversation_id: str, message_id: str, helpful: bool, reason: str | None) -> None:
        """Keep an opinion in place of an earlier one of the same message.

        Raises:
            UnknownConversation: there is no such conversation.
            UnknownMessage: nothing that the hotline said in it has this id.
        """
        with self._engine.begin() as db:
            locked(db, conversation_id)
            said = select(messages.c.id).where(
                messages.c.id == message_id,
                messages.c.conversation_id == conversation_id,
                messages.c.role.in_((Role.ASSISTANT, Role.AGENT)),
            )
            if db.execute(said).first() is None:
                raise UnknownMessage("this conversation has no such answer")
            db.execute(delete(message_feedback).where(message_feedback.c.message_id == message_id))
            db.execute(
                insert(message_feedback).values(
                    message_id=message_id,
                    conversation_id=conversation_id,
                    helpful=helpful,
                    reason_sealed=self._sealer.seal(reason) if reason else None,
                    given_at=self._clock(),
                )
            )

    def opinions(self, since: datetime | None = None) -> list[Opinion]:
        """All opinions given since an instant, newest first, personal data in reasons masked.

        Raises:
            tickets.errors.Unreadable: a reason was sealed with another key.
        """
        query = (
            select(message_feedback, messages.c.citations)
            .join(messages, messages.c.id == message_feedback.c.message_id)
            .order_by(message_feedback.c.given_at.desc())
        )
        if since:
            query = query.where(message_feedback.c.given_at >= since.astimezone(UTC))
        with self._engine.connect() as db:
            rows = db.execute(query).all()
        return [
            Opinion(
                row.helpful,
                mask_text(self._sealer.open(row.reason_sealed)) if row.reason_sealed else None,
                aware(row.given_at),
                tuple((each["title"], each["article"]) for each in json.loads(row.citations)),
            )
            for row in rows
        ]


def by_article(opinions: Iterable[Opinion]) -> list[ArticleFeedback]:
    """Count opinions by cited article, what helped least often first."""
    found: dict[tuple[str, str], ArticleFeedback] = {}
    for opinion in opinions:
        for name in dict.fromkeys(opinion.articles or (("", ""),)):
            article = found.setdefault(name, ArticleFeedback(*name))
            article.helpful += opinion.helpful
            article.unhelpful += not opinion.helpful
            if opinion.reason and not opinion.helpful:
                article.reasons.append(opinion.reason)
    return sorted(found.values(), key=lambda each: (-each.unhelpful, each.helpful, each.title, each.article))
