"""The record of who owned a conversation is append-only in the database itself.

A row goes only when its whole conversation goes (erasure, 个人信息保护法第四十七条). Only `note_sealed` may
be written again: a new key seals it anew.
"""

from sqlalchemy import Connection, text

_FIXED = (
    "id",
    "conversation_id",
    "at",
    "actor",
    "from_owner",
    "from_agent",
    "to_owner",
    "to_agent",
    "reason",
    "after_seq",
)
_REFUSAL = "the record of who owned a conversation is append-only"

_SQLITE = (
    f"""CREATE TRIGGER IF NOT EXISTS owner_changes_kept BEFORE DELETE ON owner_changes
        WHEN EXISTS (SELECT 1 FROM conversations WHERE id = OLD.conversation_id)
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS owner_changes_fixed BEFORE UPDATE OF {", ".join(_FIXED)} ON owner_changes
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
)
_POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION refuse_changed_owners() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM conversations WHERE id = OLD.conversation_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    """CREATE OR REPLACE TRIGGER owner_changes_kept BEFORE DELETE ON owner_changes
        FOR EACH ROW EXECUTE FUNCTION refuse_changed_owners()""",
    """CREATE OR REPLACE TRIGGER owner_changes_whole BEFORE TRUNCATE ON owner_changes
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_changed_owners()""",
    f"""CREATE OR REPLACE TRIGGER owner_changes_fixed BEFORE UPDATE OF {", ".join(_FIXED)} ON owner_changes
        FOR EACH ROW EXECUTE FUNCTION refuse_changed_owners()""",
)
_TRIGGERS = ("owner_changes_kept", "owner_changes_whole", "owner_changes_fixed")


def make_owner_changes_permanent(connection: Connection) -> None:
    """Create the triggers; running it again changes nothing."""
    for statement in {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[connection.dialect.name]:
        connection.execute(text(statement))


def let_owner_changes_go(connection: Connection) -> None:
    """Drop the triggers, for going back to an older schema."""
    on_table = " ON owner_changes" if connection.dialect.name == "postgresql" else ""
    for trigger in _TRIGGERS:
        connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger}{on_table}"))
