"""The history is append-only in the database itself: triggers refuse to change or delete an event.

Only `reason_sealed` may be written again: a new key seals it anew, erasure (个人信息保护法第四十七条)
blanks it.
"""

from sqlalchemy import Connection, text

_FIXED = ("number", "position", "at", "actor", "action", "from_status", "to_status", "changes")
_REFUSAL = "the history of a ticket is append-only"

_SQLITE = (
    f"""CREATE TRIGGER IF NOT EXISTS ticket_events_kept BEFORE DELETE ON ticket_events
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS ticket_events_fixed BEFORE UPDATE OF {", ".join(_FIXED)} ON ticket_events
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
)
_POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION refuse_changed_history() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    """CREATE OR REPLACE TRIGGER ticket_events_kept BEFORE DELETE OR TRUNCATE ON ticket_events
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_changed_history()""",
    f"""CREATE OR REPLACE TRIGGER ticket_events_fixed BEFORE UPDATE OF {", ".join(_FIXED)} ON ticket_events
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_changed_history()""",
)


def make_history_permanent(connection: Connection) -> None:
    """Create the triggers; running it again changes nothing."""
    statements = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[connection.dialect.name]
    for statement in statements:
        connection.execute(text(statement))


def let_history_change(connection: Connection) -> None:
    """Drop the triggers, for going back to an older schema."""
    on_table = " ON ticket_events" if connection.dialect.name == "postgresql" else ""
    for trigger in ("ticket_events_kept", "ticket_events_fixed"):
        connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger}{on_table}"))
