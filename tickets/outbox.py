"""The outbox: every history event of every ticket, in the order of commits, written with the event itself.

What leaves the hotline (pushes, pulled exports, reconciliation) is read from here and from nowhere else, so
an event that is on disk is going to be sent, and one that is not was never promised.
"""

from sqlalchemy import Connection, func, insert, select

from tickets.schema import ticket_outbox

_TURN = 0x7E11E7  # any number that no other advisory lock of this database uses
PATIENCE = "10s"  # as long as SQLite waits for its one writer (tickets/database.py)


def take_turn(connection: Connection) -> None:
    """Make the writers of history wait for each other from here to the end of the transaction.

    Call it before any other statement. Without it PostgreSQL could show sequence 8 while 7 is not yet
    committed, and a reader that has seen 8 would never see 7. SQLite has one writer at a time anyway.
    Whoever waits longer than PATIENCE, here or for a row later on, is told that the database is busy: one
    process that hangs must not hold up all others for good.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.set_config("lock_timeout", PATIENCE, True)))
        connection.execute(select(func.pg_advisory_xact_lock(_TURN)))


def put_out(connection: Connection, number: str, position: int) -> None:
    """Put one history event into the outbox, in the transaction that writes it."""
    connection.execute(insert(ticket_outbox).values(number=number, position=position))


def head(connection: Connection) -> int:
    """Give the sequence of the newest event; 0 when there is none."""
    return connection.execute(select(func.max(ticket_outbox.c.sequence))).scalar_one() or 0
