"""Private notes: what agents tell each other about a conversation. Its citizen never sees them.

They are in no transcript and in no export. Append-only, like the record of owners (api.chat.permanence): a
note goes only when its whole conversation goes, and only `text_sealed` may be written again, by a new key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    event,
    insert,
    select,
    text,
)

from api.chat.hand_over_store import locked
from api.chat.tables import aware, metadata
from tickets.privacy import Sealer

MAX_NOTE_CHARS = 1000

private_notes = Table(
    "private_notes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column(
        "conversation_id",
        String(40),
        ForeignKey("conversations.id", ondelete="CASCADE", name="fk_private_notes_conversation"),
        nullable=False,
    ),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("author", String(80), nullable=False),
    Column("text_sealed", Text, nullable=False),
    Index("ix_private_notes_conversation", "conversation_id", "id"),
    sqlite_autoincrement=True,
)

_REFUSAL = "private notes are append-only"
_SQLITE = (
    f"""CREATE TRIGGER IF NOT EXISTS private_notes_kept BEFORE DELETE ON private_notes
        WHEN EXISTS (SELECT 1 FROM conversations WHERE id = OLD.conversation_id)
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS private_notes_fixed
        BEFORE UPDATE OF id, conversation_id, at, author ON private_notes
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
)
_POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION refuse_changed_notes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM conversations WHERE id = OLD.conversation_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    """CREATE OR REPLACE TRIGGER private_notes_kept BEFORE DELETE ON private_notes
        FOR EACH ROW EXECUTE FUNCTION refuse_changed_notes()""",
    """CREATE OR REPLACE TRIGGER private_notes_whole BEFORE TRUNCATE ON private_notes
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_changed_notes()""",
    """CREATE OR REPLACE TRIGGER private_notes_fixed
        BEFORE UPDATE OF id, conversation_id, at, author ON private_notes
        FOR EACH ROW EXECUTE FUNCTION refuse_changed_notes()""",
)


def make_notes_permanent(connection: Connection) -> None:
    """Create the triggers; running it again changes nothing."""
    for statement in {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[connection.dialect.name]:
        connection.execute(text(statement))


@dataclass(frozen=True)
class PrivateNote:
    """One note; `author` is the account of the agent who wrote it."""

    id: int
    at: datetime
    author: str
    text: str


class NoteStore:
    """Notes are sealed at rest; `clock` gives timezone-aware instants."""

    def __init__(self, engine: Engine, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._sealer = sealer
        self._clock = clock

    def add(self, conversation_id: str, author: str, words: str) -> None:
        """Add a note; white space alone adds none, and what is longer than MAX_NOTE_CHARS is cut.

        Raises:
            UnknownConversation: there is none.
        """
        words = words.strip()[:MAX_NOTE_CHARS]
        if not words:
            return
        with self._engine.begin() as db:
            locked(db, conversation_id)
            row = {"conversation_id": conversation_id, "at": self._clock(), "author": author}
            db.execute(insert(private_notes).values(**row, text_sealed=self._sealer.seal(words)))

    def of(self, conversation_id: str) -> list[PrivateNote]:
        """The notes of one conversation, oldest first."""
        query = select(private_notes).where(private_notes.c.conversation_id == conversation_id)
        with self._engine.connect() as db:
            rows = db.execute(query.order_by(private_notes.c.id)).all()
        return [
            PrivateNote(row.id, aware(row.at), row.author, self._sealer.open(row.text_sealed)) for row in rows
        ]


@event.listens_for(private_notes, "after_create")
def _protect(_table: Table, connection: Connection, **_options: object) -> None:
    make_notes_permanent(connection)
