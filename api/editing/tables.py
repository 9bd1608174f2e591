"""The tables of editing, for SQLite and PostgreSQL alike."""

from sqlalchemy import Column, DateTime, Index, Integer, MetaData, String, Table, Text, text

metadata = MetaData()

_OPEN = text("state IN ('draft', 'submitted', 'returned', 'approved')")

entry_drafts = Table(
    "entry_drafts",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("entry_id", String(60), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("title", String(200), nullable=False),
    Column("content", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("version", Integer, nullable=False),
    Column("author", String(80), nullable=False),
    Column("edited_by", String(80), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("edited_at", DateTime(timezone=True), nullable=False),
    Column("approved_by", String(80)),
    Column("digest", String(40)),
    Column("generation", String(60)),
    Column("hint_sealed", Text),
    Index("ix_entry_drafts_state", "state", "edited_at"),
    # Two open drafts of one entry would be published one over the other.
    Index("uq_entry_drafts_open", "entry_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
)

# Append-only in use. `subject` is draft:ID, document:ORIGIN or generation:NAME.
editing_history = Table(
    "editing_history",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("subject", String(400), nullable=False),
    Column("action", String(20), nullable=False),
    Column("who", String(80), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("note", Text, nullable=False),
    Index("ix_editing_history_subject", "subject", "id"),
    sqlite_autoincrement=True,
)
