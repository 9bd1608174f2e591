"""The tables of conversations, for SQLite and PostgreSQL alike."""

from datetime import UTC, datetime

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from api.chat.permanence import make_owner_changes_permanent

metadata = MetaData()

# `script` is which characters she reads (api.hanzi).
# `agent` is set while an agent owns it; `priority`, `queued_at` and `queue_reason` while it waits for one.
conversations = Table(
    "conversations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("token_hash", String(64), nullable=False),
    Column("region", String(6), nullable=False),
    Column("owner", String(10), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("agent", String(80)),
    Column("queued_at", DateTime(timezone=True)),
    Column("queue_reason", String(20)),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("script", String(4), nullable=False, server_default="hans"),
    Index("ix_conversations_updated", "updated_at"),
    Index("ix_conversations_owner", "owner", "priority", "queued_at"),
)

messages = Table(
    "messages",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("conversation_id", String(40), ForeignKey("conversations.id"), nullable=False),
    Column("role", String(10), nullable=False),
    Column("sealed_text", Text, nullable=False),
    Column("citations", Text, nullable=False),
    Column("buttons", Text, nullable=False),
    Column("client_message_id", String(80)),
    Column("answers", String(40)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("author", String(80)),
    Column("agent_message_id", String(80)),
    UniqueConstraint("conversation_id", "client_message_id", name="uq_client_message"),
    Index("ix_messages_conversation", "conversation_id", "seq"),
    Index("uq_agent_message", "conversation_id", "agent_message_id", unique=True),
    sqlite_autoincrement=True,
)

turns = Table(
    "turns",
    metadata,
    Column("message_id", String(40), ForeignKey("messages.id"), primary_key=True),
    Column("conversation_id", String(40), ForeignKey("conversations.id"), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("owner", String(10), nullable=False),
    Column("ticket_number", String(40)),
    Column("finished_at", DateTime(timezone=True), nullable=False),
    Index("ix_turns_conversation", "conversation_id"),
)

# Append-only; goes only together with its conversation (api.chat.permanence). `after_seq` is the newest
# message at that moment.
owner_changes = Table(
    "owner_changes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column(
        "conversation_id",
        String(40),
        ForeignKey("conversations.id", ondelete="CASCADE", name="fk_owner_changes_conversation"),
        nullable=False,
    ),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("from_owner", String(10), nullable=False),
    Column("from_agent", String(80)),
    Column("to_owner", String(10), nullable=False),
    Column("to_agent", String(80)),
    Column("reason", String(20), nullable=False),
    Column("note_sealed", Text),
    Column("after_seq", Integer, nullable=False),
    Index("ix_owner_changes_conversation", "conversation_id", "id"),
    sqlite_autoincrement=True,
)

agent_presence = Table(
    "agent_presence",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False),
)


def aware(instant: datetime) -> datetime:
    """Give the instant with its zone: SQLite keeps none, and everything is written in UTC."""
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


@event.listens_for(owner_changes, "after_create")
def _protect(_table: Table, connection: Connection, **_options: object) -> None:
    make_owner_changes_permanent(connection)
